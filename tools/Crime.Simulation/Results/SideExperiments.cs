// Two questions beside the grid: does a crowd oscillate, with and without the measures against it; and what do old statuses cost?

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Costs;
using Crime.Simulation.Inputs;
using Crime.Simulation.Scenarios;
using Crime.Simulation.World;

namespace Crime.Simulation.Results;

/// <summary>A crowd with one policy.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Safeguards">Anti-herding measures that are on.</param>
/// <param name="StatusIntervalMs">Shortest time between two statuses in ms; null for the gateway's own pace.</param>
/// <param name="Measure">How it moved.</param>
/// <param name="FullQueueMs">What the gateway's queue takes when it is full of such requests as were sent, in ms.</param>
/// <param name="Tally">The run.</param>
public sealed record CrowdRun(
    Policy Policy, Safeguards Safeguards, int? StatusIntervalMs, CrowdSteadiness Measure, double FullQueueMs, RunTally Tally)
{
    /// <summary>What distinguishes it, in words.</summary>
    public string Name => $"{Policy.Name} {SafeguardNames.Without(Safeguards)}, statuses " +
        (StatusIntervalMs is { } ms ? $"every {ms} ms" : "as often as the gateway tells them");
}

/// <summary>What statuses of an age cost.</summary>
/// <param name="StatusIntervalMs">Shortest time between two statuses in ms.</param>
/// <param name="PercentOverOracle">What the policy costs more than the oracle, in %.</param>
public sealed record StaleRun(int StatusIntervalMs, Estimate PercentOverOracle);

/// <summary>Runs them.</summary>
public static class SideExperiments
{
    private const int StaleSeeds = 3;

    // Until then a board may have heard a single status, where they come every second.
    private const double RushS = 2;

    // As with few boards, a little older than a thousand are told them by default (150), and no more than the heartbeat.
    private static readonly int[] s_crowdIntervalsMs = [SimulationRun.LeastStatusIntervalMs, 200, 1000];

    /// <summary>Intervals between statuses that are tried, in ms.</summary>
    private static readonly int[] s_intervalsMs = [50, 200, 1000, 3000, 8000];

    /// <summary>
    /// Runs a flash crowd with all anti-herding measures and without any, with statuses as they come, old, and very old; and with very old
    /// ones without each measure in turn, and with the oracle.
    /// </summary>
    /// <param name="scenario">One with a flash.</param>
    /// <param name="set">Network and inputs.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="cancellation">Stops it.</param>
    public static IReadOnlyList<CrowdRun> Crowd(Scenario scenario, InputSet set, int seed, CancellationToken cancellation)
    {
        int oldMs = s_crowdIntervalsMs[^1];
        (Policy Policy, Safeguards Safeguards, int IntervalMs)[] runs =
        [
            .. s_crowdIntervalsMs.SelectMany(ms => new[] { (Policy.Crime, Safeguards.All, ms), (Policy.Crime, Safeguards.None, ms) }),
            .. SafeguardNames.Each.Select(entry => (Policy.Crime, Safeguards.All & ~entry.Measure, oldMs)),
            (Policy.Oracle, Safeguards.All, s_crowdIntervalsMs[0]),
        ];
        var results = new CrowdRun[runs.Length];
        Parallel.For(0, runs.Length, new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
        {
            var run = new SimulationRun(scenario, set, runs[i].Policy, Objective.Time, seed)
            {
                StatusIntervalMs = runs[i].IntervalMs, Safeguards = runs[i].Safeguards,
            };
            results[i] = Crowd(run, cancellation);
        });
        return results;
    }

    /// <summary>Runs one flash crowd.</summary>
    /// <param name="run">One of a scenario with a flash.</param>
    /// <param name="cancellation">Stops it.</param>
    public static CrowdRun Crowd(SimulationRun run, CancellationToken cancellation) => CrowdOf(run, run.Run(cancellation: cancellation));

    /// <summary>Measures a flash crowd that was run.</summary>
    /// <param name="run">One of a scenario with a flash.</param>
    /// <param name="tally">What it came to.</param>
    public static CrowdRun CrowdOf(SimulationRun run, RunTally tally)
    {
        LoadShape flash = run.Scenario.Load;
        if (flash.Pattern != LoadPattern.Flash) throw new ArgumentException($"{run.Scenario.Name} has no flash", nameof(run));
        CrowdSteadiness measure = CrowdSteadiness.Of(tally, flash.PeriodS + RushS, flash.PeriodS + flash.LastsS);
        return new CrowdRun(run.Policy, run.Safeguards, run.StatusIntervalMs, measure, FullQueueMs(run, tally), tally);
    }

    private static double FullQueueMs(SimulationRun run, RunTally tally)
    {
        var costs = new GatewayCosts(run.Scenario.Gateways[0].Kind, run.Set);
        double workUs = 0, count = 0;
        for (int length = 0; length < tally.AwayByLength.Length; length++)
        {
            workUs += (double)tally.AwayByLength[length] * costs.Line.At(length);
            count += tally.AwayByLength[length];
        }
        return GatewayDriver.Capacity * workUs / Math.Max(count, 1) / run.Scenario.Gateways[0].Kind.Workers / 1000;
    }

    /// <summary>Runs a scenario with statuses that come ever more rarely.</summary>
    public static IReadOnlyList<StaleRun> Stale(Scenario scenario, InputSet set, CancellationToken cancellation)
    {
        var excess = new double[s_intervalsMs.Length * StaleSeeds];
        Parallel.For(0, excess.Length, new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
        {
            int seed = i % StaleSeeds + 1;
            double oracle = new SimulationRun(scenario, set, Policy.Oracle, Objective.Time, seed).Run(cancellation: cancellation).MeanTimeMs;
            RunTally run = new SimulationRun(scenario, set, Policy.Crime, Objective.Time, seed) { StatusIntervalMs = s_intervalsMs[i / StaleSeeds] }
                .Run(cancellation: cancellation);
            excess[i] = 100 * (run.MeanTimeMs / oracle - 1);
        });
        return s_intervalsMs.Select((interval, i) => new StaleRun(interval, Estimate.Of(excess[(i * StaleSeeds)..((i + 1) * StaleSeeds)]))).ToList();
    }
}
