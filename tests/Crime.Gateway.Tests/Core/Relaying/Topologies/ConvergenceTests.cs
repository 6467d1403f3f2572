using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Core.Relaying.Topologies;

/// <summary>
/// How many rounds adverts need until nobody tells anything else, on a thousand random topologies of up to fifty nodes: when all is
/// new, after nodes have died and links have broken, and when all comes back. A round takes news one link further.
/// </summary>
public sealed class ConvergenceTests
{
    private const int Networks = 1000;

    // Whether it stays so is seen in a few rounds more.
    private const int RoundsMore = 6;

    // A line is told anew when it is off by more. Where more than four lines are cheapest somewhere, those are left out that matter least.
    private const double LineStep = 1.0 / 16;
    private const double LeftOut = 1.0 / 4;

    private sealed record Settled(int Seed, string After, int Rounds, int HopDiameter, int CheapestDiameter, double CostError)
    {
        /// <summary>The larger of both; where links cost the same it is the first, for then no cheapest way has more links than a shortest.</summary>
        public int Diameter => Math.Max(HopDiameter, CheapestDiameter);
    }

    /// <summary>What may happen to a network, in turn; the last failure is known when the rounds begin.</summary>
    private static readonly (string Name, Action<AdvertNetwork> Act)[] s_events =
    [
        ("the start", _ => { }),
        ("deaths with a last will", network => network.KillNodes(hasLastWill: true)),
        ("broken links", network => network.BreakLinks()),
        ("deaths in silence, expired", network =>
        {
            network.KillNodes(hasLastWill: false);
            network.LetStatusesExpire();
        }),
        ("recovery", network => network.Recover()),
    ];

    private static IEnumerable<Settled> Run(int seed, Func<Random, int> rttUs)
    {
        var network = new AdvertNetwork(seed, rttUs);
        foreach ((string name, Action<AdvertNetwork> act) in s_events)
        {
            act(network);
            network.Measure();
            int rounds = network.Settle(Math.Max(network.HopDiameter, network.CheapestDiameter) + RoundsMore);
            if (network.IsAnyPathBroken()) Assert.Fail($"seed {seed}, after {name}: somebody tells of a path that is not there");
            yield return new Settled(seed, name, rounds, network.HopDiameter, network.CheapestDiameter, network.WorstCostError());
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    public void AdvertsSettleWithinAsManyRoundsAsTheDiameter(bool isEveryLinkAlike)
    {
        List<Settled> all = [.. Enumerable.Range(0, Networks).SelectMany(seed => Run(seed, random => isEveryLinkAlike ? 2000 : 500 + random.Next(20_000)))];
        foreach (IGrouping<string, Settled> after in all.GroupBy(settled => settled.After))
        {
            TestContext.Out.WriteLine(
                $"{after.Key}: {after.Average(settled => settled.Rounds):0.0} rounds, at most {after.Max(settled => settled.Rounds)}; shortest ways have up to "
                + $"{after.Max(settled => settled.HopDiameter)} links, cheapest up to {after.Max(settled => settled.CheapestDiameter)}; "
                + $"{after.Count(settled => settled.Rounds == settled.Diameter)} took as many rounds as the diameter, "
                + $"{after.Count(settled => settled.Rounds > settled.CheapestDiameter)} more than the cheapest ways have links; "
                + $"costs off by {after.Max(settled => settled.CostError):0.000} at most, in {after.Count(settled => settled.CostError > LineStep)} by more than 1/16");
        }
        Assert.That(all.Where(settled => settled.Rounds > settled.Diameter), Is.Empty);
        // The narrower bound: news of a cheapest way needs as many rounds as that has links. What lies behind a node may be hidden
        // from it by the way through itself, and takes another one.
        Assert.That(all.Count(settled => settled.Rounds > settled.CheapestDiameter), Is.LessThan(all.Count / 100));
        Assert.That(all.Count(settled => settled.Rounds == settled.CheapestDiameter), Is.GreaterThan(Networks), "the bound is reached");
        // And what has settled is right.
        Assert.That(all.Max(settled => settled.CostError), Is.LessThan(LeftOut));
        Assert.That(all.Count(settled => settled.CostError > LineStep), Is.LessThan(all.Count / 100));
    }
}
