// The results of a live run and of its simulation, side by side.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Cli.Boards;
using Crime.Simulation.World;

namespace Crime.Cli.Live;

/// <summary>A policy, live and simulated.</summary>
/// <param name="Live">Results of the boards.</param>
/// <param name="Simulated">Results of the simulator.</param>
/// <param name="SimulatedOnHost">The same with the delays that pings and relays measured on this machine beside the boards.</param>
internal sealed record LiveRow(LivePass Live, RunTally Simulated, RunTally SimulatedOnHost)
{
    /// <summary>The policy.</summary>
    public LivePolicy Policy => Live.Policy;

    /// <summary>Inputs that have at least one result.</summary>
    public int Results => Live.Readings.Sum(readings => readings.Select(reading => reading.Input).Distinct().Count());

    /// <summary>Results beyond the first of an input.</summary>
    public int Duplicates => All.Count() - Results;

    /// <summary>Mean time per input in ms, live.</summary>
    public double TimeMs => All.Average(reading => reading.TimeMs);

    /// <summary>Mean energy per input in mJ above the idle baseline, with the background energy, live.</summary>
    public double EnergyMj => (All.Sum(reading => reading.EnergyMj) + Live.BackgroundMj) / All.Count();

    /// <summary>Difference of the live time from the simulated one, in percent of the latter.</summary>
    public double TimePercent => 100 * (TimeMs / Simulated.MeanTimeMs - 1);

    /// <summary>Difference of the live energy from the simulated one, in percent of the latter.</summary>
    public double EnergyPercent => 100 * (EnergyMj / Simulated.MeanEnergyMj - 1);

    private IEnumerable<Reading> All => Live.Readings.SelectMany(readings => readings);

    /// <summary>Number of live results from local, gateway or fallback.</summary>
    public int Count(string target) => All.Count(reading => reading.Target == target);
}

/// <summary>All policies.</summary>
/// <param name="Scenario">The scenario.</param>
/// <param name="Rows">A row per policy.</param>
/// <param name="Board">Kernel of the first board, measured by the board.</param>
/// <param name="Gateway">Service time that the gateway published.</param>
internal sealed record LiveResult(LiveScenario Scenario, IReadOnlyList<LiveRow> Rows, LiveProfile Board, ServiceLine Gateway)
{
    /// <summary>Inputs of every policy.</summary>
    public int Inputs => Scenario.Places.Sum(place => place.Inputs.Count);

    /// <summary>The policies from the fastest to the slowest.</summary>
    /// <param name="isLive">Live, or else simulated.</param>
    public IReadOnlyList<string> ByTime(bool isLive) => Ranking("energy", row => isLive ? row.TimeMs : row.Simulated.MeanTimeMs);

    /// <summary>The policies from the least energy to the most.</summary>
    /// <param name="isLive">Live, or else simulated.</param>
    public IReadOnlyList<string> ByEnergy(bool isLive) => Ranking("time", row => isLive ? row.EnergyMj : row.Simulated.MeanEnergyMj);

    /// <summary>True when only energy is compared, because results may wait.</summary>
    public bool IsEnergyOnly => Scenario.Scenario.ResultsMayWait;

    /// <summary>True when live and simulated rank the policies alike, by time (unless results may wait) and by energy.</summary>
    public bool IsSameRanking => (IsEnergyOnly || ByTime(true).SequenceEqual(ByTime(false))) && ByEnergy(true).SequenceEqual(ByEnergy(false));

    /// <summary>The largest difference of a mean between live and simulated, in percent. Times do not count where results may wait.</summary>
    public double WorstPercent => Rows.Max(row => Math.Max(IsEnergyOnly ? 0 : Math.Abs(row.TimePercent), Math.Abs(row.EnergyPercent)));

    /// <summary>Single mappings, and the engine minimising what is ranked.</summary>
    private IReadOnlyList<string> Ranking(string otherObjective, Func<LiveRow, double> cost) =>
        Rows.Where(row => row.Policy.Mapping != "auto" || row.Policy.Objective != otherObjective).OrderBy(cost)
            .Select(row => row.Policy.Name).ToList();
}
