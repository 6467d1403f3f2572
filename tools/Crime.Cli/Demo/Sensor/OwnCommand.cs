// Runs `crime` as a person would: as a process, with the arguments that are printed.

using System;
using System.Diagnostics;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Processes;
using Crime.Modelling;

namespace Crime.Cli.Demo.Sensor;

/// <summary>Runs verbs in processes of their own.</summary>
/// <param name="folder">Working directory.</param>
/// <param name="say">Receives each command as a line.</param>
internal sealed class OwnCommand(string folder, Action<string> say)
{
    /// <summary>Runs a verb and returns its JSON.</summary>
    /// <param name="cancellation">Ends the process.</param>
    /// <param name="arguments">Verb and options, without --json.</param>
    /// <exception cref="UserInputException">The verb has failed; the message is its last line.</exception>
    public async Task<JsonElement> RunAsync(CancellationToken cancellation, params string[] arguments)
    {
        say("crime " + string.Join(' ', arguments.Select(Quoted)));
        var start = new ProcessStartInfo(GatewayProcess.DotnetHost, [typeof(OwnCommand).Assembly.Location, .. arguments, "--json"])
        {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        };
        using Process process = ExternalProgram.Start(start);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation), errors = process.StandardError.ReadToEndAsync(cancellation);
        try
        {
            await process.WaitForExitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        string reason = (await errors).TrimEnd().Split('\n')[^1];
        if (process.ExitCode != 0) throw new UserInputException($"crime {arguments[0]} failed: {reason}");
        using JsonDocument json = JsonDocument.Parse(await output);
        return json.RootElement.Clone();
    }

    private static string Quoted(string argument) => argument.Contains(' ', StringComparison.Ordinal) ? $"'{argument}'" : argument;
}
