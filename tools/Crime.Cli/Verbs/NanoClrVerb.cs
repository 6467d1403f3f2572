// crime nanoclr: the bench or the whole firmware on the real CLR, without a board.

using System;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Bench;
using Crime.Cli.Outputs;
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
        var files = new Argument<string[]>("PE") { Description = "PE files, or the output folder of a build.", Arity = ArgumentArity.ZeroOrMore };
        var clr = new Option<string?>("--nanoclr") { Description = $"Path of the nanoCLR. Default: the environment variable {NanoClr.Variable}." };
        var clrArguments = new Option<string?>("--clr-args")
        {
            Description = "Arguments for the nanoCLR itself, separated by spaces, for example for the size of its heap.",
        };
        var firmware = new Option<bool>("--firmware") { Description = "Run the whole firmware instead of the bench, and check that each input has one result." };
        var expected = Options.Number("--expect", "Number of inputs that need a result, with --firmware; 0 takes it from the END line", 0, 0, 1_000_000);
        var log = new Option<string?>("--output", "-o") { Description = "File for the lines that the program prints." };
        var timeout = Options.Number("--timeout", "Longest run in seconds.", 300, 1, 86_400);
        var json = new Option<bool>("--json") { Description = "Print the results as JSON." };
        var bake = new Option<string?>("--bake") { Description = "Write the files for drive I: as C# source to this path instead of running anything." };
        var settings = new Option<string?>("--settings") { Description = "Settings file, for I:\\crime.cfg, with --bake." };
        var model = new Option<string?>("--model") { Description = "Model file, for I:\\model.crime, with --bake." };
        var inputs = new Option<string?>("--inputs") { Description = "Recording to replay, for I:\\inputs.recording, with --bake." };
        var command = new Command(
            "nanoclr",
            "Runs the bench on a nanoCLR: golden vectors on the real CLR, and the cost of instructions and kernels on it. With --firmware it runs the "
            + "whole firmware; docs/device.md describes the build and the stand-ins for flash, Wi-Fi and timers.\n\n"
            + "Examples:\n  crime nanoclr firmware/Bench/bin/Release --nanoclr nanoclr -o bench.log\n"
            + "  crime nanoclr --bake artifacts/realclr/BakedFiles.g.cs --settings crime.cfg --model vowels.crime --inputs vowels.recording\n"
            + "  crime nanoclr artifacts/realclr/run --firmware --nanoclr nanoclr --timeout 120")
        {
            files, clr, clrArguments, firmware, expected, log, timeout, json, bake, settings, model, inputs,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var request = new NanoClrRequest
            {
                Paths = parsed.GetValue(files) ?? [],
                Clr = parsed.GetValue(clr),
                Arguments = parsed.GetValue(clrArguments) ?? "",
                ExpectedInputs = parsed.GetValue(expected),
                LogPath = parsed.GetValue(log),
                TimeoutS = parsed.GetValue(timeout),
                Json = parsed.GetValue(json),
            };
            string?[] drive = [parsed.GetValue(settings), parsed.GetValue(model), parsed.GetValue(inputs)];
            if (parsed.GetValue(bake) is { } output) return Task.FromResult(NanoClrBaking.Run(output, drive, request));
            if (drive.Any(path => path != null))
                throw new UserInputException("--settings, --model and --inputs need --bake: a nanoCLR has no drive, so they are part of the build");
            if (request.Paths.Count == 0) throw new UserInputException("no PE files: give them, or the output folder of a build");
            if (!parsed.GetValue(firmware) && request.ExpectedInputs > 0) throw new UserInputException("--expect needs --firmware");
            return parsed.GetValue(firmware) ? NanoClrFirmware.RunAsync(request, cancellation) : RunBench(request, cancellation);
        });
        return command;
    }

    private static async Task<int> RunBench(NanoClrRequest request, CancellationToken cancellation)
    {
        NanoClrStart start = request.Start();
        var log = new BenchLog();
        var text = new StringBuilder();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(request.TimeoutS));
        try
        {
            await NanoClr.RunAsync(start, line =>
            {
                text.AppendLine(line);
                log.Add(line);
                Output.Remarks.WriteLine(line);
                return !log.IsComplete;
            }, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new UserInputException($"the bench did not end within {request.TimeoutS} s; its last line was: {LastLine(text)}");
        }
        if (!log.IsComplete) throw new UserInputException($"the bench broke off on {start.Program}; its last line was: {LastLine(text)}");
        if (request.LogPath != null) Output.WriteFile(request.LogPath, Encoding.UTF8.GetBytes(text.ToString()));

        int failed = log.Golden.Count(line => !line.Passed);
        string name = Path.GetFileName(start.Program);
        if (request.Json) Output.WriteJson(new { nanoclr = name, passed = log.Golden.Count - failed, failed, golden = log.Golden, measurements = log.Measurements });
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
