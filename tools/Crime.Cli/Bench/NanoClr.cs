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
using System.Threading.Tasks;
using Crime.Modelling;

namespace Crime.Cli.Bench;

/// <summary>A nanoCLR.</summary>
internal static class NanoClr
{
    /// <summary>Environment variable that names the program.</summary>
    public const string Variable = "NANOCLR";

    private const string CoreLibrary = "mscorlib";
    private const string ToolName = "nanoclr";

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

    /// <summary>Runs assemblies and hands over every line they print.</summary>
    /// <param name="program">The nanoCLR.</param>
    /// <param name="peFiles">In load order.</param>
    /// <param name="onLine">Receives a line; returns false when nothing more is expected, and the CLR is ended.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task RunAsync(string program, IReadOnlyList<string> peFiles, Func<string, bool> onLine, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true };
        bool isTool = Path.GetFileNameWithoutExtension(program).Equals(ToolName, StringComparison.OrdinalIgnoreCase);
        string[] verb = isTool ? ["run", "--assemblies"] : [];
        foreach (string argument in verb.Concat(peFiles)) start.ArgumentList.Add(argument);
        using Process process = ExternalProgram.Start(start);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(cancellation) is { } line)
                if (!onLine(line)) break;
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
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
