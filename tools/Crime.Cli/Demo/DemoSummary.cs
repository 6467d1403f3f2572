// What the demo found, as JSON and as a table.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Cli.Boards;

namespace Crime.Cli.Demo;

/// <summary>One pass of all inputs under one mapping.</summary>
/// <param name="Mapping">auto, local or gateway.</param>
/// <param name="Readings">Per board, what its console said.</param>
/// <param name="Correct">Readings whose class is the right one.</param>
/// <param name="InputCount">Inputs given to the boards.</param>
/// <param name="ReadingsBeforeFault">How many readings had come when the fault began.</param>
internal sealed record Pass(
    string Mapping, IReadOnlyList<IReadOnlyList<Reading>> Readings, int Correct, int InputCount, IReadOnlyList<Reading> ReadingsBeforeFault)
{
    /// <summary>All readings.</summary>
    public IEnumerable<Reading> All => Readings.SelectMany(readings => readings);

    /// <summary>Inputs that have at least one result.</summary>
    public int Results => Readings.Sum(readings => readings.Select(reading => reading.Input).Distinct().Count());

    /// <summary>Results beyond the first of an input.</summary>
    public int Duplicates => All.Count() - Results;

    /// <summary>Sum of the inferences' times.</summary>
    public double TimeMs => All.Sum(reading => reading.TimeMs);

    /// <summary>Energy in mJ that no inference has caused: connections, statuses, pings, the download of the model.</summary>
    public required double BackgroundMj { get; init; }

    /// <summary>Energy of all boards in mJ above the idle baseline, with the background energy.</summary>
    public double EnergyMj => All.Sum(reading => reading.EnergyMj) + BackgroundMj;

    /// <summary>Readings of a target.</summary>
    public int Count(string target) => All.Count(reading => reading.Target == target);

    /// <summary>Share of the readings that the mapping decided to compute on the board.</summary>
    public static double? LocalShare(IReadOnlyCollection<Reading> readings) =>
        readings.Count == 0 ? null : Math.Round(readings.Count(reading => reading.Target == "local") / (double)readings.Count, 4);
}

/// <summary>The object that <c>crime demo --json</c> prints.</summary>
internal sealed record DemoSummary
{
    /// <summary>Inputs given to the boards.</summary>
    public required int Inputs { get; init; }

    /// <summary>Inputs that have a result.</summary>
    public required int Results { get; init; }

    /// <summary>Inputs without a result.</summary>
    public required int Lost { get; init; }

    /// <summary>Results beyond the first of an input.</summary>
    public required int Duplicates { get; init; }

    /// <summary>Inputs that the mapping kept on the board.</summary>
    public required int Local { get; init; }

    /// <summary>Inputs that a gateway answered.</summary>
    public required int Offloaded { get; init; }

    /// <summary>Inputs computed on the board because no gateway answered.</summary>
    public required int Fallback { get; init; }

    /// <summary>Share of right classes.</summary>
    public required double Accuracy { get; init; }

    /// <summary>Total time with the mapping engine.</summary>
    public required double CrimeTimeMs { get; init; }

    /// <summary>Total time of the same inputs, all on the boards.</summary>
    public required double AllLocalTimeMs { get; init; }

    /// <summary>Total time of the same inputs, all at the gateway.</summary>
    public required double AllGatewayTimeMs { get; init; }

    /// <summary>Total energy of the boards with the mapping engine.</summary>
    public required double CrimeEnergyMj { get; init; }

    /// <summary>Total energy of the same inputs, all on the boards.</summary>
    public required double AllLocalEnergyMj { get; init; }

    /// <summary>Total energy of the same inputs, all at the gateway.</summary>
    public required double AllGatewayEnergyMj { get; init; }

    /// <summary>How the totals of the two single mappings were obtained.</summary>
    public required string Baselines { get; init; }

    /// <summary>What was minimised.</summary>
    public required string Objective { get; init; }

    /// <summary>What the boards computed with: table, or auto for compiled code where the firmware has it.</summary>
    public required string Kernel { get; init; }

    /// <summary>What went wrong on purpose.</summary>
    public required string Fault { get; init; }

    /// <summary>Share decided locally before the fault; null without one.</summary>
    public double? LocalShareBeforeFault { get; init; }

    /// <summary>Share decided locally after the fault began; null without one.</summary>
    public double? LocalShareAfterFault { get; init; }

    /// <summary>Median over the inferences of the length from which a board would offload; null for never.</summary>
    public int? MedianBreakEvenLength { get; init; }

    /// <summary>Virtual boards.</summary>
    public required int Boards { get; init; }

    /// <summary>Name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>Name of the data set.</summary>
    public required string Data { get; init; }

    /// <summary>Name of the board profile.</summary>
    public required string Profile { get; init; }
}
