using System.Collections.Generic;
using System.Linq;
using Crime.Costs;
using Crime.Mapping;
using Crime.Simulation.Inputs;
using Crime.Simulation.Results;
using Crime.Simulation.World;
using NUnit.Framework;

namespace Crime.Simulation.Tests.Results;

/// <summary>A thousand boards at once, with the anti-herding measures and without: the figures of docs/decisions/0008.</summary>
public sealed class FlashCrowdTests
{
    private const int Seeds = 3;

    // The histogram of waits tells a quantile to an eighth, and 256 sentences drawn at random differ in their work by another tenth.
    private const double Allowance = 1.25;

    private static readonly string[] s_sets =
        ["spoken-arabic-digits", "sms-spam", "iwslt14-translation", "japanese-vowels-lstm", "japanese-vowels-gru"];

    // With the others the gateway keeps up: nobody waits, and there is nothing to run to or from.
    private static readonly string[] s_setsThatFillTheQueue = ["spoken-arabic-digits", "sms-spam", "iwslt14-translation"];

    /// <summary>An offload of the longest input is as good as its local computation for so long.</summary>
    private static double LongestBudgetMs(string set)
    {
        InputSet inputs = Worlds.Set(set);
        return Worlds.Bundled("flash-crowd").Boards.Max(group => new BoardCosts(group, inputs).LocalLine.At(inputs.Lengths.MaxLength)) / 1000.0;
    }

    private static IReadOnlyList<CrowdRun> Runs(string set, int statusMs, Safeguards safeguards, bool fitsLines = true) =>
    [
        .. Enumerable.Range(1, Seeds).Select(seed => SideExperiments.Crowd(
            new SimulationRun(Worlds.Bundled("flash-crowd"), Worlds.Set(set), Policy.Crime, Objective.Time, seed)
            {
                StatusIntervalMs = statusMs, Safeguards = safeguards, FitsLines = fitsLines,
            }, default)),
    ];

    [Test]
    public void WithTheMeasuresTheCrowdIsSteady(
        [ValueSource(nameof(s_sets))] string set, [Values(50, 200, 1000)] int statusMs)
    {
        foreach (CrowdRun run in Runs(set, statusMs, Safeguards.All))
        {
            Assert.That(run.Measure.WorstSecondPoints, Is.LessThan(CrowdSteadiness.SteadyBandPoints), run.Measure.ToString());
            // A third of what still counts as steady.
            Assert.That(run.Measure.Overdispersion, Is.LessThan(CrowdSteadiness.SteadyOverdispersion / 3), run.Measure.ToString());
            Assert.That(run.Measure.Swings, Is.LessThan(3));
            // The earliest deadline goes first, so a patient request may wait for longer than a full queue takes, but never beyond its budget.
            Assert.That(run.Measure.WaitP99Ms, Is.LessThanOrEqualTo(LongestBudgetMs(set)), "the latency budget bounds the wait");
        }
    }

    /// <summary>Boards receive a status when they connect, and learn the rest from answers.</summary>
    [TestCaseSource(nameof(s_sets))]
    public void WithoutStatusesTheCrowdIsSteady(string set)
    {
        SimulationRun crowd = new(Worlds.Bundled("flash-crowd"), Worlds.Set(set), Policy.Crime, Objective.Time, 1) { Listening = ListeningMode.Answers };
        CrowdRun run = SideExperiments.Crowd(crowd, default);
        Assert.That(run.Measure.IsSteady, Is.True, run.Measure.ToString());
        Assert.That(run.Measure.Overdispersion, Is.LessThan(CrowdSteadiness.SteadyOverdispersion / 3), run.Measure.ToString());
    }

    /// <summary>Boards that believe the same decide the same: none of them fits its lines.</summary>
    [TestCaseSource(nameof(s_setsThatFillTheQueue))]
    public void WithoutAnyMeasureItSwings(string set)
    {
        foreach (CrowdRun run in Runs(set, 1000, Safeguards.None, fitsLines: false))
        {
            Assert.That(run.Measure.WorstSecondPoints, Is.GreaterThan(2 * CrowdSteadiness.SteadyBandPoints), run.Measure.ToString());
            Assert.That(run.Measure.Overdispersion, Is.GreaterThan(3 * CrowdSteadiness.SteadyOverdispersion), run.Measure.ToString());
            Assert.That(run.Measure.Swings, Is.GreaterThan(4));
            Assert.That(run.Measure.WaitP99Ms, Is.GreaterThan(1.5 * Allowance * run.FullQueueMs), "far beyond what the bounded queue would have let wait");
            Assert.That(run.Tally.Timeouts, Is.GreaterThan(1000), "and requests that nobody waits for any more");
        }
    }

    /// <summary>Statuses that are newer than the changes of the queue are a measure of their own.</summary>
    [TestCaseSource(nameof(s_setsThatFillTheQueue))]
    public void WithFreshStatusesItIsSteadyEvenWithoutThem(string set)
    {
        foreach (CrowdRun run in Runs(set, 200, Safeguards.None)) Assert.That(run.Measure.IsSteady, Is.True, run.Measure.ToString());
    }

    [TestCase(Safeguards.AnswerLoad)]
    [TestCase(Safeguards.QueueBound)]
    public void EitherOfTwoMeasuresIsEnough(Safeguards only)
    {
        foreach (CrowdRun run in Runs("spoken-arabic-digits", 1000, only)) Assert.That(run.Measure.IsSteady, Is.True, run.Measure.ToString());
    }

    private static double TimeUs(Safeguards safeguards) => new SimulationRun(
        Worlds.Bundled("flash-crowd"), Worlds.Set("spoken-arabic-digits"), Policy.Crime, Objective.Time, 1)
    {
        StatusIntervalMs = 1000, Safeguards = safeguards,
    }.Run().TimeUs;

    [Test]
    public void EveryMeasureDoesSomething()
    {
        // Where statuses are old, leaving any one out changes the run. Only admission has nothing left to refuse where the queue is bounded,
        // but without any other measure it has.
        double timeUs = TimeUs(Safeguards.All), bareUs = TimeUs(Safeguards.None);
        foreach ((string name, Safeguards measure) in SafeguardNames.Each)
        {
            if (measure == Safeguards.Admission) Assert.That(TimeUs(measure), Is.LessThan(bareUs), name);
            else Assert.That(TimeUs(Safeguards.All & ~measure), Is.Not.EqualTo(timeUs), name);
        }
    }
}
