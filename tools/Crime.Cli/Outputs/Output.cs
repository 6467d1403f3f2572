// Output of all verbs: JSON for scripts and tables for people on standard output, progress on standard error.

using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Tasks;
using Crime.Modelling;
using Crime.Modelling.Datasets;
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

    /// <summary>Prints one JSON object, with the data set that it is about as 'data'.</summary>
    /// <param name="value">The object.</param>
    /// <param name="data">The data set; null adds nothing.</param>
    public static void WriteJson(object value, Dataset? data)
    {
        JsonNode node = JsonSerializer.SerializeToNode(value, Json)!;
        if (data != null) node["data"] = JsonSerializer.SerializeToNode(LoadedData.ToJson(data), Json);
        Console.Out.WriteLine(node.ToJsonString(Json));
    }

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
    public static void WriteFile(string path, byte[] content) => WriteFiles((path, content));

    /// <summary>Writes files as a whole: all to temporary files first, which then replace the files.</summary>
    /// <exception cref="UserInputException">A file cannot be written.</exception>
    public static void WriteFiles(params (string Path, byte[] Content)[] files)
    {
        string current = files[0].Path;
        try
        {
            foreach ((string path, byte[] content) in files) File.WriteAllBytes(TemporaryOf(current = path), content);
            foreach ((string path, _) in files) File.Move(TemporaryOf(current = path), path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            foreach ((string path, _) in files.Where(file => File.Exists(TemporaryOf(file.Path)))) File.Delete(TemporaryOf(path));
            throw new UserInputException($"{current}: cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Refuses to replace a file that is there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isForced">True when the user allows it.</param>
    /// <exception cref="UserInputException">The file is there.</exception>
    public static void CheckNew(string path, bool isForced)
    {
        if (!isForced && File.Exists(path)) throw new UserInputException($"{path}: is there already; give another --output, or --force to replace it");
    }

    private static string TemporaryOf(string path) => path + ".partial";
}
