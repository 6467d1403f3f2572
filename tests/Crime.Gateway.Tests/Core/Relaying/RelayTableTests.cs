using Crime.Gateway.Core.Relaying;
using Crime.Mapping;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Core.Relaying;

public sealed class RelayTableTests
{
    private static readonly RelayEngine s_engine = new(modelId: 1, longestLength: 100, nodeKey: 2, session: 3, AntiHerding.All);

    [Test]
    public void ARequestIsTakenOnce()
    {
        var table = new RelayTable(2);
        Assert.That(table.TryAdd(Relayed(10)), Is.True);
        Assert.That(table.Take(link: 1, session: 3, sequence: 10)?.Sequence, Is.EqualTo(10));
        Assert.That(table.Take(link: 1, session: 3, sequence: 10), Is.Null);
        Assert.That(table.Count, Is.Zero);
    }

    [Test]
    public void AnAnswerOfAnotherSessionTakesNothing()
    {
        var table = new RelayTable(2);
        table.TryAdd(Relayed(10));
        Assert.That(table.Take(link: 1, session: 4, sequence: 10), Is.Null);
        Assert.That(table.Take(link: 1, session: 3, sequence: 11), Is.Null);
        Assert.That(table.Take(link: 2, session: 3, sequence: 10), Is.Null, "another connection");
        Assert.That(table.Count, Is.EqualTo(1));
    }

    [Test]
    public void ItIsBounded()
    {
        var table = new RelayTable(2);
        Assert.That(table.TryAdd(Relayed(1)) && table.TryAdd(Relayed(2)), Is.True);
        Assert.That((table.HasRoom, table.TryAdd(Relayed(3))), Is.EqualTo((false, false)));
        Assert.That(table.TakeAll(relayed => relayed.GiveUpUs <= 1), Has.Count.EqualTo(1));
        Assert.That(table.TryAdd(Relayed(3)), Is.True);
    }

    private static RelayedRequest Relayed(uint sequence) =>
        new(new TestRequest(), Length: 5, s_engine, Gateway: null!, new Gateway.Core.Relaying.Upstream("far", Link: 1), sequence, SentUs: 0, GiveUpUs: sequence);
}
