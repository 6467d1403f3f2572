// Output of all verbs: JSON for scripts and tables for people on standard output, progress on standard error.

using System;
using System.IO;
using System.Text.Json;
using System.Threading.Tasks;
using Crime.Modelling;
using Spectre.Console;

namespace Crime.Cli.Outputs;

/// <summary>Consoles and files of the verbs.</summary>
internal static class Output
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    private static readonly JsonSerializerOptions JsonLine = new(Json) { WriteIndented = false };

    /// <summary>Standard error, for progress and remarks. Standard output holds results only.</summary>
    public static IAnsiConsole Remarks { get; } = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    /// <summary>Prints one JSON object.</summary>
    public static void WriteJson(object value) => Console.Out.WriteLine(JsonSerializer.Serialize(value, Json));

    /// <summary>Prints one JSON object on one line, for verbs that print a stream of objects.</summary>
    public static void WriteJsonLine(object value) => Console.Out.WriteLine(JsonSerializer.Serialize(value, JsonLine));

    /// <summary>Runs long work in the background. An interactive terminal shows a progress bar, a log file nothing.</summary>
    /// <param name="title">Name of the work.</param>
    /// <param name="total">Number of steps.</param>
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

    /// <summary>Checks the path of a picture, before the work for it begins.</summary>
    /// <param name="option">Option that has the path.</param>
    /// <param name="path">The path.</param>
    /// <exception cref="UserInputException">The file is no .png, or its folder is missing.</exception>
    public static void CheckPicture(string option, string path)
    {
        if (!path.EndsWith(".png", StringComparison.OrdinalIgnoreCase)) throw new UserInputException($"{option} {path}: the picture is a .png file");
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "";
        if (!Directory.Exists(folder)) throw new UserInputException($"{option} {path}: there is no folder {folder}");
    }

    /// <summary>Writes a file as a whole: to a temporary file first, which then replaces the file. No half-written file remains.</summary>
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
