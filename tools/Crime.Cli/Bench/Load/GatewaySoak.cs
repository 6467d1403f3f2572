// Many requests as fast as the machine allows: an hour of steady load, compressed. Memory, files and threads after a warm-up and
// at the end tell whether anything is left behind by a request.

using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Processes;

namespace Crime.Cli.Bench.Load;

/// <summary>What a soak has shown; the names are those of the JSON.</summary>
internal sealed record GatewaySoakReport
{
    /// <summary>Requests answered.</summary>
    public required long Requests { get; init; }

    /// <summary>Simulated boards.</summary>
    public required int Clients { get; init; }

    /// <summary>How long it took.</summary>
    public required double Seconds { get; init; }

    /// <summary>Requests answered before the first reading.</summary>
    public required long WarmRequests { get; init; }

    /// <summary>Physical memory after the warm-up: the middle of several readings.</summary>
    public required long WarmWorkingSetBytes { get; init; }

    /// <summary>Physical memory at the end.</summary>
    public required long EndWorkingSetBytes { get; init; }

    /// <summary>Largest physical memory seen.</summary>
    public required long MaxWorkingSetBytes { get; init; }

    /// <summary>Managed heap after the warm-up: the least of several readings, which is the one just after a collection.</summary>
    public required long WarmHeapBytes { get; init; }

    /// <summary>Managed heap at the end.</summary>
    public required long EndHeapBytes { get; init; }

    /// <summary>Open file handles after the warm-up.</summary>
    public required long WarmOpenFiles { get; init; }

    /// <summary>Open file handles at the end.</summary>
    public required long EndOpenFiles { get; init; }

    /// <summary>Threads after the warm-up.</summary>
    public required long WarmThreads { get; init; }

    /// <summary>Threads at the end.</summary>
    public required long EndThreads { get; init; }

    /// <summary>Requests refused.</summary>
    public required long Refused { get; init; }

    /// <summary>Answers that nobody waited for, connections lost, and faults that the gateway counted.</summary>
    public required long Faults { get; init; }
}

/// <summary>Runs a soak.</summary>
internal sealed class GatewaySoak(GatewayBenchOptions options, int requestCount, Action<string, double> progress, CancellationToken cancellation)
{
    private const int WarmUpShare = 5;
    private const int ReadingEveryMs = 250;
    private const int ReadingCount = 24;

    private long _maxWorkingSet;

    /// <summary>Physical memory, heap, open files and threads at a moment.</summary>
    private sealed record Reading(long WorkingSet, long Heap, long OpenFiles, long Threads);

    /// <summary>Runs it.</summary>
    public async Task<GatewaySoakReport> RunAsync()
    {
        var model = new BenchModel(options.HiddenCount);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("crime-soak-");
        try
        {
            File.WriteAllBytes(Path.Combine(folder.FullName, model.Name + ".crime"), model.File);
            await using GatewayProcess gateway = await GatewayProcess.StartAsync(
                folder.FullName, null, cancellation, GatewayBench.GatewayOptions(options.ClientCount));
            using LoadGenerator load = await LoadGenerator.ConnectAsync(options.ClientCount, gateway.Broker.Port, cancellation);
            load.Use(GatewayBench.Gateway, model.Request(options.Length));
            return await LoadAsync(load, gateway);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task<GatewaySoakReport> LoadAsync(LoadGenerator load, GatewayProcess gateway)
    {
        var watch = Stopwatch.StartNew();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task<LoadResult> running = load.RunClosedUntilAsync(() => enough.IsCancellationRequested, cancellation);
        await UntilAsync(load, requestCount / WarmUpShare);
        Reading warm = await ReadAsync(gateway);
        long warmCount = load.AnsweredCount;
        await UntilAsync(load, requestCount);
        Reading end = await ReadAsync(gateway);
        await enough.CancelAsync();
        LoadResult result = await running;
        JsonElement health = await GatewayBench.HealthAsync(gateway.HttpPort, cancellation);
        return new GatewaySoakReport
        {
            Requests = result.Answered,
            Clients = options.ClientCount,
            Seconds = Math.Round(watch.Elapsed.TotalSeconds, 1),
            WarmRequests = warmCount,
            WarmWorkingSetBytes = warm.WorkingSet,
            EndWorkingSetBytes = end.WorkingSet,
            MaxWorkingSetBytes = _maxWorkingSet,
            WarmHeapBytes = warm.Heap,
            EndHeapBytes = end.Heap,
            WarmOpenFiles = warm.OpenFiles,
            EndOpenFiles = end.OpenFiles,
            WarmThreads = warm.Threads,
            EndThreads = end.Threads,
            Refused = load.RefusedCount,
            Faults = load.StrayCount + load.LostCount + health.GetProperty("faults").GetInt64(),
        };
    }

    private async Task UntilAsync(LoadGenerator load, long count)
    {
        while (load.AnsweredCount < count)
        {
            progress("soaking", (double)load.AnsweredCount / requestCount);
            if (load.LostCount == options.ClientCount) throw new IOException("the gateway has closed all connections");
            await Task.Delay(ReadingEveryMs, cancellation);
        }
    }

    /// <summary>Several readings under load, made one: the middle of the memory, the least of the heap.</summary>
    private async Task<Reading> ReadAsync(GatewayProcess gateway)
    {
        var readings = new Reading[ReadingCount];
        for (int i = 0; i < ReadingCount; i++)
        {
            JsonElement health = await GatewayBench.HealthAsync(gateway.HttpPort, cancellation);
            using Process process = Process.GetProcessById(gateway.ProcessId);
            readings[i] = new Reading(
                process.WorkingSet64, health.GetProperty("heap_bytes").GetInt64(), OpenFilesOf(process), process.Threads.Count);
            _maxWorkingSet = Math.Max(_maxWorkingSet, process.WorkingSet64);
            await Task.Delay(ReadingEveryMs, cancellation);
        }
        return new Reading(
            readings.Select(reading => reading.WorkingSet).Order().ElementAt(ReadingCount / 2), readings.Min(reading => reading.Heap),
            readings.Max(reading => reading.OpenFiles), readings.Max(reading => reading.Threads));
    }

    private static long OpenFilesOf(Process process)
    {
        string folder = $"/proc/{process.Id}/fd";
        return Directory.Exists(folder) ? Directory.EnumerateFileSystemEntries(folder).LongCount() : process.HandleCount;
    }
}
