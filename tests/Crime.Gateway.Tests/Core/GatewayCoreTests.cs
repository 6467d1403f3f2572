using System.Linq;
using Crime.Frames;
using Crime.Gateway.Core.Actions;
using Crime.Gateway.Core.Queueing;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Core;

/// <summary>From the queue to the answer.</summary>
public sealed class GatewayCoreTests : CoreTest
{
    /// <summary>Lengths that do not fit into one batch.</summary>
    private const int OtherLength = 10 * Length;

    [Test]
    public void TheEarliestDeadlineIsServedFirst()
    {
        PendingRequest patient = Ask(budgetUs: 900_000), urgent = Ask(budgetUs: 100_000, length: OtherLength);
        var batch = new Batch(worker: 0);
        Serve(batch);
        Replied(urgent);
        Serve(batch);
        Replied(patient);
    }

    [Test]
    public void AnAnswerReportsTheQueueBeforeTheNextStart()
    {
        PendingRequest first = Ask();
        var batch = new Batch(worker: 0);
        Assert.That(Core.TryStart(batch, NowUs), Is.EqualTo(TakeOutcome.Taken));
        Ask(length: OtherLength);
        Ask(length: 10 * OtherLength);
        // Sooner than predicted: the rest of the prediction must not count any more.
        NowUs += CostUs / 2;
        Core.OnComputed(batch, CostUs / 2, NowUs);
        Reply reply = Replied(first);
        Assert.That((reply.Code, reply.WaitUs, reply.ServiceUs), Is.EqualTo((ResponseCode.Ok, 0u, CostUs / 2u)));
        // Both still wait, and nothing runs.
        long waitingUs = Core.Queue.WaitingUs;
        Assert.That((reply.Load.Depth, reply.Load.BacklogUs), Is.EqualTo((2, (uint)waitingUs)));
    }

    [Test]
    public void AllRequestsOfABatchAreAnsweredTogether()
    {
        PendingRequest[] asked = [Ask(), Ask(), Ask()];
        NowUs += 70;
        var batch = new Batch(worker: 0);
        Serve(batch);
        foreach (PendingRequest request in asked)
        {
            Reply reply = Replied(request);
            Assert.That((reply.WaitUs, reply.ServiceUs, reply.Load.Depth), Is.EqualTo((70u, 3u * CostUs, 0)));
        }
        Assert.That(batch.Count, Is.Zero);
        Assert.That(Core.Queue.TakenCount, Is.EqualTo(3));
    }

    [Test]
    public void ARequestThatIsLateAtItsStartIsRefusedUncomputed()
    {
        PendingRequest late = Ask(budgetUs: 2 * CostUs);
        NowUs += CostUs + 1;
        Assert.That(Core.TryStart(new Batch(worker: 0), NowUs), Is.EqualTo(TakeOutcome.Empty));
        Reply reply = Replied(late);
        Assert.That((reply.Code, reply.WaitUs, reply.ServiceUs), Is.EqualTo((ResponseCode.TooLate, CostUs + 1u, 0u)));
    }

    [Test]
    public void ARequestThatIsJustInTimeIsComputed()
    {
        PendingRequest request = Ask(budgetUs: 2 * CostUs);
        NowUs += CostUs;
        Serve(new Batch(worker: 0));
        Assert.That(Replied(request).Code, Is.EqualTo(ResponseCode.Ok));
    }

    [Test]
    public void AnIdleWorkerIsWokenAndABusyOneIsNot()
    {
        var batch = new Batch(worker: 0);
        Assert.That(Core.TryStart(batch, NowUs), Is.EqualTo(TakeOutcome.Empty));
        Ask();
        Assert.That(Actions.WorkerWakeUps, Is.EqualTo(1));
        Assert.That(Core.TryStart(batch, NowUs), Is.EqualTo(TakeOutcome.Taken));
        Ask();
        Assert.That(Actions.WorkerWakeUps, Is.EqualTo(1));
    }

    [Test]
    public void IdleWorkersShareTheRequests()
    {
        Use(Settings(workerCount: 2));
        Batch[] batches = [new(worker: 0), new(worker: 1)];
        foreach (Batch batch in batches) Core.TryStart(batch, NowUs);
        Ask();
        Ask();
        int wakeUps = Actions.WorkerWakeUps;
        Assert.That(Core.TryStart(batches[0], NowUs), Is.EqualTo(TakeOutcome.Taken));
        Assert.That(Actions.WorkerWakeUps, Is.EqualTo(wakeUps + 1), "for the other");
        Assert.That(Core.TryStart(batches[1], NowUs), Is.EqualTo(TakeOutcome.Taken));
        Assert.That(batches.Select(batch => batch.Count), Is.All.EqualTo(1));
    }

    [Test]
    public void ADefectEndsTheRequestsThatAreNotAnsweredYet()
    {
        PendingRequest request = Ask();
        var batch = new Batch(worker: 0);
        Core.TryStart(batch, NowUs);
        Core.OnFailed(batch);
        Assert.That(Actions.Dropped, Is.EqualTo(new[] { request }));
        Assert.That((batch.Count, Core.Load.WorkUs(NowUs)), Is.EqualTo((0, 0L)));
    }

    [Test]
    public void AStopRefusesNewRequestsAndLaterTheWaitingOnes()
    {
        PendingRequest first = Ask(), second = Ask();
        Core.StopAccepting();
        PendingRequest late = Ask();
        Assert.That(Replied(late).Code, Is.EqualTo(ResponseCode.Stopping));
        NowUs += 77;
        Assert.That(Core.RefuseWaiting(NowUs), Is.EqualTo(2));
        foreach (PendingRequest request in new[] { first, second })
            Assert.That(Replied(request), Is.EqualTo(new Reply(ResponseCode.Stopping, 77, 0, default)));
        Assert.That(Core.TryStart(new Batch(worker: 0), NowUs), Is.EqualTo(TakeOutcome.Closed));
    }

    [Test]
    public void TheServiceCostIsFittedToTheComputation()
    {
        var batch = new Batch(worker: 0);
        for (int i = 0; i < 200; i++)
        {
            Ask();
            Core.TryStart(batch, NowUs);
            NowUs += 2 * CostUs;
            Core.OnComputed(batch, 2 * CostUs, NowUs);
        }
        Assert.That(Model.Cost.AloneUs(Length), Is.EqualTo(2 * CostUs).Within(5).Percent);
    }
}
