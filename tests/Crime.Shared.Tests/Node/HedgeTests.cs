using System;
using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;
using Crime.Node;
using NUnit.Framework;

namespace Crime.Shared.Tests.Node;

/// <summary>A board that computes while its request is open.</summary>
public sealed class HedgeTests
{
    private const long StartUs = 1_000_000;
    private const int Length = 40;
    private const int StepUs = 1400;
    private const uint Session = 9;

    private readonly OpenRequest _request = new(Session);
    private NodeBench _bench = null!;

    private InputFlow Flow => _bench.Flow;

    [TestCase(50, 0.0)]
    [TestCase(90, 1.609)]
    [TestCase(95, 2.303)]
    [TestCase(99, 3.912)]
    public void TheBoardWaitsForTheForecastAndTheQuantileOfItsError(int percent, double deviations)
    {
        Make(percent);
        long sentUs = Send(Length);
        int deviationUs = _bench.Gateway.ForecastErrorUs;
        long forecastUs = sentUs + Flow.Decision.ExpectedTimeUs - _bench.Engine.EncodeTime.At(Length);
        Assert.That(deviationUs, Is.Positive);
        Assert.That(Flow.Hedge.IsPlanned, Is.True);
        Assert.That(Flow.UntilUs - forecastUs, Is.EqualTo(deviations * deviationUs).Within(0.01 * deviationUs));
        Assert.That(Flow.UntilUs, Is.LessThan(sentUs + Flow.Decision.TimeoutUs));
    }

    [Test]
    public void ABoardThatCountsEnergyWaitsUntilTheTimeOut([Values] bool isWeighted)
    {
        Make(objective: isWeighted ? Objective.Weighted(900) : Objective.Energy);
        long sentUs = Offload();
        Assert.That((Flow.Hedge.IsPlanned, Flow.UntilUs), Is.EqualTo((false, sentUs + Flow.Decision.TimeoutUs)));
    }

    [Test]
    public void ABoardWithoutAChoiceWaitsUntilTheTimeOut([Values] bool canCompute)
    {
        Make(mode: canCompute ? MappingMode.Gateway : MappingMode.Auto, canCompute: canCompute);
        long sentUs = Send(Length);
        Assert.That((Flow.Hedge.IsPlanned, Flow.UntilUs), Is.EqualTo((false, sentUs + Flow.Decision.TimeoutUs)));
    }

    [Test]
    public void WithADeadlineTheBoardStartsWhenItHasTo()
    {
        // The deadline is energy first: the board is cheaper, so that the test decides.
        Make(objective: Objective.Deadline(150, 90));
        Offload();
        Assert.That(Flow.UntilUs, Is.EqualTo(StartUs + 150_000 - _bench.Engine.LocalTime.At(Length)));
        Make(objective: Objective.Deadline(60, 90));
        long sentUs = Offload();
        Assert.That(Flow.UntilUs, Is.GreaterThan(sentUs + Flow.Decision.ExpectedTimeUs - 1000), "too late for the board");
    }

    [Test]
    public void AnAnswerBetweenTwoSlicesIsTheResult()
    {
        Make();
        long sentUs = Send(Length), lateUs = Flow.UntilUs;
        Assert.That(Flow.OnHedge(lateUs - 1), Is.EqualTo(InputAction.AwaitAnswer), "too early");
        Assert.That((Flow.OnHedge(lateUs), Flow.UntilUs), Is.EqualTo((InputAction.AwaitAnswer, lateUs + _bench.Engine.LocalTime.At(Length) / Length)));
        long hedgeUs = Start();
        long nowUs = Slices(3, hedgeUs);
        Assert.That((Flow.StepStart, Flow.StepCount, Flow.IsFinal), Is.EqualTo((3 * Hedge.MaxSteps, Hedge.MaxSteps, false)));
        Assert.That(Accept(ResponseCode.Ok, nowUs + 100, label: 5), Is.True);
        Assert.That(Slice(nowUs, label: 3), Is.EqualTo(InputAction.Complete));
        nowUs += Hedge.MaxSteps * StepUs;
        Assert.That((Flow.Result.Target, Flow.Result.Label, Flow.Result.TimeUs), Is.EqualTo((Target.Gateway, 5, nowUs - StartUs)));
        Assert.That((Flow.Counters.Hedges, Flow.Counters.HedgesWon, Flow.Counters.Answers, Flow.Hedge.HasCancel), Is.EqualTo((1, 0, 1, false)));
        RadioTimeline timeline = Flow.Timeline;
        int airUs = _bench.Engine.TransmitUs(Length);
        Assert.That((timeline.TransmitUs, timeline.WaitUs), Is.EqualTo(((long)airUs, hedgeUs - sentUs - airUs)));
        Assert.That(timeline.ComputeUs, Is.EqualTo(sentUs - StartUs + nowUs - hedgeUs));
        long listenedUs = Math.Min(nowUs - Hedge.MaxSteps * StepUs + 100 - sentUs - airUs, NodeBench.Power.MinActiveUs);
        Assert.That(timeline.ListenUs, Is.EqualTo(listenedUs + NodeBench.Power.MinActiveUs));
    }

    [Test]
    public void TheBoardsOwnResultOvertakesTheAnswerAndCancelsTheRequest()
    {
        Make();
        long sentUs = Send(Length);
        int rttUs = _bench.Gateway.Link.RttUs, deviationUs = _bench.Gateway.Link.DeviationUs;
        long nowUs = Overtake();
        Assert.That((Flow.Result.Target, Flow.Result.Label, Flow.Result.TimeUs), Is.EqualTo((Target.Fallback, 3, nowUs - StartUs)));
        Assert.That((Flow.Counters.Hedges, Flow.Counters.HedgesWon, Flow.Counters.Timeouts), Is.EqualTo((1, 1, 0)));
        Assert.That(Flow.Timeline.ComputeUs + Flow.Timeline.TransmitUs + Flow.Timeline.WaitUs, Is.EqualTo(Flow.Result.TimeUs));
        Assert.That(Flow.Hedge.HasCancel, Is.True);
        long beforeUj = Flow.Background.EnergyUj;
        Flow.Hedge.OnCancelled(true, nowUs);
        Assert.That((Flow.Hedge.HasCancel, Flow.Counters.Cancels), Is.EqualTo((false, 1)));
        Assert.That(Flow.Background.EnergyUj, Is.GreaterThan(beforeUj));

        LinkEstimator link = _bench.Gateway.Link;
        Assert.That((link.IsSuspect, link.RttUs, link.DeviationUs), Is.EqualTo((false, rttUs, deviationUs)), "nothing is known of the link yet");
        Assert.That(_bench.Gateway.IsUsable(nowUs), Is.False, "an overdue gateway gets no inputs");
        Assert.That(Flow.Begin(Length, Length, nowUs), Is.EqualTo(InputAction.Compute));
        Assert.That(Accept(ResponseCode.Ok, nowUs), Is.False, "the input has its result");
        long answeredUs = nowUs + 1000;
        Flow.Hedge.OnLate(_request.Incoming, Session, answeredUs);
        long sampleUs = answeredUs - sentUs - _bench.Engine.TransmitUs(Length) - 100;
        Assert.That(link.RttUs, Is.EqualTo(rttUs + (sampleUs - rttUs) / 8).Within(1), "the late answer is a measurement");
        Assert.That((link.IsSuspect, _bench.Gateway.IsUsable(answeredUs)), Is.EqualTo((false, true)));
        Flow.Hedge.OnLate(_request.Incoming, Session, answeredUs + 1000);
        Assert.That(link.RttUs, Is.EqualTo(rttUs + (sampleUs - rttUs) / 8).Within(1), "once");
    }

    [Test]
    public void AnOvertakenRequestWithoutAnAnswerIsALossAtItsTimeOut()
    {
        Make();
        long timeoutUs = Send(Length) + Flow.Decision.TimeoutUs;
        Overtake();
        Assert.That(_bench.Engine.NextPingUs(), Is.LessThanOrEqualTo(timeoutUs));
        _bench.Engine.TakePing(timeoutUs - 1, false, 0, out uint _);
        Assert.That(_bench.Gateway.Link.IsSuspect, Is.False);
        _bench.Engine.TakePing(timeoutUs, false, 0, out uint _);
        Assert.That((_bench.Gateway.Link.IsSuspect, _bench.Gateway.IsUsable(timeoutUs)), Is.EqualTo((true, false)));
        int rttUs = _bench.Gateway.Link.RttUs;
        Accept(ResponseCode.Ok, timeoutUs + 1);
        Flow.Hedge.OnLate(_request.Incoming, Session, timeoutUs + 1);
        Assert.That((_bench.Gateway.Link.IsSuspect, _bench.Gateway.Link.RttUs), Is.EqualTo((true, rttUs)), "as the answer after any time-out");
    }

    /// <summary>Nothing is received while the radio is off: the gateway must not stay overdue until the next refresh.</summary>
    [Test]
    public void SwitchingTheRadioOffEndsTheObservation()
    {
        Make();
        Send(Length);
        long nowUs = Overtake();
        _bench.Engine.OnRadioDown(new RadioCost(1_000_000, 495), nowUs);
        Assert.That((_bench.Gateway.OverdueUntilUs, _bench.Gateway.WasUsable, _bench.Gateway.Link.IsSuspect), Is.EqualTo((0L, true, false)));
    }

    /// <summary>The wait of a cancelled request has a lower bound only.</summary>
    [Test]
    public void ACancelledRequestTeachesItsWaitOnlyWhereItIsBeyondTheForecast()
    {
        Make();
        long sentUs = Send(Length), nowUs = Overtake();
        int biasUs = _bench.Gateway.Queue.BiasUs;
        Late(new ResponseFrame { Code = ResponseCode.Cancelled, WaitUs = 40_000 }, nowUs + 1000);
        Assert.That(_bench.Gateway.Queue.BiasUs, Is.GreaterThan(biasUs));
        Assert.That(_bench.Gateway.Link.IsSuspect, Is.False);
        Assert.That(nowUs, Is.GreaterThan(sentUs));

        Make();
        Send(Length);
        nowUs = Overtake();
        _bench.Gateway.SentWaitUs = 50_000;
        biasUs = _bench.Gateway.Queue.BiasUs;
        Late(new ResponseFrame { Code = ResponseCode.Cancelled, WaitUs = 40_000 }, nowUs + 1000);
        Assert.That(_bench.Gateway.Queue.BiasUs, Is.EqualTo(biasUs));
    }

    [Test]
    public void AnAnswerDuringTheLastSliceCounts()
    {
        Make();
        Send(Length);
        long nowUs = Slices(Length / Hedge.MaxSteps - 1, Start());
        Assert.That(Flow.IsFinal, Is.True);
        Accept(ResponseCode.Ok, nowUs + 1, label: 6);
        Assert.That(Slice(nowUs, label: 3), Is.EqualTo(InputAction.Complete));
        Assert.That((Flow.Result.Target, Flow.Result.Label, Flow.Hedge.HasCancel), Is.EqualTo((Target.Gateway, 6, false)));
    }

    [Test]
    public void ARefusalDuringTheComputationLeavesTheRestToTheBoard([Values] bool isLastSlice)
    {
        Make();
        Send(Length);
        int count = isLastSlice ? Length / Hedge.MaxSteps - 1 : 2;
        long nowUs = Slices(count, Start());
        Accept(ResponseCode.TooLate, nowUs + 1);
        InputAction action = Slice(nowUs, label: 3);
        if (!isLastSlice)
        {
            Assert.That((action, Flow.StepStart, Flow.StepCount, Flow.IsFinal), Is.EqualTo((InputAction.Compute, 3 * Hedge.MaxSteps, Length - 3 * Hedge.MaxSteps, true)));
            action = Flow.OnComputed(3, nowUs + 3000, nowUs + 60_000);
        }
        Assert.That((action, Flow.Result.Target, Flow.Result.Label), Is.EqualTo((InputAction.Complete, Target.Fallback, 3)));
        Assert.That((Flow.Counters.Refusals, Flow.Counters.HedgesWon, Flow.Hedge.HasCancel), Is.EqualTo((1, 0, false)));
        Assert.That(_bench.Gateway.Link.IsSuspect, Is.False);
    }

    [Test]
    public void TheTimeOutDuringTheComputationIsAFailureOfTheGateway()
    {
        Make();
        long timeoutUs = Send(Length) + Flow.Decision.TimeoutUs;
        long startUs = Start();
        Assert.That(Flow.OnComputed(0, startUs, timeoutUs), Is.EqualTo(InputAction.Compute));
        Assert.That((Flow.StepStart, Flow.StepCount, Flow.IsFinal), Is.EqualTo((Hedge.MaxSteps, Length - Hedge.MaxSteps, true)));
        Assert.That((Flow.Counters.Timeouts, _bench.Gateway.Link.IsSuspect, _request.IsOpen), Is.EqualTo((1, true, false)));
        Assert.That(Flow.OnComputed(3, timeoutUs, timeoutUs + 50_000), Is.EqualTo(InputAction.Complete));
        Assert.That((Flow.Result.Target, Flow.Hedge.HasCancel), Is.EqualTo((Target.Fallback, false)));
    }

    /// <summary>Three timesteps take 4.7 ms here and 5.6 ms at the gateway, give or take 2.5 ms.</summary>
    [Test]
    public void ARaceSendsWhatTheBoardComputesWhereTheOutcomeIsUncertain()
    {
        Make(races: true);
        long sentUs = Send(3);
        Assert.That((Flow.Hedge.IsLocalChoice, Flow.UntilUs), Is.EqualTo((true, sentUs + _bench.Engine.TransmitUs(3))));
        long nowUs = Overtake();
        Assert.That((Flow.Result.Target, Flow.Result.TimeUs, Flow.Hedge.HasCancel), Is.EqualTo((Target.Local, nowUs - StartUs, true)));

        Make();
        Assert.That(Flow.Begin(3, 3, StartUs), Is.EqualTo(InputAction.Compute), "without a race");
    }

    [Test]
    public void ARaceStartsAtOnceOnlyWhereTheOutcomeIsUncertain()
    {
        Make(races: true);
        for (int i = 0; i < 8; i++) _bench.Gateway.Link.AddSample(i % 2 * 2 * NodeBench.LinkUs, StartUs / 2);
        _bench.Meet(StartUs / 2);
        long sentUs = Send(5);
        Assert.That(_bench.Gateway.ForecastErrorUs, Is.GreaterThan(4000), "7.5 ms here and 5.7 ms at the gateway");
        Assert.That((Flow.Hedge.IsLocalChoice, Flow.UntilUs), Is.EqualTo((false, sentUs + _bench.Engine.TransmitUs(5))));
        Make(races: true);
        sentUs = Send(Length);
        Assert.That(Flow.UntilUs, Is.GreaterThan(sentUs + Flow.Decision.ExpectedTimeUs - 1000), "the gateway is faster by far");
    }

    [Test]
    public void ARaceThatCannotBeSentIsTheBoards()
    {
        Make(races: true);
        Assert.That(Flow.Begin(3, 3, StartUs), Is.EqualTo(InputAction.Send));
        Flow.OnNotSent(StartUs + 100);
        Flow.OnComputed(3, StartUs + 100, StartUs + 5000);
        Assert.That(Flow.Result.Target, Is.EqualTo(Target.Local));
    }

    [Test]
    public void ALateRequestIsRepeatedAtAGatewayThatIsFasterThanTheBoard()
    {
        long sentUs = Repeat();
        Assert.That((Flow.Decision.Gateway.Id, Flow.StepStart, Flow.StepCount), Is.EqualTo(("second", 0, Length)));
        Assert.That((Flow.Counters.Repeats, Flow.Counters.Requests, Flow.Counters.Hedges), Is.EqualTo((1, 2, 0)));
        Assert.That(Accept(ResponseCode.Ok, sentUs + 9000, label: 4), Is.True);
        Assert.That(Flow.OnAnswer(_request.Answer, sentUs + 9000, sentUs + 9000), Is.EqualTo(InputAction.Complete));
        Assert.That((Flow.Result.Target, Flow.Result.Label, Flow.Result.TimeUs), Is.EqualTo((Target.Gateway, 4, sentUs + 9000 - StartUs)));
        Assert.That((Flow.Hedge.CancelGateway.Id, Flow.Hedge.CancelSequence), Is.EqualTo(("gw", _request.Sequence - 1)));
        Assert.That(_request.IsOpen, Is.False, "one result");
        RadioTimeline timeline = Flow.Timeline;
        Assert.That(timeline.ComputeUs + timeline.TransmitUs + timeline.WaitUs, Is.EqualTo(Flow.Result.TimeUs));
        Assert.That(timeline.TransmitUs, Is.EqualTo(2 * _bench.Engine.TransmitUs(Length)));
    }

    [Test]
    public void TheAnswerToTheFirstRequestCountsWhileTheRepetitionIsOpen()
    {
        long sentUs = Repeat();
        uint first = _request.Sequence - 1;
        int secondRttUs = _bench.Engine.Candidate(1).Link.RttUs, firstRttUs = _bench.Gateway.Link.RttUs;
        Assert.That(Accept(ResponseCode.Ok, sentUs + 3000, label: 7, first), Is.True);
        Assert.That(Flow.OnAnswer(_request.Answer, sentUs + 3000, sentUs + 3000), Is.EqualTo(InputAction.Complete));
        Assert.That((Flow.Result.Target, Flow.Result.Label), Is.EqualTo((Target.Gateway, 7)));
        Assert.That((Flow.Hedge.CancelGateway.Id, Flow.Hedge.CancelSequence), Is.EqualTo(("second", first + 1)));
        Assert.That(_bench.Gateway.Link.RttUs, Is.GreaterThan(firstRttUs));
        Assert.That(_bench.Engine.Candidate(1).Link.RttUs, Is.EqualTo(secondRttUs), "the second has not answered");
        Assert.That(Accept(ResponseCode.Ok, sentUs + 9000), Is.False, "one result");
    }

    [Test]
    public void ARefusalOfTheFirstRequestLeavesTheRepetitionOpen()
    {
        long sentUs = Repeat();
        uint first = _request.Sequence - 1;
        Assert.That(Accept(ResponseCode.TooLate, sentUs + 3000, sequence: first), Is.True);
        Assert.That(Flow.OnAnswer(_request.Answer, sentUs + 3000, sentUs + 3000), Is.EqualTo(InputAction.AwaitAnswer));
        Assert.That((_request.IsOpen, _request.HasAnswer, Flow.Counters.Refusals), Is.EqualTo((true, false, 1)));
        Assert.That(Accept(ResponseCode.Ok, sentUs + 9000, label: 4), Is.True);
        Assert.That(Flow.OnAnswer(_request.Answer, sentUs + 9000, sentUs + 9000), Is.EqualTo(InputAction.Complete));
        Assert.That((Flow.Result.Label, Flow.Hedge.HasCancel), Is.EqualTo((4, false)), "nothing is open any more");
    }

    [Test]
    public void ARefusalOfTheRepetitionLeavesTheInputToTheBoard()
    {
        long sentUs = Repeat();
        Assert.That(Accept(ResponseCode.TooLate, sentUs + 3000), Is.True);
        Assert.That(Flow.OnAnswer(_request.Answer, sentUs + 3000, sentUs + 3000), Is.EqualTo(InputAction.Compute));
        Assert.That((Flow.IsFinal, _request.IsOpen), Is.EqualTo((true, false)));
    }

    [Test]
    public void ALateRepetitionIsHedgedByTheBoard()
    {
        Repeat();
        long nowUs = Start();
        Assert.That(Slice(nowUs, label: 0), Is.EqualTo(InputAction.Compute));
        Assert.That(Accept(ResponseCode.Ok, nowUs + StepUs + 1, label: 7, _request.Sequence - 1), Is.True, "both requests are open");
        Assert.That(Slice(nowUs + StepUs, label: 0), Is.EqualTo(InputAction.Complete));
        Assert.That((Flow.Result.Target, Flow.Result.Label, Flow.Counters.Repeats, Flow.Counters.Hedges), Is.EqualTo((Target.Gateway, 7, 1, 1)));
    }

    [Test]
    public void NothingIsAllocated()
    {
        Make(races: true);
        Send(Length);
        Overtake();
        Flow.Hedge.OnCancelled(true, StartUs + 200_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 1; i < 20; i++)
        {
            long nowUs = StartUs + i * 3_000_000L;
            _bench.Engine.DecideOffload(Length, nowUs, true, Flow.Decision);
            Flow.Begin(3, 3, nowUs);
            if (Flow.Action != InputAction.Send) continue;
            _request.Open(nowUs);
            Flow.OnSent(nowUs, nowUs + 200, 0);
            Overtake();
        }
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private void Make(int percent = 95, MappingMode mode = MappingMode.Auto, bool canCompute = true, Objective? objective = null, bool races = false)
    {
        _bench = new NodeBench(mode, canCompute, objective: objective);
        Flow.Hedge.Enable(_request, percent, races);
    }

    /// <summary>Sends an input to the first gateway, and again to a second one that is slower than the first and faster than the board.</summary>
    /// <returns>The time of the second request.</returns>
    private long Repeat()
    {
        Make();
        var status = new StatusFrame { Online = true, Workers = 1, Session = 8, Sequence = 1, Capacity = 256 };
        status.Add(NodeBench.ModelId, 0).SetOwn(300, 2000);
        _bench.Engine.OnStatus("second", status, 0);
        _bench.Answer(0);
        Send(Length);
        Assert.That(Flow.Decision.Gateway.Id, Is.EqualTo("gw"));
        long nowUs = Flow.UntilUs;
        Assert.That(Flow.OnHedge(nowUs), Is.EqualTo(InputAction.Send));
        Assert.That(Flow.Hedge.IsRepeated, Is.True);
        _request.OpenFurther(nowUs);
        Assert.That(Flow.OnSent(nowUs, nowUs + 200, 0), Is.EqualTo(InputAction.AwaitAnswer));
        return nowUs + 200;
    }

    private long Send(int length)
    {
        long sentUs = _bench.Send(length, StartUs);
        _request.Open(sentUs);
        return sentUs;
    }

    /// <summary>Sends an input to the gateway, whatever the board would decide.</summary>
    private long Offload()
    {
        Flow.Begin(Length, Length, StartUs);
        _bench.Engine.DecideOffload(Length, StartUs, true, Flow.Decision);
        Flow.OnSent(StartUs, StartUs + 200, 0);
        _request.Open(StartUs + 200);
        return StartUs + 200;
    }

    /// <summary>Waits until the board computes.</summary>
    /// <returns>The time.</returns>
    private long Start()
    {
        long nowUs = Flow.UntilUs;
        if (Flow.OnHedge(nowUs) == InputAction.AwaitAnswer) Flow.OnHedge(nowUs = Flow.UntilUs);
        Assert.That(Flow.Action, Is.EqualTo(InputAction.Compute));
        return nowUs;
    }

    /// <summary>Lets the board compute until it has its own result.</summary>
    /// <returns>The time of the result.</returns>
    private long Overtake()
    {
        long nowUs = Start();
        InputAction action = Flow.Action;
        while (action == InputAction.Compute)
        {
            long startUs = nowUs;
            nowUs += Flow.StepCount * StepUs;
            action = Flow.OnComputed(3, startUs, nowUs);
        }
        return nowUs;
    }

    private long Slices(int count, long nowUs)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.That(Slice(nowUs, label: 0), Is.EqualTo(InputAction.Compute));
            nowUs += Hedge.MaxSteps * StepUs;
        }
        return nowUs;
    }

    private InputAction Slice(long nowUs, int label) => Flow.OnComputed(label, nowUs, nowUs + Hedge.MaxSteps * StepUs);

    private bool Accept(ResponseCode code, long nowUs, int label = 0, uint sequence = 0)
    {
        ResponseFrame incoming = _request.Incoming;
        (incoming.Session, incoming.Sequence) = (Session, sequence == 0 ? _request.Sequence : sequence);
        (incoming.Code, incoming.Label) = (code, label);
        (incoming.ServiceUs, incoming.WaitUs) = (100, 0);
        return _request.TryAccept(nowUs);
    }

    private void Late(ResponseFrame response, long nowUs)
    {
        (response.Session, response.Sequence) = (Session, _request.Sequence);
        Flow.Hedge.OnLate(response, Session, nowUs);
    }
}
