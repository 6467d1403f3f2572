using Crime.Costs;
using Crime.Mapping;
using Crime.Simulation.World;
using NUnit.Framework;

namespace Crime.Simulation.Tests.World;

/// <summary>Boards that receive slow statuses.</summary>
public sealed class RegimeTests
{
    private static RunTally Run(string name, Objective objective, ListeningMode listening) =>
        new SimulationRun(Worlds.Bundled(name), Worlds.Set(), Policy.Crime, objective, 1) { Listening = listening }.Run();

    [Test]
    public void TheirBackgroundEnergyIsFarBelowThatOfStatuses()
    {
        RunTally regimes = Run("contended-gateway", Objective.Time, ListeningMode.Regimes);
        RunTally statuses = Run("contended-gateway", Objective.Time, ListeningMode.Statuses);
        TestContext.Out.WriteLine($"background mJ: regimes {regimes.BackgroundUj / 1000:0}, statuses {statuses.BackgroundUj / 1000:0}");
        Assert.That(regimes.BackgroundUj, Is.GreaterThan(0).And.LessThan(statuses.BackgroundUj / 5));
        Assert.That(regimes.Finished, Is.EqualTo(statuses.Finished));
    }

    /// <summary>Boards that minimise energy connect once and ask as rarely with either: the slow statuses make the difference.</summary>
    [Test]
    public void EachSlowStatusCostsListening()
    {
        RunTally regimes = Run("chain-of-three", Objective.Energy, ListeningMode.Regimes), answers = Run("chain-of-three", Objective.Energy, ListeningMode.Answers);
        TestContext.Out.WriteLine($"background mJ: regimes {regimes.BackgroundUj / 1000:0}, answers {answers.BackgroundUj / 1000:0}");
        Assert.That(regimes.BackgroundUj, Is.GreaterThan(2 * answers.BackgroundUj));
    }
}
