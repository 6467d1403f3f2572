using Crime.Costs;
using Crime.Frames;
using Crime.Node;
using Crime.Shared.Tests.Mapping;
using NUnit.Framework;

namespace Crime.Shared.Tests.Node;

/// <summary>An input, from its arrival to its one result.</summary>
public sealed class InputFlowTests
{
    private const long StartUs = 1_000_000;
    private const int Length = 40;

    [Test]
    public void ABoardThatComputesClassifiesTheWholeInput()
    {
        var bench = new NodeBench(MappingMode.Local);
        InputFlow flow = bench.Flow;
        Assert.That(flow.Begin(Length, Length, StartUs), Is.EqualTo(InputAction.Compute));
        Assert.That((flow.StepStart, flow.StepCount, flow.IsFinal), Is.EqualTo((0, Length, true)));
        Assert.That(flow.OnComputed(3, StartUs + 50, StartUs + 60_050), Is.EqualTo(InputAction.Complete));
        InputResult result = flow.Result;
        Assert.That((result.Target, result.Label, result.Length, result.DoneCount, result.TimeUs), Is.EqualTo((Target.Local, 3, Length, 0, 60_050L)));
        Assert.That(flow.Timeline.ComputeUs, Is.EqualTo(60_050), "the decision counts as well");
        Assert.That(flow.Counters.Requests, Is.Zero);
    }

    /// <summary>Nothing depends on the break-even length, so it delays no input: the driver asks for it after the result.</summary>
    [Test]
    public void TheBreakEvenLengthIsAddedAfterTheResult()
    {
        var bench = new NodeBench(MappingMode.Local);
        bench.Flow.Begin(Length, Length, StartUs);
        bench.Flow.OnComputed(3, StartUs, StartUs + 60_000);
        Assert.That(bench.Flow.Result.BreakEvenLength, Is.EqualTo(CostLine.Never), "not yet");
        bench.Flow.AddBreakEvenLength(StartUs + 60_000);
        int expected = bench.Engine.Decide(1, StartUs + 60_000).BreakEvenLength;
        Assert.That(bench.Flow.Result.BreakEvenLength, Is.EqualTo(expected).And.InRange(2, NodeBench.LongestLength));
    }

    /// <summary>The break-even length of a duty-cycled board is that of a radio that is off, also when the input brought the radio up.</summary>
    [Test]
    public void ABreakEvenLengthIncludesTheWakeUp()
    {
        var bench = new NodeBench(MappingMode.Gateway, isDutyCycled: true);
        int isOff = bench.Engine.BreakEvenLength(StartUs);
        Assert.That(bench.Flow.Begin(Length, Length, StartUs), Is.EqualTo(InputAction.WakeRadio));
        bench.Engine.OnRadioUp(StartUs);
        bench.Answer(StartUs + 1_000_000);
        bench.Flow.AddBreakEvenLength(StartUs + 2_000_000);
        Assert.That(bench.Flow.Result.BreakEvenLength, Is.EqualTo(isOff));
        Assert.That(bench.Engine.BreakEvenLength(StartUs + 2_000_000), Is.LessThan(isOff), "the radio is up");
    }

    [Test]
    public void AnAnswerIsTheResult()
    {
        var bench = new NodeBench(MappingMode.Auto);
        InputFlow flow = bench.Flow;
        long sentUs = bench.Send(Length, StartUs);
        Assert.That(flow.UntilUs, Is.EqualTo(sentUs + flow.Decision.TimeoutUs));
        Assert.That(flow.OnAnswer(NodeBench.Response(ResponseCode.Ok, 5), sentUs + 9000, sentUs + 9500), Is.EqualTo(InputAction.Complete));
        Assert.That((flow.Result.Target, flow.Result.Label, flow.Result.TimeUs), Is.EqualTo((Target.Gateway, 5, sentUs + 9500 - StartUs)));
        Assert.That((flow.Counters.Requests, flow.Counters.Answers), Is.EqualTo((1, 1)));
        int airUs = bench.Engine.TransmitUs(Length);
        Assert.That((flow.Timeline.TransmitUs, flow.Timeline.WaitUs), Is.EqualTo(((long)airUs, 9000L - airUs)));
        Assert.That(flow.Timeline.ListenUs, Is.EqualTo(9000 - airUs + NodeBench.Power.MinActiveUs));
    }

    /// <summary>The air time of what the request carries beside the input is energy, but no part of the link.</summary>
    [Test]
    public void TelemetryLengthensTheTransmissionAndNotTheLink()
    {
        var bench = new NodeBench(MappingMode.Gateway);
        bench.Flow.Begin(Length, Length, StartUs);
        bench.Flow.OnSent(StartUs, StartUs + 200, extraSizeBytes: 1000);
        int rttUs = bench.Gateway.Link.RttUs, airUs = bench.Engine.TransmitUs(Length);
        bench.Flow.OnAnswer(NodeBench.Response(ResponseCode.Ok), StartUs + 200 + airUs + 1600 + 100 + rttUs, StartUs + 20_000);
        Assert.That(bench.Flow.Timeline.TransmitUs, Is.EqualTo(airUs + 1600));
        Assert.That(bench.Gateway.Link.RttUs, Is.EqualTo(rttUs));
    }

    [TestCase(ResponseCode.QueueFull)]
    [TestCase(ResponseCode.UnknownModel)]
    public void ARefusalIsComputedOnTheBoard(ResponseCode code)
    {
        var bench = new NodeBench(MappingMode.Gateway);
        InputFlow flow = bench.Flow;
        long sentUs = bench.Send(Length, StartUs);
        Assert.That(flow.OnAnswer(NodeBench.Response(code), sentUs + 5000, sentUs + 5000), Is.EqualTo(InputAction.Compute));
        Assert.That((flow.StepStart, flow.StepCount, flow.IsFinal), Is.EqualTo((0, Length, true)));
        Assert.That(flow.OnComputed(2, sentUs + 5000, sentUs + 65_000), Is.EqualTo(InputAction.Complete));
        Assert.That((flow.Result.Target, flow.Result.Label, flow.Counters.Refusals), Is.EqualTo((Target.Fallback, 2, 1)));
    }

    [Test]
    public void ATimeoutIsComputedOnTheBoardAndSuspectsTheLink()
    {
        var bench = new NodeBench(MappingMode.Gateway);
        InputFlow flow = bench.Flow;
        bench.Send(Length, StartUs);
        Assert.That(flow.OnTimeout(flow.UntilUs), Is.EqualTo(InputAction.Compute));
        flow.OnComputed(2, flow.UntilUs, flow.UntilUs + 60_000);
        Assert.That((flow.Result.Target, flow.Counters.Timeouts), Is.EqualTo((Target.Fallback, 1)));
        Assert.That(flow.Timeline.ListenUs, Is.EqualTo(NodeBench.Power.MinActiveUs), "no answer keeps the radio on");
        Assert.That(bench.Engine.HasUsableGateway(flow.UntilUs), Is.False);
    }

    [Test]
    public void ARequestThatCouldNotBeSentIsComputedOnTheBoard()
    {
        var bench = new NodeBench(MappingMode.Gateway);
        bench.Flow.Begin(Length, Length, StartUs);
        Assert.That(bench.Flow.OnNotSent(StartUs + 30), Is.EqualTo(InputAction.Compute));
        Assert.That((bench.Flow.Counters.Requests, bench.Flow.Timeline.ComputeUs), Is.EqualTo((0, 30)));
    }

    [Test]
    public void ABoardThatCannotComputeAsksAgainAfterABackOff()
    {
        var bench = new NodeBench(MappingMode.Auto, canCompute: false);
        InputFlow flow = bench.Flow;
        bench.Send(Length, StartUs);
        long nowUs = flow.UntilUs;
        Assert.That(flow.OnTimeout(nowUs), Is.EqualTo(InputAction.AwaitRetry));
        Assert.That(flow.UntilUs, Is.EqualTo(nowUs + InputFlow.FirstBackOffUs));
        while (!bench.Engine.HasUsableGateway(nowUs)) bench.Answer(nowUs += LinkFlow.TickUs);
        Assert.That(nowUs, Is.LessThan(flow.UntilUs - 1));
        Assert.That(flow.OnRetry(flow.UntilUs - 1), Is.EqualTo(InputAction.AwaitRetry), "the link answers again, but the back-off is not over");
        Assert.That(flow.OnRetry(flow.UntilUs), Is.EqualTo(InputAction.Send));
        flow.OnSent(flow.UntilUs, flow.UntilUs + 200, 0);
        nowUs = flow.UntilUs;
        flow.OnTimeout(nowUs);
        Assert.That(flow.UntilUs, Is.EqualTo(nowUs + 2 * InputFlow.FirstBackOffUs));
        Assert.That(flow.OnRetry(flow.UntilUs), Is.EqualTo(InputAction.AwaitRetry), "no gateway is usable");
    }

    [Test]
    public void ANewModelStartsTheInputAgain()
    {
        var bench = new NodeBench(MappingMode.Local, canCompute: true);
        InputFlow flow = bench.Flow;
        flow.Begin(Length, 12, StartUs);
        flow.OnComputed(0, StartUs, StartUs + 10_000);
        Assert.That(flow.StepStart, Is.EqualTo(InputFlow.MaxSteps));
        flow.SetModel(null, false);
        Assert.That(flow.Action, Is.EqualTo(InputAction.AwaitRetry));
        Assert.That(flow.OnRetry(StartUs + 20_000), Is.EqualTo(InputAction.AwaitRetry), "there is no model");
        bench.SetModel(canCompute: true);
        flow.OnArrived(Length);
        Assert.That(flow.OnRetry(StartUs + 30_000), Is.EqualTo(InputAction.Compute));
        Assert.That((flow.StepStart, flow.StepCount), Is.EqualTo((0, Length)));
    }

    [Test]
    public void AStreamIsComputedAsItComesAndItsRestMoves()
    {
        var bench = new NodeBench(MappingMode.Local);
        InputFlow flow = bench.Flow;
        Assert.That(flow.Begin(Length, 1, StartUs), Is.EqualTo(InputAction.Compute));
        Assert.That((flow.StepCount, flow.IsFinal), Is.EqualTo((1, false)));
        Assert.That(flow.OnComputed(0, StartUs, StartUs + 1400), Is.EqualTo(InputAction.AwaitSteps));
        Assert.That(flow.OnSteps(11, StartUs + 20_000), Is.EqualTo(InputAction.Compute));
        Assert.That((flow.StepStart, flow.StepCount), Is.EqualTo((1, InputFlow.MaxSteps)), "a gateway that comes up is noticed");
        flow.OnComputed(0, StartUs + 20_000, StartUs + 30_000);
        flow.OnComputed(0, StartUs + 30_000, StartUs + 33_000);
        Assert.That((flow.Action, flow.StepStart), Is.EqualTo((InputAction.AwaitSteps, 11)));
        bench.Mapping.Mode = MappingMode.Gateway;
        Assert.That(flow.OnSteps(Length, StartUs + 60_000), Is.EqualTo(InputAction.Send));
        Assert.That((flow.StepStart, flow.StepCount, flow.Result.DoneCount), Is.EqualTo((11, Length - 11, 11)));
        flow.OnSent(StartUs + 60_000, StartUs + 60_200, 0);
        flow.OnAnswer(NodeBench.Response(ResponseCode.Ok, 1), StartUs + 70_000, StartUs + 70_000);
        Assert.That((flow.Result.Target, flow.Result.DoneCount, flow.Result.Label), Is.EqualTo((Target.Gateway, 11, 1)));
    }

    [Test]
    public void AStreamWhoseRestIsRefusedGoesOnFromItsState()
    {
        var bench = new NodeBench(MappingMode.Local);
        InputFlow flow = bench.Flow;
        flow.Begin(Length, 5, StartUs);
        flow.OnComputed(0, StartUs, StartUs + 7000);
        bench.Mapping.Mode = MappingMode.Gateway;
        flow.OnSteps(Length, StartUs + 60_000);
        flow.OnSent(StartUs + 60_000, StartUs + 60_200, 0);
        Assert.That(flow.OnTimeout(flow.UntilUs), Is.EqualTo(InputAction.Compute));
        Assert.That((flow.StepStart, flow.StepCount, flow.IsFinal), Is.EqualTo((5, Length - 5, true)));
    }

    [Test]
    public void AnInputForAGatewayWakesTheRadioAndItsTimeIsBilled()
    {
        var bench = new NodeBench(MappingMode.Gateway, isDutyCycled: true);
        InputFlow flow = bench.Flow;
        Assert.That(flow.Begin(Length, Length, StartUs), Is.EqualTo(InputAction.WakeRadio));
        Assert.That(flow.OnRadio(StartUs + 100), Is.EqualTo(InputAction.AwaitRadio), "no gateway has answered a ping");
        bench.Meet(StartUs + 1_500_000);
        Assert.That(flow.OnRadio(StartUs + 1_600_000), Is.EqualTo(InputAction.Send));
        Assert.That(flow.Timeline.WakeUs, Is.EqualTo(1_600_000));
        Assert.That(bench.Radio!.Cost.TimeUs, Is.EqualTo(2_000_000 - 400_000 / 4));
    }

    [Test]
    public void ARadioThatFindsNoGatewayGivesUp()
    {
        var bench = new NodeBench(MappingMode.Gateway, isDutyCycled: true);
        InputFlow flow = bench.Flow;
        flow.Begin(Length, Length, StartUs);
        Assert.That(flow.OnRadio(flow.UntilUs - 1), Is.EqualTo(InputAction.AwaitRadio));
        Assert.That(flow.OnRadio(flow.UntilUs), Is.EqualTo(InputAction.Compute));
        Assert.That((flow.Timeline.WakeUs, bench.Radio!.Cost.TimeUs), Is.EqualTo(((long)RadioSchedule.WakeLimitUs, 2_000_000)), "a failure is no cost of waking");
    }

    /// <summary>Every µs of an input is in exactly one state; listening comes on top.</summary>
    [Test]
    public void TheStatesOfAnInputAddUpToItsTime()
    {
        var bench = new NodeBench(MappingMode.Gateway);
        InputFlow flow = bench.Flow;
        long sentUs = bench.Send(Length, StartUs);
        flow.OnAnswer(NodeBench.Response(ResponseCode.QueueFull), sentUs + 5000, sentUs + 5300);
        flow.OnComputed(0, sentUs + 5300, sentUs + 61_000);
        RadioTimeline timeline = flow.Timeline;
        Assert.That(timeline.ComputeUs + timeline.TransmitUs + timeline.WaitUs + timeline.WakeUs, Is.EqualTo(flow.Result.TimeUs));
    }
}
