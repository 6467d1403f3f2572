// Finds and runs nanoff, nanoFramework's own flashing tool: everything that touches a board goes through it.

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Processes;
using Crime.Modelling;

namespace Crime.Cli.Flashing;

/// <summary>How to start nanoff.</summary>
/// <param name="Program">The program.</param>
/// <param name="Prefix">Arguments before nanoff's own: its name, when it is a tool of the folder.</param>
internal sealed record Nanoff(string Program, IReadOnlyList<string> Prefix)
{
    private const string Name = "nanoff";

    /// <summary>Looks on PATH, among the user's .NET tools, and in the tool manifests of the folders above.</summary>
    /// <exception cref="UserInputException">It is nowhere.</exception>
    public static Nanoff Find()
    {
        string file = OperatingSystem.IsWindows() ? Name + ".exe" : Name;
        string tools = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dotnet", "tools");
        string? found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Append(tools).Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists);
        if (found != null) return new Nanoff(found, []);
        for (DirectoryInfo? at = new(Directory.GetCurrentDirectory()); at != null; at = at.Parent)
        {
            string manifest = Path.Combine(at.FullName, ".config", "dotnet-tools.json");
            if (File.Exists(manifest) && File.ReadAllText(manifest).Contains($"\"{Name}\"", StringComparison.OrdinalIgnoreCase))
                return new Nanoff("dotnet", [Name]);
        }
        throw new UserInputException("nanoff is not on PATH and not a .NET tool here; install it with 'dotnet tool install -g nanoff'");
    }

    /// <summary>Runs it to its end.</summary>
    /// <param name="arguments">What to do.</param>
    /// <param name="onLine">Receives every line it prints.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <returns>Its exit code and everything it printed.</returns>
    public async Task<(int ExitCode, string Text)> RunAsync(IReadOnlyList<string> arguments, Action<string> onLine, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(Program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in Prefix.Concat(arguments)) start.ArgumentList.Add(argument);
        using Process process = ExternalProgram.Start(start);
        using CancellationTokenRegistration kill = cancellation.Register(() => process.Kill(entireProcessTree: true));
        var lines = new List<string>();
        await Task.WhenAll(Collect(process.StandardOutput), Collect(process.StandardError));
        await process.WaitForExitAsync(CancellationToken.None);
        cancellation.ThrowIfCancellationRequested();
        return (process.ExitCode, string.Join('\n', lines));

        async Task Collect(StreamReader stream)
        {
            while (await stream.ReadLineAsync(CancellationToken.None) is { } line)
            {
                lock (lines) lines.Add(line);
                onLine(line);
            }
        }
    }
}
