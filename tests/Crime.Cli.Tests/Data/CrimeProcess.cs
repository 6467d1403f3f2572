using System;
using System.Diagnostics;
using System.IO;
using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.Cli.Tests.Data;

/// <summary>The command as a person runs it.</summary>
internal static class CrimeProcess
{
    /// <summary>Runs a verb.</summary>
    /// <param name="folder">The working folder.</param>
    /// <param name="arguments">The command line.</param>
    public static async Task<(int Code, string Output, string Error)> RunAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "crime.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMilliseconds(Deadline.Ms));
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
        return (process.ExitCode, await output, await error);
    }

    /// <summary>Runs a verb that must succeed.</summary>
    /// <returns>Its JSON.</returns>
    public static async Task<JsonElement> JsonAsync(string folder, params string[] arguments)
    {
        (int code, string output, string error) = await RunAsync(folder, [.. arguments, "--json"]);
        Assert.That(code, Is.Zero, error);
        return JsonDocument.Parse(output).RootElement;
    }

    /// <summary>Runs a verb that must refuse its input in one line, and write nothing.</summary>
    public static async Task RefusesAsync(string folder, string expected, params string[] arguments)
    {
        string[] before = Directory.GetFileSystemEntries(folder, "*", SearchOption.AllDirectories);
        (int code, string output, string error) = await RunAsync(folder, arguments);
        Assert.That((code, output), Is.EqualTo((2, "")), error);
        Assert.That(error.TrimEnd(), Does.StartWith("crime: ").And.Contain(expected).And.Not.Contain("\n"));
        Assert.That(Directory.GetFileSystemEntries(folder, "*", SearchOption.AllDirectories), Is.EquivalentTo(before));
    }
}
