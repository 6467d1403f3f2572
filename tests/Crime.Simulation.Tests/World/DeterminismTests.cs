using System;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using Crime.Costs;
using Crime.Simulation.Scenarios;
using Crime.Simulation.World;
using NUnit.Framework;

namespace Crime.Simulation.Tests.World;

public sealed class DeterminismTests
{
    [Test]
    public void TheSameSeedGivesTheSameBytesAlsoWhenOthersRunBeside()
    {
        Scenario scenario = Worlds.Bundled("mesh-failing-link") with { DurationS = 120, Copies = 4 };
        string alone = Text(scenario, 5);
        var beside = new string[4];
        Parallel.For(0, beside.Length, i => beside[i] = Text(scenario, 5));
        Assert.That(beside, Is.All.EqualTo(alone));
        Assert.That(Text(scenario, 6), Is.Not.EqualTo(alone));
    }

    [Test]
    public void CopiesAreIndependentOfEachOther()
    {
        Scenario one = Worlds.Bundled("modem-sleep") with { DurationS = 60 };
        RunTally single = Run(one, 1), four = Run(one with { Copies = 4 }, 1);
        Assert.That(four.Finished, Is.InRange(3 * single.Finished, 5 * single.Finished));
        Assert.That(four.TimeUs, Is.Not.EqualTo(4 * single.TimeUs));
    }

    private static string Text(Scenario scenario, int seed) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(Run(scenario, seed)))));

    private static RunTally Run(Scenario scenario, int seed) => new SimulationRun(scenario, Worlds.Set(), Policy.Crime, Objective.Time, seed).Run();
}
