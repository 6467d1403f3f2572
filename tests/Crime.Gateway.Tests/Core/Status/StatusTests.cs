using System.Linq;
using Crime.Frames;
using Crime.Gateway.Core;
using Crime.Gateway.Core.Queueing;
using Crime.Gateway.Core.Status;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Core.Status;

/// <summary>When a status is published, and its content.</summary>
public sealed class StatusTests : CoreTest
{
    [SetUp]
    public void Connect()
    {
        Core.OnConnectionChanged(isConnected: true);
        Core.OnClock(NowUs);
        Assert.That(Actions.Statuses, Has.Count.EqualTo(1));
    }

    [Test]
    public void AStatusHoldsLoadAndModels()
    {
        var batch = new Batch(worker: 0);
        Ask();
        Core.TryStart(batch, NowUs);
        Ask();
        NowUs += MinIntervalMs * 1000;
        Core.OnClock(NowUs);
        StatusFrame status = Actions.Statuses[^1];
        Assert.That((status.Online, status.Workers, status.Depth, status.Capacity), Is.EqualTo((true, 1, 1, Capacity)));
        Assert.That((status.BacklogUs, status.Session), Is.EqualTo(((uint)CostUs, 42u)));
        Assert.That(status.Utilisation, Is.EqualTo(Core.Workers.Utilisation(NowUs)).And.Positive);
        Assert.That((status.ModelCount, status.ModelId[0], status.ImageChecksum[0]), Is.EqualTo((1, ModelId, 0x12345678u)));
        Assert.That((status.Advert(0).AlphaNs[0], status.Advert(0).BetaUs[0]), Is.EqualTo((1000u * AlphaUs, (uint)BetaUs)));
    }

    [Test]
    public void AChangeIsPublishedAtOnce()
    {
        NowUs += MinIntervalMs * 1000;
        int wakeUps = Actions.ClockWakeUps;
        Ask();
        Assert.That(Actions.ClockWakeUps, Is.EqualTo(wakeUps + 1));
        Assert.That(Core.Schedule.NextLookUs, Is.LessThanOrEqualTo(NowUs));
        Core.OnClock(NowUs);
        Assert.That(Actions.Statuses[^1].Depth, Is.EqualTo(1));
    }

    [Test]
    public void RequestsThatAnIdleWorkerIsAboutToTakeAreNotPublished()
    {
        Use(Settings(), betaUs: 1);
        Connect();
        var batch = new Batch(worker: 0);
        Assert.That(Core.TryStart(batch, NowUs), Is.EqualTo(TakeOutcome.Empty), "the worker waits for requests");
        NowUs += MinIntervalMs * 1000;
        Ask(length: 1);
        Ask(length: 1);
        // The worker's thread has not run yet.
        Core.OnClock(NowUs);
        Assert.That((Core.Queue.Depth, Actions.Statuses.Count), Is.EqualTo((2, 1)));
        Assert.That(Core.TryStart(batch, NowUs), Is.EqualTo(TakeOutcome.Taken));
        Core.OnComputed(batch, 1, NowUs);
        Assert.That(Core.TryStart(batch, NowUs), Is.EqualTo(TakeOutcome.Empty));
        NowUs += MinIntervalMs * 1000;
        Core.OnClock(NowUs);
        Assert.That(Actions.Statuses, Has.Count.EqualTo(1), "the worker is idle again");
    }

    [Test]
    public void ARequestThatWaitsForABusyWorkerIsPublished()
    {
        Use(Settings(), betaUs: 1);
        Connect();
        NowUs += MinIntervalMs * 1000;
        Ask(length: 1);
        Assert.That(Core.TryStart(new Batch(worker: 0), NowUs), Is.EqualTo(TakeOutcome.Taken));
        Ask(length: 1);
        Core.OnClock(NowUs);
        Assert.That(Actions.Statuses.Select(status => status.Depth), Is.EqualTo(new[] { 0, 1 }));
    }

    [Test]
    public void ChangesWithinTheIntervalArePublishedTogetherAtItsEnd()
    {
        long publishedUs = NowUs;
        for (int i = 0; i < Capacity; i++)
        {
            NowUs += 1000;
            Ask();
            Core.OnClock(NowUs);
        }
        Assert.That(Actions.Statuses, Has.Count.EqualTo(1));
        Assert.That(Core.Schedule.NextLookUs, Is.EqualTo(publishedUs + MinIntervalMs * 1000));
        Core.OnClock(Core.Schedule.NextLookUs);
        Assert.That(Actions.Statuses.Select(status => status.Depth), Is.EqualTo(new[] { 0, Capacity }));
    }

    [Test]
    public void NothingIsPublishedThatDidNotChange()
    {
        for (int i = 1; i < HeartbeatMs / MinIntervalMs; i++)
        {
            NowUs += MinIntervalMs * 1000;
            Core.Schedule.OnChange();
            Core.OnClock(NowUs);
        }
        Assert.That(Actions.Statuses, Has.Count.EqualTo(1));
    }

    [TestCase(StatusPace.BacklogStepUs - 1, 1)]
    [TestCase(StatusPace.BacklogStepUs, 2)]
    public void ABacklogThatMovedByLessThanTheStepIsNoChange(int backlogUs, int statusCount)
    {
        NowUs += MinIntervalMs * 1000;
        Core.Workers.OnStarted(worker: 0, backlogUs, NowUs);
        Core.Schedule.OnChange();
        Core.OnClock(NowUs);
        Assert.That(Actions.Statuses, Has.Count.EqualTo(statusCount));
    }

    [Test]
    public void AHeartbeatNeedsNoChange()
    {
        Assert.That(Core.Schedule.NextLookUs, Is.EqualTo(NowUs + HeartbeatMs * 1000));
        Core.OnClock(NowUs + HeartbeatMs * 1000 - 1);
        Assert.That(Actions.Statuses, Has.Count.EqualTo(1));
        Core.OnClock(NowUs + HeartbeatMs * 1000);
        Assert.That(Actions.Statuses.Select(status => status.Sequence), Is.EqualTo(new[] { 1u, 2u }));
    }

    [Test]
    public void AnAnnouncementNeedsNoChange()
    {
        NowUs += MinIntervalMs * 1000;
        Core.Schedule.Announce();
        Core.OnClock(NowUs);
        Assert.That(Actions.Statuses, Has.Count.EqualTo(2));
    }

    [Test]
    public void WithoutAConnectionNothingIsPublishedAndANewOneGetsAStatus()
    {
        Core.OnConnectionChanged(isConnected: false);
        NowUs += HeartbeatMs * 1000;
        Core.OnClock(NowUs);
        Assert.That(Actions.Statuses, Has.Count.EqualTo(1));
        NowUs += 1;
        Core.OnConnectionChanged(isConnected: true);
        Core.OnClock(NowUs);
        Assert.That(Actions.Statuses.Select(status => status.Sequence), Is.EqualTo(new[] { 1u, 2u }), "no number is left out");
    }

    [Test]
    public void ManyListenersMakeTheIntervalLonger()
    {
        Actions.StatusListenerCount = 1000;
        NowUs += MinIntervalMs * 1000;
        Ask();
        Core.OnClock(NowUs);
        Ask();
        Assert.That(Core.Schedule.NextLookUs, Is.EqualTo(NowUs + StatusPace.CrowdedMs * 1000));
    }

    [Test]
    public void OfflineIsALaterStatusWithoutModels()
    {
        StatusFrame first = Core.NextOfflineStatus(), second = Core.NextOfflineStatus();
        Assert.That((first.Online, first.ModelCount, first.Workers, first.Session), Is.EqualTo((false, 0, 1, 42u)));
        Assert.That((first.Sequence, second.Sequence), Is.EqualTo((2u, 3u)));
    }

    [Test]
    public void ALargeStatusHoldsAllModels()
    {
        CostModel[] models = Enumerable.Range(1, StatusFrame.MaxModels).Select(id => new CostModel((uint)id, 1, 1)).ToArray();
        var actions = new RecordingActions();
        var core = new GatewayCore(Settings(), new ModelSet(models), actions);
        core.OnConnectionChanged(isConnected: true);
        core.OnClock(NowUs);
        StatusFrame status = actions.Statuses.Single();
        Assert.That(status.ModelId.Take(status.ModelCount), Is.EqualTo(models.Select(model => model.Id)));
    }

    [Test]
    public void TheLeaderRepublishesTheGroupWhenAMemberChanges()
    {
        Use(Settings() with { GroupId = "hall" });
        Core.OnConnectionChanged(isConnected: true);
        Core.OnClock(NowUs);
        Assert.That(Actions.GroupStatuses, Has.Count.EqualTo(1));
        NowUs += MinIntervalMs * 1000;
        var member = new StatusFrame { Online = true, Workers = 2, Depth = 5 };
        Assert.That(Core.TryReceiveGroupStatus(Topics.Status("hall") + "/z", member.Encode(), NowUs), Is.True);
        Core.OnClock(NowUs);
        Assert.That(Actions.GroupStatuses.Select(status => status.Depth), Is.EqualTo(new[] { 0, 5 }));
    }

    [Test]
    public void AMemberThatIsNotTheLeaderPublishesItsOwnStatusOnly()
    {
        Use(Settings() with { GroupId = "hall" });
        Core.TryReceiveGroupStatus(Topics.Status("hall") + "/a", new StatusFrame { Online = true, Workers = 2 }.Encode(), NowUs);
        Core.OnConnectionChanged(isConnected: true);
        Core.OnClock(NowUs);
        Assert.That((Actions.Statuses.Count, Actions.GroupStatuses.Count), Is.EqualTo((1, 0)));
    }
}
