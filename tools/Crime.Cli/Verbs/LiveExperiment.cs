// crime experiment --live: one scenario on virtual boards against a real gateway, and in the simulator, side by side.

using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Boards;
using Crime.Cli.Live;
using Crime.Cli.Outputs;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Simulation.Scenarios;
using Spectre.Console;

namespace Crime.Cli.Verbs;

internal static class LiveExperiment
{
    /// <summary>Folder of the scenarios that come with the project for this.</summary>
    public static string BundledFolder => Path.Combine(ScenarioFile.BundledFolder, "live");

    /// <summary>Runs and reports a live check.</summary>
    /// <param name="scenarioName">A file, or a name under scenarios/live or scenarios.</param>
    /// <param name="dataPath">Folder of a data set; null for the bundled gestures.</param>
    /// <param name="modelPath">Model file; null for the bundled one.</param>
    /// <param name="seed">Seed of inputs, levels, noise and losses.</param>
    /// <param name="output">Folder for the table, the inputs and the picture; null for none.</param>
    /// <param name="json">True to print JSON.</param>
    /// <param name="cancellation">Ends the run.</param>
    public static async Task<int> RunAsync(
        string scenarioName, string? dataPath, string? modelPath, int seed, string? output, bool json, CancellationToken cancellation)
    {
        if (dataPath == null != (modelPath == null))
            throw new UserInputException("--data and --model belong together: a data set and the model that was trained on it");
        Scenario scenario = ScenarioFile.Load(SimulateVerb.PathOf(scenarioName, BundledFolder, ScenarioFile.BundledFolder));
        Dataset data = dataPath == null ? GestureGenerator.Generate() : LoadedData.Read(dataPath, testLinesPath: null);
        var check = new LiveCheck(scenario, modelPath ?? GatewayModel.BundledPath, data, seed);
        if (output != null) SimulateVerb.MakeFolder(output);
        LiveResult result = await Output.WithProgress(
            "live", check.InputCount, done => check.RunAsync(done, cancellation).GetAwaiter().GetResult());
        if (output != null)
        {
            Output.WriteFile(Path.Combine(output, $"live-{scenario.Name}.json"), JsonSerializer.SerializeToUtf8Bytes(Summary(result)));
            Output.WriteFile(Path.Combine(output, $"live-{scenario.Name}.csv"), Encoding.UTF8.GetBytes(Inputs(result)));
            Output.WriteFile(Path.Combine(output, $"live-{scenario.Name}.png"), LivePlot.Draw(result));
        }
        if (json) Output.WriteJson(Summary(result), dataPath == null ? null : data);
        else Print(result);
        return 0;
    }

    /// <summary>Every input of the live side, a line each.</summary>
    private static string Inputs(LiveResult result)
    {
        var text = new StringBuilder("policy,board,input,length,at,time_ms,energy_mj\n");
        foreach (LiveRow row in result.Rows)
            for (int board = 0; board < row.Live.Readings.Count; board++)
                foreach (Reading reading in row.Live.Readings[board])
                    text.Append(
                        CultureInfo.InvariantCulture,
                        $"{row.Policy.Name},board-{board + 1},{reading.Input},{reading.Length},{reading.Target},"
                            + $"{reading.TimeMs:0.000},{reading.EnergyMj:0.000}\n");
        return text.ToString();
    }

    private static object Summary(LiveResult result) => new
    {
        scenario = result.Scenario.Scenario.Name,
        inputs = result.Scenario.Data.Name,
        seed = result.Scenario.Seed,
        boards = result.Scenario.Places.Count,
        inputs_per_policy = result.Inputs,
        board_line = new { us_per_step = result.Board.LocalTime.AlphaNs / 1000.0, us = result.Board.LocalTime.BetaUs },
        gateway_line = new { workers = result.Gateway.Workers, us_per_step = result.Gateway.AlphaNs / 1000.0, us = result.Gateway.BetaUs },
        policies = result.Rows.Select(Row),
        rankings = new
        {
            time = new { live = result.ByTime(true), simulated = result.ByTime(false) },
            energy = new { live = result.ByEnergy(true), simulated = result.ByEnergy(false) },
        },
        same_ranking = result.IsSameRanking,
        worst_difference_percent = result.WorstPercent,
    };

    private static object Row(LiveRow row) => new
    {
        policy = row.Policy.Name,
        live = new
        {
            time_ms = row.TimeMs, energy_mj = row.EnergyMj, results = row.Results, duplicates = row.Duplicates, on_boards = row.Count("local"),
            at_gateway = row.Count("gateway"), fallbacks = row.Count("fallback"),
        },
        simulated = new
        {
            time_ms = row.Simulated.MeanTimeMs, energy_mj = row.Simulated.MeanEnergyMj, results = row.Simulated.Finished, on_boards = row.Simulated.OnBoards,
            at_gateway = row.Simulated.AtGateways, fallbacks = row.Simulated.Fallbacks,
        },
        time_difference_percent = row.TimePercent,
        energy_difference_percent = row.EnergyPercent,
        host = new
        {
            simulated_time_ms = row.SimulatedOnHost.MeanTimeMs, simulated_energy_mj = row.SimulatedOnHost.MeanEnergyMj,
            simulated_at_gateway = row.SimulatedOnHost.AtGateways,
            round_trip_p50_ms = row.Live.RoundTrips.QuantileMs(0.5), round_trip_p99_ms = row.Live.RoundTrips.QuantileMs(0.99),
            relay_late_p50_ms = row.Live.Relays.QuantileMs(0.5), relay_late_p99_ms = row.Live.Relays.QuantileMs(0.99),
        },
    };

    private static void Print(LiveResult result)
    {
        var table = new Table().Border(TableBorder.Rounded).Title(Markup.Escape(
            $"{result.Scenario.Scenario.Name}: {result.Inputs} inputs of {result.Scenario.Data.Name} per policy, mean per input"));
        table.AddColumn("policy");
        string[] columns =
            ["ms, live", "simulated", "differs, %", "on this host", "mJ, live", "simulated", "differs, %", "on this host", "offloaded, %", "simulated"];
        foreach (string column in columns) table.AddColumn(new TableColumn(column).RightAligned());
        foreach (LiveRow row in result.Rows)
            table.AddRow(
                Markup.Escape(row.Policy.Name), Number(row.TimeMs, "0.0"), Number(row.Simulated.MeanTimeMs, "0.0"),
                Number(row.TimePercent, "+0.0;-0.0"), Number(row.SimulatedOnHost.MeanTimeMs, "0.0"), Number(row.EnergyMj, "0.00"),
                Number(row.Simulated.MeanEnergyMj, "0.00"), Number(row.EnergyPercent, "+0.0;-0.0"),
                Number(row.SimulatedOnHost.MeanEnergyMj, "0.00"),
                Number(100.0 * row.Count("gateway") / result.Inputs, "0.0"), Number(100 * row.Simulated.AwayShare, "0.0"));
        AnsiConsole.Write(table);
        AnsiConsole.WriteLine("On this host: simulated with the delays that pings and relays measured on this machine during the live run.");
        if (result.IsEnergyOnly) AnsiConsole.WriteLine("Results may wait: compare the energies only.");
        AnsiConsole.WriteLine(
            $"By time, live: {string.Join(" < ", result.ByTime(true))}; simulated: {string.Join(" < ", result.ByTime(false))}. "
            + $"By energy, live: {string.Join(" < ", result.ByEnergy(true))}; simulated: {string.Join(" < ", result.ByEnergy(false))}.");
        AnsiConsole.WriteLine(
            $"The simulator uses the measured lines: boards {Number(result.Board.LocalTime.AlphaNs / 1000.0, "0.0")} us per step and "
            + $"{result.Board.LocalTime.BetaUs} us; gateway {Number(result.Gateway.AlphaNs / 1000.0, "0.00")} us per step and {result.Gateway.BetaUs} us, "
            + $"{result.Gateway.Workers} workers.");
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
