using Crime.Node;
using NUnit.Framework;

namespace Crime.Shared.Tests.Node;

/// <summary>The table of kept inputs.</summary>
public sealed class KeptInputsTests
{
    [Test]
    public void InputsAreSortedByDeadline()
    {
        var kept = new KeptInputs(4);
        kept.Add(1, 0, 10, 100, 9000);
        kept.Add(2, 1, 20, 200, 5000);
        kept.Add(3, 2, 30, 300, 7000);
        Assert.That((kept.Input(0), kept.Input(1), kept.Input(2)), Is.EqualTo((2u, 3u, 1u)));
        Assert.That(kept.FreeSlot(), Is.EqualTo(3));
        kept.RemoveAt(0);
        Assert.That((kept.Count, kept.Input(0), kept.Length(0), kept.ArrivedUs(0), kept.Slot(0)), Is.EqualTo((2, 3u, 30, 300L, 2)));
        Assert.That(kept.FreeSlot(), Is.EqualTo(1));
        kept.Add(4, 1, 10, 0, 1);
        kept.Add(5, 3, 10, 0, 1);
        Assert.That((kept.IsFull, kept.FreeSlot()), Is.EqualTo((true, -1)));
    }

    [Test]
    public void ARequestFindsItsInput()
    {
        var kept = new KeptInputs(3);
        for (int i = 0; i < 3; i++) kept.Add((uint)i, i, 10, 0, i);
        kept.SetSent(0, 70);
        kept.SetSent(2, 71);
        Assert.That((kept.IndexOfRequest(71), kept.IndexOfRequest(72)), Is.EqualTo((2, -1)));
        kept.SetAnswered(2, 5, 0);
        Assert.That((kept.IndexOfRequest(71), kept.IndexOf(KeptState.Answered), kept.Label(2)), Is.EqualTo((-1, 2, 5)));
        kept.Change(KeptState.InFlight, KeptState.Kept);
        Assert.That((kept.State(0), kept.State(1), kept.State(2)), Is.EqualTo((KeptState.Kept, KeptState.Kept, KeptState.Answered)));
    }

    [Test]
    public void ADeepSleepLosesNothing()
    {
        const long sleepUs = 30_000_000, wakeUpUs = 1_000_000_000;
        var kept = new KeptInputs(4);
        kept.Add(70_000, 3, 80, wakeUpUs - sleepUs - 5_000_000, wakeUpUs + 60_000_000);
        kept.Add(70_001, 1, 65_535, wakeUpUs - sleepUs, long.MaxValue);
        var bytes = new byte[10 + 2 * KeptInputs.EntrySize];
        kept.Save(bytes, 10, wakeUpUs);
        var restored = new KeptInputs(4);
        restored.Restore(bytes, 10, 2, 2000);
        Assert.That(restored.Count, Is.EqualTo(2));
        Assert.That(
            (restored.Input(0), restored.Slot(0), restored.Length(0), restored.ArrivedUs(0), restored.DeadlineUs(0)),
            Is.EqualTo((70_000u, 3, 80, 2000L - 35_000_000, 60_002_000L)));
        Assert.That((restored.Input(1), restored.Length(1), restored.DeadlineUs(1)), Is.EqualTo((70_001u, 65_535, long.MaxValue)));
        var smaller = new KeptInputs(2);
        smaller.Restore(bytes, 10, 2, 0);
        Assert.That((smaller.Count, smaller.Input(0)), Is.EqualTo((1, 70_001u)), "a slot that the store does not have");
    }
}
