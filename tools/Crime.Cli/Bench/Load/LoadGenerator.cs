// A thousand boards that ask as fast as they are answered, or at a given rate whether they are answered or not.

using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using Crime.Frames;

namespace Crime.Cli.Bench.Load;

/// <summary>What came of a while of load.</summary>
/// <param name="Answered">Requests answered with a class.</param>
/// <param name="Refused">Requests refused.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="TimesUs">Time of each answer in µs, sorted; empty where it was not asked for.</param>
internal sealed record LoadResult(long Answered, long Refused, double Seconds, double[] TimesUs)
{
    /// <summary>Answers per second.</summary>
    public double PerSecond => Answered / Seconds;

    /// <summary>The time that a share of the answers does not exceed, in ms.</summary>
    public double QuantileMs(double share) =>
        TimesUs.Length == 0 ? double.NaN : TimesUs[Math.Min((int)(share * TimesUs.Length), TimesUs.Length - 1)] / 1000;
}

/// <summary>Runs load over a fixed set of connections.</summary>
internal sealed class LoadGenerator : ILoadObserver, IDisposable
{
    private const int ConnectingAtATime = 32;
    private const int MaxTimes = 4_000_000;
    private const int DrainTimeoutMs = 30_000;

    private readonly LoadClient[] _clients;
    private readonly ConcurrentQueue<LoadClient> _idle = new();
    private readonly double[] _timesUs = new double[MaxTimes];
    private int _timeCount;
    private long _answered;
    private long _refused;
    private long _stray;
    private long _answeredBefore;
    private long _refusedBefore;
    private int _underWay;
    private bool _isClosedLoop;
    private volatile bool _isSending;
    private bool _isTimed;

    private LoadGenerator(int clientCount) => _clients = new LoadClient[clientCount];

    /// <summary>Sees the depth that answers tell: time stamp, depth. Called on threads of the pool.</summary>
    public Action<long, int>? DepthObserver { get; set; }

    /// <summary>Sees the statuses that the first client receives.</summary>
    public Action<long, StatusFrame>? StatusObserver { get; set; }

    /// <summary>Answers to requests that were not under way.</summary>
    public long StrayCount => Interlocked.Read(ref _stray);

    /// <summary>Requests answered with a class since the start.</summary>
    public long AnsweredCount => Interlocked.Read(ref _answered);

    /// <summary>Requests refused since the start.</summary>
    public long RefusedCount => Interlocked.Read(ref _refused);

    /// <summary>Connections that have ended by themselves.</summary>
    public int LostCount
    {
        get
        {
            int count = 0;
            foreach (LoadClient client in _clients)
                if (client.IsLost) count++;
            return count;
        }
    }

    /// <summary>Connects all clients.</summary>
    public static async Task<LoadGenerator> ConnectAsync(int clientCount, int port, CancellationToken cancellation)
    {
        var generator = new LoadGenerator(clientCount);
        var options = new ParallelOptions { MaxDegreeOfParallelism = ConnectingAtATime, CancellationToken = cancellation };
        await Parallel.ForAsync(0, clientCount, options, async (i, _) => generator._clients[i] = await LoadClient.ConnectAsync(i, port, generator));
        return generator;
    }

    /// <summary>Sets what is asked from now on; nothing may be under way.</summary>
    public void Use(string gateway, RequestFrame request)
    {
        foreach (LoadClient client in _clients) client.Use(gateway, request);
    }

    /// <summary>Every client asks again as soon as it is answered.</summary>
    /// <param name="duration">How long; the last answers are waited for and count.</param>
    /// <param name="cancellation">Ends it early.</param>
    public Task<LoadResult> RunClosedAsync(TimeSpan duration, CancellationToken cancellation)
    {
        var running = Stopwatch.StartNew();
        return RunClosedUntilAsync(() => running.Elapsed >= duration, cancellation);
    }

    /// <summary>Every client asks again as soon as it is answered, until a condition holds.</summary>
    public async Task<LoadResult> RunClosedUntilAsync(Func<bool> isEnough, CancellationToken cancellation)
    {
        const int lookEveryMs = 20;
        long start = Begin(isClosedLoop: true, isTimed: false);
        foreach (LoadClient client in _clients) Send(client, Stopwatch.GetTimestamp());
        while (!isEnough()) await Task.Delay(lookEveryMs, cancellation);
        return await EndAsync(start, cancellation);
    }

    /// <summary>Requests at random moments, independent of each other and of the answers: a Poisson process.</summary>
    /// <param name="perSecond">Mean rate.</param>
    /// <param name="duration">How long.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <remarks>A request's time counts from the moment it was due, so that a generator that is held up cannot hide a wait.</remarks>
    public async Task<LoadResult> RunOpenAsync(double perSecond, TimeSpan duration, CancellationToken cancellation)
    {
        long start = Begin(isClosedLoop: false, isTimed: true);
        _idle.Clear();
        foreach (LoadClient client in _clients) _idle.Enqueue(client);
        await Task.Factory.StartNew(
            () => SendAtRandom(start, perSecond, duration, cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return await EndAsync(start, cancellation);
    }

    /// <inheritdoc/>
    public void OnAnswer(LoadClient client, ResponseCode code, int depth, long sinceTicks)
    {
        if (code == ResponseCode.Ok) Interlocked.Increment(ref _answered);
        else Interlocked.Increment(ref _refused);
        long now = Stopwatch.GetTimestamp();
        if (_isTimed && code == ResponseCode.Ok)
        {
            int at = Interlocked.Increment(ref _timeCount) - 1;
            if (at < MaxTimes) _timesUs[at] = Stopwatch.GetElapsedTime(sinceTicks, now).TotalMicroseconds;
        }
        DepthObserver?.Invoke(now, depth);
        Interlocked.Decrement(ref _underWay);
        if (!_isClosedLoop) _idle.Enqueue(client);
        else if (_isSending) Send(client, now);
    }

    /// <inheritdoc/>
    public void OnStrayAnswer() => Interlocked.Increment(ref _stray);

    /// <inheritdoc/>
    public void OnStatus(LoadClient client, ReadOnlySpan<byte> payload)
    {
        if (client.Index != 0 || StatusObserver == null) return;
        var status = new StatusFrame();
        if (status.Decode(payload.ToArray()) == FrameError.None) StatusObserver(Stopwatch.GetTimestamp(), status);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (LoadClient client in _clients) client?.Dispose();
    }

    private void Send(LoadClient client, long sinceTicks)
    {
        Interlocked.Increment(ref _underWay);
        client.Send(sinceTicks);
    }

    private void SendAtRandom(long start, double perSecond, TimeSpan duration, CancellationToken cancellation)
    {
        var random = new Random(1);
        double dueSeconds = 0;
        while (!cancellation.IsCancellationRequested)
        {
            double nowSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            while (dueSeconds <= nowSeconds && dueSeconds < duration.TotalSeconds)
            {
                // All clients wait for an answer: the request stays due, and its time runs.
                if (!_idle.TryDequeue(out LoadClient? client)) break;
                Send(client, start + (long)(dueSeconds * Stopwatch.Frequency));
                dueSeconds -= Math.Log(1 - random.NextDouble()) / perSecond;
            }
            if (dueSeconds >= duration.TotalSeconds) return;
            Thread.Sleep(1);
        }
    }

    private long Begin(bool isClosedLoop, bool isTimed)
    {
        (_isClosedLoop, _isTimed, _isSending) = (isClosedLoop, isTimed, true);
        _timeCount = 0;
        _answeredBefore = AnsweredCount;
        _refusedBefore = RefusedCount;
        return Stopwatch.GetTimestamp();
    }

    private async Task<LoadResult> EndAsync(long start, CancellationToken cancellation)
    {
        _isSending = false;
        for (var waited = Stopwatch.StartNew(); Volatile.Read(ref _underWay) > 0 && waited.ElapsedMilliseconds < DrainTimeoutMs;)
            await Task.Delay(1, cancellation);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double[] times = _timesUs[..Math.Min(_timeCount, MaxTimes)];
        Array.Sort(times);
        return new LoadResult(AnsweredCount - _answeredBefore, RefusedCount - _refusedBefore, seconds, times);
    }
}
