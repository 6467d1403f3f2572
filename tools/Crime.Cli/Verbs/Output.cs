// What all verbs print with: JSON for scripts on standard output, tables for people, progress on standard error.

using System;
using System.IO;
using System.Text.Json;
using System.Threading.Tasks;
using Crime.Modelling;
using Spectre.Console;

namespace Crime.Cli.Verbs;

/// <summary>Consoles and files of the verbs.</summary>
internal static class Output
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    private static readonly JsonSerializerOptions JsonLine = new(Json) { WriteIndented = false };

    /// <summary>Standard error, for progress and remarks: standard output stays clean for results.</summary>
    public static IAnsiConsole Remarks { get; } = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    /// <summary>Prints one JSON object.</summary>
    public static void WriteJson(object value) => Console.Out.WriteLine(JsonSerializer.Serialize(value, Json));

    /// <summary>Prints one JSON object on one line, for what goes on for a while.</summary>
    public static void WriteJsonLine(object value) => Console.Out.WriteLine(JsonSerializer.Serialize(value, JsonLine));

    /// <summary>Runs long work in the background and shows a bar where somebody looks; nothing in a log file.</summary>
    /// <param name="title">What is being done.</param>
    /// <param name="total">How many steps there are.</param>
    /// <param name="work">Receives a function to call with the number of steps done.</param>
    public static async Task<T> WithProgress<T>(string title, double total, Func<Action<int>, T> work)
    {
        if (!Remarks.Profile.Capabilities.Interactive) return await Task.Run(() => work(_ => { }));
        return await Remarks.Progress().HideCompleted(true).StartAsync(progress =>
        {
            ProgressTask task = progress.AddTask(title, maxValue: total);
            return Task.Run(() => work(done => task.Value = done));
        });
    }

    /// <summary>Writes a file as a whole: to a temporary name beside it first, so that no half-written file is left.</summary>
    /// <exception cref="UserInputException">The file cannot be written.</exception>
    public static void WriteFile(string path, byte[] content)
    {
        string temporary = path + ".partial";
        try
        {
            File.WriteAllBytes(temporary, content);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (File.Exists(temporary)) File.Delete(temporary);
            throw new UserInputException($"{path}: cannot be written: {e.Message}", e);
        }
    }
}
