// crime chaos: the fault test of the whole system.

using System;
using System.CommandLine;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Chaos;
using Crime.Cli.Outputs;
using Crime.Modelling;
using Spectre.Console;

namespace Crime.Cli.Verbs;

internal static class ChaosVerb
{
    private const int Broken = 1;
    private const int MaxSeeds = 1_000_000;

    public static Command Create()
    {
        var seed = Options.Number("--seed", "Decides everything random; the first of several.", 1, 0, int.MaxValue);
        var seeds = Options.Number("--seeds", "Number of seeds, one run each.", 1, 1, MaxSeeds);
        var events = Options.Number("--events", "Events with faults per run; the run goes on until every input has its result.", 1000, 1, ChaosRun.MaxEvents);
        var json = new Option<bool>("--json") { Description = "Print the figures as JSON." };
        var command = new Command(
            "chaos",
            "Runs the cores of boards and gateways with a model of the broker under one seeded scheduler. It kills and restarts nodes and broker, cuts links, "
            + "delays, doubles, reorders and drops messages, makes clocks jump, swaps models and fills queues. After every event it checks the invariants. "
            + "A violation prints the seed and the commit, and gives exit code 1.\n\n"
            + "Example:\n  crime chaos --seed 11 --events 5000 --json\n  crime chaos --seed 1 --seeds 10000")
        {
            seed, seeds, events, json,
        };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetValue(seed), parsed.GetValue(seeds), parsed.GetValue(events), parsed.GetValue(json), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(int seed, int count, int events, bool json, CancellationToken cancellation)
    {
        if (count > int.MaxValue - seed) throw new UserInputException($"--seed {seed} and --seeds {count} exceed the largest seed, {int.MaxValue}");
        ChaosSeries series = await Output.WithProgress("chaos", count, done => ChaosSeries.Run(seed, count, events, done, cancellation));
        if (json) Output.WriteJson(Figures(series, seed, events));
        else Print(series, events);
        return series.ViolationCount == 0 ? 0 : Broken;
    }

    private static object Figures(ChaosSeries series, int seed, int events) => new
    {
        seed,
        seeds = series.Runs,
        commit = ProgramVersion.Commit,
        events = series.Events,
        duration_s = series.DurationS,
        inputs = series.Inputs,
        results = series.Results,
        moved_streams = series.Moved,
        deepest_relay = series.DeepestRelay,
        outcomes = series.Outcomes.ToDictionary(entry => Snake(entry.Key), entry => entry.Value),
        faults = series.Faults,
        faults_by_kind = series.FaultsByKind.ToDictionary(entry => Snake(entry.Key), entry => entry.Value),
        violations = series.ViolationCount,
        first_violations = series.Violations.Select(run => new
        {
            seed = run.Seed,
            @event = run.Violation!.Event,
            at_s = run.Violation.AtS,
            message = run.Violation.Message,
            replay = Replay(run, events),
        }),
    };

    private static void Print(ChaosSeries series, int events)
    {
        string title = $"{Number(series.Runs)} runs, {Number(series.Events)} events, {Number((long)series.DurationS)} s simulated";
        var table = new Table().Title(title).Border(TableBorder.Rounded);
        table.AddColumn("what");
        table.AddColumn(new TableColumn("count").RightAligned());
        table.AddRow("inputs", Number(series.Inputs));
        table.AddRow("results", Number(series.Results));
        table.AddRow("streams that moved to a gateway", Number(series.Moved));
        table.AddRow("most gateways that a request has been to", Number(series.DeepestRelay));
        table.AddRow("faults", Number(series.Faults));
        foreach ((string kind, int number) in series.FaultsByKind) table.AddRow("  " + Snake(kind).Replace('_', ' '), Number(number));
        table.AddRow("violations", Number(series.ViolationCount));
        AnsiConsole.Write(table);
        foreach (ChaosResult run in series.Violations) Print(run, events);
    }

    private static void Print(ChaosResult run, int events)
    {
        ChaosViolation violation = run.Violation!;
        Console.Out.WriteLine($"seed {run.Seed}, event {violation.Event}: {violation.Message}");
        Console.Out.WriteLine($"  commit: {ProgramVersion.Commit ?? "not known"}");
        Console.Out.WriteLine($"  replay: {Replay(run, events)}");
        Console.Out.WriteLine("  last events:");
        Console.Out.Write(violation.LastEvents);
    }

    private static string Replay(ChaosResult run, int events) => $"crime chaos --seed {run.Seed} --events {events}";

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A name in the style of the other keys.</summary>
    private static string Snake(string name) =>
        string.Concat(name.Select((letter, index) => char.IsUpper(letter) ? (index == 0 ? "" : "_") + char.ToLowerInvariant(letter) : letter.ToString()));
}
