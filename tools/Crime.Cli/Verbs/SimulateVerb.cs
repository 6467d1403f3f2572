// crime simulate: one scenario, run with one policy or with all.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Crime.Mapping;
using Crime.Modelling;
using Crime.Simulation;
using Crime.Simulation.Inputs;
using Crime.Simulation.Results;
using Crime.Simulation.Scenarios;
using Crime.Simulation.World;
using Spectre.Console;

namespace Crime.Cli.Verbs;

internal static class SimulateVerb
{
    /// <summary>The network that is meant where none is named.</summary>
    internal const string DefaultSet = "spoken-arabic-digits";

    private const string AllPolicies = "all";

    public static Command Create()
    {
        var scenario = new Argument<string>("SCENARIO.yaml")
        {
            Description = "The scenario: a file, or the name of one that comes with the project (" + string.Join(", ", BundledNames()) + ").",
        };
        var policy = Options.Word("--policy", "Who decides: boards, a gateway's id, random, mean-length, two-device, crime, crime-no-herd, oracle, or all.", AllPolicies);
        var set = Options.Word("--inputs", "The network and its inputs: a file, or a name under scenarios/inputs.", DefaultSet);
        var goal = Options.OneOf("--objective", "What is minimised.", "time", "energy");
        var seed = Options.Number("--seed", "Decides everything random.", 1, 0, int.MaxValue);
        var output = new Option<string?>("--output", "-o") { Description = "Folder for the results as JSON." };
        var json = new Option<bool>("--json") { Description = "Print the results as JSON." };
        var command = new Command(
            "simulate",
            "Runs a scenario of boards, gateways and links as discrete events, with the mapping engine in every node.\n\n"
            + "Example:\n  crime simulate modem-sleep --policy crime --seed 7 --json")
        {
            scenario, policy, set, goal, seed, output, json,
        };
        command.SetAction((parsed, cancellation) => Run(
            parsed.GetRequiredValue(scenario), parsed.GetRequiredValue(policy), parsed.GetRequiredValue(set), parsed.GetRequiredValue(goal),
            parsed.GetValue(seed), parsed.GetValue(output), parsed.GetValue(json), cancellation));
        return command;
    }

    internal static IEnumerable<string> BundledNames() => NamesIn(ScenarioFile.BundledFolder);

    /// <summary>Names of the scenarios in a folder.</summary>
    internal static IEnumerable<string> NamesIn(string folder) =>
        Directory.GetFiles(folder, "*.yaml").Select(Path.GetFileNameWithoutExtension)
            .Where(name => name != "catalogue").Order(StringComparer.Ordinal)!;

    /// <summary>A path as given, or that of what comes with the project under this name.</summary>
    internal static string PathOf(string given, string folder)
    {
        string bundled = Path.Combine(folder, given + ".yaml");
        return !File.Exists(given) && File.Exists(bundled) ? bundled : given;
    }

    private static async Task<int> Run(
        string scenarioName, string policyName, string setName, string goalName, int seed, string? output, bool json, CancellationToken cancellation)
    {
        Scenario scenario = ScenarioFile.Load(PathOf(scenarioName, ScenarioFile.BundledFolder));
        InputSet set = InputSet.Load(PathOf(setName, ScenarioFile.BundledInputsFolder));
        Goal goal = goalName == "energy" ? Goal.Energy : Goal.Time;
        IReadOnlyList<Policy> policies = Chosen(scenario, policyName);
        var results = new List<(Policy Policy, RunTally Tally)>();
        foreach (Policy policy in policies)
        {
            var run = new SimulationRun(scenario, set, policy, goal, seed, StatusIl: policy.HeardStatusIl);
            results.Add((policy, await Output.WithProgress(policy.Name, scenario.Copies, done => run.Run(done, cancellation))));
        }
        object summary = new
        {
            scenario = scenario.Name, inputs = set.Name, objective = goalName, seed, policies = results.Select(result => Figures(result.Policy, result.Tally)),
        };
        if (output != null)
        {
            MakeFolder(output);
            Output.WriteFile(Path.Combine(output, scenario.Name + ".json"), JsonSerializer.SerializeToUtf8Bytes(summary));
        }
        if (json) Output.WriteJson(summary);
        else Print(scenario, set, results);
        return 0;
    }

    private static IReadOnlyList<Policy> Chosen(Scenario scenario, string name)
    {
        IReadOnlyList<Policy> all = [.. Policy.All(scenario), Policy.CrimeNoHerd];
        if (name == AllPolicies) return Policy.All(scenario);
        return all.FirstOrDefault(policy => policy.Name == name) is { } found
            ? [found]
            : throw new UserInputException(
                $"--policy is '{name}'; allowed in {scenario.Name} are {string.Join(", ", all.Select(policy => policy.Name))} and {AllPolicies}");
    }

    private static object Figures(Policy policy, RunTally tally) => new
    {
        policy = policy.Name,
        inputs = tally.Finished,
        time_ms = tally.MeanTimeMs,
        energy_mj = tally.MeanEnergyMj,
        upkeep_mj = tally.MeanUpkeepMj,
        on_boards = tally.OnBoards,
        at_gateways = tally.AtGateways,
        passed_on = tally.PassedOn,
        fallbacks = tally.Fallbacks,
        timeouts = tally.Timeouts,
        refusals = tally.Refusals,
        late_answers = tally.LateAnswers,
        pings = tally.Pings,
        queue_wait_p50_ms = tally.WaitQuantileMs(0.5),
        queue_wait_p99_ms = tally.WaitQuantileMs(0.99),
        events = tally.Events,
    };

    /// <summary>Makes a folder for results.</summary>
    internal static void MakeFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"{folder}: cannot be made: {e.Message}", e);
        }
    }

    private static void Print(Scenario scenario, InputSet set, List<(Policy Policy, RunTally Tally)> results)
    {
        var table = new Table().Title($"{scenario.Name}: {set.About}").Border(TableBorder.Rounded);
        table.AddColumn("policy");
        foreach (string column in (string[])["inputs", "time, ms", "energy, mJ", "upkeep, mJ", "away, %", "fell back", "queue p99, ms"])
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach ((Policy policy, RunTally tally) in results)
            table.AddRow(
                policy.Name, Number(tally.Finished, "0"), Number(tally.MeanTimeMs, "0.00"), Number(tally.MeanEnergyMj, "0.000"),
                Number(tally.MeanUpkeepMj, "0.000"), Number(100 * tally.AwayShare, "0.0"), Number(tally.Fallbacks, "0"),
                Number(tally.WaitQuantileMs(0.99), "0.0"));
        AnsiConsole.Write(table);
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
