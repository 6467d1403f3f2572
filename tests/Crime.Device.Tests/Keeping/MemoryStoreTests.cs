using System.Linq;
using Crime.Device.Keeping;
using NUnit.Framework;

namespace Crime.Device.Tests.Keeping;

/// <summary>Kept inputs in one array.</summary>
public sealed class MemoryStoreTests
{
    private const int Slots = 4;
    private const int Room = 10;

    private static short[] Values(int first, int count) => [.. Enumerable.Range(first, count).Select(value => (short)value)];

    private static bool TryWrite(MemoryStore store, int slot, int first, int count) => store.TryWrite(slot, 7, count, Values(first, count), count);

    private static short[] Read(MemoryStore store, int slot, int count)
    {
        var values = new short[Room];
        Assert.That(store.TryRead(slot, values), Is.True);
        Assert.That(values[count..], Has.All.Zero, "the sequence and nothing else");
        return values[..count];
    }

    private static MemoryStore Filled()
    {
        var store = new MemoryStore(Slots, 2 * Room);
        Assert.That(TryWrite(store, 0, 100, 3) && TryWrite(store, 1, 200, 4) && TryWrite(store, 2, 300, 3), Is.True);
        return store;
    }

    [Test]
    public void EverySequenceComesBackUnchanged()
    {
        MemoryStore store = Filled();
        Assert.That(Read(store, 1, 4), Is.EqualTo(Values(200, 4)));
        Assert.That(Read(store, 0, 3), Is.EqualTo(Values(100, 3)));
        Assert.That(Read(store, 2, 3), Is.EqualTo(Values(300, 3)));
    }

    [Test]
    public void AFullStoreRefusesAndKeepsWhatItHas()
    {
        MemoryStore store = Filled();
        Assert.That(TryWrite(store, 3, 400, 1), Is.False);
        Assert.That(Read(store, 2, 3), Is.EqualTo(Values(300, 3)));
        Assert.That(TryWrite(new MemoryStore(Slots, 2 * Room), 0, 100, Room), Is.True, "all of it");
        Assert.That(TryWrite(new MemoryStore(Slots, 2 * Room), 0, 100, Room + 1), Is.False);
    }

    /// <summary>The gap of a released sequence: at the start, between others, or at the end.</summary>
    [TestCase(0, 3)]
    [TestCase(1, 4)]
    [TestCase(2, 3)]
    public void AGapTakesWhatFitsIntoIt(int released, int gap)
    {
        MemoryStore store = Filled();
        store.Release(released);
        Assert.That(TryWrite(store, 3, 400, gap + 1), Is.False, "one number too many");
        Assert.That(TryWrite(store, 3, 400, gap), Is.True);
        Assert.That(Read(store, 3, gap), Is.EqualTo(Values(400, gap)));
        foreach (var (slot, first, count) in new[] { (0, 100, 3), (1, 200, 4), (2, 300, 3) })
            if (slot != released) Assert.That(Read(store, slot, count), Is.EqualTo(Values(first, count)));
        Assert.That(TryWrite(store, released, 500, 1), Is.False, "the gap is taken");
    }

    [Test]
    public void NeighbouringGapsAreOneGap()
    {
        MemoryStore store = Filled();
        store.Release(0);
        store.Release(1);
        Assert.That(TryWrite(store, 1, 400, 5) && TryWrite(store, 0, 500, 2), Is.True);
        Assert.That(Read(store, 1, 5), Is.EqualTo(Values(400, 5)));
        Assert.That(Read(store, 0, 2), Is.EqualTo(Values(500, 2)));
        Assert.That(Read(store, 2, 3), Is.EqualTo(Values(300, 3)));
    }

    [Test]
    public void AReleasedSlotIsUsedAgain()
    {
        MemoryStore store = Filled();
        for (int round = 0; round < 20; round++)
        {
            int slot = round % 3, count = slot == 1 ? 4 : 3;
            store.Release(slot);
            Assert.That(TryWrite(store, slot, round, count), Is.True);
            Assert.That(Read(store, slot, count), Is.EqualTo(Values(round, count)));
        }
    }
}
