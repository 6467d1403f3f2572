using Crime.Costs;
using Crime.Simulation.Scenarios;
using Crime.Simulation.World;
using NUnit.Framework;

namespace Crime.Simulation.Tests.World;

/// <summary>Background energy of a board that minimises energy.</summary>
public sealed class QuietBoardTests
{
    private const double DayS = 86_400;

    private static RunTally Run(Scenario scenario, Policy policy) => new SimulationRun(scenario, Worlds.Set(), policy, Objective.Energy, 1).Run();

    /// <summary>Inputs of 15 steps take 1.3 mJ on the board, and an offload takes 11.4 mJ of listening or 1 J for the radio: nothing can be gained.</summary>
    [TestCase(RadioKind.Doze)]
    [TestCase(RadioKind.Off)]
    public void ADayWithoutAnyGainHasNoBackgroundEnergy(RadioKind radio)
    {
        Scenario scenario = Worlds.Star(1, 0.15, Worlds.Quiet, everyS: 10, durationS: DayS, radio: radio);
        RunTally crime = Run(scenario, Policy.Crime), boards = Run(scenario, new Policy(PolicyKind.Local, -1, "boards"));
        Assert.That(crime.OnBoards, Is.EqualTo(crime.Finished).And.InRange(8000, 9300));
        Assert.That((crime.BackgroundUj, crime.Pings), Is.EqualTo((0, 0)));
        Assert.That(crime.MeanEnergyMj, Is.LessThan(1.01 * boards.MeanEnergyMj));
    }

    /// <summary>
    /// The board takes 9 to 16 mJ for most inputs, so that the fastest gateway could pay. This one is 100 ms away, and an offload takes twice 11.4 mJ.
    /// </summary>
    [Test]
    public void ADayOfProbesTakesLessThanOnePercent()
    {
        Scenario scenario = Worlds.Star(1, 1.6, Worlds.Far, everyS: 10, durationS: DayS, radio: RadioKind.Doze);
        RunTally crime = Run(scenario, Policy.Crime);
        TestContext.Out.WriteLine($"{crime.Pings} pings, background {100 * crime.BackgroundUj / crime.EnergyUj:0.000} % of the energy of inputs");
        Assert.That(crime.Pings, Is.InRange(1, 30), "it has asked");
        Assert.That(crime.BackgroundUj, Is.GreaterThan(0).And.LessThan(0.01 * crime.EnergyUj));
    }

    [Test]
    public void ABoardThatOffloadsLearnsFromAnswers()
    {
        Scenario scenario = Worlds.Star(1, 1.6, Worlds.Quiet, everyS: 10, durationS: DayS);
        RunTally crime = Run(scenario, Policy.Crime);
        Assert.That(crime.AwayShare, Is.GreaterThan(0.99));
        Assert.That(crime.Pings, Is.EqualTo(1));
        Assert.That(crime.BackgroundUj, Is.LessThan(0.01 * crime.EnergyUj));
    }

    /// <summary>The oracle knows everything for nothing, and the policy that minimises time pays for its statuses.</summary>
    [Test]
    public void KnowledgeHasItsPrice()
    {
        Scenario scenario = Worlds.Star(1, 0.15, Worlds.Quiet, everyS: 10, durationS: 3600, radio: RadioKind.Doze);
        Assert.That(Run(scenario, Policy.Oracle).BackgroundUj, Is.Zero);
        RunTally time = new SimulationRun(scenario, Worlds.Set(), Policy.Crime, Objective.Time, 1).Run();
        // A status a second keeps the radio listening for 50 ms: 11.4 mJ.
        Assert.That(time.BackgroundUj, Is.GreaterThan(3600 * 11_000));
        Assert.That(time.MeanEnergyMj, Is.EqualTo((time.EnergyUj + time.BackgroundUj) / time.Finished / 1000).Within(1e-9));
    }
}
