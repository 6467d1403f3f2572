using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;
using Crime.Node;
using NUnit.Framework;

namespace Crime.Shared.Tests.Node;

/// <summary>A board's behaviour with one gateway that it can use, as tests drive it.</summary>
internal sealed class NodeBench
{
    public const uint ModelId = 42;
    public const int LongestLength = 80;
    public const int LinkUs = 5000;

    /// <summary>Makes a board.</summary>
    /// <param name="mode">Its mapping mode.</param>
    /// <param name="canCompute">False for a board without a kernel.</param>
    /// <param name="isDutyCycled">True for a board whose radio is off at the start.</param>
    /// <param name="objective">The objective; null for the least time.</param>
    /// <param name="radioUpUs">Time to wake the radio in µs.</param>
    /// <param name="reportEveryUs">Time in µs from one report to the next; 0 for none.</param>
    /// <param name="listening">Messages that it listens to.</param>
    public NodeBench(
        MappingMode mode, bool canCompute = true, bool isDutyCycled = false, Objective? objective = null, int radioUpUs = 2_000_000, long reportEveryUs = 0,
        ListeningMode listening = ListeningMode.Auto)
    {
        _listening = listening;
        Mapping = new ModeMapping { Mode = mode };
        Radio = isDutyCycled ? new RadioSchedule(new RadioCost(radioUpUs, Power.WakeMw), reportEveryUs, reportEveryUs) : null;
        _objective = objective ?? Objective.Time;
        Flow = new InputFlow(Power, Mapping, Radio!);
        SetModel(canCompute);
        Meet(0);
        Radio?.OnDown(0);
    }

    private readonly Objective _objective;
    private readonly ListeningMode _listening;

    public static PowerProfile Power { get; } = new()
    {
        ComputeMw = 165, WaitMw = 103, TransmitMw = 627, ListenMw = 330, WakeMw = 495, TransmitNsPerByte = 1600, TransmitOverheadUs = 300, MinActiveUs = 50_000,
    };

    public ModeMapping Mapping { get; }

    public RadioSchedule? Radio { get; }

    public InputFlow Flow { get; }

    public MappingEngine Engine { get; private set; } = null!;

    public GatewayCandidate Gateway => Engine.Candidate(0);

    /// <summary>Installs a model with a new engine.</summary>
    public void SetModel(bool canCompute, int bytesPerStep = 6)
    {
        Engine = new MappingEngine(
            new EngineSetup
            {
                ModelId = ModelId, LongestLength = LongestLength, LocalTime = canCompute ? new CostLine(1_400_000, 500) : null,
                EncodeTime = new CostLine(20_000, 100), BytesPerStep = bytesPerStep, StateSize = 64, Power = Power, Objective = _objective, Listening = _listening,
            }, NodeKey.Of("board"));
        Radio?.SetModel(Engine, 0);
        Flow.SetModel(Engine, canCompute);
    }

    /// <summary>Lets the gateway publish a status and answer a ping.</summary>
    public void Meet(long nowUs)
    {
        var status = new StatusFrame { Online = true, Workers = 1, Session = 7, Sequence = (uint)(nowUs / 1000) + 1, Capacity = 256 };
        status.Add(ModelId, 0).SetOwn(300, 20);
        Engine.OnStatus("gw", status, nowUs);
        Answer(nowUs);
    }

    /// <summary>Answers a ping if one is due.</summary>
    public void Answer(long nowUs)
    {
        if (Engine.TakePing(nowUs, false, 0, out uint sequence) == null) return;
        Engine.OnPong(new PongFrame { Sequence = sequence }, nowUs + LinkUs + Power.TransmitUs(PingFrame.Size));
    }

    /// <summary>Starts an input that is sent to the gateway.</summary>
    /// <returns>The time at which its request was sent.</returns>
    public long Send(int length, long nowUs)
    {
        Assert.That(Flow.Begin(length, length, nowUs), Is.EqualTo(InputAction.Send));
        Assert.That(Flow.OnSent(nowUs + 10, nowUs + 210, 0), Is.EqualTo(InputAction.AwaitAnswer));
        return nowUs + 210;
    }

    public static ResponseFrame Response(ResponseCode code, int label = 0) => new() { Code = code, Label = label, ServiceUs = 100 };
}
