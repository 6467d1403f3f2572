using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;
using NUnit.Framework;

namespace Crime.Shared.Tests.Mapping;

/// <summary>Where the rest of a stream is ended.</summary>
public sealed class StreamDecisionTests
{
    private const uint ModelId = 42;
    private const int RttUs = 60_000;

    private static readonly PowerProfile s_power = new() { ComputeMw = 165, WaitMw = 103, TransmitMw = 627, TransmitNsPerByte = 1600, TransmitOverheadUs = 300 };

    /// <summary>1.4 ms per step on the board unless told otherwise, and a gateway 60 ms away that takes 0.3 us per step.</summary>
    private static MappingEngine Engine(Objective objective, int stateSize = 64, long stepNs = 1_400_000, int rttUs = RttUs)
    {
        var engine = new MappingEngine(
            new EngineSetup
            {
                ModelId = ModelId, LongestLength = 83, LocalTime = new CostLine(stepNs, 500), EncodeTime = new CostLine(20_000, 100), BytesPerStep = 6,
                StateSize = stateSize, Power = s_power, Objective = objective,
            }, NodeKey.Of("board"));
        var status = new StatusFrame { Online = true, Workers = 1, Session = 7, Sequence = 1, Capacity = 256 };
        status.Add(ModelId, 0).SetOwn(300, 20);
        engine.OnStatus("gw", status, 0);
        Assert.That(engine.TakeDuePing(0, out uint sequence), Is.Zero);
        engine.OnPong(new PongFrame { Sequence = sequence }, rttUs + s_power.TransmitUs(PingFrame.Size));
        return engine;
    }

    [TestCase(ObjectiveKind.Time)]
    [TestCase(ObjectiveKind.Energy)]
    [TestCase(ObjectiveKind.Weighted)]
    public void TheRestGoesOnlyIfTheStatesWayIsWorthIt(ObjectiveKind kind)
    {
        Objective objective = Objective.Of(kind, 500, 0);
        MappingEngine engine = Engine(objective);
        int length = engine.BreakEvenLength(0) + 4;
        Assert.That(length, Is.LessThan(80));
        Assert.That(engine.ChooseRest(length, true, 0), Is.Zero);
        Assert.That(engine.ChooseRest(length - 8, true, 0), Is.EqualTo(EngineAnswers.Local));
        // 1.4 ms a step here: four steps are 5.6 ms, which the air takes for 3500 bytes.
        Assert.That(Engine(objective, stateSize: 16_000).ChooseRest(length, true, 0), Is.EqualTo(EngineAnswers.Local));
    }

    /// <summary>The state costs what the same bytes cost as a part of the request, to a hundredth.</summary>
    [TestCase(ObjectiveKind.Time)]
    [TestCase(ObjectiveKind.Energy)]
    [TestCase(ObjectiveKind.Weighted)]
    public void TheStateCostsItsBytesOnTheLink(ObjectiveKind kind)
    {
        Objective objective = Objective.Of(kind, 500, 0);
        MappingEngine bare = Engine(objective, stateSize: 0);
        int stateUs = s_power.TransmitUs(3000) - s_power.TransmitUs(0);
        int cost = bare.GatewayCost(0, 40, 0) + kind switch
        {
            ObjectiveKind.Time => stateUs,
            ObjectiveKind.Energy => PowerProfile.EnergyUj(s_power.TransmitMw, stateUs),
            _ => (stateUs + stateUs * s_power.TransmitMw / s_power.ComputeMw) / 2,
        };
        // Boards that are just dearer, and just cheaper.
        long localUs = objective.IsInTime ? cost : cost * 1000L / s_power.ComputeMw, stepNs = (localUs - 500) * 1000 / 40;
        Assert.That(Engine(objective, 3000, stepNs * 101 / 100).ChooseRest(40, true, 0), Is.Zero);
        Assert.That(Engine(objective, 3000, stepNs * 99 / 100).ChooseRest(40, true, 0), Is.EqualTo(EngineAnswers.Local));
    }

    [Test]
    public void WhileTimestepsComeComputingTakesNoTimeAndTheBoardGoesOn()
    {
        MappingEngine engine = Engine(Objective.Time, stepNs: 100_000_000);
        Assert.That(engine.ChooseRest(60, true, 0), Is.Zero, "six seconds against a tenth");
        Assert.That(engine.ChooseRest(60, false, 0), Is.EqualTo(EngineAnswers.Local));
    }

    /// <summary>What is held against the gateway is the 62 mW that computing draws more than waiting: it takes 2.7 times the steps.</summary>
    [Test]
    public void WhileTimestepsComeComputingIsWorthWhatItDrawsOnTop()
    {
        MappingEngine engine = Engine(Objective.Energy, rttUs: 20_000);
        int complete = 1, coming = 1;
        while (engine.ChooseRest(complete, true, 0) == EngineAnswers.Local) complete++;
        while (engine.ChooseRest(coming, false, 0) == EngineAnswers.Local) coming++;
        Assert.That((double)coming / complete, Is.EqualTo(165 / 62.0).Within(0.25), $"{coming} and {complete} steps");
    }

    [Test]
    public void ADeadlineThatTheBoardWouldMissSendsTheRestOnlyOnceItIsThere()
    {
        // 60 steps take the board 84 ms; the gateway answers after 62, unless 16 000 bytes go first, which take 26.
        MappingEngine engine = Engine(Objective.Deadline(80, 50));
        Assert.That(engine.ChooseRest(60, true, 0), Is.Zero);
        Assert.That(engine.ChooseRest(25, true, 0), Is.EqualTo(EngineAnswers.Local), "36 ms here, at less energy");
        Assert.That(engine.ChooseRest(60, false, 0), Is.EqualTo(EngineAnswers.Local), "the board will have done some until then");
        MappingEngine heavy = Engine(Objective.Deadline(80, 50), stateSize: 16_000);
        Assert.That(heavy.ChooseRest(60, true, 0), Is.EqualTo(EngineAnswers.Local), "both are late, the board less so");
        Assert.That(heavy.ChooseRest(80, true, 0), Is.Zero, "both are late, the gateway less so");
    }

    [Test]
    public void WithoutAGatewayTheRestStays()
    {
        MappingEngine engine = Engine(Objective.Time);
        engine.OnStatus("gw", new StatusFrame { Session = 7, Sequence = 2 }, 0);
        foreach (Objective objective in new[] { Objective.Time, Objective.Energy, Objective.Deadline(1, 95) })
        {
            engine.SetObjective(objective);
            Assert.That((engine.ChooseRest(80, true, 0), engine.ChooseRest(80, false, 0)), Is.EqualTo((EngineAnswers.Local, EngineAnswers.Local)));
        }
    }
}
