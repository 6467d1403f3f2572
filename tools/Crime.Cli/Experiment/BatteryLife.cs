// Battery life in the scenarios of an experiment: the idle baseline of the boards, and what each policy takes above it. It runs nothing.

using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Prediction;
using Crime.Simulation.Results;
using Crime.Simulation.Scenarios;
using Crime.VirtualBoard;

namespace Crime.Cli.Experiment;

/// <summary>Computes battery life from simulated energy.</summary>
internal static class BatteryLife
{
    /// <summary>The battery: a common lithium-ion cell.</summary>
    public static readonly Battery Cell = new(2500);

    /// <summary>Mean life of the batteries of a scenario's boards in days: at the mean power of all boards.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="policy">A policy in one of its cells.</param>
    /// <param name="seedCount">Number of seeds that the cell sums up.</param>
    public static double Days(Scenario scenario, PolicyResult policy, int seedCount)
    {
        (int Count, double IdleMw, double SupplyV)[] groups = scenario.Boards.Select(Idle).ToArray();
        double boards = groups.Sum(group => group.Count);
        double idleMw = groups.Sum(group => group.Count * group.IdleMw) / boards, supplyV = groups.Sum(group => group.Count * group.SupplyV) / boards;
        // 1 mW is 1000 µJ a second.
        double aboveMw = (policy.Total.EnergyUj + policy.Total.BackgroundUj) / 1000 / (scenario.DurationS * boards * scenario.Copies * seedCount);
        return Cell.Days(idleMw + aboveMw, supplyV);
    }

    /// <summary>A line of the page: the best single device, CRIME and the oracle.</summary>
    /// <param name="cell">A cell for energy.</param>
    /// <param name="scenarios">The scenarios of the grid.</param>
    /// <param name="seedCount">Number of seeds that the cell sums up.</param>
    public static (string Name, IReadOnlyList<(string Policy, double Days)> Lives) Of(Cell cell, IReadOnlyList<Scenario> scenarios, int seedCount)
    {
        Scenario scenario = scenarios.First(entry => entry.Name == cell.Scenario);
        return (
            $"{cell.Scenario}, {cell.Set}",
            [.. new[] { cell.BestSingle, cell.Crime, cell.Oracle }.Select(policy => (policy.Policy.Name, Days(scenario, policy, seedCount)))]);
    }

    private static (int Count, double IdleMw, double SupplyV) Idle(BoardGroup group)
    {
        BoardProfile profile = group.Profile();
        return (group.Count, group.Radio == RadioKind.Off ? profile.LightSleepMw : profile.WaitMw, profile.SupplyV);
    }
}
