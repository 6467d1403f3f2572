using Crime.Costs;
using Crime.Simulation.Scenarios;
using Crime.Simulation.World;
using NUnit.Framework;

namespace Crime.Simulation.Tests.World;

public sealed class GoldenTests
{
    /// <summary>
    /// The flash crowd, all at the gateway: counts of a run. They change with the behaviour of the gateway, and must not change unnoticed.
    /// Policies that the engine decides are not pinned, because they follow the engine. The fallbacks are the refusals and 40 time-outs; an input
    /// that is not sent because the gateway is not usable counts as computed on the board.
    /// </summary>
    [Test]
    public void TheFlashCrowdIsTheOneThatWasMeasured()
    {
        Scenario scenario = Worlds.Bundled("flash-crowd") with { DurationS = 32 };
        RunTally tally = new SimulationRun(scenario, Worlds.Set(), new Policy(PolicyKind.Single, 0, "hub"), Objective.Time, 1).Run();
        Assert.That(
            (tally.Finished, tally.AtGateways, tally.Refusals, tally.Fallbacks, (long)tally.TimeUs / 1_000_000),
            Is.EqualTo((10_445L, 8_255L, 1_972L, 2_012L, 855L)));
    }
}
