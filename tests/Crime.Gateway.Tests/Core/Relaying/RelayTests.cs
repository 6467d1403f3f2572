using System.Linq;
using Crime.Frames;
using Crime.Gateway.Core.Actions;
using Crime.Gateway.Core.Queueing;
using Crime.Gateway.Core.Relaying;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Core.Relaying;

/// <summary>A front gateway and fast upstreams that a test plays.</summary>
public sealed class RelayTests : CoreTest
{
    private const int RoundTripUs = 4000;
    private const int LongLength = 90;

    private uint _statusSequence;

    private Relay Relay => Core.Relay!;

    [Test]
    public void ARequestGoesWhereItsAnswerIsExpectedSooner()
    {
        Connect("far");
        Ask(length: LongLength);
        RelayAttempt attempt = Actions.PassedOn.Single();
        Assert.That((attempt.Node, attempt.VisitedKey), Is.EqualTo(("far", NodeKey.Of("gateway"))));
        Assert.That((Core.Queue.Depth, Relay.PassedOnCount, Relay.InFlightCount), Is.EqualTo((0, 1L, 1)));
        Ask(length: 1);
        Assert.That(Core.Queue.Depth, Is.EqualTo(1), "a short input is not worth the round trip");
    }

    [Test]
    public void ARequestIsNotPassedBackToAGatewayThatItVisited()
    {
        Connect("far");
        var request = new TestRequest();
        (request.Frame.ModelId, request.Frame.Length, request.Frame.ValuesPerStep) = (ModelId, LongLength, 1);
        request.Frame.Visited[request.Frame.VisitedCount++] = NodeKey.Of("gateway");
        Core.OnRequest(request, NowUs);
        Assert.That((Actions.PassedOn.Count, Core.Queue.Depth), Is.EqualTo((0, 1)));
    }

    /// <summary>Other gateways know the members by the id of the group only, and the broker may deliver a request to any member.</summary>
    [Test]
    public void ARequestDoesNotComeBackToAGroupThatItVisited()
    {
        Use(WithUpstreams("far") with { GroupId = "pool" });
        MakeUsable("far");
        Core.OnConnectionChanged(isConnected: true);
        Core.OnClock(NowUs);
        Ask(length: LongLength);
        Assert.That(Actions.PassedOn.Single().VisitedKey, Is.EqualTo(NodeKey.Of("pool")));
        var request = new TestRequest();
        (request.Frame.ModelId, request.Frame.Length, request.Frame.ValuesPerStep) = (ModelId, LongLength, 1);
        request.Frame.Visited[request.Frame.VisitedCount++] = NodeKey.Of("pool");
        Core.OnRequest(request, NowUs);
        Assert.That((Actions.PassedOn.Count, Core.Queue.Depth), Is.EqualTo((1, 1)));
    }

    [Test]
    public void AnAnswerReturnsWithOneMoreRelayAndTheRestOfTheTimeAsWait()
    {
        Connect("far");
        PendingRequest request = Ask(length: LongLength);
        NowUs += 7000;
        Answer(Actions.PassedOn[0], ResponseCode.Ok, serviceUs: 1000);
        Reply reply = Replied(request);
        Assert.That((reply.Code, reply.WaitUs, reply.ServiceUs, reply.RelayCount), Is.EqualTo((ResponseCode.Ok, 6000u, 1000u, 1)));
        Assert.That(Relay.InFlightCount, Is.Zero);
    }

    [Test]
    public void ASecondAnswerIsLate()
    {
        Connect("far");
        PendingRequest request = Ask(length: LongLength);
        NowUs += 7000;
        Answer(Actions.PassedOn[0], ResponseCode.Ok);
        Answer(Actions.PassedOn[0], ResponseCode.Ok);
        Replied(request);
        Assert.That((Actions.ReplyCount, Relay.LateCount), Is.EqualTo((0, 1L)));
    }

    [Test]
    public void AnUnansweredRequestIsComputedHereWhenItIsGivenUp()
    {
        Connect("far");
        Ask(length: LongLength);
        long giveUpUs = Actions.PassedOn[0].GiveUpUs;
        Relay.OnClock(giveUpUs - 1);
        Assert.That(Core.Queue.Depth, Is.Zero);
        Relay.OnClock(giveUpUs);
        Assert.That((Core.Queue.Depth, Relay.FallbackCount, Relay.InFlightCount), Is.EqualTo((1, 1L, 0)));
        NowUs = giveUpUs;
        Answer(Actions.PassedOn[0], ResponseCode.Ok);
        Assert.That(Relay.LateCount, Is.EqualTo(1));
    }

    [Test]
    public void ARequestIsGivenUpInTimeToBeComputedHere()
    {
        const int budgetUs = 60_000;
        Connect("far");
        PendingRequest request = Ask(budgetUs, LongLength);
        RelayAttempt attempt = Actions.PassedOn.Single();
        Assert.That(attempt.GiveUpUs, Is.LessThanOrEqualTo(NowUs + budgetUs - (long)request.AloneUs));
        Assert.That(attempt.BudgetUs, Is.LessThan(attempt.GiveUpUs - NowUs).And.Positive);
        Relay.GiveUp(attempt.Sequence, attempt.GiveUpUs);
        Assert.That(Core.Queue.Depth, Is.EqualTo(1));
    }

    [Test]
    public void ARefusedRequestIsComputedHere()
    {
        Connect("far");
        Ask(length: LongLength);
        NowUs += RoundTripUs;
        Answer(Actions.PassedOn[0], ResponseCode.QueueFull);
        Assert.That((Core.Queue.Depth, Relay.FallbackCount), Is.EqualTo((1, 1L)));
    }

    [Test]
    public void AnOfflineUpstreamAnswersNothingAnyMore()
    {
        Connect("far");
        Ask(length: LongLength);
        Relay.OnStatus("far", new StatusFrame { Workers = 1, Session = 1 }, NowUs);
        Assert.That((Core.Queue.Depth, Relay.InFlightCount), Is.EqualTo((1, 0)));
    }

    [Test]
    public void ALostConnectionReturnsWhatWentByItAndNothingElse()
    {
        Use(WithUpstreams("far", "near"));
        MakeUsable("far");
        Ask(length: LongLength);
        Relay.OnConnectionChanged(link: 1, isConnected: false, NowUs);
        Assert.That(Relay.InFlightCount, Is.EqualTo(1));
        Relay.OnConnectionChanged(link: 0, isConnected: false, NowUs);
        Assert.That((Core.Queue.Depth, Relay.InFlightCount), Is.EqualTo((1, 0)));
    }

    [Test]
    public void ARequestThatCannotBeSentIsComputedHere()
    {
        Connect("far");
        Actions.CanPassOn = false;
        Ask(length: LongLength);
        Assert.That((Core.Queue.Depth, Relay.PassedOnCount, Relay.InFlightCount), Is.EqualTo((1, 0L, 0)));
    }

    [Test]
    public void WithoutTheModelTheNextUpstreamIsTriedAndNoneTwice()
    {
        Use(WithUpstreams("far", "near"), hasModel: false);
        MakeUsable("far");
        MakeUsable("near");
        PendingRequest request = Ask();
        NowUs += RoundTripUs;
        Answer(Actions.PassedOn[0], ResponseCode.QueueFull);
        Assert.That(Actions.PassedOn.Select(attempt => attempt.Node), Is.EquivalentTo(new[] { "far", "near" }));
        NowUs += RoundTripUs;
        Answer(Actions.PassedOn[1], ResponseCode.QueueFull);
        Assert.That(Actions.PassedOn, Has.Count.EqualTo(2));
        Assert.That(Replied(request).Code, Is.EqualTo(ResponseCode.QueueFull));
    }

    [Test]
    public void AWrongInputIsNotTriedElsewhere()
    {
        Use(WithUpstreams("far", "near"), hasModel: false);
        MakeUsable("far");
        MakeUsable("near");
        PendingRequest request = Ask();
        NowUs += RoundTripUs;
        Answer(Actions.PassedOn[0], ResponseCode.WrongInput);
        Assert.That(Replied(request).Code, Is.EqualTo(ResponseCode.WrongInput));
        Ask();
        Assert.That(Actions.PassedOn[^1].Node, Is.EqualTo(Actions.PassedOn[0].Node), "the upstream is not to blame");
    }

    [Test]
    public void AStoppingGatewayAnswersWhatIsInFlight()
    {
        Use(WithUpstreams("far", "near"), hasModel: false);
        MakeUsable("far");
        MakeUsable("near");
        PendingRequest request = Ask();
        Core.StopAccepting();
        Relay.Abandon(NowUs);
        Assert.That(Replied(request).Code, Is.EqualTo(ResponseCode.Stopping));
        Assert.That(Actions.PassedOn, Has.Count.EqualTo(1), "nothing new begins");
    }

    [Test]
    public void ReachableCostsArePublishedWhenTheyChange()
    {
        Use(WithUpstreams("far"));
        Core.OnConnectionChanged(isConnected: true);
        Core.OnClock(NowUs);
        NowUs += MinIntervalMs * 1000;
        MakeUsable("far");
        Core.OnClock(NowUs);
        Assert.That(Actions.Statuses, Has.Count.EqualTo(2));
        CostAdvert advert = Actions.Statuses[^1].Advert(0);
        Assert.That(Enumerable.Range(0, advert.Count).Select(i => advert.PathCount[i]), Is.EquivalentTo(new[] { 0, 1 }));
        NowUs += MinIntervalMs * 1000;
        Core.Schedule.OnChange();
        Core.OnClock(NowUs);
        Assert.That(Actions.Statuses, Has.Count.EqualTo(2), "nothing changed");
    }

    private void Connect(string node)
    {
        Use(WithUpstreams(node));
        MakeUsable(node);
        // The gateway adopts its own costs with the status that it publishes.
        Core.OnConnectionChanged(isConnected: true);
        Core.OnClock(NowUs);
    }

    /// <summary>A status arrives, and pings are answered after a round trip until the link counts as usable.</summary>
    private void MakeUsable(string node)
    {
        var status = new StatusFrame { Online = true, Workers = 1, Session = 1, Sequence = ++_statusSequence, Capacity = 10 };
        status.Add(ModelId, 0).SetOwn(1000, 100);
        Relay.OnStatus(node, status, NowUs);
        for (int i = 0; i < 10 && !IsUsable(node); i++)
        {
            Relay.OnClock(NowUs);
            var (_, session, sequence) = Actions.Pings[^1];
            NowUs += RoundTripUs;
            Relay.OnPong(new PongFrame { Session = session, Sequence = sequence }, NowUs);
            if (!IsUsable(node)) NowUs += 1_000_000;
            Relay.OnStatus(node, status, NowUs);
        }
        Assert.That(IsUsable(node), Is.True);
    }

    private bool IsUsable(string node)
    {
        var engine = Core.EngineOf(ModelId)!.Mapping;
        return Enumerable.Range(0, engine.CandidateCount).Select(engine.Candidate).Any(gateway => gateway.Id == node && gateway.Link.IsUsable);
    }

    private void Answer(RelayAttempt attempt, ResponseCode code, uint serviceUs = 0)
    {
        var response = new ResponseFrame { Session = attempt.Session, Sequence = attempt.Sequence, Code = code, ServiceUs = serviceUs, Logits = [] };
        Relay.OnResponse(link: attempt.Node == "near" ? 1 : 0, response, NowUs);
    }
}
