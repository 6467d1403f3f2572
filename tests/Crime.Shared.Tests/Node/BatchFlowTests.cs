using Crime.Costs;
using Crime.Frames;
using Crime.Node;
using NUnit.Framework;

namespace Crime.Shared.Tests.Node;

/// <summary>One batch: a wake, several requests under way, one wait.</summary>
public sealed class BatchFlowTests
{
    private const long StartUs = 10_000_000;
    private const long WakeUs = 1_000_000;
    private const int Length = 30;
    private const uint FirstSequence = 100;

    private NodeBench _bench = null!;
    private KeptInputs _kept = null!;
    private BatchFlow _batch = null!;

    [SetUp]
    public void SetUp()
    {
        _bench = new NodeBench(MappingMode.Auto, isDutyCycled: true, objective: Objective.Energy, reportEveryUs: 600_000_000);
        _kept = new KeptInputs(16);
        _batch = new BatchFlow(_bench.Flow, _kept, 0);
    }

    [Test]
    public void AllInputsShareOneWakeAndOneWait()
    {
        long nowUs = SendAll(3, isReport: false);
        Assert.That(_batch.Action, Is.EqualTo(InputAction.AwaitAnswer));
        // Answers may come in any order.
        Answer(2, ResponseCode.Ok, nowUs += 9000);
        Answer(0, ResponseCode.Ok, nowUs += 9000);
        Assert.That(Answer(1, ResponseCode.Ok, nowUs += 9000), Is.EqualTo(InputAction.Complete));
        var result = new InputResult();
        long activeUs = 0;
        for (int i = 0; i < 3; i++)
        {
            Assert.That(_batch.TakeResult(result), Is.EqualTo(i));
            Assert.That((result.Target, result.Label, result.Input, result.Length), Is.EqualTo((Target.Gateway, i, (uint)i, Length)));
            Assert.That(result.TimeUs, Is.EqualTo(nowUs - i), "from the arrival of the input");
            activeUs += result.ActiveUs;
        }
        Assert.That(_batch.TakeResult(result), Is.EqualTo(-1));
        Assert.That(_kept.Count, Is.Zero);
        RadioTimeline timeline = _batch.Timeline;
        Assert.That(timeline.WakeUs, Is.EqualTo(WakeUs));
        Assert.That(timeline.TransmitUs, Is.EqualTo(3L * _bench.Engine.TransmitUs(Length)));
        Assert.That(timeline.ComputeUs + timeline.TransmitUs + timeline.WaitUs, Is.EqualTo(nowUs - StartUs - WakeUs), "each moment counts once");
        Assert.That(activeUs, Is.EqualTo(nowUs - StartUs + timeline.TailUs).Within(3), "the interval of the energy");
        Assert.That((_bench.Flow.Counters.Requests, _bench.Flow.Counters.Answers), Is.EqualTo((3, 3)));
        Assert.That(_bench.Flow.Background.EnergyUj, Is.Zero);
    }

    /// <summary>Windows in which a radio in modem sleep listens overlap: they count once.</summary>
    [Test]
    public void OverlappingWindowsOfListeningCountOnce()
    {
        long sentUs = SendAll(2, isReport: false), firstUs = StartUs + WakeUs + 100 + _bench.Engine.TransmitUs(Length);
        Answer(0, ResponseCode.Ok, sentUs + 20_000);
        Answer(1, ResponseCode.Ok, sentUs + 40_000);
        Assert.That(_batch.Timeline.ListenUs, Is.EqualTo(sentUs + 40_000 + NodeBench.Power.MinActiveUs - firstUs));
    }

    [Test]
    public void TheWakeOfAReportBelongsToNoInput()
    {
        long nowUs = SendAll(1, isReport: true);
        Answer(0, ResponseCode.Ok, nowUs + 9000);
        Assert.That(_batch.Timeline.WakeUs, Is.Zero);
        Assert.That(_bench.Flow.Background.EnergyUj, Is.EqualTo(NodeBench.Power.WakeMw * WakeUs / 1000));
    }

    [Test]
    public void ARefusedInputStaysKept()
    {
        long nowUs = SendAll(2, isReport: false);
        Answer(0, ResponseCode.QueueFull, nowUs + 5000);
        Answer(1, ResponseCode.Ok, nowUs + 9000);
        Assert.That(_batch.Action, Is.EqualTo(InputAction.Complete));
        Assert.That((_batch.AnsweredCount, _bench.Flow.Counters.Refusals), Is.EqualTo((1, 1)));
        Assert.That(_batch.TakeResult(new InputResult()), Is.EqualTo(1));
        Assert.That((_kept.Count, _kept.Input(0), _kept.State(0)), Is.EqualTo((1, 0u, KeptState.Kept)));
    }

    [Test]
    public void InputsWithoutAnAnswerStayKept()
    {
        long nowUs = SendAll(2, isReport: false), untilUs = _batch.UntilUs;
        Assert.That(untilUs, Is.EqualTo(nowUs + _batch.Decision.TimeoutUs));
        Answer(0, ResponseCode.Ok, nowUs + 9000);
        Assert.That(_batch.UntilUs, Is.EqualTo(nowUs + 9000 + _batch.Decision.TimeoutUs), "the next answer has the whole time-out");
        Assert.That(_batch.OnTimeout(_batch.UntilUs), Is.EqualTo(InputAction.Complete));
        Assert.That((_bench.Flow.Counters.Timeouts, _batch.AnsweredCount), Is.EqualTo((1, 1)));
        Assert.That(_batch.TakeResult(new InputResult()), Is.Zero);
        Assert.That((_kept.Count, _kept.State(0)), Is.EqualTo((1, KeptState.Kept)));
        Assert.That(Answer(1, ResponseCode.Ok, nowUs + 9_000_000), Is.EqualTo(InputAction.Complete), "a late answer changes nothing");
        Assert.That(_batch.AnsweredCount, Is.EqualTo(1));
    }

    [Test]
    public void NoMoreRequestsAreUnderWayThanTheBoardCanAccept()
    {
        SendAll(OpenRequest.MostOpen + 1, isReport: false);
        Assert.That(_batch.Action, Is.EqualTo(InputAction.AwaitAnswer));
        Assert.That(_kept.IndexOf(KeptState.ToSend), Is.EqualTo(OpenRequest.MostOpen));
        Assert.That(Answer(3, ResponseCode.Ok, StartUs + 2 * WakeUs), Is.EqualTo(InputAction.Send));
        Assert.That(_batch.Index, Is.EqualTo(OpenRequest.MostOpen));
    }

    /// <summary>The MQTT client has copies of each message until it is sent.</summary>
    [Test]
    public void LongRequestsUnderWayAreBoundedByTheirSize()
    {
        int sizeBytes = _bench.Engine.RequestSizeBytes(NodeBench.LongestLength), most = BatchFlow.LeastInFlightSizeBytes / sizeBytes;
        Assert.That(most, Is.InRange(2, OpenRequest.MostOpen - 1));
        for (int i = 0; i <= most; i++) _kept.Add((uint)i, i, NodeBench.LongestLength, i, 100_000_000);
        _batch.Begin(false, StartUs);
        RadioComesUp();
        for (uint i = 0; i < most; i++) _batch.OnSent(FirstSequence + i, StartUs + WakeUs, StartUs + WakeUs, 0);
        Assert.That(_batch.Action, Is.EqualTo(InputAction.AwaitAnswer));
        Assert.That(Answer(0, ResponseCode.Ok, StartUs + 2 * WakeUs), Is.EqualTo(InputAction.Send));
    }

    /// <summary>A batch that finds no gateway helps no input: its energy is background energy, and the next attempt has to wait.</summary>
    [Test]
    public void ABatchWithoutAGatewayIsAProbe()
    {
        _kept.Add(0, 0, Length, 0, 100_000_000);
        Assert.That(_batch.Begin(false, StartUs), Is.EqualTo(InputAction.WakeRadio));
        Assert.That(_batch.OnRadio(StartUs + 1), Is.EqualTo(InputAction.AwaitRadio));
        Assert.That(_batch.OnRadio(_batch.UntilUs), Is.EqualTo(InputAction.Complete));
        Assert.That(_batch.TakeResult(new InputResult()), Is.EqualTo(-1));
        Assert.That(_kept.State(0), Is.EqualTo(KeptState.Kept));
        Assert.That(_bench.Flow.Background.EnergyUj, Is.EqualTo((long)NodeBench.Power.WakeMw * RadioSchedule.WakeLimitUs / 1000));
        Assert.That(_bench.Flow.Need.MayProbe(_batch.UntilUs), Is.False);
    }

    [Test]
    public void ALostConnectionEndsTheBatch()
    {
        _kept.Add(0, 0, Length, 0, 100_000_000);
        _batch.Begin(false, StartUs);
        RadioComesUp();
        Assert.That(_batch.OnNotSent(StartUs + WakeUs + 50), Is.EqualTo(InputAction.Complete));
        Assert.That(_kept.State(0), Is.EqualTo(KeptState.Kept));
    }

    /// <summary>Starts a batch and sends what it may send.</summary>
    /// <returns>The time in µs at which the last request was sent.</returns>
    private long SendAll(int count, bool isReport)
    {
        for (int i = 0; i < count; i++) _kept.Add((uint)i, i, Length, i, 100_000_000 + i);
        Assert.That(_batch.Begin(isReport, StartUs), Is.EqualTo(InputAction.WakeRadio));
        RadioComesUp();
        long nowUs = StartUs + WakeUs;
        for (uint sequence = FirstSequence; _batch.Action == InputAction.Send; sequence++)
        {
            Assert.That(_batch.IsAlone, Is.EqualTo(sequence == FirstSequence));
            _batch.OnSent(sequence, nowUs, nowUs + 100, 0);
            nowUs += 100;
        }
        return nowUs;
    }

    private void RadioComesUp()
    {
        _bench.Meet(StartUs + WakeUs - NodeBench.LinkUs - NodeBench.Power.TransmitUs(PingFrame.Size));
        _batch.OnRadio(StartUs + WakeUs);
    }

    private InputAction Answer(uint request, ResponseCode code, long atUs)
    {
        ResponseFrame response = NodeBench.Response(code, (int)request);
        response.Sequence = FirstSequence + request;
        return _batch.OnAnswer(response, atUs);
    }
}
