// What came out of a live run and its simulation, side by side.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Cli.Boards;
using Crime.Simulation.World;

namespace Crime.Cli.Live;

/// <summary>A policy, live and simulated.</summary>
/// <param name="Live">What the boards said.</param>
/// <param name="Simulated">What the simulator said.</param>
/// <param name="SimulatedOnHost">The same with what this machine added to the links, as pings and relays measured it beside the boards.</param>
internal sealed record LiveRow(LivePass Live, RunTally Simulated, RunTally SimulatedOnHost)
{
    /// <summary>Who decided.</summary>
    public LivePolicy Policy => Live.Policy;

    /// <summary>Inputs that have at least one result.</summary>
    public int Results => Live.Readings.Sum(readings => readings.Select(reading => reading.Input).Distinct().Count());

    /// <summary>Results beyond the first of an input.</summary>
    public int Duplicates => All.Count() - Results;

    /// <summary>Mean time per input in ms, live.</summary>
    public double TimeMs => All.Average(reading => reading.TimeMs);

    /// <summary>Mean energy per input in mJ above the idle baseline, with the background energy, live.</summary>
    public double EnergyMj => (All.Sum(reading => reading.EnergyMj) + Live.BackgroundMj) / All.Count();

    /// <summary>By how much the live time is above the simulated one, in percent of that.</summary>
    public double TimePercent => 100 * (TimeMs / Simulated.MeanTimeMs - 1);

    /// <summary>By how much the live energy is above the simulated one, in percent of that.</summary>
    public double EnergyPercent => 100 * (EnergyMj / Simulated.MeanEnergyMj - 1);

    private IEnumerable<Reading> All => Live.Readings.SelectMany(readings => readings);

    /// <summary>Live results that came from somewhere: local, gateway or fallback.</summary>
    public int Count(string target) => All.Count(reading => reading.Target == target);
}

/// <summary>All policies.</summary>
/// <param name="Scenario">What was run.</param>
/// <param name="Rows">A row per policy.</param>
/// <param name="Board">What the first board measured of itself.</param>
/// <param name="Gateway">What the gateway said of itself.</param>
internal sealed record LiveResult(LiveScenario Scenario, IReadOnlyList<LiveRow> Rows, LiveProfile Board, ServiceLine Gateway)
{
    /// <summary>Inputs of every policy.</summary>
    public int Inputs => Scenario.Places.Sum(place => place.Inputs.Count);

    /// <summary>The policies from the fastest to the slowest.</summary>
    /// <param name="isLive">Live, or else simulated.</param>
    public IReadOnlyList<string> ByTime(bool isLive) => Ranking("energy", row => isLive ? row.TimeMs : row.Simulated.MeanTimeMs);

    /// <summary>The policies from the thriftiest to the others.</summary>
    /// <param name="isLive">Live, or else simulated.</param>
    public IReadOnlyList<string> ByEnergy(bool isLive) => Ranking("time", row => isLive ? row.EnergyMj : row.Simulated.MeanEnergyMj);

    /// <summary>Whether live and simulated rank the policies alike, by time and by energy.</summary>
    public bool IsSameRanking => ByTime(true).SequenceEqual(ByTime(false)) && ByEnergy(true).SequenceEqual(ByEnergy(false));

    /// <summary>The largest difference of a mean between live and simulated, in percent.</summary>
    public double WorstPercent => Rows.Max(row => Math.Max(Math.Abs(row.TimePercent), Math.Abs(row.EnergyPercent)));

    /// <summary>Single mappings, and the engine minimising what is ranked.</summary>
    private IReadOnlyList<string> Ranking(string otherObjective, Func<LiveRow, double> cost) =>
        Rows.Where(row => row.Policy.Mapping != "auto" || row.Policy.Objective != otherObjective).OrderBy(cost)
            .Select(row => row.Policy.Name).ToList();
}
