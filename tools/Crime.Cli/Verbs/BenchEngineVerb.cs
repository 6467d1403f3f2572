// crime bench engine: the float engine against ONNX Runtime.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Bench.Engine;
using Crime.Cli.Outputs;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling;
using Spectre.Console;

namespace Crime.Cli.Verbs;

internal static class BenchEngineVerb
{
    public static Command Create()
    {
        var vectors = Options.OneOf("--vectors", "Width of our vectors in bits.", "widest", "512", "256", "128");
        var caseMs = Options.Number("--case-ms", "How long to measure each network and batch, in ms.", 2000, 100, 60_000);
        var cell = Options.OneOf("--cell", "Which networks.", "both", "lstm", "gru");
        var hidden = Options.OneOf("--hidden", "Hidden units of the networks.", ["all", .. EngineCase.HiddenCounts.Select(count => $"{count}")]);
        var inputs = Options.Number("--inputs", "Numbers per timestep.", EngineCase.UsualInputCount, 1, EngineCase.MaxInputCount);
        var plot = new Option<string?>("--plot") { Description = "PNG file to draw the ratios into." };
        var json = new Option<bool>("--json") { Description = "Print figures and all measurements as JSON." };
        var command = new Command(
            "engine",
            "Runs LSTM and GRU networks of 16 to 256 hidden units over batches of 1 to 32 sequences of 50 timesteps, of equal and of mixed "
            + "length, on one thread of the gateway's float engine and of ONNX Runtime, in turns. Takes some minutes.\n\n"
            + "Example:\n  crime bench engine --plot engine.png")
        {
            vectors, caseMs, cell, hidden, inputs, plot, json,
        };
        command.SetAction((parsed, cancellation) => Run(
            parsed.GetRequiredValue(vectors), Cases(parsed.GetRequiredValue(cell), parsed.GetRequiredValue(hidden), parsed.GetValue(inputs)),
            parsed.GetValue(caseMs), parsed.GetValue(plot), parsed.GetValue(json), cancellation));
        return command;
    }

    private static async Task<int> Run(string vectors, EngineCase[] cases, int caseMs, string? plotPath, bool json, CancellationToken cancellation)
    {
        int bits = WidthOf(vectors);
        EngineResult[] results = await Output.WithProgress("measuring", cases.Length, done => RunAll(cases, bits, caseMs, done, cancellation));
        if (plotPath != null) Output.WriteFile(plotPath, EnginePlot.Draw(results));
        if (json) Output.WriteJson(Report(results, bits));
        else Print(results, bits);
        return 0;
    }

    private static EngineCase[] Cases(string cell, string hidden, int inputs) =>
        new[] { CellKind.Lstm, CellKind.Gru }.Where(kind => cell == "both" || cell == kind.ToString().ToLowerInvariant())
            .SelectMany(kind => EngineCase.Grid(kind, inputs, isMixed: false).Concat(EngineCase.Grid(kind, inputs, isMixed: true)))
            .Where(one => hidden == "all" || hidden == $"{one.HiddenCount}").ToArray();

    private static EngineResult[] RunAll(EngineCase[] cases, int bits, int caseMs, Action<int> done, CancellationToken cancellation)
    {
        EngineBench.WarmUp(cases[0], bits, cancellation);
        var results = new EngineResult[cases.Length];
        for (int i = 0; i < cases.Length; i++)
        {
            results[i] = EngineBench.Run(cases[i], bits, caseMs, cancellation);
            done(i + 1);
        }
        return results;
    }

    private static int WidthOf(string vectors)
    {
        try
        {
            return vectors == "widest" ? VectorWidth.ChosenBits : VectorWidth.Choose(vectors, VectorWidth.WidestBits);
        }
        catch (ArgumentException e)
        {
            throw new UserInputException(e.Message, e);
        }
    }

    private static Dictionary<string, object?> Report(EngineResult[] results, int bits)
    {
        var report = new Dictionary<string, object?>
        {
            ["onnxruntime_version"] = OnnxTwin.Version,
            ["vector_bits"] = bits,
            ["inputs"] = results[0].Case.InputCount,
            ["timesteps"] = EngineCase.Length,
            ["ratios"] = "of the best times of a run, measured in turns",
        };
        foreach (var grid in results.GroupBy(result => (result.Case.Kind, result.Case.IsMixed)))
        {
            string prefix = (grid.Key.Kind == CellKind.Gru ? "gru_" : "") + (grid.Key.IsMixed ? "mixed_" : "");
            EngineFigures figures = EngineFigures.Of(grid.ToArray());
            report[prefix + "geomean_vs_onnxruntime_small"] = Rounded(figures.Small);
            report[prefix + "geomean_vs_onnxruntime_large"] = Rounded(figures.Large);
            report[prefix + "min_vs_onnxruntime_large"] = Rounded(figures.MinLarge);
            report[prefix + "max_abs_difference"] = figures.Difference;
        }
        report["cells"] = results.Select(result => new
        {
            cell = result.Case.Kind.ToString().ToLowerInvariant(),
            hidden = result.Case.HiddenCount,
            batch = result.Case.BatchCount,
            lengths = result.Case.IsMixed ? "mixed" : "equal",
            onnxruntime_us = Math.Round(result.OnnxRuntimeUs, 2),
            crime_us = Math.Round(result.CrimeUs, 2),
            ratio = Math.Round(result.Ratio, 3),
            median_ratio = Math.Round(result.MedianRatio, 3),
            difference = result.Difference,
        });
        return report;
    }

    private static void Print(EngineResult[] results, int bits)
    {
        AnsiConsole.WriteLine($"ONNX Runtime {OnnxTwin.Version} / this engine ({bits} bits): best time of a run, in µs");
        AnsiConsole.WriteLine($"One thread, {results[0].Case.InputCount} inputs, sequences of {EngineCase.Length}"
            + $" timesteps (mixed: 1 to {EngineCase.Length}), in turns.");
        foreach (var grid in results.GroupBy(result => (result.Case.Kind, result.Case.IsMixed)))
        {
            string name = grid.Key.Kind.ToString().ToUpperInvariant() + (grid.Key.IsMixed ? ", mixed lengths" : "");
            var table = new Table().Border(TableBorder.Rounded).AddColumn(name);
            foreach (int batch in grid.Select(result => result.Case.BatchCount).Distinct())
                table.AddColumn(new TableColumn($"batch {batch}").RightAligned());
            foreach (var row in grid.GroupBy(result => result.Case.HiddenCount))
                table.AddRow([new Text($"hidden {row.Key}"), .. row.Select(result => new Text(Times(result)))]);
            AnsiConsole.Write(table);
            EngineFigures figures = EngineFigures.Of(grid.ToArray());
            AnsiConsole.WriteLine(
                $"geometric mean to hidden 64: {Times(figures.Small)}, from 128: {Times(figures.Large)} (least {Times(figures.MinLarge)});");
            AnsiConsole.WriteLine(string.Create(CultureInfo.InvariantCulture, $"largest difference {figures.Difference:0.0e+0} of the range"));
        }
    }

    private static double? Rounded(double? ratio) => ratio is double value ? Math.Round(value, 3) : null;

    private static string Times(double? ratio) => ratio is double value ? value.ToString("0.00", CultureInfo.InvariantCulture) + " x" : "-";

    private static string Times(EngineResult result) => string.Create(
        CultureInfo.InvariantCulture, $"{Short(result.OnnxRuntimeUs)} / {Short(result.CrimeUs)} = {result.Ratio:0.00}");

    private static string Short(double us) => us.ToString(us < 100 ? "0.0" : "0", CultureInfo.InvariantCulture);
}
