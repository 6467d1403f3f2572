using System.Linq;
using Crime.Frames;
using Crime.Gateway.Configuration;
using Crime.Gateway.Serving;
using Crime.Gateway.Tests.Running;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Serving;

/// <summary>What a member makes of what the others say, with a clock that stands still.</summary>
public sealed class GatewayGroupTests
{
    private const string Id = "hall";
    private const int HeartbeatMs = 200;

    private ManualTime _time = null!;
    private GatewayGroup _group = null!;

    [SetUp]
    public void MakeMember()
    {
        _time = new ManualTime();
        GatewayOptions options = RunningGateway.Options("") with { NodeId = "b", GroupId = Id };
        _group = new GatewayGroup(options, _time);
    }

    [Test]
    public void AloneItSpeaksForItself()
    {
        StatusFrame status = _group.NextStatus(Status(workers: 2, backlogUs: 500, depth: 3, (7, 100, 20)));
        Assert.That(_group.IsSpeaker, Is.True);
        Assert.That((status.Online, status.Workers, status.BacklogUs, status.Depth), Is.EqualTo((true, 2, 500u, 3)));
        Assert.That((status.ModelCount, status.Advert(0).AlphaNs[0], status.Advert(0).BetaUs[0]), Is.EqualTo((1, 100u, 20u)));
        Assert.That((_group.OthersBacklogUs, _group.OthersDepth, _group.OtherCount), Is.EqualTo((0u, 0, 0)));
    }

    [Test]
    public void TheGroupIsTheSumOfItsMembersAndOffersWhatAllHave()
    {
        Assert.That(Hear("c", Status(1, 300, 2, (7, 300, 10), (8, 1, 1))), Is.True);
        Assert.That(Hear("d", Status(3, 60, 1, (7, 50, 90))), Is.True);
        StatusFrame status = _group.NextStatus(Status(2, 500, 3, (7, 100, 20), (9, 1, 1)));
        Assert.That((status.Workers, status.BacklogUs, status.Depth, status.Capacity), Is.EqualTo((6, 860u, 6, 30)));
        Assert.That(status.ModelId.Take(status.ModelCount), Is.EqualTo(new[] { 7u }));
        Assert.That((status.Advert(0).AlphaNs[0], status.Advert(0).BetaUs[0]), Is.EqualTo((300u, 90u)));
        Assert.That((_group.OthersBacklogUs, _group.OthersDepth, _group.OtherCount), Is.EqualTo((360u, 3, 2)));
    }

    [Test]
    public void TheLowestPresentIdSpeaks()
    {
        Hear("c", Status(1, 0, 0));
        Assert.That(_group.IsSpeaker, Is.True);
        Hear("a", Status(1, 0, 0));
        Assert.That(_group.IsSpeaker, Is.False);
        // Its last will.
        Hear("a", new StatusFrame { Workers = 1 });
        Assert.That(_group.IsSpeaker, Is.True);
        Hear("a", Status(1, 0, 0));
        _time.AdvanceUs(1000L * GatewayGroup.MissedHeartbeats * HeartbeatMs);
        Assert.That(_group.IsSpeaker, Is.False);
        _time.AdvanceUs(1);
        Assert.That((_group.IsSpeaker, _group.OtherCount), Is.EqualTo((true, 0)));
    }

    [Test]
    public void WhoeverSpeaksNextGoesOnCounting()
    {
        var earlier = Status(1, 0, 0);
        (earlier.Session, earlier.Sequence) = (_group.Session, 41);
        Assert.That(_group.TryReceive(_group.StatusTopic, earlier.Encode(), out bool isNews), Is.True);
        Assert.That(isNews, Is.False);
        StatusFrame status = _group.NextStatus(Status(1, 0, 0));
        Assert.That((status.Session, status.Sequence), Is.EqualTo((_group.Session, 42u)));
        // What it said itself, and what an older one says late, change nothing.
        earlier.Sequence = 12;
        _group.TryReceive(_group.StatusTopic, earlier.Encode(), out _);
        Assert.That(_group.NextStatus(Status(1, 0, 0)).Sequence, Is.EqualTo(43));
    }

    [Test]
    public void ItsOwnStatusAndGarbageAreNoNews()
    {
        Assert.That(Hear("b", Status(1, 0, 0)), Is.False);
        Assert.That(Hear("bad id", Status(1, 0, 0)), Is.False);
        Assert.That(_group.TryReceive(Topics.Status(Id) + "/c", [1, 2, 3], out bool isNews) && !isNews, Is.True);
        Assert.That(_group.TryReceive(Topics.Status("other"), Status(1, 0, 0).Encode(), out _), Is.False);
        Assert.That(_group.OtherCount, Is.Zero);
    }

    [Test]
    public void WithoutAGroupNothingIsDifferent()
    {
        var none = new GatewayGroup(RunningGateway.Options(""), _time);
        Assert.That((none.IsUsed, none.IsSpeaker, none.OwnStatusTopic), Is.EqualTo((false, false, Topics.Status(RunningGateway.Id))));
        Assert.That(none.TryReceive(Topics.Status("other"), Status(1, 0, 0).Encode(), out _), Is.False);
    }

    private bool Hear(string member, StatusFrame status)
    {
        Assert.That(_group.TryReceive($"{Topics.Status(Id)}/{member}", status.Encode(), out bool isNews), Is.True);
        return isNews;
    }

    private static StatusFrame Status(int workers, uint backlogUs, int depth, params (uint Id, uint AlphaNs, uint BetaUs)[] models)
    {
        var status = new StatusFrame { Online = true, Workers = workers, BacklogUs = backlogUs, Depth = depth, Capacity = 10 };
        foreach (var (id, alphaNs, betaUs) in models) status.Add(id, 0).SetOwn(alphaNs, betaUs);
        return status;
    }
}
