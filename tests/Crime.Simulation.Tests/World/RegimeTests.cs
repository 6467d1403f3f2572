using Crime.Costs;
using Crime.Mapping;
using Crime.Simulation.Scenarios;
using Crime.Simulation.World;
using NUnit.Framework;

namespace Crime.Simulation.Tests.World;

/// <summary>Boards that receive slow statuses.</summary>
public sealed class RegimeTests
{
    private static RunTally Run(ListeningMode listening)
    {
        Scenario scenario = Worlds.Bundled("contended-gateway") with { DurationS = 600 };
        return new SimulationRun(scenario, Worlds.Set(), Policy.Crime, Objective.Time, 1) { Listening = listening }.Run();
    }

    [Test]
    public void TheirBackgroundEnergyIsFarBelowThatOfStatuses()
    {
        RunTally regimes = Run(ListeningMode.Regimes), statuses = Run(ListeningMode.Statuses), answers = Run(ListeningMode.Answers);
        TestContext.Out.WriteLine(
            $"background mJ: regimes {regimes.BackgroundUj / 1000:0}, statuses {statuses.BackgroundUj / 1000:0}, answers {answers.BackgroundUj / 1000:0}");
        Assert.That(regimes.BackgroundUj, Is.LessThan(statuses.BackgroundUj / 5));
        Assert.That(regimes.BackgroundUj, Is.GreaterThan(answers.BackgroundUj), "each slow status costs listening");
        Assert.That(regimes.Finished, Is.EqualTo(statuses.Finished));
    }
}
