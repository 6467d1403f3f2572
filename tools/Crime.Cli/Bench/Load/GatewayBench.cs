// The gateway under the load of a building full of boards: how much of what the network alone could carry is left once the
// network has to be computed as well, how soon answers come at half of that, and whether the queue depth it tells is true.

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Processes;
using Crime.Frames;

namespace Crime.Cli.Bench.Load;

/// <summary>What to measure.</summary>
/// <param name="ClientCount">Simulated boards, each with its own connection.</param>
/// <param name="HiddenCount">Hidden units of the model.</param>
/// <param name="Length">Timesteps of a request.</param>
/// <param name="Rounds">Rounds of one slice of each side.</param>
/// <param name="SliceMs">Length of a slice.</param>
internal sealed record GatewayBenchOptions(int ClientCount, int HiddenCount, int Length, int Rounds, int SliceMs);

/// <summary>What was measured; the names are those of the JSON.</summary>
internal sealed record GatewayBenchReport
{
    /// <summary>Simulated boards.</summary>
    public required int Clients { get; init; }

    /// <summary>Hidden units of the model.</summary>
    public required int Hidden { get; init; }

    /// <summary>Timesteps of a request.</summary>
    public required int Length { get; init; }

    /// <summary>Processor cores that gateway and load share.</summary>
    public required int Cores { get; init; }

    /// <summary>Answers per second with every board asking again at once.</summary>
    public required double RequestsPerS { get; init; }

    /// <summary>The same while the gateway only echoes.</summary>
    public required double EchoRequestsPerS { get; init; }

    /// <summary>The first over the second.</summary>
    public required double Ratio { get; init; }

    /// <summary>The ratio of every round.</summary>
    public required IReadOnlyList<double> Ratios { get; init; }

    /// <summary>Mean requests per batch at full speed.</summary>
    public required double RequestsPerBatch { get; init; }

    /// <summary>Bytes that the gateway allocates per request at full speed, the broker's included.</summary>
    public required double AllocatedBytesPerRequest { get; init; }

    /// <summary>The same while it only echoes: what the broker allocates.</summary>
    public required double EchoAllocatedBytesPerRequest { get; init; }

    /// <summary>Processor time of the gateway per request at full speed, the broker's and the system calls' included.</summary>
    public required double CpuUsPerRequest { get; init; }

    /// <summary>The same while it only echoes.</summary>
    public required double EchoCpuUsPerRequest { get; init; }

    /// <summary>Requests per second at half load, as asked.</summary>
    public required double HalfLoadRequestsPerS { get; init; }

    /// <summary>Median time of an answer at half load.</summary>
    public required double P50MsAtHalfLoad { get; init; }

    /// <summary>99th percentile of it.</summary>
    public required double P99MsAtHalfLoad { get; init; }

    /// <summary>Mean depth of the queue while it was watched.</summary>
    public required double DepthMean { get; init; }

    /// <summary>Mean distance of the depth last told in a status from the true one, over the mean depth.</summary>
    public required double DepthError { get; init; }

    /// <summary>Longest time between two statuses meanwhile.</summary>
    public required double StatusAgeMsMax { get; init; }

    /// <summary>Requests refused in all phases.</summary>
    public required long Refused { get; init; }

    /// <summary>Answers that nobody waited for, and connections lost.</summary>
    public required long Faults { get; init; }
}

/// <summary>Starts a gateway and measures it.</summary>
internal sealed class GatewayBench(GatewayBenchOptions options, Action<string, double> progress, CancellationToken cancellation)
{
    /// <summary>Name of the gateway in topics.</summary>
    public const string Gateway = "gateway";

    /// <summary>Slower than the network by so much that nearly all requests wait in the queue.</summary>
    private const int DeepQueueHiddenCount = 256;

    private const int WarmUpMs = 2000;
    private const int WatchMs = 3000;
    private const int SettleMs = 500;

    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(10) };

    private readonly List<double> _ratios = [];
    private long _allocated;
    private long _answered;
    private long _echoAllocated;
    private long _echoAnswered;
    private long _batches;
    private double _cpuSeconds;
    private double _echoCpuSeconds;
    private double _seconds;
    private double _echoSeconds;

    /// <summary>Options that let a whole building wait.</summary>
    public static string[] GatewayOptions(int clientCount) => [$"--Queue:Capacity={2 * clientCount}", $"--Node:Id={Gateway}"];

    /// <summary>Runs all phases.</summary>
    public async Task<GatewayBenchReport> RunAsync()
    {
        var model = new BenchModel(options.HiddenCount);
        var deep = new BenchModel(DeepQueueHiddenCount, seed: 2);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("crime-bench-");
        try
        {
            foreach (BenchModel served in new[] { model, deep }) File.WriteAllBytes(Path.Combine(folder.FullName, served.Name + ".crime"), served.File);
            await using GatewayProcess gateway = await GatewayProcess.StartAsync(
                folder.FullName, null, cancellation, GatewayOptions(options.ClientCount), EchoGateway.Program);
            progress("connecting", 0);
            using LoadGenerator load = await LoadGenerator.ConnectAsync(options.ClientCount, gateway.Broker.Port, cancellation);
            await CompareAsync(load, gateway, model);
            load.Use(Gateway, model.Request(options.Length));
            progress("half load", 0.6);
            double rate = _answered / _seconds / 2;
            LoadResult half = await load.RunOpenAsync(rate, TimeSpan.FromMilliseconds(options.Rounds * options.SliceMs), cancellation);
            progress("queue depth", 0.9);
            DepthWatch watch = await WatchDepthAsync(load, deep);
            return Report(load, half, rate, watch);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>A number of /healthz.</summary>
    public static async Task<JsonElement> HealthAsync(int httpPort, CancellationToken cancellation)
    {
        using Stream answer = await s_http.GetStreamAsync($"http://{GatewayProcess.HttpHost}:{httpPort}/healthz", cancellation);
        return (await JsonDocument.ParseAsync(answer, cancellationToken: cancellation)).RootElement;
    }

    private async Task CompareAsync(LoadGenerator load, GatewayProcess gateway, BenchModel model)
    {
        RequestFrame real = model.Request(options.Length), echo = model.Request(options.Length, EchoHandler.ModelId);
        foreach (RequestFrame request in new[] { real, echo })
        {
            load.Use(Gateway, request);
            await load.RunClosedAsync(TimeSpan.FromMilliseconds(WarmUpMs), cancellation);
        }
        for (int round = 0; round < options.Rounds; round++)
        {
            progress("full speed against an echo", 0.1 + 0.5 * round / options.Rounds);
            // The order turns from round to round, so that a drift of the machine does not favour one side.
            bool isEchoFirst = round % 2 == 0;
            double first = await SliceAsync(load, gateway, isEchoFirst ? echo : real, isEchoFirst);
            double second = await SliceAsync(load, gateway, isEchoFirst ? real : echo, !isEchoFirst);
            _ratios.Add(isEchoFirst ? second / first : first / second);
        }
    }

    private async Task<double> SliceAsync(LoadGenerator load, GatewayProcess gateway, RequestFrame request, bool isEcho)
    {
        load.Use(Gateway, request);
        JsonElement before = await HealthAsync(gateway.HttpPort, cancellation);
        double cpuBefore = CpuSeconds(gateway);
        LoadResult result = await load.RunClosedAsync(TimeSpan.FromMilliseconds(options.SliceMs), cancellation);
        double cpuSeconds = CpuSeconds(gateway) - cpuBefore;
        JsonElement after = await HealthAsync(gateway.HttpPort, cancellation);
        long Grown(string name) => after.GetProperty(name).GetInt64() - before.GetProperty(name).GetInt64();
        if (isEcho)
        {
            _echoAllocated += Grown("allocated_bytes");
            _echoAnswered += result.Answered;
            _echoSeconds += result.Seconds;
            _echoCpuSeconds += cpuSeconds;
        }
        else
        {
            _allocated += Grown("allocated_bytes");
            _batches += Grown("batches");
            _answered += result.Answered;
            _seconds += result.Seconds;
            _cpuSeconds += cpuSeconds;
        }
        return result.PerSecond;
    }

    private static double CpuSeconds(GatewayProcess gateway)
    {
        using Process process = Process.GetProcessById(gateway.ProcessId);
        return process.TotalProcessorTime.TotalSeconds;
    }

    private async Task<DepthWatch> WatchDepthAsync(LoadGenerator load, BenchModel deep)
    {
        load.Use(Gateway, deep.Request(options.Length));
        var watch = new DepthWatch();
        using var settled = new Timer(_ => watch.Start(), null, SettleMs, Timeout.Infinite);
        using var ended = new Timer(_ => watch.Stop(), null, WatchMs, Timeout.Infinite);
        load.DepthObserver = watch.OnAnswer;
        load.StatusObserver = watch.OnStatus;
        await load.RunClosedAsync(TimeSpan.FromMilliseconds(WatchMs), cancellation);
        load.DepthObserver = null;
        load.StatusObserver = null;
        return watch;
    }

    private GatewayBenchReport Report(LoadGenerator load, LoadResult half, double rate, DepthWatch watch)
    {
        double perSecond = _answered / _seconds, echoPerSecond = _echoAnswered / _echoSeconds;
        return new GatewayBenchReport
        {
            Clients = options.ClientCount,
            Hidden = options.HiddenCount,
            Length = options.Length,
            Cores = Environment.ProcessorCount,
            RequestsPerS = Math.Round(perSecond),
            EchoRequestsPerS = Math.Round(echoPerSecond),
            Ratio = Math.Round(perSecond / echoPerSecond, 3),
            Ratios = _ratios.Select(ratio => Math.Round(ratio, 3)).ToArray(),
            RequestsPerBatch = Math.Round((double)_answered / Math.Max(_batches, 1), 2),
            AllocatedBytesPerRequest = Math.Round((double)_allocated / _answered),
            EchoAllocatedBytesPerRequest = Math.Round((double)_echoAllocated / _echoAnswered),
            CpuUsPerRequest = Math.Round(1e6 * _cpuSeconds / _answered, 1),
            EchoCpuUsPerRequest = Math.Round(1e6 * _echoCpuSeconds / _echoAnswered, 1),
            HalfLoadRequestsPerS = Math.Round(rate),
            P50MsAtHalfLoad = Math.Round(half.QuantileMs(0.5), 2),
            P99MsAtHalfLoad = Math.Round(half.QuantileMs(0.99), 2),
            DepthMean = Math.Round(watch.MeanDepth, 1),
            DepthError = Math.Round(watch.MeanError, 4),
            StatusAgeMsMax = Math.Round(watch.LongestAgeMs, 1),
            Refused = load.RefusedCount,
            Faults = load.StrayCount + load.LostCount,
        };
    }
}
