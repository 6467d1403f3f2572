// crime bench gateway: the gateway under load, against the same broker that only echoes.

using System;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Bench.Load;
using Crime.Cli.Outputs;
using Spectre.Console;

namespace Crime.Cli.Verbs;

/// <summary>The verb <c>bench gateway</c>.</summary>
internal static class BenchGatewayVerb
{
    private const int MaxClients = 1000;
    private const int MaxCores = 2;

    /// <summary>Its place on the command line.</summary>
    public static Command Create()
    {
        Option<int> clients = Options.Number("--clients", "Simulated boards, each with its own connection.", 1000, 1, MaxClients);
        Option<int> hidden = Options.Number("--hidden", "Hidden units of the model.", 32, 1, 512);
        Option<int> length = Options.Number("--length", "Timesteps of a request.", 40, 1, 1000);
        Option<int> rounds = Options.Number("--rounds", "Rounds of one slice of each side.", 6, 1, 100);
        Option<int> slice = Options.Number("--slice-ms", "Length of a slice in ms.", 1500, 100, 60_000);
        Option<int> soak = Options.Number("--soak", "Answer so many requests at full speed instead, and watch memory; 0 for not", 0, 0, int.MaxValue);
        var json = new Option<bool>("--json") { Description = "Print one JSON object instead of the table." };
        var command = new Command("gateway",
            "Measures a gateway with its embedded broker under the load of many boards, against the same gateway that only echoes. Gateway "
            + $"and load share {MaxCores} cores. Example: crime bench gateway --json")
        {
            clients, hidden, length, rounds, slice, soak, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var options = new GatewayBenchOptions(
                parsed.GetValue(clients), parsed.GetValue(hidden), parsed.GetValue(length), parsed.GetValue(rounds), parsed.GetValue(slice));
            LimitCores();
            return parsed.GetValue(soak) is var count && count > 0
                ? SoakAsync(options, count, parsed.GetValue(json), cancellation)
                : CompareAsync(options, parsed.GetValue(json), cancellation);
        });
        return command;
    }

    private static async Task<int> CompareAsync(GatewayBenchOptions options, bool isJson, CancellationToken cancellation)
    {
        GatewayBenchReport report = await WithBarAsync(progress => new GatewayBench(options, progress, cancellation).RunAsync());
        if (isJson) Output.WriteJson(report);
        else Print(report);
        return 0;
    }

    private static async Task<int> SoakAsync(GatewayBenchOptions options, int count, bool isJson, CancellationToken cancellation)
    {
        GatewaySoakReport report = await WithBarAsync(progress => new GatewaySoak(options, count, progress, cancellation).RunAsync());
        if (isJson) Output.WriteJson(report);
        else Print(report);
        return 0;
    }

    private static async Task<T> WithBarAsync<T>(Func<Action<string, double>, Task<T>> work)
    {
        if (!Output.Remarks.Profile.Capabilities.Interactive) return await work((_, _) => { });
        return await Output.Remarks.Progress().HideCompleted(true).StartAsync(async bars =>
        {
            ProgressTask bar = bars.AddTask("starting", maxValue: 1);
            return await work((title, done) =>
            {
                bar.Description = title;
                bar.Value = done;
            });
        });
    }

    /// <summary>The figures are those of a small machine, wherever they are measured.</summary>
    private static void LimitCores()
    {
        if (!OperatingSystem.IsLinux() || Environment.ProcessorCount <= MaxCores) return;
        using Process self = Process.GetCurrentProcess();
        self.ProcessorAffinity = (1 << MaxCores) - 1;
    }

    private static void Print(GatewayBenchReport report)
    {
        Table table = NewTable($"{report.Clients} boards, LSTM of {report.Hidden}, {report.Length} timesteps, {report.Cores} cores for gateway and load");
        Row(table, "requests per second", report.RequestsPerS);
        Row(table, "requests per second, echo alone", report.EchoRequestsPerS);
        Row(table, "ratio", report.Ratio);
        Row(table, "requests per batch", report.RequestsPerBatch);
        Row(table, "allocated bytes per request, broker and all", report.AllocatedBytesPerRequest);
        Row(table, "the same, echo alone", report.EchoAllocatedBytesPerRequest);
        Row(table, "processor time of the gateway per request, µs", report.CpuUsPerRequest);
        Row(table, "the same, echo alone", report.EchoCpuUsPerRequest);
        Row(table, $"median answer at {report.HalfLoadRequestsPerS:0} per second, ms", report.P50MsAtHalfLoad);
        Row(table, "99th percentile of it, ms", report.P99MsAtHalfLoad);
        Row(table, $"error of the depth told (mean depth {report.DepthMean.ToString(CultureInfo.InvariantCulture)}), %", 100 * report.DepthError);
        Row(table, "longest time without a status, ms", report.StatusAgeMsMax);
        Row(table, "refused", report.Refused);
        AnsiConsole.Write(table);
    }

    private static void Print(GatewaySoakReport report)
    {
        Table table = NewTable($"{report.Requests} requests of {report.Clients} boards in {report.Seconds:0} s");
        table.AddColumn(new TableColumn("at the end").RightAligned());
        void Pair(string name, long first, long last) => table.AddRow(name, Grouped(first), Grouped(last));
        Pair("working set, bytes", report.WarmWorkingSetBytes, report.EndWorkingSetBytes);
        Pair("managed heap after collection, bytes", report.WarmHeapBytes, report.EndHeapBytes);
        Pair("open files", report.WarmOpenFiles, report.EndOpenFiles);
        Pair("threads", report.WarmThreads, report.EndThreads);
        AnsiConsole.Write(table);
        AnsiConsole.WriteLine(
            $"{report.Refused} refused, {report.Faults} lost or unasked; largest working set {Grouped(report.MaxWorkingSetBytes)} bytes.");
    }

    private static string Grouped(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static Table NewTable(string title) =>
        new Table().Border(TableBorder.Rounded).Title(Markup.Escape(title)).AddColumn("").AddColumn(new TableColumn("").RightAligned());

    private static void Row(Table table, string name, double value) => table.AddRow(name, value.ToString("0.###", CultureInfo.InvariantCulture));
}
