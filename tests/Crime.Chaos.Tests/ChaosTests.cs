using System.Collections.Generic;
using System.Linq;
using System.Threading;
using NUnit.Framework;

namespace Crime.Chaos.Tests;

/// <summary>The fault test of the whole system, with fresh seeds in every run of the tests.</summary>
public sealed class ChaosTests
{
    private const int Seeds = 1000;
    private const int Events = 1000;

    /// <summary>All that can go wrong goes wrong many times, and every invariant holds.</summary>
    [Test]
    public void NoInvariantIsBroken()
    {
        ChaosSeries series = ChaosSeries.Run(TestSeed.Next(), Seeds, Events, _ => { }, CancellationToken.None);
        TestContext.Out.WriteLine(
            $"{series.Events} events; {string.Join(", ", series.Outcomes.Concat(series.FaultsByKind).Select(entry => $"{entry.Key} {entry.Value}"))}");
        Assert.That(series.Violations.Select(Describe), Is.Empty);
        Assert.That(series.Inputs, Is.EqualTo(series.Results).And.GreaterThan(20 * Seeds));
        Assert.That(series.Moved, Is.GreaterThan(Seeds / 10));
        Assert.That(series.DeepestRelay, Is.GreaterThanOrEqualTo(3));
        foreach ((string kind, int count) in series.FaultsByKind) Assert.That(count, Is.GreaterThan(Seeds / 50), kind);
        // A board seldom loses its connection in the moment in which it writes a request.
        foreach ((string outcome, int count) in series.Outcomes.Where(entry => entry.Key != "NotSent")) Assert.That(count, Is.GreaterThan(Seeds / 100), outcome);
    }

    [Test]
    public void ASeedGivesTheSameEvents()
    {
        int seed = TestSeed.Next();
        ChaosResult first = ChaosRun.Run(seed, Events), second = ChaosRun.Run(seed, Events), other = ChaosRun.Run(seed + 1, Events);
        Assert.That((second.Hash, second.Events, second.Faults), Is.EqualTo((first.Hash, first.Events, first.Faults)));
        Assert.That(other.Hash, Is.Not.EqualTo(first.Hash));
    }

    /// <summary>The figures of a series do not depend on the order in which its runs end.</summary>
    [Test]
    public void ASeriesIsTheSumOfItsRuns()
    {
        const int count = 8;
        int seed = TestSeed.Next();
        List<ChaosResult> runs = [.. Enumerable.Range(seed, count).Select(one => ChaosRun.Run(one, Events))];
        ChaosSeries series = ChaosSeries.Run(seed, count, Events, _ => { }, CancellationToken.None);
        Assert.That(
            (series.Runs, series.Events, series.Inputs, series.Faults),
            Is.EqualTo((count, runs.Sum(run => (long)run.Events), runs.Sum(run => (long)run.Inputs), runs.Sum(run => (long)run.Faults))));
        Assert.That(series.FaultsByKind.Values.Sum(), Is.EqualTo(series.Faults));
    }

    [Test]
    public void ARunGoesOnUntilEveryInputHasItsResult()
    {
        ChaosResult run = ChaosRun.Run(TestSeed.Next(), Events);
        Assert.That(run.Violation, Is.Null);
        Assert.That(run.Events, Is.GreaterThanOrEqualTo(Events));
    }

    private static string Describe(ChaosResult run) =>
        $"seed {run.Seed}, event {run.Violation!.Event}: {run.Violation.Message}; to replay: crime chaos --seed {run.Seed} --events {Events}";
}
