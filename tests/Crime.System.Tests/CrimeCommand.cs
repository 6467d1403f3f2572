using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>The command as a person runs it: a process of its own.</summary>
internal static class CrimeCommand
{
    /// <summary>What a process left behind.</summary>
    /// <param name="ExitCode">Its exit code.</param>
    /// <param name="Out">Standard output.</param>
    /// <param name="Error">Standard error.</param>
    public sealed record Outcome(int ExitCode, string Out, string Error)
    {
        /// <summary>Standard output as one JSON object; fails the test otherwise.</summary>
        public JsonElement Json()
        {
            Assert.That(ExitCode, Is.Zero, Error);
            return JsonDocument.Parse(Out).RootElement;
        }
    }

    /// <summary>Starts the command, for a test that talks to it while it runs.</summary>
    public static Process Start(params string[] arguments) => Start(new ProcessStartInfo("dotnet"), new Dictionary<string, string?>(), arguments);

    /// <summary>The same with variables of its environment set.</summary>
    public static Process StartWith(IReadOnlyDictionary<string, string?> environment, params string[] arguments) =>
        Start(new ProcessStartInfo("dotnet"), environment, arguments);

    /// <summary>
    /// The same on Linux, where an interrupt ends it even if these tests run in the background of a shell: such a shell starts its
    /// children with SIGINT ignored, and .NET leaves an ignored SIGINT ignored.
    /// </summary>
    public static Process StartInterruptible(params string[] arguments) =>
        Start(new ProcessStartInfo("env", ["--default-signal=INT", "dotnet"]), new Dictionary<string, string?>(), arguments);

    /// <summary>
    /// .NET compiles loops properly at once when the command runs, because of the verbs whose speed is measured. The others are over before that
    /// pays: without it, and without counting for later optimisation, they take two thirds of the processor time.
    /// </summary>
    private static readonly Dictionary<string, string?> s_quickStart = new() { ["DOTNET_TC_QuickJitForLoops"] = "1", ["DOTNET_TieredPGO"] = "0" };

    private static readonly string[] s_timedVerbs = ["bench", "board", "demo", "experiment"];

    public static Task<Outcome> RunAsync(params string[] arguments) =>
        RunWithAsync(arguments is [var verb, ..] && s_timedVerbs.Contains(verb) ? new Dictionary<string, string?>() : s_quickStart, arguments);

    /// <summary>The same with variables of its environment set; null takes one away.</summary>
    public static Task<Outcome> RunWithAsync(IReadOnlyDictionary<string, string?> environment, params string[] arguments) =>
        RunAsync(new ProcessStartInfo("dotnet"), environment, arguments);

    /// <summary>The same in another working folder.</summary>
    public static Task<Outcome> RunInAsync(string folder, params string[] arguments) =>
        RunAsync(new ProcessStartInfo("dotnet") { WorkingDirectory = folder }, s_quickStart, arguments);

    private static async Task<Outcome> RunAsync(ProcessStartInfo start, IReadOnlyDictionary<string, string?> environment, string[] arguments)
    {
        using Process process = Start(start, environment, arguments);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        using var limit = new global::System.Threading.CancellationTokenSource(TimeSpan.FromMinutes(10));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"crime {string.Join(' ', arguments)} did not end; it said: {await error}");
        }
        return new Outcome(process.ExitCode, await output, await error);
    }

    private static Process Start(ProcessStartInfo start, IReadOnlyDictionary<string, string?> environment, string[] arguments)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.ArgumentList.Add(Path.Combine(TestContext.CurrentContext.TestDirectory, "crime.dll"));
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} does not start");
    }
}
