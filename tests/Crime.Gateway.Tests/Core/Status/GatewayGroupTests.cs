using System.Linq;
using Crime.Frames;
using Crime.Gateway.Core.Status;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Core.Status;

/// <summary>A member's view of the others.</summary>
public sealed class GatewayGroupTests
{
    private const string Id = "hall";
    private const int HeartbeatMs = 200;

    private long _nowUs;
    private GatewayGroup _group = null!;

    [SetUp]
    public void MakeMember()
    {
        _nowUs = 1_000_000;
        _group = new GatewayGroup("b", Id, HeartbeatMs);
    }

    [Test]
    public void AloneItIsTheLeader()
    {
        StatusFrame status = _group.NextStatus(Status(workers: 2, backlogUs: 500, depth: 3, (7, 100, 20)), _nowUs);
        Assert.That(_group.IsLeader(_nowUs), Is.True);
        Assert.That((status.Online, status.Workers, status.BacklogUs, status.Depth), Is.EqualTo((true, 2, 500u, 3)));
        Assert.That((status.ModelCount, status.Advert(0).AlphaNs[0], status.Advert(0).BetaUs[0]), Is.EqualTo((1, 100u, 20u)));
        Assert.That((_group.OthersBacklogUs(_nowUs), _group.OthersDepth(_nowUs), _group.OtherCount(_nowUs)), Is.EqualTo((0u, 0, 0)));
    }

    [Test]
    public void TheGroupIsTheSumOfItsMembersAndOffersWhatAllHave()
    {
        Assert.That(Receive("c", Status(1, 300, 2, (7, 300, 10), (8, 1, 1))), Is.True);
        Assert.That(Receive("d", Status(3, 60, 1, (7, 50, 90))), Is.True);
        StatusFrame status = _group.NextStatus(Status(2, 500, 3, (7, 100, 20), (9, 1, 1)), _nowUs);
        Assert.That((status.Workers, status.BacklogUs, status.Depth, status.Capacity), Is.EqualTo((6, 860u, 6, 30)));
        Assert.That(status.ModelId.Take(status.ModelCount), Is.EqualTo(new[] { 7u }));
        Assert.That((status.Advert(0).AlphaNs[0], status.Advert(0).BetaUs[0]), Is.EqualTo((300u, 90u)));
        Assert.That((_group.OthersBacklogUs(_nowUs), _group.OthersDepth(_nowUs), _group.OtherCount(_nowUs)), Is.EqualTo((360u, 3, 2)));
    }

    [Test]
    public void TheLowestPresentIdIsTheLeader()
    {
        Receive("c", Status(1, 0, 0));
        Assert.That(_group.IsLeader(_nowUs), Is.True);
        Receive("a", Status(1, 0, 0));
        Assert.That(_group.IsLeader(_nowUs), Is.False);
        // Its last will.
        Receive("a", new StatusFrame { Workers = 1 });
        Assert.That(_group.IsLeader(_nowUs), Is.True);
        Receive("a", Status(1, 0, 0));
        _nowUs += 1000L * GatewayGroup.MissedHeartbeats * HeartbeatMs;
        Assert.That(_group.IsLeader(_nowUs), Is.False);
        _nowUs += 1;
        Assert.That((_group.IsLeader(_nowUs), _group.OtherCount(_nowUs)), Is.EqualTo((true, 0)));
    }

    [Test]
    public void TheNextLeaderContinuesTheSequence()
    {
        var earlier = Status(1, 0, 0);
        (earlier.Session, earlier.Sequence) = (_group.Session, 41);
        Assert.That(_group.TryReceive(_group.StatusTopic, earlier.Encode(), _nowUs, out bool isChange), Is.True);
        Assert.That(isChange, Is.False);
        StatusFrame status = _group.NextStatus(Status(1, 0, 0), _nowUs);
        Assert.That((status.Session, status.Sequence), Is.EqualTo((_group.Session, 42u)));
        // Its own status, and a delayed older one, change nothing.
        earlier.Sequence = 12;
        _group.TryReceive(_group.StatusTopic, earlier.Encode(), _nowUs, out _);
        Assert.That(_group.NextStatus(Status(1, 0, 0), _nowUs).Sequence, Is.EqualTo(43));
    }

    [Test]
    public void ItsOwnStatusAndGarbageAreNoChange()
    {
        Assert.That(Receive("b", Status(1, 0, 0)), Is.False);
        Assert.That(Receive("bad id", Status(1, 0, 0)), Is.False);
        Assert.That(_group.TryReceive(Topics.Status(Id) + "/c", [1, 2, 3], _nowUs, out bool isChange) && !isChange, Is.True);
        Assert.That(_group.TryReceive(Topics.Status("other"), Status(1, 0, 0).Encode(), _nowUs, out _), Is.False);
        Assert.That(_group.OtherCount(_nowUs), Is.Zero);
    }

    [Test]
    public void WithoutAGroupNothingIsDifferent()
    {
        var none = new GatewayGroup("gateway", "", HeartbeatMs);
        Assert.That((none.IsUsed, none.IsLeader(_nowUs), none.OwnStatusTopic), Is.EqualTo((false, false, Topics.Status("gateway"))));
        Assert.That(none.TryReceive(Topics.Status("other"), Status(1, 0, 0).Encode(), _nowUs, out _), Is.False);
    }

    private bool Receive(string member, StatusFrame status)
    {
        Assert.That(_group.TryReceive($"{Topics.Status(Id)}/{member}", status.Encode(), _nowUs, out bool isChange), Is.True);
        return isChange;
    }

    private static StatusFrame Status(int workers, uint backlogUs, int depth, params (uint Id, uint AlphaNs, uint BetaUs)[] models)
    {
        var status = new StatusFrame { Online = true, Workers = workers, BacklogUs = backlogUs, Depth = depth, Capacity = 10 };
        foreach (var (id, alphaNs, betaUs) in models) status.Add(id, 0).SetOwn(alphaNs, betaUs);
        return status;
    }
}
