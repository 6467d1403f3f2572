using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;
using Crime.Node;
using NUnit.Framework;

namespace Crime.Shared.Tests.Node;

/// <summary>The network of a board.</summary>
public sealed class LinkFlowTests
{
    private const long StartUs = 1_000_000;

    private readonly OpenRequest _request = new(session: 9);
    private readonly TelemetryBuffer _telemetry = new();
    private InputFlow _inputs = null!;
    private LinkFlow _flow = null!;

    [SetUp]
    public void Make()
    {
        _inputs = new InputFlow(NodeBench.Power, new ModeMapping(), null!);
        _flow = new LinkFlow(_request, _telemetry, _inputs);
    }

    [Test]
    public void ItJoinsThenConnectsThenMeasuresLinks()
    {
        Assert.That(_flow.Next(StartUs), Is.EqualTo(LinkAction.Join));
        _flow.OnJoined(true, StartUs);
        Assert.That(_flow.Next(StartUs), Is.EqualTo(LinkAction.Connect));
        _flow.OnConnected(true, StartUs);
        Assert.That((_flow.Next(StartUs), _flow.UntilUs), Is.EqualTo((LinkAction.Wait, StartUs + LinkFlow.TickUs)), "there is no model");
        var bench = new NodeBench(MappingMode.Auto);
        bench.Engine.OnConnectionChanged(StartUs);
        _flow.SetModel(bench.Engine);
        Assert.That(_flow.Next(StartUs), Is.EqualTo(LinkAction.Ping));
        Assert.That((_flow.PingGateway.Id, _flow.PingSequence), Is.EqualTo(("gw", bench.Gateway.PingSequence)));
    }

    [Test]
    public void AFailedConnectionIsTriedAgainAfterADoublingBackOff()
    {
        _flow.OnJoined(true, 0);
        long nowUs = 0;
        for (long backOffUs = LinkFlow.FirstBackOffUs; backOffUs < LinkFlow.MaxBackOffUs; backOffUs *= 2)
        {
            Assert.That(_flow.Next(nowUs), Is.EqualTo(LinkAction.Connect));
            _flow.OnConnected(false, nowUs);
            Assert.That((_flow.Next(nowUs), _flow.UntilUs), Is.EqualTo((LinkAction.Wait, nowUs + backOffUs)));
            nowUs += backOffUs;
        }
        _flow.OnConnected(false, nowUs);
        _flow.Next(nowUs);
        Assert.That(_flow.UntilUs, Is.EqualTo(nowUs + LinkFlow.MaxBackOffUs));
    }

    [Test]
    public void ALostConnectionSettlesBeforeTheNextOne()
    {
        Connect(0);
        _flow.OnClosed(StartUs);
        Assert.That(_flow.IsConnected, Is.False);
        Assert.That((_flow.Next(StartUs), _flow.UntilUs), Is.EqualTo((LinkAction.Wait, StartUs + LinkFlow.SettleUs)));
        Assert.That(_flow.Next(StartUs + LinkFlow.SettleUs), Is.EqualTo(LinkAction.Connect));
    }

    /// <summary>The newer of two boards with one id is always replaced within seconds; the older one is not the first time.</summary>
    [Test]
    public void ABoardWhoseIdAnotherBoardUsesLeavesIt()
    {
        long nowUs = 0;
        for (int i = 1; i <= LinkFlow.ShortLivesOfClash + 1; i++)
        {
            Connect(nowUs);
            nowUs += LinkFlow.ShortLifeUs - 1;
            Assert.That(_flow.OnLost(nowUs), Is.EqualTo(i == LinkFlow.ShortLivesOfClash), "it is reported once");
            long waitUs = i < LinkFlow.ShortLivesOfClash ? LinkFlow.SettleUs : LinkFlow.ClashBackOffUs;
            Assert.That((_flow.Next(nowUs), _flow.UntilUs), Is.EqualTo((LinkAction.Wait, nowUs + waitUs)));
            nowUs += waitUs;
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    public void ALongConnectionAndAFailedAttemptEndTheSequenceOfShortOnes(bool isLong)
    {
        long nowUs = 0;
        for (int i = 0; i < 2 * LinkFlow.ShortLivesOfClash; i++)
        {
            // Without an excuse the third connection would show a clash.
            bool isExcused = i % 2 == 0;
            if (isExcused && !isLong) _flow.OnConnected(false, nowUs);
            Connect(nowUs);
            nowUs += isExcused && isLong ? LinkFlow.ShortLifeUs : 1;
            Assert.That(_flow.OnLost(nowUs), Is.False);
            nowUs += LinkFlow.SettleUs;
        }
    }

    [Test]
    public void ASilentConnectionIsAbandoned()
    {
        Connect(0);
        _flow.OnMessage(StartUs);
        Assert.That(_flow.Next(StartUs + LinkFlow.SilenceUs), Is.EqualTo(LinkAction.Wait));
        Assert.That(_flow.Next(StartUs + LinkFlow.SilenceUs + 1), Is.EqualTo(LinkAction.Abandon));
    }

    /// <summary>A board that sends every input to a gateway for the least energy: it receives statuses for a moment, and no silence ends its connection.</summary>
    [Test]
    public void ABoardThatLearnsFromAnswersUnsubscribesAndStaysSilent()
    {
        var bench = new NodeBench(MappingMode.Gateway);
        bench.Engine.SetObjective(Objective.Energy);
        var flow = new LinkFlow(_request, _telemetry, bench.Flow);
        flow.SetModel(bench.Engine);
        Assert.That(flow.Next(0), Is.EqualTo(LinkAction.Join));
        flow.OnJoined(true, 0);
        Assert.That(flow.Next(0), Is.EqualTo(LinkAction.Connect));
        Assert.That(flow.LearnsFromAnswers, Is.True);
        flow.OnConnected(true, 0);
        Assert.That(flow.Next(0), Is.EqualTo(LinkAction.Ping), "the link is not measured yet");
        bench.Engine.OnPong(new PongFrame { Sequence = flow.PingSequence }, 5000);
        Assert.That(flow.Next(LinkFlow.StatusesUs), Is.EqualTo(LinkAction.Wait));
        Assert.That(flow.Next(LinkFlow.StatusesUs + 1), Is.EqualTo(LinkAction.Unsubscribe));
        flow.OnUnsubscribed(LinkFlow.StatusesUs + 1);
        _telemetry.Add(new TelemetryRecord(), 0);
        long afterUj = bench.Flow.Background.EnergyUj;
        for (long nowUs = 2 * LinkFlow.StatusesUs; nowUs < 86_400_000_000; nowUs += 60_000_000)
        {
            Assert.That(flow.Next(nowUs), Is.EqualTo(LinkAction.Wait));
            Assert.That(bench.Gateway.IsUsable(nowUs), Is.True, "no status says that it is gone");
        }
        Assert.That(bench.Flow.Background.EnergyUj, Is.EqualTo(afterUj));
    }

    /// <summary>A board with listen=regimes stays subscribed to the slow statuses, and doubts a gateway only when it does not answer.</summary>
    [Test]
    public void ABoardThatReceivesRegimesStaysSubscribed()
    {
        var bench = new NodeBench(MappingMode.Auto, listening: ListeningMode.Regimes);
        bench.Engine.OnLocal(60, 84_500, 0);
        var flow = new LinkFlow(_request, _telemetry, bench.Flow);
        flow.SetModel(bench.Engine);
        Assert.That(flow.Next(0), Is.EqualTo(LinkAction.Join));
        flow.OnJoined(true, 0);
        Assert.That((flow.Next(0), flow.LearnsFromAnswers, flow.ReceivesRegimes), Is.EqualTo((LinkAction.Connect, true, true)));
        flow.OnConnected(true, 0);
        Assert.That(flow.Next(0), Is.EqualTo(LinkAction.Ping));
        bench.Engine.OnPong(new PongFrame { Sequence = flow.PingSequence }, 5000);
        long afterUj = bench.Flow.Background.EnergyUj;
        for (long nowUs = LinkFlow.StatusesUs; nowUs < 3_600_000_000; nowUs += 30_000_000)
        {
            Assert.That(flow.Next(nowUs), Is.EqualTo(LinkAction.Wait));
            Assert.That(bench.Gateway.IsUsable(nowUs), Is.True, "no status says that it is gone");
        }
        Assert.That(bench.Flow.Background.EnergyUj, Is.EqualTo(afterUj));
        var inbox = new BoardInbox(_request, bench.Flow);
        inbox.SetModel(NodeBench.ModelId, bench.Engine);
        var slow = new StatusFrame { Online = true, Workers = 1, Session = 7, Sequence = 100, Capacity = 256, BacklogUs = 9_000_000 };
        slow.Add(NodeBench.ModelId, 0).SetOwn(300, 20);
        inbox.OnMessage(Topics.Regime("gw"), slow.Encode(), 3_600_000_000);
        // Corrected by 1/8 of the error of the forecast, and by the node's share of its deviation, 1/4 of the error.
        Assert.That(bench.Gateway.Queue.WaitUs(3_600_000_000), Is.InRange(9_000_000 + 1_125_000 - 2_250_000, 9_000_000 + 1_125_000 + 2_250_000));
        Assert.That(bench.Flow.Background.EnergyUj, Is.GreaterThan(afterUj), "the radio listens after each message");
        inbox.OnMessage(Topics.Regime("gw"), new StatusFrame { Workers = 1, Session = 7, Sequence = 101 }.Encode(), 3_600_000_001);
        Assert.That(bench.Gateway.IsUsable(3_600_000_002), Is.False, "the last will counts");
    }

    /// <summary>An offload could pay, and there is no network: a board that can do without looks for it after 1 min, 2 min, 4 min.</summary>
    [TestCase(false)]
    [TestCase(true)]
    public void ABoardThatCanDoWithoutLooksForTheNetworkEverMoreRarely(bool hasWifi)
    {
        const long us = 1_000_000;
        var bench = new NodeBench(MappingMode.Auto);
        bench.Engine.SetObjective(Objective.Energy);
        bench.Engine.OnLocal(1000, 1_400_500, 0);
        var flow = new LinkFlow(_request, _telemetry, bench.Flow);
        flow.SetModel(bench.Engine);
        long nowUs = 0;
        if (hasWifi) flow.OnJoined(true, 0);
        for (long pauseS = 60; pauseS < 1000; pauseS *= 2)
        {
            bench.Flow.Need.OnInput(1_000_000_000_000);
            Assert.That(flow.Next(nowUs), Is.EqualTo(hasWifi ? LinkAction.Connect : LinkAction.Join));
            if (hasWifi) flow.OnConnected(false, nowUs);
            else flow.OnJoined(false, nowUs);
            bench.Flow.Need.OnInput(1_000_000_000_000);
            Assert.That(flow.Next(nowUs + pauseS * us - 1), Is.EqualTo(LinkAction.Wait));
            nowUs += pauseS * us;
        }
    }

    [Test]
    public void AnotherObjectiveTakesAnotherConnection()
    {
        var bench = new NodeBench(MappingMode.Gateway);
        var flow = new LinkFlow(_request, _telemetry, bench.Flow);
        flow.SetModel(bench.Engine);
        flow.OnJoined(true, 0);
        Assert.That(flow.Next(0), Is.EqualTo(LinkAction.Connect));
        flow.OnConnected(true, 0);
        bench.Engine.SetObjective(Objective.Energy);
        Assert.That(flow.Next(1000), Is.EqualTo(LinkAction.Leave));
    }

    [Test]
    public void ARadioThatIsNotWantedLeavesAndGoesOff()
    {
        Connect(0);
        _flow.SetWanted(false);
        Assert.That(_flow.Next(StartUs), Is.EqualTo(LinkAction.Leave));
        _flow.OnClosed(StartUs);
        Assert.That(_flow.Next(StartUs), Is.EqualTo(LinkAction.SwitchOff));
        Assert.That(_flow.IsOff, Is.False);
        _flow.OnSwitchedOff();
        Assert.That(_flow.IsOff, Is.True);
        _flow.SetWanted(true);
        Assert.That(_flow.Next(StartUs), Is.EqualTo(LinkAction.Join));
    }

    [Test]
    public void TelemetryThatWaitsGoesOutOnceBeforeTheRadioGoesOff()
    {
        Connect(0);
        var bench = new NodeBench(MappingMode.Auto);
        _flow.SetModel(bench.Engine);
        _telemetry.Add(new TelemetryRecord(), 0);
        _flow.SetWanted(false);
        Assert.That(_flow.Next(StartUs), Is.EqualTo(LinkAction.Ping));
        Assert.That(_flow.Next(StartUs), Is.EqualTo(LinkAction.Leave));
    }

    [Test]
    public void TelemetryWaitsForAQuietConnection()
    {
        Connect(0);
        var bench = new NodeBench(MappingMode.Auto);
        _flow.SetModel(bench.Engine);
        bench.Answer(StartUs);
        _telemetry.Add(new TelemetryRecord(), 0);
        _flow.OnMessage(StartUs);
        _request.Open(StartUs);
        Assert.That(_flow.Next(StartUs + LinkFlow.QuietUs), Is.EqualTo(LinkAction.Wait), "a request is under way");
        _request.Close();
        Assert.That(_flow.Next(StartUs + LinkFlow.QuietUs - 1), Is.EqualTo(LinkAction.Wait), "the next input may follow at once");
        Assert.That(_flow.Next(StartUs + LinkFlow.QuietUs), Is.EqualTo(LinkAction.Ping));
    }

    [Test]
    public void ARequestAcceptsOneAnswerInTime()
    {
        uint sequence = _request.Open(StartUs);
        (_request.Incoming.Session, _request.Incoming.Sequence, _request.Incoming.Label) = (9, sequence, 4);
        Assert.That(_request.TryAccept(StartUs + 10), Is.True);
        Assert.That((_request.Answer.Label, _request.AnsweredAtUs, _request.Close()), Is.EqualTo((4, StartUs + 10, false)));
        (_request.Incoming.Session, _request.Incoming.Sequence) = (9, sequence);
        Assert.That(_request.TryAccept(StartUs + 20), Is.False, "the second answer");
        sequence = _request.Open(StartUs + 30);
        Assert.That(_request.TryAccept(StartUs + 40), Is.False, "an answer to the request before");
        (_request.Incoming.Session, _request.Incoming.Sequence) = (8, sequence);
        Assert.That(_request.TryAccept(StartUs + 40), Is.False, "an answer to a former start of the board");
        Assert.That(_request.Close(), Is.True);
        (_request.Incoming.Session, _request.Incoming.Sequence) = (9, sequence);
        Assert.That(_request.TryAccept(StartUs + 50), Is.False, "an answer after the time-out");
    }

    /// <summary>A batch has several requests under way. Their answers come in any order and wait until they are read.</summary>
    [Test]
    public void ABatchAcceptsOneAnswerPerRequest()
    {
        var request = new OpenRequest(9, OpenRequest.MostOpen);
        uint first = request.Open(StartUs);
        for (uint i = 1; i < OpenRequest.MostOpen; i++) Assert.That(request.OpenFurther(StartUs), Is.EqualTo(first + i));
        Accept(request, first + 2, 12, isAccepted: true);
        Accept(request, first + 2, 12, isAccepted: false);
        Accept(request, first, 10, isAccepted: true);
        Assert.That((request.Answer.Label, request.IsOpen), Is.EqualTo((12, true)));
        request.Release();
        Assert.That((request.HasAnswer, request.Answer.Label), Is.EqualTo((true, 10)));
        request.Release();
        Assert.That(request.HasAnswer, Is.False);
        uint last = request.OpenFurther(StartUs);
        request.CloseLast();
        Accept(request, last, 1, isAccepted: false);
        Assert.That(request.Close(), Is.True);
        Accept(request, first + 3, 13, isAccepted: false);
        request.Open(StartUs);
        Accept(request, first + 1, 11, isAccepted: false);
    }

    private static void Accept(OpenRequest request, uint sequence, int label, bool isAccepted)
    {
        (request.Incoming.Session, request.Incoming.Sequence, request.Incoming.Label) = (9, sequence, label);
        Assert.That(request.TryAccept(StartUs), Is.EqualTo(isAccepted), $"request {sequence}");
    }

    [Test]
    public void ARadioIsRefreshedWhenItHasBeenOffForLong()
    {
        var bench = new NodeBench(MappingMode.Auto, isDutyCycled: true);
        RadioSchedule radio = bench.Radio!;
        Assert.That(radio.IsRefreshDue(RadioSchedule.RefreshUs - 1), Is.False);
        Assert.That(radio.IsRefreshDue(RadioSchedule.RefreshUs), Is.True);
        radio.Wake(RadioSchedule.RefreshUs);
        Assert.That(radio.Poll(RadioSchedule.RefreshUs), Is.EqualTo(WakeState.Waking));
        bench.Meet(RadioSchedule.RefreshUs + 1_000_000);
        Assert.That(radio.Poll(RadioSchedule.RefreshUs + 1_000_000), Is.EqualTo(WakeState.Usable));
        radio.OnDown(RadioSchedule.RefreshUs + 1_100_000);
        Assert.That(radio.OffUs(RadioSchedule.RefreshUs + 1_200_000), Is.EqualTo(100_000));
        Assert.That(radio.IsRefreshDue(RadioSchedule.RefreshUs + 1_200_000), Is.False);
    }

    private void Connect(long nowUs)
    {
        _flow.OnJoined(true, nowUs);
        _flow.OnConnected(true, nowUs);
    }
}
