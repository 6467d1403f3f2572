using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.Testing;

/// <summary>A process: the gateway as a program of its own, or a command that starts it.</summary>
public sealed class GatewayProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _errors;

    private GatewayProcess(Process process)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync();
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Path of the dotnet that runs this test.</summary>
    public static string DotnetHost
    {
        get
        {
            // <root>/shared/Microsoft.NETCore.App/<version>/System.Private.CoreLib.dll
            string runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
            string host = Path.GetFullPath(Path.Combine(runtime, "..", "..", "..", "dotnet"));
            return File.Exists(host) ? host : "dotnet";
        }
    }

    /// <summary>Path of the gateway's assembly. It lies beside the tests of a project that references the gateway.</summary>
    public static string ProgramFile => Path.Combine(AppContext.BaseDirectory, "Crime.Gateway.dll");

    /// <summary>Starts a gateway.</summary>
    /// <param name="options">Its command line.</param>
    public static GatewayProcess Start(params string[] options) => Start(new Dictionary<string, string>(), options);

    /// <summary>Starts a gateway.</summary>
    /// <param name="environment">Environment variables beside those of the test.</param>
    /// <param name="options">Its command line.</param>
    public static GatewayProcess Start(IReadOnlyDictionary<string, string> environment, params string[] options) =>
        Run(DotnetHost, [ProgramFile, .. options], environment);

    /// <summary>Starts a program.</summary>
    /// <param name="program">Path of the program.</param>
    /// <param name="arguments">Its command line.</param>
    /// <param name="environment">Environment variables beside those of the test.</param>
    public static GatewayProcess Run(string program, string[] arguments, IReadOnlyDictionary<string, string> environment)
    {
        // Another folder than the program's: it must find its files from anywhere.
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return new GatewayProcess(Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start"));
    }

    /// <summary>Ends the process with SIGKILL.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Sends SIGTERM, as systemd does.</summary>
    public void Terminate()
    {
        using Process kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Waits until the process has ended.</summary>
    /// <returns>Its exit code, its standard output and the lines of its standard error.</returns>
    public async Task<(int Code, string Output, string[] ErrorLines)> EndAsync()
    {
        Task end = _process.WaitForExitAsync();
        if (await Task.WhenAny(end, Task.Delay(Deadline.Ms)) != end) Assert.Fail($"the gateway did not end within {Deadline.Ms} ms");
        string[] errorLines = (await _errors).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return (_process.ExitCode, await _output, errorLines);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
