using System;
using System.Linq;
using Crime.Frames;
using Crime.Gateway.Core.Actions;
using Crime.Gateway.Core.Queueing;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Core;

/// <summary>Requests that their sender has cancelled.</summary>
public sealed class CancelTests : CoreTest
{
    private const int LongLength = 90;

    [Test]
    public void ARequestThatWaitsIsRemovedAndAnsweredAsCancelled()
    {
        PendingRequest first = Ask(), second = Ask(length: 2 * Length), third = Ask(length: 3 * Length);
        NowUs += 300;
        Core.OnCancel(request => request == second, NowUs);
        Reply reply = Replied(second);
        Assert.That((reply.Code, reply.WaitUs, reply.ServiceUs, reply.Load.Depth), Is.EqualTo((ResponseCode.Cancelled, 300u, 0u, 2)));
        Assert.That(Core.Queue.WaitingUs, Is.EqualTo(Math.Round(first.CostUs + third.CostUs)));
        var batch = new Batch(worker: 0);
        Serve(batch);
        Serve(batch);
        Assert.That(new[] { Replied(first).Code, Replied(third).Code }, Is.All.EqualTo(ResponseCode.Ok));
        Assert.That(Actions.ReplyCount, Is.Zero);
    }

    [Test]
    public void ARequestThatIsComputedIsAnsweredAllTheSame()
    {
        PendingRequest running = Ask();
        var batch = new Batch(worker: 0);
        Core.TryStart(batch, NowUs);
        Core.OnCancel(request => request == running, NowUs);
        Assert.That(Actions.ReplyCount, Is.Zero);
        Core.OnComputed(batch, CostUs, NowUs + CostUs);
        Assert.That(Replied(running).Code, Is.EqualTo(ResponseCode.Ok));
    }

    /// <summary>A cancellation may come twice, before its request, or never belong to one. Nothing is kept of it.</summary>
    [Test]
    public void AnUnknownRequestIsIgnored()
    {
        Core.OnCancel(_ => false, NowUs);
        PendingRequest request = Ask();
        Core.OnCancel(other => other == request, NowUs);
        Core.OnCancel(other => other == request, NowUs);
        Assert.That(Replied(request).Code, Is.EqualTo(ResponseCode.Cancelled));
        Assert.That((Actions.ReplyCount, Core.Queue.Depth), Is.EqualTo((0, 0)));
        Ask();
        Assert.That(Core.Queue.Depth, Is.EqualTo(1), "a later request is not affected");
    }

    [Test]
    public void ARelayedRequestIsCancelledAtItsUpstreamOnceAndEndsWithItsAnswer()
    {
        ConnectUpstream();
        PendingRequest request = Ask(length: LongLength);
        RelayAttempt attempt = Actions.PassedOn.Single();
        Core.OnCancel(other => other == request, NowUs);
        Core.OnCancel(other => other == request, NowUs);
        Assert.That(Actions.Cancels, Is.EqualTo(new[] { ("far", attempt.Session, attempt.Sequence) }));
        Assert.That((Actions.ReplyCount, Core.Relay!.InFlightCount), Is.EqualTo((0, 1)), "the upstream may be computing it");
        NowUs += 5000;
        Answer(attempt, ResponseCode.Cancelled);
        Assert.That(Replied(request).Code, Is.EqualTo(ResponseCode.Cancelled));
        Assert.That((Core.Queue.Depth, Core.Relay.InFlightCount), Is.EqualTo((0, 0)), "it is not computed here");
    }

    /// <summary>A lost request still counts as a failure of the upstream.</summary>
    [Test]
    public void ACancelledRequestWithoutAnAnswerEndsAtItsTimeOutAndTheLinkIsSuspect()
    {
        ConnectUpstream();
        PendingRequest request = Ask(length: LongLength);
        RelayAttempt attempt = Actions.PassedOn.Single();
        Core.OnCancel(other => other == request, NowUs);
        Core.Relay!.OnClock(attempt.GiveUpUs);
        Assert.That(Replied(request).Code, Is.EqualTo(ResponseCode.Cancelled));
        Assert.That(Core.EngineOf(ModelId)!.Mapping.Candidate(0).Link.IsSuspect, Is.True);
    }

    [Test]
    public void ACancelledRequestWhoseUpstreamHasComputedItIsAnswered()
    {
        ConnectUpstream();
        PendingRequest request = Ask(length: LongLength);
        Core.OnCancel(other => other == request, NowUs);
        NowUs += 5000;
        Answer(Actions.PassedOn.Single(), ResponseCode.Ok);
        Assert.That(Replied(request).Code, Is.EqualTo(ResponseCode.Ok));
    }

    private void Answer(RelayAttempt attempt, ResponseCode code)
    {
        var response = new ResponseFrame { Code = code, Session = attempt.Session, Sequence = attempt.Sequence, ServiceUs = 100, Logits = new short[2] };
        if (code == ResponseCode.Ok) response.ClassCount = 2;
        Core.Relay!.OnResponse(0, response, NowUs);
    }

    private void ConnectUpstream()
    {
        Use(WithUpstreams("far"));
        var status = new StatusFrame { Online = true, Workers = 1, Session = 1, Sequence = 1, Capacity = 8 };
        status.Add(ModelId, 0).SetOwn(1000, 10);
        Core.Relay!.OnConnectionChanged(0, isConnected: true, NowUs);
        Core.Relay.OnStatus("far", status, NowUs);
        Core.Relay.OnClock(NowUs);
        (string _, uint session, uint sequence) = Actions.Pings.Single();
        NowUs += 4000;
        Core.Relay.OnPong(new PongFrame { Session = session, Sequence = sequence }, NowUs);
        // The gateway adopts its own costs with the status that it publishes.
        Core.OnConnectionChanged(isConnected: true);
        Core.OnClock(NowUs);
    }
}
