// Two questions beside the grid: does a crowd oscillate, with and without the measures against it; and what do old statuses cost?

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Mapping;
using Crime.Simulation.Inputs;
using Crime.Simulation.Scenarios;
using Crime.Simulation.World;

namespace Crime.Simulation.Results;

/// <summary>A crowd with one policy.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="StatusIntervalMs">Shortest time between two statuses in ms.</param>
/// <param name="Measure">How it moved.</param>
/// <param name="Tally">The run.</param>
public sealed record HerdRun(Policy Policy, int StatusIntervalMs, HerdMeasure Measure, RunTally Tally);

/// <summary>What statuses of an age cost.</summary>
/// <param name="StatusIntervalMs">Shortest time between two statuses in ms.</param>
/// <param name="PercentOverOracle">What the policy costs more than the oracle, in %.</param>
public sealed record StaleRun(int StatusIntervalMs, Estimate PercentOverOracle);

/// <summary>Runs them.</summary>
public static class SideExperiments
{
    private const int StaleSeeds = 3;
    private const double RushS = 1;
    private const int OldStatusMs = 1000;

    /// <summary>Intervals between statuses that are tried, in ms.</summary>
    private static readonly int[] s_intervalsMs = [50, 200, 1000, 3000, 8000];

    /// <summary>Runs a flash crowd with the engine as it is and without its measures against herds, with statuses as they come and with old ones.</summary>
    /// <param name="scenario">One with a flash.</param>
    /// <param name="set">Network and inputs.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="cancellation">Stops it.</param>
    public static IReadOnlyList<HerdRun> Herd(Scenario scenario, InputSet set, int seed, CancellationToken cancellation)
    {
        LoadShape flash = scenario.Load;
        if (flash.Pattern != LoadPattern.Flash) throw new ArgumentException($"{scenario.Name} has no flash", nameof(scenario));
        (Policy Policy, int IntervalMs)[] runs =
        [
            (Policy.Crime, SimulationRun.LeastStatusIntervalMs), (Policy.CrimeNoHerd, SimulationRun.LeastStatusIntervalMs),
            (Policy.Oracle, SimulationRun.LeastStatusIntervalMs), (Policy.Crime, OldStatusMs), (Policy.CrimeNoHerd, OldStatusMs),
        ];
        return runs.Select(run =>
        {
            RunTally tally = new SimulationRun(scenario, set, run.Policy, Goal.Time, seed, run.IntervalMs).Run(cancellation: cancellation);
            return new HerdRun(run.Policy, run.IntervalMs, HerdMeasure.Of(tally, flash.PeriodS + RushS, flash.PeriodS + flash.LastsS), tally);
        }).ToList();
    }

    /// <summary>Runs a scenario with statuses that come ever more rarely.</summary>
    public static IReadOnlyList<StaleRun> Stale(Scenario scenario, InputSet set, CancellationToken cancellation)
    {
        var excess = new double[s_intervalsMs.Length * StaleSeeds];
        Parallel.For(0, excess.Length, new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
        {
            int seed = i % StaleSeeds + 1;
            double oracle = new SimulationRun(scenario, set, Policy.Oracle, Goal.Time, seed).Run(cancellation: cancellation).MeanTimeMs;
            RunTally run = new SimulationRun(scenario, set, Policy.Crime, Goal.Time, seed, s_intervalsMs[i / StaleSeeds]).Run(cancellation: cancellation);
            excess[i] = 100 * (run.MeanTimeMs / oracle - 1);
        });
        return s_intervalsMs.Select((interval, i) => new StaleRun(interval, Estimate.Of(excess[(i * StaleSeeds)..((i + 1) * StaleSeeds)]))).ToList();
    }
}
