// crime publish: a model file goes to a gateway, and from there to its boards.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Outputs;
using Crime.Cli.Publishing;
using Crime.Frames;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.ModelFiles;
using Spectre.Console;

namespace Crime.Cli.Verbs;

internal static class PublishVerb
{
    private static readonly TimeSpan s_boardLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(500);

    public static Command Create()
    {
        var file = new Argument<string>("MODEL") { Description = "The model file: a .crime file as 'crime convert' writes it." };
        var gateway = GatewayOptions.Address();
        var name = new Option<string?>("--name") { Description = "Name of the model at the gateway; without it: the name of the file." };
        var token = GatewayOptions.Token();
        var boards = new Option<string?>("--wait-board") { Description = "Boards to wait for, up to 120 s, until they run the model: names with commas between." };
        var json = new Option<bool>("--json") { Description = "Print the outcome as JSON." };
        var command = new Command(
            "publish",
            "Uploads a model to a gateway, which checks it as a whole and serves it at once. Boards fetch it within a minute.\n\n"
            + "Examples:\n  crime publish vowels.crime --gateway http://localhost:8080\n"
            + "  crime publish vowels.crime --gateway http://gateway:8080 --name gestures --wait-board board-1,board-2")
        {
            file, gateway, name, token, boards, json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            string path = parsed.GetRequiredValue(file);
            using var upload = new GatewayUpload(GatewayOptions.AddressOf(parsed.GetRequiredValue(gateway)), GatewayOptions.TokenOf(parsed.GetValue(token)));
            return await Run(
                upload, parsed.GetValue(name) ?? Path.GetFileNameWithoutExtension(path), Read(path), BoardsIn(parsed.GetValue(boards)),
                parsed.GetValue(json), cancellation);
        });
        return command;
    }

    private static async Task<int> Run(
        GatewayUpload upload, string name, byte[] file, string[] boards, bool isJson, CancellationToken cancellation)
    {
        if (!Topics.IsNodeId(name)) throw new UserInputException($"a model's name is 1 to 32 letters, digits, '-', '_' or '.'; '{name}' is not that (--name)");
        Published published = await upload.PutAsync(name, file, cancellation);
        if (!isJson)
        {
            string before = published.PreviousChecksum == null ? "new"
                : published.PreviousChecksum == published.ImageChecksum ? "unchanged" : $"in the place of {published.PreviousChecksum}";
            AnsiConsole.WriteLine($"{published.Name} is served as {published.Id}: image {published.ImageChecksum} of {published.ImageSize} bytes, {before}");
        }
        string[] missing = await WaitAsync(upload, boards, published.ImageChecksum, cancellation);
        if (isJson)
        {
            Output.WriteJson(new
            {
                name = published.Name,
                id = published.Id,
                image_checksum = published.ImageChecksum,
                image_size = published.ImageSize,
                previous_checksum = published.PreviousChecksum,
                boards = boards.Except(missing),
                missing,
            });
        }
        return missing.Length == 0 ? 0 : ExitCode.Failed;
    }

    /// <returns>The boards that do not run the model in time.</returns>
    private static async Task<string[]> WaitAsync(GatewayUpload upload, string[] boards, string checksum, CancellationToken cancellation)
    {
        var seen = new Dictionary<string, string>();
        var clock = Stopwatch.StartNew();
        string[] missing = boards;
        while (missing.Length > 0)
        {
            IReadOnlyList<BoardState> states = await upload.BoardsAsync(cancellation);
            foreach (string board in missing) Report(board, states.FirstOrDefault(state => state.Board == board), checksum, seen, clock.Elapsed);
            missing = missing.Where(board => !states.Any(state => state.Board == board && state.ImageChecksum == checksum)).ToArray();
            if (missing.Length == 0) break;
            if (clock.Elapsed >= s_boardLimit)
            {
                Console.Error.WriteLine($"crime: after {s_boardLimit.TotalSeconds:0} s these boards do not run {checksum}: {string.Join(", ", missing)}");
                break;
            }
            await Task.Delay(s_pollInterval, cancellation);
        }
        return missing;
    }

    /// <summary>Writes a line about a board whose state has changed.</summary>
    private static void Report(string board, BoardState? state, string checksum, Dictionary<string, string> seen, TimeSpan after)
    {
        string text = state == null ? "the gateway does not know it"
            : state.ImageChecksum == checksum ? $"runs the model after {after.TotalSeconds:0.0} s"
            : (state.Online ? "online" : "offline") + $", runs {state.ImageChecksum ?? "no model, or an unknown one"}";
        if (seen.GetValueOrDefault(board) == text) return;
        seen[board] = text;
        Console.Error.WriteLine($"{board}: {text}");
    }

    private static byte[] Read(string path)
    {
        if (path.EndsWith(".kernel", StringComparison.OrdinalIgnoreCase))
            throw new UserInputException($"{path}: kernel packages are not uploaded; a gateway compiles one from each model that it serves");
        // The same reasons as the gateway's, without a connection.
        byte[] file = ModelLoading.ReadModel(path);
        ModelFile model = ModelLoading.Parse(file, path);
        return model.HasFloat ? file : throw new UserInputException($"{path}: it has no float weights (an image for boards?)");
    }

    private static string[] BoardsIn(string? text)
    {
        string[] boards = text?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct().ToArray() ?? [];
        foreach (string board in boards)
            if (!Topics.IsNodeId(board)) throw new UserInputException($"--wait-board takes names of boards; '{board}' is none");
        return boards;
    }
}
