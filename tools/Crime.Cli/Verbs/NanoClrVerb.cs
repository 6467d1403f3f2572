// crime nanoclr: the bench on the real CLR, without a board.

using System;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Bench;
using Crime.Modelling;
using Crime.Modelling.Prediction;
using Spectre.Console;

namespace Crime.Cli.Verbs;

internal static class NanoClrVerb
{
    /// <summary>Exit code when a golden vector failed.</summary>
    private const int GoldenFailed = 1;

    public static Command Create()
    {
        var files = new Argument<string[]>("PE") { Description = "PE files of the bench, or the output folder of its build.", Arity = ArgumentArity.OneOrMore };
        var clr = new Option<string?>("--nanoclr") { Description = $"The nanoCLR to run on; without it the environment's {NanoClr.Variable}." };
        var log = new Option<string?>("--output", "-o") { Description = "File for the bench's own lines." };
        var timeout = Options.Number("--timeout", "Longest run in seconds.", 300, 1, 86_400);
        var json = new Option<bool>("--json") { Description = "Print verdicts and measurements as JSON." };
        var command = new Command(
            "nanoclr",
            "Runs the bench on a nanoCLR: golden vectors on the real CLR, and what instructions and kernels cost on it.\n\n"
            + "Example:\n  crime nanoclr firmware/Bench/bin/Release --nanoclr nanoclr -o bench.log")
        {
            files, clr, log, timeout, json,
        };
        command.SetAction((parsed, cancellation) => Run(
            parsed.GetRequiredValue(files), parsed.GetValue(clr), parsed.GetValue(log), parsed.GetValue(timeout), parsed.GetValue(json), cancellation));
        return command;
    }

    private static async Task<int> Run(string[] paths, string? clrPath, string? logPath, int timeoutS, bool json, CancellationToken cancellation)
    {
        string program = NanoClr.Find(clrPath);
        var peFiles = NanoClr.LoadOrder(paths);
        var log = new BenchLog();
        var text = new StringBuilder();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(timeoutS));
        try
        {
            await NanoClr.RunAsync(program, peFiles, line =>
            {
                text.AppendLine(line);
                log.Add(line);
                Output.Remarks.WriteLine(line);
                return !log.IsComplete;
            }, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new UserInputException($"the bench did not end within {timeoutS} s; its last line was: {LastLine(text)}");
        }
        if (!log.IsComplete) throw new UserInputException($"the bench broke off on {program}; its last line was: {LastLine(text)}");
        if (logPath != null) Output.WriteFile(logPath, Encoding.UTF8.GetBytes(text.ToString()));

        int failed = log.Golden.Count(line => !line.Passed);
        string name = Path.GetFileName(program);
        if (json) Output.WriteJson(new { nanoclr = name, passed = log.Golden.Count - failed, failed, golden = log.Golden, measurements = log.Measurements });
        else Print(log, failed);
        return failed == 0 && log.Golden.Count > 0 ? 0 : GoldenFailed;
    }

    private static void Print(BenchLog log, int failed)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("measured").AddColumn("at").AddColumn(new TableColumn("time").RightAligned());
        foreach (BenchLine line in log.Measurements)
            table.AddRow(
                new Text(line.Name), new Text(string.Join(' ', line.Details.Select(detail => $"{detail.Key}={detail.Value}"))),
                new Text(line.Value.ToString("0.000", CultureInfo.InvariantCulture) + " " + line.Unit));
        AnsiConsole.Write(table);
        AnsiConsole.WriteLine($"golden vectors: {log.Golden.Count - failed} passed, {failed} failed");
    }

    private static string LastLine(StringBuilder text) => text.ToString().Trim().Split('\n')[^1].Trim();
}
