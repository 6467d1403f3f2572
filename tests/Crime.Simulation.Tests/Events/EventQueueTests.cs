using System.Collections.Generic;
using System.Linq;
using Crime.Simulation.Events;
using NUnit.Framework;

namespace Crime.Simulation.Tests.Events;

public sealed class EventQueueTests
{
    [Test]
    public void ComesOutInOrderOfTimeAndThenOfInsertion()
    {
        var queue = new EventQueue();
        var random = new RandomStream(7, StreamPurpose.Draws, 0);
        var added = new List<(long AtUs, int Number)>();
        for (int i = 0; i < 5000; i++)
        {
            long at = random.NextBelow(500);
            added.Add((at, i));
            queue.Add(at, EventKind.Tick, i);
        }
        var taken = new List<(long, int)>();
        while (queue.Count > 0)
        {
            SimEvent next = queue.Take();
            taken.Add((next.AtUs, next.Node));
        }
        Assert.That(taken, Is.EqualTo(added.OrderBy(entry => entry.AtUs).ThenBy(entry => entry.Number)));
    }

    [Test]
    public void StreamsOfOnePurposeDifferAndRepeat()
    {
        ulong First(ulong seed, StreamPurpose purpose, int index) => new RandomStream(seed, purpose, index).NextBits();
        ulong[] firsts =
        [
            First(1, StreamPurpose.Link, 0), First(1, StreamPurpose.Link, 1), First(1, StreamPurpose.Noise, 0), First(2, StreamPurpose.Link, 0),
        ];
        Assert.That(firsts.Distinct().Count(), Is.EqualTo(4));
        Assert.That(First(1, StreamPurpose.Link, 1), Is.EqualTo(firsts[1]));
    }

    [Test]
    public void FactorsHaveMeanOneAndTheirSpread()
    {
        var random = new RandomStream(3, StreamPurpose.Noise, 0);
        double[] factors = Enumerable.Range(0, 200_000).Select(_ => random.NextFactor(0.3)).ToArray();
        Assert.That(factors.Average(), Is.EqualTo(1).Within(0.003));
        Assert.That(factors.Select(factor => System.Math.Log(factor)).Select(log => (log + 0.045) * (log + 0.045)).Average(), Is.EqualTo(0.09).Within(0.002));
    }
}
