using System;
using System.Collections.Generic;
using System.Linq;
using CsCheck;
using Crime.Gateway.Core.Load;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Core.Load;

public sealed class StartDelayTests
{
    private static readonly Gen<long[]> s_genLeftUs = Gen.OneOf(Gen.Const(0L), Gen.Long[0, 300]).Array[1, 8];

    // Nothing waits: the least that is left, 0 with an idle worker.
    [TestCase(new long[] { 60_000, 10_000, 110_000 }, 0, 10_000)]
    [TestCase(new long[] { 120_000, 0, 0 }, 0, 0)]
    [TestCase(new long[] { 0 }, 0, 0)]
    // One worker: all there is.
    [TestCase(new long[] { 700 }, 300, 1000)]
    // Up to the second, onto two of them, onto all: (10 + 60 + 110 + 420) / 3.
    [TestCase(new long[] { 60_000, 10_000, 110_000 }, 49_999, 59_999)]
    [TestCase(new long[] { 60_000, 10_000, 110_000 }, 50_000, 60_000)]
    [TestCase(new long[] { 60_000, 10_000, 110_000 }, 50_001, 60_000)]
    [TestCase(new long[] { 60_000, 10_000, 110_000 }, 70_000, 70_000)]
    [TestCase(new long[] { 60_000, 10_000, 110_000 }, 420_000, 200_000)]
    // An idle worker does not make what waits go away, and less than nothing left is nothing.
    [TestCase(new long[] { 0, 1000 }, 500, 500)]
    [TestCase(new long[] { -5, -3, 1000 }, 500, 250)]
    // Far more than any queue holds.
    [TestCase(new long[] { 0, 1L << 40 }, 1L << 42, 5L << 39)]
    public void TheDelayIsTheLevelOfTheLowestWorker(long[] leftUs, long waitingUs, long expectedUs)
    {
        Assert.That(StartDelay.Us(leftUs, waitingUs), Is.EqualTo(expectedUs));
        Assert.That(leftUs, Is.Ordered);
    }

    [Test]
    public void WithTinyPiecesItIsWhatAQueueDoes()
    {
        Gen.Select(s_genLeftUs, Gen.Int[0, 3000]).Sample(
            (leftUs, pieceCount) => Assert.That(
                StartDelay.Us([.. leftUs], pieceCount), Is.EqualTo(StartInAQueueUs(leftUs, Enumerable.Repeat(1L, pieceCount)))));
    }

    /// <summary>Pieces of any size start by then, and earlier by less than the largest.</summary>
    [Test]
    public void WithLargePiecesItIsTheLatest()
    {
        Gen.Select(s_genLeftUs, Gen.Long[1, 200].Array[0, 30]).Sample(
            (leftUs, piecesUs) =>
            {
                var queue = new FluidQueue(leftUs.ToArray());
                foreach (long us in piecesUs) queue.Pour(us);
                double startUs = StartInAQueueUs(leftUs, piecesUs), largestUs = piecesUs.DefaultIfEmpty().Max();
                Assert.That(startUs, Is.InRange(queue.StartUs - largestUs - 1e-6, queue.StartUs + 1e-6));
                Assert.That(StartDelay.Us([.. leftUs], piecesUs.Sum()), Is.EqualTo(queue.StartUs).Within(1), "poured at once or bit by bit");
            });
    }

    [Test]
    public void ItIsNeverMoreThanTheMeanAndTendsToIt()
    {
        Gen.Select(s_genLeftUs, Gen.Long[0, 100_000]).Sample(
            (leftUs, waitingUs) =>
            {
                long meanUs = (leftUs.Sum() + waitingUs) / leftUs.Length, delayUs = StartDelay.Us([.. leftUs], waitingUs);
                // All are level once as much waits as the highest stands out over the others.
                bool isLevel = waitingUs >= leftUs.Sum(us => leftUs.Max() - us);
                Assert.That(delayUs, isLevel ? Is.EqualTo(meanUs) : Is.LessThanOrEqualTo(meanUs));
            });
    }

    [Test]
    public void WithoutWorkersOrWithLessThanNothingWaitingThereIsNoDelay()
    {
        Assert.That(() => StartDelay.Us([], 0), Throws.ArgumentException);
        Assert.That(() => StartDelay.Us([0L], -1), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    /// <summary>First in, first out: every piece goes to the worker that is free first, and then the request does.</summary>
    private static long StartInAQueueUs(long[] leftUs, IEnumerable<long> piecesUs)
    {
        long[] freeUs = [.. leftUs];
        foreach (long us in piecesUs) freeUs[Array.IndexOf(freeUs, freeUs.Min())] += us;
        return freeUs.Min();
    }
}
