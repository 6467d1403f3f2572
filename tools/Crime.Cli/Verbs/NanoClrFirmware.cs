// crime nanoclr --firmware: the whole firmware on the real CLR, with a verdict for CI.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Bench;
using Crime.Cli.Outputs;
using Spectre.Console;

namespace Crime.Cli.Verbs;

/// <summary>Runs the firmware.</summary>
internal static class NanoClrFirmware
{
    /// <summary>Exit code when results are missing, double or damaged.</summary>
    private const int ResultsAreWrong = 1;

    /// <summary>Runs the firmware until its END line or the timeout, and prints the verdict.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(NanoClrRequest request, CancellationToken cancellation)
    {
        NanoClrStart start = request.Start() with { EndsGently = true };
        var log = new FirmwareLog();
        var text = new StringBuilder();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(request.TimeoutS));
        bool isTimeout = false;
        try
        {
            await NanoClr.RunAsync(start, line =>
            {
                text.AppendLine(line);
                log.Add(line);
                // As they came: the console of Spectre would break long lines.
                Console.Error.WriteLine(line);
                return !log.IsComplete;
            }, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            isTimeout = true;
        }
        if (request.LogPath != null) Output.WriteFile(request.LogPath, Encoding.UTF8.GetBytes(text.ToString()));

        List<string> problems = log.Problems(request.ExpectedInputs).ToList();
        if (isTimeout) problems.Add($"the run ended at the timeout of {request.TimeoutS} s");
        if (request.Json) Output.WriteJson(Summary(Path.GetFileName(start.Program), log, problems));
        else Print(log, problems);
        return problems.Count == 0 ? 0 : ResultsAreWrong;
    }

    private static object Summary(string name, FirmwareLog log, List<string> problems) => new
    {
        nanoclr = name,
        passed = problems.Count == 0,
        inputs = log.Totals?.Inputs,
        local = log.Totals?.Local,
        gateway = log.Totals?.Gateway,
        fallback = log.Totals?.Fallback,
        results = log.Readings.Count,
        targets = log.Times,
        heap = log.Heap,
        problems,
    };

    private static void Print(FirmwareLog log, List<string> problems)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("target").AddColumn(new TableColumn("results").RightAligned())
            .AddColumn(new TableColumn("median ms").RightAligned()).AddColumn(new TableColumn("95th percentile ms").RightAligned());
        foreach (TargetTimes row in log.Times)
            table.AddRow(row.Target, row.Count.ToString(CultureInfo.InvariantCulture), Milliseconds(row.MedianMs), Milliseconds(row.P95Ms));
        AnsiConsole.Write(table);
        if (log.Totals is { } totals)
            AnsiConsole.WriteLine($"inputs: {totals.Inputs}; local {totals.Local}, gateway {totals.Gateway}, fallback {totals.Fallback}");
        if (log.Heap is { } heap)
            AnsiConsole.WriteLine($"heap: at least {heap.LeastFreeBytes} of {heap.SizeBytes} bytes free after each of {heap.Collections} collections");
        foreach (string problem in problems) AnsiConsole.WriteLine($"failed: {problem}");
        if (problems.Count == 0) AnsiConsole.WriteLine("passed: each input has one result");
    }

    private static string Milliseconds(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
