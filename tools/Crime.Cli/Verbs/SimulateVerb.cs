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
using Crime.Cli.Outputs;
using Crime.Costs;
using Crime.Mapping;
using Crime.Modelling;
using Crime.Node;
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
    private const string EnergyObjective = "energy";

    public static Command Create()
    {
        var scenario = new Argument<string>("SCENARIO.yaml")
        {
            Description = "The scenario: a file, or the name of one that comes with the project (" + string.Join(", ", BundledNames()) + ").",
        };
        var policy = Options.Word("--policy", "The policy: boards, a gateway's id, random, mean-length, two-device, "
            + "batches (where results may wait), crime, oracle, or all.", AllPolicies);
        var set = Options.Word("--inputs", "The network and its inputs: a file, or a name under scenarios/inputs.", DefaultSet);
        var objective = Options.OneOf("--objective", "The quantity that is minimised.", "time", EnergyObjective);
        var seed = Options.Number("--seed", "Seed of all random streams.", 1, 0, int.MaxValue);
        var statusMs = Options.Number(
            "--status-ms", "Shortest time between two statuses of a gateway, in ms; 0 for the interval that the gateway sets itself.", 0, 0, 60_000);
        var listen = Options.OneOf(
            "--listen", "Messages that boards listen to, as in their settings; policy for those of each policy.", "policy", "statuses", "answers", "regimes");
        var resultTo = Options.OneOf(
            "--result-to", "The reader of results: as the scenario says, or a program behind the gateway, for all boards.", "scenario", "gateway");
        var without = new Option<string[]>("--without")
        {
            Description = "Anti-herding measures to leave out, in every node: answer-load (answers and pongs report the load), growth (the forecast of a "
                + "wait follows the utilisation), forecast-error (the forecast is corrected by its mean error), spread (each board adds its own share of the "
                + "error), admission (gateways refuse requests that would miss their deadline), queue-bound (at most 256 requests wait; else 65535); or all.",
            AllowMultipleArgumentsPerToken = true,
        };
        var hedge = Options.Number(
            "--hedge-quantile", "Quantile of the forecast's error in percent, 50 to 99, after which boards compute an input as well; 0 for no hedging.",
            Hedge.DefaultQuantilePercent, 0, Objective.MaxQuantile);
        var race = new Option<bool>("--race") { Description = "Boards of the policy crime race: they compute from the start where the faster place is uncertain." };
        var output = new Option<string?>("--output", "-o") { Description = "Folder for the results as JSON." };
        var json = new Option<bool>("--json") { Description = "Print the results as JSON." };
        var command = new Command(
            "simulate",
            "Runs a scenario of boards, gateways and links as discrete events, with the mapping engine in every node.\n\n"
            + "Example:\n  crime simulate modem-sleep --policy crime --seed 7 --json\n"
            + "  crime simulate flash-crowd --policy crime --status-ms 1000 --without all")
        {
            scenario, policy, set, objective, seed, statusMs, listen, resultTo, without, hedge, race, output, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            Scenario nodes = ScenarioFile.Load(PathOf(parsed.GetRequiredValue(scenario), ScenarioFile.BundledFolder));
            if (parsed.GetRequiredValue(resultTo) == "gateway") nodes = nodes.WithResultsAtGateway();
            InputSet inputs = InputSet.Load(PathOf(parsed.GetRequiredValue(set), ScenarioFile.BundledInputsFolder));
            Safeguards left = Remaining(parsed.GetValue(without) ?? []);
            IEnumerable<SimulationRun> runs = Chosen(nodes, inputs, parsed.GetRequiredValue(policy)).Select(chosen => new SimulationRun(
                nodes, inputs, chosen, parsed.GetRequiredValue(objective) == EnergyObjective ? Objective.Energy : Objective.Time, parsed.GetValue(seed))
            {
                StatusIntervalMs = parsed.GetValue(statusMs) is > 0 and var ms ? ms : null, Safeguards = left, Races = parsed.GetValue(race),
                HedgeQuantile = Quantile(parsed.GetValue(hedge)),
                Listening = ListeningOf(parsed.GetRequiredValue(listen)),
            });
            return Run(runs.ToList(), parsed.GetValue(output), parsed.GetValue(json), cancellation);
        });
        return command;
    }

    private static ListeningMode? ListeningOf(string name) => name switch
    {
        "statuses" => ListeningMode.Statuses,
        "answers" => ListeningMode.Answers,
        "regimes" => ListeningMode.Regimes,
        _ => null,
    };

    internal static IEnumerable<string> BundledNames() => NamesIn(ScenarioFile.BundledFolder);

    /// <summary>Names of the scenarios in a folder.</summary>
    internal static IEnumerable<string> NamesIn(string folder) =>
        Directory.GetFiles(folder, "*.yaml").Select(Path.GetFileNameWithoutExtension)
            .Where(name => name != "catalogue").Order(StringComparer.Ordinal)!;

    /// <summary>Returns a path as given, or that of what comes with the project under this name.</summary>
    /// <param name="given">The path or name.</param>
    /// <param name="folders">Folders of what comes with the project; the first one that has the name counts.</param>
    /// <exception cref="UserInputException">A name that none of the folders has.</exception>
    internal static string PathOf(string given, params string[] folders)
    {
        if (File.Exists(given)) return given;
        string? bundled = folders.Select(folder => Path.Combine(folder, given + ".yaml")).FirstOrDefault(File.Exists);
        if (bundled != null || Path.HasExtension(given)) return bundled ?? given;
        throw new UserInputException($"'{given}' is no file and no name of the project{Suggestion.For(given, folders.SelectMany(NamesIn))}");
    }

    private static async Task<int> Run(IReadOnlyList<SimulationRun> runs, string? output, bool json, CancellationToken cancellation)
    {
        SimulationRun any = runs[0];
        Scenario scenario = any.Scenario;
        var results = new List<(SimulationRun Run, RunTally Tally)>();
        foreach (SimulationRun run in runs)
            results.Add((run, await Output.WithProgress(run.Policy.Name, scenario.Copies, done => run.Run(done, cancellation))));
        object summary = new
        {
            scenario = scenario.Name,
            inputs = any.Set.Name,
            objective = any.Objective == Objective.Energy ? EnergyObjective : "time",
            seed = any.Seed,
            status_ms = any.StatusIntervalMs,
            result_to = scenario.HasResultsAtGateway ? "gateway" : "board",
            listen = any.Listening is { } mode ? mode.ToString().ToLowerInvariant() : "policy",
            without = SafeguardNames.Each.Where(entry => (any.Safeguards & entry.Measure) == 0).Select(entry => entry.Name),
            policies = results.Select(result => Figures(result.Run, result.Tally)),
        };
        if (output != null)
        {
            MakeFolder(output);
            Output.WriteFile(Path.Combine(output, scenario.Name + ".json"), JsonSerializer.SerializeToUtf8Bytes(summary));
        }
        if (json) Output.WriteJson(summary);
        else Print(results);
        return 0;
    }

    private static int Quantile(int percent) => percent is 0 or >= Objective.MinQuantile
        ? percent
        : throw new UserInputException($"--hedge-quantile is {percent}; allowed are 0 and {Objective.MinQuantile} to {Objective.MaxQuantile}");

    private static Safeguards Remaining(string[] without) => without.Aggregate(Safeguards.All, (left, name) => left & ~(SafeguardNames.Of(name)
        ?? throw new UserInputException(
            $"--without is '{name}'; allowed are {string.Join(", ", SafeguardNames.Each.Select(entry => entry.Name))} and {SafeguardNames.All}")));

    private static IReadOnlyList<Policy> Chosen(Scenario scenario, InputSet set, string name)
    {
        IReadOnlyList<Policy> all = set.Lengths.IsWriting ? [.. Policy.All(scenario), Policy.MeanOutput] : Policy.All(scenario);
        if (name == AllPolicies) return all;
        return all.FirstOrDefault(policy => policy.Name == name) is { } found
            ? [found]
            : throw new UserInputException(
                $"--policy is '{name}'; allowed in {scenario.Name} are {string.Join(", ", all.Select(policy => policy.Name))} and {AllPolicies}");
    }

    private static object Figures(SimulationRun run, RunTally tally) => new
    {
        policy = run.Policy.Name,
        inputs = tally.Finished,
        time_ms = tally.MeanTimeMs,
        energy_mj = tally.MeanEnergyMj,
        background_mj = tally.MeanBackgroundMj,
        report_mj = tally.MeanReportMj,
        kept = tally.Kept,
        missed_deadlines = tally.MissedDeadlines,
        on_boards = tally.OnBoards,
        at_gateways = tally.AtGateways,
        passed_on = tally.PassedOn,
        fallbacks = tally.Fallbacks,
        timeouts = tally.Timeouts,
        refusals = tally.Refusals,
        late_answers = tally.LateAnswers,
        hedges = tally.Hedges,
        repeats = tally.Repeats,
        hedges_won = tally.HedgesWon,
        cancels = tally.Cancels,
        cancelled = tally.Cancelled,
        published = tally.Published,
        published_twice = tally.PublishedTwice,
        lost_results = tally.LostResults,
        pings = tally.Pings,
        queue_wait_p50_ms = tally.WaitQuantileMs(0.5),
        queue_wait_p99_ms = tally.WaitQuantileMs(0.99),
        events = tally.Events,
        crowd = run.Scenario.Load.Pattern == LoadPattern.Flash ? Crowd(SideExperiments.CrowdOf(run, tally)) : null,
    };

    private static object Crowd(CrowdRun run) => new
    {
        share = run.Measure.MeanShare,
        lowest_second = run.Measure.Seconds.Low,
        highest_second = run.Measure.Seconds.High,
        overdispersion = run.Measure.Overdispersion,
        swings = run.Measure.Swings,
        full_queue_ms = run.FullQueueMs,
        is_steady = run.Measure.IsSteady,
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

    private static void Print(List<(SimulationRun Run, RunTally Tally)> results)
    {
        SimulationRun any = results[0].Run;
        var table = new Table().Title($"{any.Scenario.Name}: {any.Set.About}").Border(TableBorder.Rounded);
        table.AddColumn("policy");
        foreach (string column in (string[])["inputs", "time, ms", "energy, mJ", "background, mJ", "offloaded, %", "fell back", "queue p99, ms"])
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach ((SimulationRun run, RunTally tally) in results)
            table.AddRow(
                run.Policy.Name, Number(tally.Finished, "0"), Number(tally.MeanTimeMs, "0.00"), Number(tally.MeanEnergyMj, "0.000"),
                Number(tally.MeanBackgroundMj, "0.000"), Number(100 * tally.AwayShare, "0.0"), Number(tally.Fallbacks, "0"),
                Number(tally.WaitQuantileMs(0.99), "0.0"));
        AnsiConsole.Write(table);
        if (any.Scenario.Load.Pattern == LoadPattern.Flash) PrintCrowds(results.Select(result => SideExperiments.CrowdOf(result.Run, result.Tally)));
    }

    private static void PrintCrowds(IEnumerable<CrowdRun> runs)
    {
        var table = new Table().Title("the crowd, after the first two seconds").Border(TableBorder.Rounded);
        table.AddColumn("policy");
        foreach (string column in (string[])["away, % of a second", "overdispersion", "swings", "full queue, ms", "steady"])
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (CrowdRun run in runs)
            table.AddRow(
                run.Policy.Name, $"{Number(100 * run.Measure.Seconds.Low, "0.0")} to {Number(100 * run.Measure.Seconds.High, "0.0")}",
                Number(run.Measure.Overdispersion, "0.0"), Number(run.Measure.Swings, "0"), Number(run.FullQueueMs, "0.0"),
                run.Measure.IsSteady ? "yes" : "no");
        AnsiConsole.Write(table);
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
