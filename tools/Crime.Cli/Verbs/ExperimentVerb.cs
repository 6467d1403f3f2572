// crime experiment: the whole grid of scenarios, networks and objectives, as a table, as JSON, and as a page with pictures.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Experiment;
using Crime.Cli.Outputs;
using Crime.Simulation.Inputs;
using Crime.Simulation.Results;
using Crime.Simulation.Scenarios;
using Spectre.Console;

namespace Crime.Cli.Verbs;

internal static class ExperimentVerb
{
    private const int DefaultSeeds = 10;

    public static Command Create()
    {
        Option<string[]> scenarios = Several("--scenarios", "Names or files; all that come with the project unless given.");
        Option<string[]> sets = Several("--inputs", "Names or files of networks with their inputs; all unless given.");
        var seeds = Options.Number("--seeds", "Seeds per cell.", DefaultSeeds, 1, 1000);
        var live = new Option<string?>("--live")
        {
            Description = "Run this scenario on virtual boards against a real gateway, and simulated, and compare: a file, or a name that comes "
                + "with the project (" + string.Join(", ", SimulateVerb.NamesIn(LiveExperiment.BundledFolder)) + ").",
        };
        var seed = Options.Number("--seed", "With --live: decides inputs, levels, noise and losses.", 1, 0, int.MaxValue);
        var data = new Option<string?>("--data") { Description = "With --live: folder of a data set; needs --model. Without it: the bundled gestures." };
        var model = new Option<string?>("--model") { Description = "With --live: model file for --data." };
        var output = new Option<string?>("--output", "-o") { Description = "Folder for the page, the figures and the table." };
        var json = new Option<bool>("--json") { Description = "Print the results as JSON." };
        var command = new Command(
            "experiment",
            "Runs every scenario with every network, for time and for energy, with every policy and several seeds; writes a page with pictures.\n\n"
            + "Example:\n  crime experiment -o results\n  crime experiment --scenarios modem-sleep flash-crowd --seeds 3 --json\n"
            + "  crime experiment --live two-levels -o results")
        {
            scenarios, sets, seeds, live, seed, data, model, output, json,
        };
        command.SetAction((parsed, cancellation) => parsed.GetValue(live) is { } scenario
            ? LiveExperiment.RunAsync(
                scenario, parsed.GetValue(data), parsed.GetValue(model), parsed.GetValue(seed), parsed.GetValue(output), parsed.GetValue(json),
                cancellation)
            : Run(
            parsed.GetValue(scenarios) ?? [], parsed.GetValue(sets) ?? [], parsed.GetValue(seeds), parsed.GetValue(output), parsed.GetValue(json), cancellation));
        return command;
    }

    private static Option<string[]> Several(string name, string description) =>
        new(name) { Description = description, AllowMultipleArgumentsPerToken = true };

    private static async Task<int> Run(string[] scenarioNames, string[] setNames, int seeds, string? output, bool json, CancellationToken cancellation)
    {
        IReadOnlyList<Scenario> scenarios = (scenarioNames.Length > 0 ? scenarioNames : GridNames())
            .Select(name => ScenarioFile.Load(SimulateVerb.PathOf(name, ScenarioFile.BundledFolder))).ToList();
        IReadOnlyList<InputSet> sets = setNames.Length > 0
            ? setNames.Select(name => InputSet.Load(SimulateVerb.PathOf(name, ScenarioFile.BundledInputsFolder))).ToList()
            : InputSet.LoadAll(ScenarioFile.BundledInputsFolder);
        if (output != null) SimulateVerb.MakeFolder(output);
        var experiment = new Simulation.Results.Experiment(scenarios, sets, seeds);
        ExperimentResult result = await Output.WithProgress("simulating", experiment.RunCount, done => experiment.Run(done, cancellation));
        if (output != null)
        {
            ExperimentPage.Write(result, scenarios, sets, SimulateVerb.DefaultSet, output, cancellation);
            Output.WriteFile(Path.Combine(output, "experiment.json"), JsonSerializer.SerializeToUtf8Bytes(Summary(result)));
        }
        if (json) Output.WriteJson(Summary(result));
        else Print(result);
        return 0;
    }

    /// <summary>The scenarios of the grid: all but those with copies, which are there for speed.</summary>
    private static string[] GridNames() =>
        SimulateVerb.BundledNames().Where(name => ScenarioFile.Load(SimulateVerb.PathOf(name, ScenarioFile.BundledFolder)).Copies == 1).ToArray();

    private static object Summary(ExperimentResult result) => new
    {
        seeds = result.SeedCount,
        table = result.Cells.Select(cell => new
        {
            scenario = cell.Scenario,
            inputs = cell.Set,
            objective = cell.IsEnergy ? "energy" : "time",
            unit = cell.IsEnergy ? "mJ" : "ms",
            policies = cell.Policies.ToDictionary(
                policy => policy.Policy.Name, policy => new { mean = cell.Cost(policy).Mean, half_width_95 = cell.Cost(policy).HalfWidth }),
            best_single = cell.BestSingle.Policy.Name,
            ratio_to_best_single = new { mean = cell.RatioToBestSingle.Mean, half_width_95 = cell.RatioToBestSingle.HalfWidth },
            percent_better_than_best_single = cell.PercentBetterThanSingle,
            percent_over_oracle = cell.PercentOverOracle,
            percent_better_than_length_blind = cell.PercentBetterThanLengthBlind,
            crosses_break_even_length = cell.CrossesBreakEven,
            offloaded_percent = 100 * cell.Crime.Total.AwayShare,
            report_mj = cell.Crime.Total.MeanReportMj,
            missed_deadlines_percent = 100.0 * cell.Crime.Total.MissedDeadlines / Math.Max(cell.Crime.Total.Finished, 1),
        }),
        cells = result.Cells.Count,
        cells_25_percent_better = result.CellsBetter,
        worst_percent_against_best_single = result.WorstPercentAgainstSingle,
        percent_over_oracle_total = result.PercentOverOracleTotal,
        percent_over_oracle_worst_cell = result.PercentOverOracleWorst,
        cells_25_percent_better_with_oracle = result.CellsOracleBetter,
        cells_over_1_percent_worse_than_best_single = result.Cells.Count(cell => cell.PercentBetterThanSingle < -1),
        energy_includes_background = true,
        energy_cells = result.EnergyCells.Count(),
        energy_cells_25_percent_better = result.EnergyCellsBetter,
        oracle_energy_cells_25_percent_better = result.EnergyCellsOracleBetter,
        energy_cells_25_percent_better_where_the_oracle_is =
            result.EnergyCells.Count(cell => ExperimentResult.IsOracleBetter(cell) && ExperimentResult.IsBetter(cell)),
        percent_over_oracle_energy = result.EnergyCells.Select(cell => cell.PercentOverOracle).DefaultIfEmpty().Average(),
        percent_over_oracle_time = result.Cells.Where(cell => !cell.IsEnergy).Select(cell => cell.PercentOverOracle).DefaultIfEmpty().Average(),
        cells_without_outage = result.Cells.Count(cell => !cell.HasOutages),
        cells_without_outage_over_10_percent_over_oracle = result.Cells.Count(cell => !cell.HasOutages && cell.PercentOverOracle > 10),
    };

    private static void Print(ExperimentResult result)
    {
        var table = new Table().Title($"simulated: time in ms and energy in mJ per input, mean over {result.SeedCount} seeds").Border(TableBorder.Rounded);
        foreach (string column in (string[])["scenario", "inputs", "best single", "two-device", "mean-length", "CRIME", "oracle", "better, %", "over oracle, %"])
            table.AddColumn(column);
        foreach (Cell cell in result.Cells)
            table.AddRow(
                cell.Scenario, $"{cell.Set}, {(cell.IsEnergy ? "energy" : "time")}", $"{cell.BestSingle.Policy.Name} {Number(cell.Cost(cell.BestSingle).Mean)}",
                Of(cell, "two-device"), Of(cell, "mean-length"), Number(cell.Cost(cell.Crime).Mean), Number(cell.Cost(cell.Oracle).Mean),
                Number(cell.PercentBetterThanSingle), Number(cell.PercentOverOracle));
        AnsiConsole.Write(table);
        AnsiConsole.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{result.CellsBetter} of {result.Cells.Count} cells are at least 25 % better than the best single device; "
            + $"worst {result.WorstPercentAgainstSingle:0.00} % against it; "
            + $"{result.PercentOverOracleTotal:0.00} % over the oracle in the mean, {result.PercentOverOracleWorst:0.00} % in the worst cell without outages."));
        AnsiConsole.WriteLine(
            $"energy cells: {result.EnergyCellsBetter} of {result.EnergyCells.Count()} at least 25 % better, the oracle "
            + $"{result.EnergyCellsOracleBetter}. All figures are simulated. Energy is above the idle baseline, background included.");
    }

    private static string Of(Cell cell, string policy) => Number(cell.Cost(cell.Policies.First(entry => entry.Policy.Name == policy)).Mean);

    private static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
