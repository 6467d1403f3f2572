using System;
using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;
using Crime.Node;
using NUnit.Framework;

namespace Crime.Shared.Tests.Node;

/// <summary>When a board that minimises energy is connected.</summary>
public sealed class ConnectionNeedTests
{
    private const uint ModelId = 42;
    private const long S = 1_000_000;

    // 11.4 mJ of listening at least for each offload.
    private static readonly PowerProfile s_power = new PowerProfile
    {
        ComputeMw = 165, WaitMw = 103, TransmitMw = 627, ListenMw = 330, WakeMw = 495, SendUs = 370, ReceiveUs = 370,
        TransmitNsPerByte = 1600, TransmitOverheadUs = 300, MinActiveUs = 50_000,
    }.SubtractIdle(103);

    private readonly ModeMapping _mapping = new();
    private BackgroundEnergy _background = null!;
    private ConnectionNeed _need = null!;
    private MappingEngine _engine = null!;

    [SetUp]
    public void Make() => Make(null);

    private void Make(RadioSchedule? radio, Objective? objective = null, ListeningMode listening = ListeningMode.Auto, int longestLength = 1000)
    {
        _mapping.Mode = MappingMode.Auto;
        _background = new BackgroundEnergy(s_power);
        _need = new ConnectionNeed(_mapping, _background, radio!);
        _engine = new MappingEngine(
            new EngineSetup
            {
                // 62 uJ a ms: 10 timesteps take 620 uJ, and 1000 timesteps 62 mJ.
                ModelId = ModelId, LongestLength = longestLength, LocalTime = new CostLine(1_000_000, 0), BytesPerStep = 6, Power = s_power,
                Objective = objective ?? Objective.Energy, Listening = listening,
            }, NodeKey.Of("board"));
        radio?.SetModel(_engine, 0);
        _need.SetModel(_engine);
    }

    private void Input(int length, long energyUj = 620)
    {
        _engine.OnLocal(length, length * 1000, 0);
        _need.OnInput(energyUj * 1000);
    }

    private void Meet(long nowUs)
    {
        var status = new StatusFrame { Online = true, Workers = 1, Session = 7, Sequence = (uint)(nowUs / 1000) + 1, Capacity = 256 };
        status.Add(ModelId, 0).SetOwn(300, 20);
        _engine.OnStatus("gw", status, nowUs);
        Assert.That(_engine.TakePing(nowUs, false, 0, out uint sequence), Is.Not.Null);
        _engine.OnPong(new PongFrame { Sequence = sequence }, nowUs + 5000);
    }

    [Test]
    public void ABoardWithoutAModelNeedsTheConnection()
    {
        _need.SetModel(null!);
        Assert.That(_need.IsConnectionNeeded(false, 0), Is.True);
    }

    [TestCase(MappingMode.Auto, ListeningMode.Statuses, true)]
    [TestCase(MappingMode.Gateway, ListeningMode.Auto, true)]
    [TestCase(MappingMode.Local, ListeningMode.Auto, false)]
    [TestCase(MappingMode.Auto, ListeningMode.Auto, false)]
    public void TheModeDecidesBeforeAnyInput(MappingMode mode, ListeningMode listening, bool isNeeded)
    {
        Make(null, listening: listening, longestLength: 80);
        _mapping.Mode = mode;
        Assert.That(_need.IsConnectionNeeded(false, 0), Is.EqualTo(isNeeded));
    }

    /// <summary>Nobody knows the lengths yet: the longest input of the model has to pay for the connection alone.</summary>
    [TestCase(300, false)]
    [TestCase(1000, true)]
    public void BeforeTheFirstInputTheLongestOneDecides(int longestLength, bool isNeeded)
    {
        Make(null, longestLength: longestLength);
        Assert.That(_need.IsConnectionNeeded(false, 0), Is.EqualTo(isNeeded));
    }

    [Test]
    public void ABoardThatMinimisesTimeStaysConnected()
    {
        Make(null, Objective.Time);
        Input(10);
        Assert.That(_need.LearnsFromAnswers, Is.False);
        Assert.That((_need.IsConnectionNeeded(false, 0), _need.IsConnectionNeeded(true, 1000 * S)), Is.EqualTo((true, true)));
    }

    [Test]
    public void WhereNothingCanBeGainedItNeverConnects()
    {
        for (long nowUs = 0; nowUs < 86_400 * S; nowUs += 10 * S)
        {
            Input(10);
            Assert.That(_need.IsConnectionNeeded(false, nowUs), Is.False);
        }
    }

    [Test]
    public void AnInputThatCouldGainConnectsAndAGainKeepsTheConnection()
    {
        Input(10);
        Assert.That(_need.IsConnectionNeeded(false, 0), Is.False);
        Input(1000, 62_000);
        Assert.That(_need.IsConnectionNeeded(false, S), Is.True);
        Assert.That(_need.IsConnectionNeeded(true, S), Is.True, "it waits for statuses");
        Meet(2 * S);
        for (long nowUs = 3 * S; nowUs < 86_400 * S; nowUs += 3600 * S)
            Assert.That(_need.IsConnectionNeeded(true, nowUs), Is.True, "without any status");
    }

    /// <summary>Probes take at most 1/200 of the energy of inputs, and come ever more rarely.</summary>
    [Test]
    public void ProbesThatGainNothingAreAShareOfTheEnergyOfInputs()
    {
        const long probeUj = 60_000, inputUj = 62_000;
        int probes = 0;
        long inputsUj = 0, connectedAtUs = -1, lastUs = 0, longestUs = 0;
        for (long nowUs = 0; nowUs < 86_400 * S; nowUs += 10 * S)
        {
            Input(1000, inputUj);
            inputsUj += inputUj;
            bool isConnected = connectedAtUs >= 0;
            bool isNeeded = _need.IsConnectionNeeded(isConnected, nowUs);
            if (isNeeded && !isConnected)
            {
                probes++;
                connectedAtUs = nowUs;
                longestUs = Math.Max(longestUs, nowUs - lastUs);
                lastUs = nowUs;
                _need.IsConnectionNeeded(true, nowUs);
                Spend(probeUj, nowUs);
            }
            if (isConnected) Assert.That(nowUs - connectedAtUs, Is.LessThanOrEqualTo(ConnectionNeed.TrialUs + 10 * S));
            if (isConnected && !isNeeded) connectedAtUs = -1;
        }
        TestContext.Out.WriteLine($"{probes} probes in a day, the longest pause {longestUs / S} s");
        Assert.That(probes, Is.InRange(5, 20));
        Assert.That(_background.EnergyUj, Is.LessThan(inputsUj / 100));
        Assert.That(longestUs, Is.GreaterThan(3600 * S));
    }

    private void Spend(long energyUj, long nowUs)
    {
        long startUj = _background.EnergyUj;
        while (_background.EnergyUj - startUj < energyUj) _background.OnExchange(1, nowUs, nowUs += 100_000);
    }

    [Test]
    public void AConnectionThatHasGainedIsMadeAgainAtOnce()
    {
        Input(1000, 62_000);
        Assert.That(_need.IsConnectionNeeded(false, 0), Is.True);
        Assert.That(_need.IsConnectionNeeded(true, 0), Is.True);
        Meet(S);
        Assert.That(_need.IsConnectionNeeded(true, 2 * S), Is.True);
        Assert.That(_need.IsConnectionNeeded(false, 3 * S), Is.True, "the connection was lost");
    }

    [Test]
    public void WakingTheRadioIsPartOfWhatAnOffloadCosts()
    {
        var radio = new RadioSchedule(new RadioCost(2_000_000, s_power.WakeMw));
        Make(radio);
        Input(1000, 62_000);
        Assert.That(_need.IsProbe(1000, 0), Is.False, "784 mJ against 62 mJ");
        Assert.That(_need.IsProbeDue(0), Is.False, "a duty-cycled board waits for an input");
        Assert.That(_need.IsConnectionNeeded(false, 0), Is.True, "its radio decides");
        radio.Cost.Restore(10_000);
        Assert.That(_need.IsProbe(10, 0), Is.False, "0.6 mJ");
        Assert.That(_need.IsProbe(1000, 0), Is.True);
        _need.OnProbed(4_000, 0);
        Assert.That(_need.IsProbe(1000, ConnectionNeed.FirstBackOffUs - 1), Is.False);
        for (int i = 0; i < 30; i++) Input(1000, 62_000);
        Assert.That(_need.IsProbe(1000, ConnectionNeed.FirstBackOffUs), Is.True);
    }

    /// <summary>A deep sleep of 20 s: the pause after a probe goes on, and the inputs still have to pay for the next one.</summary>
    [Test]
    public void ADeepSleepIsNoReasonForAProbe()
    {
        var radio = new RadioSchedule(new RadioCost(10_000, s_power.WakeMw));
        Make(radio);
        Input(1000, 62_000);
        _need.OnProbed(4_000, 0);
        for (int i = 0; i < 30; i++) Input(1000, 62_000);
        var memory = new byte[ConnectionNeed.MemorySize];
        _need.Save(memory, 0, 20 * S);
        Make(radio);
        Input(1000, 62_000);
        _need.Restore(memory, 0, 0);
        Assert.That(_need.IsProbe(1000, ConnectionNeed.FirstBackOffUs - 20 * S - 1), Is.False);
        Assert.That(_need.IsProbe(1000, ConnectionNeed.FirstBackOffUs - 20 * S), Is.True);
        _need.OnProbed(400_000, 60 * S);
        Assert.That(_need.IsProbe(1000, 180 * S), Is.False, "the second pause is twice as long, and the probe took much energy");
    }
}
