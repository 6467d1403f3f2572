using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Chaos.Deliveries;
using NUnit.Framework;

namespace Crime.Chaos.Tests;

/// <summary>The fault test of results that are wanted behind the gateway, with fresh seeds in every run of the tests.</summary>
internal sealed class DeliveryTests
{
    private const int Seeds = 1000;

    private static IEnumerable<DeliveryFault> Faults => Enum.GetValues<DeliveryFault>().Where(fault => fault != DeliveryFault.None);

    /// <summary>Every input has a result, and at most one without the flag.</summary>
    [Test]
    public void EveryInputHasOneResult()
    {
        int seed = TestSeed.Next();
        var counts = new DeliveryCounts();
        int inputs = 0;
        foreach (DeliveryRun run in Enumerable.Range(seed, Seeds).AsParallel().Select(one => DeliveryRun.Run(one)))
        {
            Assert.That(run.Violation, Is.Null, $"seed {run.Seed}");
            counts.Add(run.Counts);
            inputs += run.Inputs;
        }
        TestContext.Out.WriteLine(
            $"{inputs} inputs; lost {counts.Lost}, doubled {counts.Doubled}, kills {counts.Kills}, deep sleeps {counts.Sleeps}, repeats {counts.Repeats}, "
            + $"own results {counts.OwnResults}, flagged {counts.Flagged}, no room {counts.NoRoom}");
        Assert.That(inputs, Is.GreaterThan(20 * Seeds));
        int[] troubles = [counts.Lost, counts.Doubled, counts.Kills, counts.Sleeps, counts.Repeats, counts.OwnResults, counts.Flagged];
        Assert.That(troubles, Has.All.GreaterThan(Seeds / 2));
    }

    [TestCaseSource(nameof(Faults))]
    public void APlantedFaultIsFound(DeliveryFault fault)
    {
        int seed = TestSeed.Next();
        DeliveryRun? found = Enumerable.Range(seed, Seeds).Select(one => DeliveryRun.Run(one, fault)).FirstOrDefault(run => run.Violation != null);
        Assert.That(found, Is.Not.Null, $"seeds {seed} to {seed + Seeds - 1}");
        TestContext.Out.WriteLine($"{fault}: found at seed {found!.Seed - seed + 1}: {found.Violation}");
    }

    [Test]
    public void ASeedGivesTheSameRun()
    {
        int seed = TestSeed.Next();
        DeliveryRun first = DeliveryRun.Run(seed), second = DeliveryRun.Run(seed);
        Assert.That((second.Inputs, second.Counts.Lost, second.Counts.Repeats), Is.EqualTo((first.Inputs, first.Counts.Lost, first.Counts.Repeats)));
    }
}
