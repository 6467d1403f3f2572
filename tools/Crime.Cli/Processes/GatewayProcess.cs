// Runs the real gateway in a process of its own, as a systemd unit does.

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Boards;
using Crime.Modelling;
using Crime.VirtualBoard;

namespace Crime.Cli.Processes;

/// <summary>A gateway process with free ports on this machine.</summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    /// <summary>Host of the model download.</summary>
    public const string HttpHost = "127.0.0.1";

    private const int StartTimeoutMs = 30_000;

    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(2) };

    private readonly Process _process;
    private readonly List<string> _log = [];

    private GatewayProcess(Process process, BrokerEndpoint broker, int httpPort)
    {
        _process = process;
        Broker = broker;
        HttpPort = httpPort;
        process.OutputDataReceived += (_, e) => Keep(e.Data);
        process.ErrorDataReceived += (_, e) => Keep(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>The broker that the gateway and the boards use.</summary>
    public BrokerEndpoint Broker { get; }

    /// <summary>TCP port of the model download.</summary>
    public int HttpPort { get; }

    /// <summary>Id of the process.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Starts the gateway and waits until it is healthy.</summary>
    /// <param name="modelFolder">Folder with the models to serve.</param>
    /// <param name="externalBroker">An external broker; null for the broker in the gateway.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="options">Further options of the gateway.</param>
    /// <param name="program">Arguments of dotnet that start the program; null for the gateway itself.</param>
    /// <exception cref="UserInputException">The gateway ended or did not become healthy; the message has its last log line.</exception>
    public static async Task<GatewayProcess> StartAsync(
        string modelFolder, BrokerEndpoint? externalBroker, CancellationToken cancellation,
        IReadOnlyList<string>? options = null, IReadOnlyList<string>? program = null)
    {
        BrokerEndpoint broker = externalBroker ?? new BrokerEndpoint(HttpHost, FreePorts.Next());
        int httpPort = FreePorts.Next();
        var start = new ProcessStartInfo(DotnetHost)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] settings =
        [
            $"--Broker:Mode={(externalBroker == null ? "embedded" : "external")}", $"--Broker:Host={broker.Host}",
            $"--Broker:Port={broker.Port}", $"--Http:Port={httpPort}", $"--Models:Folder={modelFolder}",
        ];
        foreach (string argument in program ?? [Path.Combine(AppContext.BaseDirectory, "Crime.Gateway.dll")]) start.ArgumentList.Add(argument);
        foreach (string option in settings.Concat(options ?? [])) start.ArgumentList.Add(option);
        Process process = Process.Start(start) ?? throw new UserInputException($"{DotnetHost}: cannot be started");
        var gateway = new GatewayProcess(process, broker, httpPort);
        try
        {
            await gateway.WaitUntilHealthyAsync(cancellation);
            return gateway;
        }
        catch
        {
            await gateway.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the process immediately by SIGKILL, like a power failure.</summary>
    public void Kill()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>Path of the dotnet host that runs this program.</summary>
    public static string DotnetHost
    {
        get
        {
            // <root>/shared/Microsoft.NETCore.App/<version>/System.Private.CoreLib.dll
            string runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
            string host = Path.GetFullPath(Path.Combine(runtime, "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
            return File.Exists(host) ? host : "dotnet";
        }
    }

    private async Task WaitUntilHealthyAsync(CancellationToken cancellation)
    {
        var waited = Stopwatch.StartNew();
        while (waited.ElapsedMilliseconds < StartTimeoutMs && !_process.HasExited)
        {
            try
            {
                using HttpResponseMessage answer = await s_http.GetAsync($"http://{HttpHost}:{HttpPort}/healthz", cancellation);
                if (answer.IsSuccessStatusCode) return;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellation.IsCancellationRequested)
            {
                // Not listening yet.
            }
            await Task.Delay(50, cancellation);
        }
        lock (_log) throw new UserInputException($"the gateway did not start: {(_log.Count > 0 ? _log[^1] : "it said nothing")}");
    }

    private void Keep(string? line)
    {
        if (line == null) return;
        lock (_log)
        {
            _log.Add(line);
            if (_log.Count > 100) _log.RemoveAt(0);
        }
    }
}
