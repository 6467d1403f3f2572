using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Chaos.Planting;
using NUnit.Framework;

namespace Crime.Chaos.Tests;

/// <summary>The test of the fault test: each planted defect is found, and by the invariant that it breaks.</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class PlantedFaultTests
{
    private const int MostSeeds = 1000;
    private const int Events = 2000;

    // Part of the message of the invariant that each fault breaks. A late answer of another gateway breaks two.
    private static readonly Dictionary<PlantedFault, string[]> s_symptoms = new()
    {
        [PlantedFault.AnswerDropped] = ["0 results in the end"],
        [PlantedFault.AnsweredTwice] = ["a request is answered twice"],
        [PlantedFault.ExpiryForgotten] = ["which has been silent for"],
        [PlantedFault.LateAnswerAccepted] = ["accepts the answer to another request", "with the answer of another gateway"],
        [PlantedFault.BudgetIgnored] = ["budget"],
        [PlantedFault.SlotReused] = ["with the answer of another gateway"],
        [PlantedFault.RetainedKeptAfterWill] = ["that a later one, or a will, has replaced"],
        [PlantedFault.StreamFromWrongStep] = ["does not end as it does there without a fault"],
        [PlantedFault.QueueOneTooLong] = ["; the capacity is"],
        [PlantedFault.RelayLoop] = ["a relay loop"],
        [PlantedFault.CancelledComputed] = ["that was cancelled while it waited"],
    };

    private static IEnumerable<PlantedFault> Faults => Enum.GetValues<PlantedFault>().Where(fault => fault != PlantedFault.None);

    [TestCaseSource(nameof(Faults))]
    public void APlantedFaultIsFoundWithinAThousandSeeds(PlantedFault fault)
    {
        int seed = TestSeed.Next();
        ChaosResult? found = Enumerable.Range(seed, MostSeeds).Select(one => ChaosRun.Run(one, Events, fault)).FirstOrDefault(run => run.Violation != null);
        Assert.That(found, Is.Not.Null, $"seeds {seed} to {seed + MostSeeds - 1}");
        TestContext.Out.WriteLine($"{fault}: found at seed {found!.Seed - seed + 1}, event {found.Violation!.Event}: {found.Violation.Message}");
        Assert.That(s_symptoms[fault].Where(found.Violation.Message.Contains), Is.Not.Empty, found.Violation.Message);
    }

    /// <summary>A violation replays from its seed, down to the event.</summary>
    [Test]
    public void AViolationReplays()
    {
        int seed = TestSeed.Next();
        ChaosResult first = ChaosRun.Run(seed, Events, PlantedFault.AnsweredTwice), second = ChaosRun.Run(seed, Events, PlantedFault.AnsweredTwice);
        Assert.That(second.Violation, Is.EqualTo(first.Violation));
    }
}
