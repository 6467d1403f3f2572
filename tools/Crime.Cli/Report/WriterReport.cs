// The page of a network that writes sequences: shares of tokens and outputs that are right, lengths of outputs, and cost with the expected length.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Crime.Cli.Outputs;
using Crime.Model;
using Crime.Modelling.Counting;
using Crime.Modelling.Evaluation;
using Crime.Modelling.Prediction;

namespace Crime.Cli.Report;

/// <summary>Figures of a network that writes.</summary>
/// <param name="Model">The model.</param>
/// <param name="Result">Shares of the test part.</param>
/// <param name="Il">Counts of the kernels.</param>
/// <param name="Forecast">The forecast for the compiled kernel.</param>
/// <param name="Times">Inferences of the test part.</param>
internal sealed record WriterReport(ModelFile Model, WriterResult Result, IlReport Il, Forecast Forecast, IReadOnlyList<WrittenTime> Times)
{
    /// <summary>Mean of forecast over counted time, minus 1.</summary>
    public double MeanError => Times.Average(time => time.Error);

    /// <summary>Mean size of the errors of single inferences.</summary>
    public double MeanAbsoluteError => Times.Average(time => Math.Abs(time.Error));

    /// <summary>Adds all but the battery to a page.</summary>
    /// <param name="page">The page.</param>
    /// <param name="rows">Sizes of the files.</param>
    public void AddTo(ReportPage page, IEnumerable<(string Name, string Value)> rows)
    {
        page.Table([("test outputs", Number(Result.Sequences)), .. WriterText.Rows(Result), .. rows]);
        page.Section("Length of the outputs", WriterText.LengthLine(Result) + ".");
        page.Section(
            "Cost on the board",
            $"Executed instructions, counted and priced for {Forecast.Board}; the energy is above the idle baseline. "
            + $"The forecast has the output of the expected length, {WriterText.Line(Model)}; the counted times have the outputs that were written.");
        page.Table(
        [
            .. Il.ByName().Select(kernel => ($"{kernel.Name} kernel, IL per timestep", Number(kernel.Count.IlPerStep))),
            ("decoder, IL per step of output", Number(Il.OutputIlPerStep ?? 0)),
            ("forecast over counted time, mean", Percent(MeanError)),
            ("the same of single inputs, mean size", Percent(MeanAbsoluteError)),
        ]);
        page.Table(["length", "inputs", "steps expected", "steps written", "ms forecast", "ms counted"], Lengths().Select(Cells));
        int[] lengths = [.. Times.Select(time => time.Length).Order()];
        (double Length, double Cost)[] counted = [.. Times.Select(time => ((double)time.Length, time.CountedMs))];
        double median = lengths[lengths.Length / 2];
        page.Figure(
            ReportPlots.Cost("time, ms", lengths[^1], [("forecast, compiled kernel", Scale(Forecast.TimeUs))], median, counted),
            "Time of an inference on the board against the length of its input. Points are counted inferences.");
        if (Forecast.EnergyUj is not { } energy) return;
        double mjPerMs = energy.PerStep / Forecast.TimeUs.PerStep;
        page.Figure(
            ReportPlots.Cost(
                "energy, mJ", lengths[^1], [("forecast, compiled kernel", Scale(energy))], median, [.. counted.Select(one => (one.Length, one.Cost * mjPerMs))]),
            "Energy of an inference above the idle baseline, against the length of its input.");
    }

    /// <summary>Returns the outputs and the times for a script.</summary>
    public object Json() => new
    {
        Forecast.Output!.Gamma,
        Forecast.Output.Delta,
        Forecast.Output.IlPerStep,
        Forecast.Output.UsPerStep,
        mean_error = MeanError,
        mean_absolute_error = MeanAbsoluteError,
        lengths = Lengths(),
    };

    /// <summary>Returns one line.</summary>
    public string Line() => $"{WriterText.Of(Result).Skip(1).First()}; forecast over counted time {Percent(MeanError)} in the mean, "
        + $"{Percent(MeanAbsoluteError)} for single inputs";

    private IEnumerable<LengthRow> Lengths() => Times.GroupBy(time => time.Length).OrderBy(group => group.Key).Select(group => new LengthRow(
        group.Key, group.Count(), Forecast.Output!.StepsAt(group.Key), group.Average(time => time.OutputSteps), group.First().ForecastMs,
        group.Average(time => time.CountedMs)));

    private static string[] Cells(LengthRow row) =>
    [
        Number(row.Length), Number(row.Inputs), Two(row.StepsExpected), Two(row.StepsWritten), Two(row.ForecastMs), Two(row.CountedMs),
    ];

    private static LineOver Scale(LineOver thousandths) => new(thousandths.PerStep / 1000, thousandths.Start / 1000);

    private static string Number(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Two(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    private static string Percent(double share) => (100 * share).ToString("0.0", CultureInfo.InvariantCulture) + " %";

    /// <summary>All inputs of one length.</summary>
    private sealed record LengthRow(int Length, int Inputs, double StepsExpected, double StepsWritten, double ForecastMs, double CountedMs);
}
