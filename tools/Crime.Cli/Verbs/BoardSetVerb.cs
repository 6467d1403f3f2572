// crime board set: settings go to a gateway, and from there to a board.

using System;
using System.CommandLine;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Outputs;
using Crime.Cli.Publishing;
using Crime.Frames;
using Crime.Modelling;
using Spectre.Console;

namespace Crime.Cli.Verbs;

internal static class BoardSetVerb
{
    // A board with its radio off may connect later. The broker retains the settings for it.
    private static readonly TimeSpan s_answerLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(200);

    public static Command Create()
    {
        var board = new Argument<string>("BOARD") { Description = "Id of the board." };
        var settings = new Argument<string[]>("KEY=VALUE") { Description = "The settings, with the keys of crime.cfg.", Arity = ArgumentArity.OneOrMore };
        var gateway = GatewayOptions.Address();
        var token = GatewayOptions.Token();
        var wait = new Option<bool>("--wait") { Description = "Wait for the board's answer, up to 60 s." };
        var json = new Option<bool>("--json") { Description = "Print the outcome as JSON." };
        var command = new Command(
            "set",
            "Changes settings of a board over the air. The board takes all of them or none, and keeps them over a restart.\n\n"
            + "Examples:\n  crime board set board-1 objective=energy --gateway http://localhost:8080 --wait\n"
            + "  crime board set board-1 result.least-confidence=600 \"on.wave=gpio 2 high 500\" --gateway http://gateway:8080")
        {
            board, settings, gateway, token, wait, json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            string id = parsed.GetRequiredValue(board), text = TextOf(parsed.GetRequiredValue(settings));
            if (!Topics.IsNodeId(id)) throw new UserInputException($"a board's id is 1 to 32 letters, digits, '-', '_' or '.'; '{id}' is not that");
            if (SettingsText.Problem(text, true) is { } problem) throw new UserInputException(problem);
            using var upload = new GatewayUpload(GatewayOptions.AddressOf(parsed.GetRequiredValue(gateway)), GatewayOptions.TokenOf(parsed.GetValue(token)));
            return await Run(upload, id, text, parsed.GetValue(wait), parsed.GetValue(json), cancellation);
        });
        return command;
    }

    private static string TextOf(string[] settings)
    {
        if (settings.FirstOrDefault(setting => setting.Contains('\n')) is { } broken) throw new UserInputException($"a setting is one line; '{broken}' is not");
        return string.Join('\n', settings) + "\n";
    }

    private static async Task<int> Run(GatewayUpload upload, string board, string text, bool isWaiting, bool isJson, CancellationToken cancellation)
    {
        SentSettingsState sent = await upload.SendSettingsAsync(board, text, cancellation);
        if (!isJson) AnsiConsole.WriteLine($"{board}: {sent.Settings.Length} setting(s) sent as {sent.Hash}");
        string? answer = isWaiting ? await AnswerAsync(upload, board, sent.Hash, cancellation) : null;
        bool isTaken = answer?.StartsWith(SettingsText.Taken + " ", StringComparison.Ordinal) == true;
        if (isJson) Output.WriteJson(new { board, hash = sent.Hash, settings = sent.Settings, answer });
        else if (answer != null) AnsiConsole.WriteLine($"{board}: {answer}");
        if (isWaiting && answer == null)
            Console.Error.WriteLine($"crime: {board} has not answered in {s_answerLimit.TotalSeconds:0} s; it takes the settings when it connects");
        return !isWaiting || isTaken ? 0 : ExitCode.Failed;
    }

    private static async Task<string?> AnswerAsync(GatewayUpload upload, string board, string hash, CancellationToken cancellation)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < s_answerLimit; await Task.Delay(s_pollInterval, cancellation))
        {
            SentSettingsState state = await upload.SettingsAsync(board, cancellation);
            if (state.Hash != hash) throw new UserInputException("other settings were sent to that board meanwhile");
            if (state.Answer != null) return state.Answer;
        }
        return null;
    }
}
