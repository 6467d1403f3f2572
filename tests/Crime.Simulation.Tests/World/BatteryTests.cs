using System.Linq;
using Crime.Costs;
using Crime.Simulation.Scenarios;
using Crime.Simulation.World;
using NUnit.Framework;

namespace Crime.Simulation.Tests.World;

/// <summary>Scenarios whose results may wait.</summary>
public sealed class BatteryTests
{
    private static readonly Policy s_boards = new(PolicyKind.Local, -1, "boards");

    private static RunTally Run(Scenario scenario, Policy policy, string set = "spoken-arabic-digits") =>
        new SimulationRun(scenario, Worlds.Set(set), policy, Objective.Energy, 1).Run();

    private static double WithoutReportsMj(RunTally tally) => tally.MeanEnergyMj - tally.MeanReportMj;

    [TestCase("night-watch")]
    [TestCase("reporting-sensor")]
    [TestCase("urgent-and-patient")]
    public void EveryKeptInputHasExactlyOneResultInTime(string name)
    {
        Scenario scenario = Worlds.Bundled(name);
        var counts = Policy.All(scenario).ToDictionary(policy => policy.Kind, policy => Run(scenario, policy));
        foreach (RunTally tally in counts.Values)
        {
            Assert.That(tally.Finished, Is.EqualTo(tally.Started));
            Assert.That(tally.OnBoards + tally.AtGateways + tally.Fallbacks, Is.EqualTo(tally.Finished));
            Assert.That(tally.CountByLength, Is.EqualTo(counts[PolicyKind.Local].CountByLength));
        }
        RunTally crime = counts[PolicyKind.Crime];
        Assert.That(crime.Kept, Is.GreaterThan(crime.Finished / 2));
        Assert.That(crime.MissedDeadlines, Is.LessThanOrEqualTo(crime.Finished / 1000), "99.9 % are in time");
        double best = Policy.SingleDevices(scenario).Min(policy => counts[policy.Kind].MeanEnergyMj);
        Assert.That(crime.MeanEnergyMj, Is.LessThan(best));
    }

    /// <summary>The radio comes up for the report in any case: the inputs go with it.</summary>
    [Test]
    public void AReportingSensorTakesLessThanTwoFifthsForItsInputs()
    {
        Scenario scenario = Worlds.Bundled("reporting-sensor");
        RunTally crime = Run(scenario, Policy.Crime), boards = Run(scenario, s_boards);
        TestContext.Out.WriteLine(
            $"with reports {crime.MeanEnergyMj:0.00} against {boards.MeanEnergyMj:0.00} mJ, without {WithoutReportsMj(crime):0.00} against "
            + $"{WithoutReportsMj(boards):0.00} mJ");
        Assert.That(WithoutReportsMj(crime), Is.LessThan(0.4 * WithoutReportsMj(boards)));
        Assert.That(crime.MeanReportMj, Is.EqualTo(boards.MeanReportMj).Within(5).Percent, "every policy has the same reports");
    }

    /// <summary>Where computing takes less than a request, nothing is kept, and nothing is lost by it.</summary>
    [Test]
    public void ShortInputsAreComputedAtOnce()
    {
        Scenario scenario = Worlds.Star(1, 0.15, Worlds.Quiet, everyS: 30, durationS: 7200, radio: RadioKind.Off);
        scenario = scenario with { Boards = [scenario.Boards[0] with { ResultWithinS = 3600, KeepBytes = 65_536 }] };
        RunTally crime = Run(scenario, Policy.Crime, "japanese-vowels-lstm"), boards = Run(scenario, s_boards, "japanese-vowels-lstm");
        Assert.That(crime.OnBoards, Is.EqualTo(crime.Finished));
        Assert.That(crime.MeanEnergyMj, Is.LessThan(1.01 * boards.MeanEnergyMj));
    }

    /// <summary>Requests of a batch may be lost while the link is down: their inputs stay kept.</summary>
    [Test]
    public void AFailingLinkLosesNoKeptInput()
    {
        LinkKind failing = Worlds.Quiet with { OutageEveryS = 600, OutageS = 120 };
        Scenario scenario = Worlds.Star(10, 0.45, failing, everyS: 30, durationS: 14_400, radio: RadioKind.Off);
        scenario = scenario with { Boards = [scenario.Boards[0] with { ResultWithinS = 900, ReportEveryS = 900, KeepBytes = 65_536 }] };
        RunTally tally = Run(scenario, Policy.Crime);
        Assert.That(tally.Finished, Is.EqualTo(tally.Started));
        Assert.That(tally.AtGateways, Is.GreaterThan(tally.Finished / 2));
        Assert.That(tally.OnBoards, Is.GreaterThan(tally.Finished / 100), "reports during outages");
        Assert.That(tally.MissedDeadlines, Is.Zero);
    }
}
