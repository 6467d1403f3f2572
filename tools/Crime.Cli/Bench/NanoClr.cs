// Runs PE files on a nanoCLR of this machine: the command `nanoclr` that nanoFramework publishes as a .NET tool for Windows
// (nanoclr run --assemblies ...), or a host build of nf-interpreter for Linux and macOS (the PE files as arguments).

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Crime.Cli.Processes;
using Crime.Modelling;

namespace Crime.Cli.Bench;

/// <summary>A run of a nanoCLR.</summary>
/// <param name="Program">The nanoCLR.</param>
/// <param name="PeFiles">PE files in load order.</param>
internal sealed record NanoClrStart(string Program, IReadOnlyList<string> PeFiles)
{
    /// <summary>Arguments for the CLR itself, before the PE files.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>
    /// Whether the CLR gets SIGTERM and five seconds to print its last lines before it is killed, and its standard error is read too.
    /// Windows has no SIGTERM: the CLR is killed at once.
    /// </summary>
    public bool EndsGently { get; init; }
}

/// <summary>A nanoCLR.</summary>
internal static class NanoClr
{
    /// <summary>Environment variable that names the program.</summary>
    public const string Variable = "NANOCLR";

    private const string CoreLibrary = "mscorlib";
    private const string ToolName = "nanoclr";

    private static readonly TimeSpan s_endTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The program to use.</summary>
    /// <param name="path">What the person gave; null to look into the environment.</param>
    /// <exception cref="UserInputException">There is none.</exception>
    public static string Find(string? path)
    {
        path ??= Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(path))
            throw new UserInputException($"no nanoCLR: give --nanoclr PATH or set {Variable}; on Windows 'dotnet tool install -g nanoclr' brings one");
        if (!File.Exists(path)) throw new UserInputException($"{path}: no such nanoCLR");
        return path;
    }

    /// <summary>PE files in the order in which the CLR must load them: each after those it refers to.</summary>
    /// <param name="paths">PE files, and folders of them.</param>
    /// <remarks>References are read from the .dll or .exe beside a PE file, which every build leaves there; without one they count as none.</remarks>
    /// <exception cref="UserInputException">A file is missing, or the core library is not among them.</exception>
    public static IReadOnlyList<string> LoadOrder(IEnumerable<string> paths)
    {
        var byName = new Dictionary<string, string>();
        foreach (string path in paths)
        {
            if (!Path.Exists(path)) throw new UserInputException($"{path}: no such file or folder");
            string[] files = Directory.Exists(path) ? Directory.GetFiles(path, "*.pe").Order(StringComparer.Ordinal).ToArray() : [path];
            foreach (string file in files) byName.TryAdd(Path.GetFileNameWithoutExtension(file), file);
        }
        if (!byName.ContainsKey(CoreLibrary)) throw new UserInputException($"there is no {CoreLibrary}.pe among the files; give the build's output folder");
        var order = new List<string>();
        var seen = new HashSet<string>();
        Visit(CoreLibrary);
        foreach (string name in byName.Keys) Visit(name);
        return order;

        void Visit(string name)
        {
            if (!byName.TryGetValue(name, out string? file) || !seen.Add(name)) return;
            foreach (string reference in ReferencesOf(file)) Visit(reference);
            order.Add(file);
        }
    }

    /// <summary>Runs assemblies and passes on each line that they print, until <paramref name="onLine"/> returns false.</summary>
    /// <param name="start">What to run.</param>
    /// <param name="onLine">Receives a line; returns false when nothing more is expected, and the CLR is ended.</param>
    /// <param name="cancellation">Ends the CLR.</param>
    /// <exception cref="OperationCanceledException">The run was cancelled; the last lines have been passed on.</exception>
    public static async Task RunAsync(NanoClrStart start, Func<string, bool> onLine, CancellationToken cancellation)
    {
        var info = new ProcessStartInfo(start.Program) { RedirectStandardOutput = true, RedirectStandardError = start.EndsGently };
        bool isTool = Path.GetFileNameWithoutExtension(start.Program).Equals(ToolName, StringComparison.OrdinalIgnoreCase);
        string[] verb = isTool ? ["run"] : [], assemblies = isTool ? ["--assemblies"] : [];
        foreach (string argument in verb.Concat(start.Arguments).Concat(assemblies).Concat(start.PeFiles)) info.ArgumentList.Add(argument);
        using Process process = ExternalProgram.Start(info);
        Channel<string> lines = Channel.CreateUnbounded<string>();
        _ = ReadAsync(start.EndsGently ? [process.StandardOutput, process.StandardError] : [process.StandardOutput], lines.Writer);
        try
        {
            await foreach (string line in lines.Reader.ReadAllAsync(cancellation))
                if (!onLine(line)) break;
        }
        finally
        {
            if (start.EndsGently && !process.HasExited && ExternalProgram.RequestEnd(process)) await DrainAsync(lines.Reader, onLine);
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    private static async Task ReadAsync(StreamReader[] streams, ChannelWriter<string> lines)
    {
        try
        {
            await Task.WhenAll(streams.Select(stream => ReadAsync(stream, lines)));
        }
        finally
        {
            lines.TryComplete();
        }
    }

    private static async Task ReadAsync(StreamReader stream, ChannelWriter<string> lines)
    {
        while (await stream.ReadLineAsync() is { } line) lines.TryWrite(line);
    }

    // Some builds of the CLR print their statistics when they end.
    private static async Task DrainAsync(ChannelReader<string> lines, Func<string, bool> onLine)
    {
        using var limit = new CancellationTokenSource(s_endTimeout);
        try
        {
            await foreach (string line in lines.ReadAllAsync(limit.Token)) onLine(line);
        }
        catch (OperationCanceledException)
        {
            // The caller kills a CLR that does not end.
        }
    }

    private static string[] ReferencesOf(string peFile)
    {
        string? assembly = new[] { ".dll", ".exe" }.Select(extension => Path.ChangeExtension(peFile, extension)).FirstOrDefault(File.Exists);
        if (assembly == null) return [];
        using var reader = new PEReader(File.OpenRead(assembly));
        if (!reader.HasMetadata) return [];
        MetadataReader metadata = reader.GetMetadataReader();
        return metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name)).ToArray();
    }
}
