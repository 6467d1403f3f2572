// crime calibrate: from a bench run on one's own board to the profile that predict takes.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.Linq;
using System.Threading.Tasks;
using Crime.Cli.Outputs;
using Crime.Cli.Prediction;
using Crime.Modelling;
using Crime.Modelling.Prediction;
using Spectre.Console;

namespace Crime.Cli.Verbs;

internal static class CalibrateVerb
{
    private const string NoBoard = "none";

    public static Command Create()
    {
        var logs = new Argument<string[]>("BENCH.log")
        {
            Description = "What the bench printed on the board, one run or several.",
            Arity = ArgumentArity.OneOrMore,
        };
        var output = new Option<string>("--output", "-o") { Description = "The profile to write, a .json file.", Required = true };
        var board = Options.OneOf(
            "--board", "Folder under hardware/ for what the bench does not measure: power, radio, pins; none for what is no board.",
            [Options.DefaultProfile, NoBoard, .. CostProfile.BundledNames.Where(name => name != Options.DefaultProfile)]);
        var name = Options.Word("--name", "What to call the board.", "calibrated board");
        var ofRuns = Options.OneOf("--of", "Of several runs, the time of each line that counts. best is for a machine that runs other programs.", "median", "best");
        var json = new Option<bool>("--json") { Description = "Print costs, lines and check as JSON." };
        var command = new Command(
            "calibrate",
            "Makes a board's cost table from a run of the bench on it: least squares over the instructions of the bench's statements and sequences, with\n"
            + "confidence intervals; the cost of code size from the bench's sweep; and lines over lengths with their R². Then checks the table against the\n"
            + "steps that the bench timed too.\n\n"
            + "Example:\n  crime calibrate bench.log -o my-board.json --board esp32-devkitc --name \"my board\"\n  crime predict vowels.crime --board my-board.json")
        {
            logs, output, board, name, ofRuns, json,
        };
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(logs), parsed.GetRequiredValue(output), parsed.GetRequiredValue(board), parsed.GetRequiredValue(name),
            Enum.Parse<OfRuns>(parsed.GetRequiredValue(ofRuns), ignoreCase: true), parsed.GetValue(json)));
        return command;
    }

    private static async Task<int> Run(string[] paths, string outputPath, string board, string name, OfRuns ofRuns, bool json)
    {
        if (!outputPath.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            throw new UserInputException($"--output {outputPath}: a profile is a .json file, by which 'crime predict' knows it from a name");
        BenchLog[] logs = paths.Select(BenchLogFile.Read).ToArray();
        string source = $"bench run on '{name}'" + (logs.Length > 1 ? $", {(ofRuns == OfRuns.Best ? "best" : "medians")} of {logs.Length} runs" : "");
        Calibration calibration = await Output.WithProgress(
            "counting the bench's steps", Calibration.StepCount(logs), done => Calibration.Make(logs, source, ofRuns, done));
        Output.WriteFile(outputPath, CostProfile.Write(name, board == NoBoard ? null : board, calibration));
        if (json)
        {
            Output.WriteJson(new
            {
                board = name,
                operations = calibration.Fit.Table.Costs,
                r_squared = calibration.Fit.RSquared,
                fitted = calibration.Fit.Rows,
                calibration.Code,
                calibration.Lines,
                calibration.Steps,
                us_per_il = calibration.UsPerIl,
            });
            return 0;
        }
        AnsiConsole.Write(Costs(calibration));
        AnsiConsole.Write(CodeSizes(calibration.Code));
        AnsiConsole.Write(Lines(calibration.Lines));
        AnsiConsole.Write(Steps(calibration.Steps));
        AnsiConsole.WriteLine($"wrote {outputPath}; 'crime predict MODEL.crime --board {outputPath}' uses it");
        return 0;
    }

    private static Table Costs(Calibration calibration)
    {
        var table = new Table().Border(TableBorder.Rounded)
            .Title($"costs of instructions, R² {calibration.Fit.RSquared:0.0000} over {calibration.Fit.Rows.Count} times")
            .AddColumn("class").AddColumn(new TableColumn("ns").RightAligned()).AddColumn(new TableColumn("95 % interval").RightAligned());
        foreach (var (name, cost) in calibration.Fit.Table.Costs)
            table.AddRow(name, Words.Of(cost.Ns), $"{Words.Of(cost.LowNs ?? 0)} to {Words.Of(cost.HighNs ?? 0)}");
        return table;
    }

    private static Table CodeSizes(CodeSizeCost code)
    {
        var table = new Table().Border(TableBorder.Rounded).Title(Markup.Escape($"cost of straight-line code over its size: {code.Source}"))
            .AddColumn(new TableColumn("bytes").RightAligned()).AddColumn(new TableColumn("more per instruction, ns").RightAligned());
        foreach (CodePoint point in code.Points)
            table.AddRow(point.Bytes.ToString(CultureInfo.InvariantCulture), Words.Of(point.ExtraNs));
        return table;
    }

    private static Table Lines(IReadOnlyDictionary<string, FittedLine> lines)
    {
        var table = new Table().Border(TableBorder.Rounded).Title("lines").AddColumn("of").AddColumn("over")
            .AddColumn(new TableColumn("µs each").RightAligned()).AddColumn(new TableColumn("95 % interval").RightAligned())
            .AddColumn(new TableColumn("µs at 0").RightAligned()).AddColumn(new TableColumn("95 % interval").RightAligned())
            .AddColumn(new TableColumn("R²").RightAligned());
        foreach (var (name, line) in lines)
            table.AddRow(
                name, line.Of, Words.Of(line.Slope.Value), $"{Words.Of(line.Slope.Low)} to {Words.Of(line.Slope.High)}", Words.Of(line.Intercept.Value),
                $"{Words.Of(line.Intercept.Low)} to {Words.Of(line.Intercept.High)}",
                line.RSquared.ToString("0.00000", CultureInfo.InvariantCulture));
        return table;
    }

    private static Table Steps(IReadOnlyList<CheckedStep> steps)
    {
        var table = new Table().Border(TableBorder.Rounded).Title("check: steps that the table was not fitted to")
            .AddColumn("kernel").AddColumn("inputs, hidden").AddColumn(new TableColumn("IL").RightAligned())
            .AddColumn(new TableColumn("measured, µs").RightAligned()).AddColumn(new TableColumn("predicted, µs").RightAligned())
            .AddColumn(new TableColumn("off by").RightAligned());
        foreach (CheckedStep step in steps)
            table.AddRow(
                step.Kernel, $"{step.Inputs}, {step.Hidden}", Words.Of(step.Il), Words.Of(step.MeasuredUs), Words.Of(step.PredictedUs),
                (100 * step.Error).ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture) + " %");
        return table;
    }
}
