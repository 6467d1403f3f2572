// Measures the load of the workers: the work that runs, and the rate at which work is accepted. Statuses, answers and admission control
// all use these figures.

using System;
using System.Threading;
using Crime.Frames;

namespace Crime.Gateway.Core.Load;

/// <summary>The load of a gateway's workers. Thread-safe.</summary>
/// <remarks>The waiting work belongs to the queue, so the methods that need it have it as an argument.</remarks>
public sealed class LoadMeter
{
    /// <summary>Time constant of the utilisation in µs: work that arrived this long ago counts 1/e of work that arrives now.</summary>
    public const double TimeConstantUs = 1_000_000;

    /// <summary>Time constant of the share of refused requests in µs.</summary>
    public const double RefusalTimeConstantUs = 10_000_000;

    /// <summary>Fewer requests than this, faded, show no share of refused ones.</summary>
    public const double LeastRequests = 4;

    // Gain of the mean cost of accepted requests.
    private const double CostGain = 1.0 / 16;

    private const long Idle = long.MinValue;

    private readonly Lock _lock = new();

    // Per worker: the start of its batch (or Idle), and the predicted time to compute it.
    private readonly long[] _startedAtUs;
    private readonly int[] _costUs;
    private int _runningCount;

    // Accepted work, exponentially faded as of _fadedAtUs.
    private double _arrivedUs;
    private long _fadedAtUs = Idle;

    // Requests that were admitted or refused, exponentially faded as of _countedAtUs.
    private double _acceptedCount;
    private double _refusedCount;
    private long _countedAtUs = Idle;
    private double _meanCostUs;

    /// <summary>Makes a meter for idle workers.</summary>
    /// <param name="workerCount">At least 1.</param>
    public LoadMeter(int workerCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(workerCount, 1);
        _startedAtUs = new long[workerCount];
        _costUs = new int[workerCount];
        Array.Fill(_startedAtUs, Idle);
    }

    /// <summary>Number of workers.</summary>
    public int WorkerCount => _startedAtUs.Length;

    /// <summary>Work that waits or runs, in µs, over all workers. Of running work the predicted remainder counts.</summary>
    /// <param name="waitingUs">Waiting work in µs.</param>
    /// <param name="nowUs">The time.</param>
    public long WorkUs(long waitingUs, long nowUs)
    {
        Span<long> leftUs = stackalloc long[WorkerCount];
        ReadLeftUs(leftUs, nowUs);
        foreach (long us in leftUs) waitingUs += us;
        return waitingUs;
    }

    /// <summary>Predicted time in µs until a request that arrives now would start; 0 while a worker is idle and nothing waits.</summary>
    /// <param name="waitingUs">Waiting work in µs.</param>
    /// <param name="nowUs">The time.</param>
    public long StartDelayUs(long waitingUs, long nowUs)
    {
        if (waitingUs == 0 && Volatile.Read(ref _runningCount) < WorkerCount) return 0;
        Span<long> leftUs = stackalloc long[WorkerCount];
        ReadLeftUs(leftUs, nowUs);
        return StartDelay.Us(leftUs, waitingUs);
    }

    /// <summary>
    /// The published backlog in µs over all workers: <see cref="StartDelayUs"/> times the number of workers, because nodes divide it by
    /// the number of workers to get their wait. At most <see cref="WorkUs"/>, and close to it when much work waits.
    /// </summary>
    /// <param name="waitingUs">Waiting work in µs.</param>
    /// <param name="nowUs">The time.</param>
    public uint BacklogUs(long waitingUs, long nowUs) =>
        (uint)Math.Min(Math.Min(StartDelayUs(waitingUs, nowUs), uint.MaxValue) * WorkerCount, uint.MaxValue);

    /// <summary>
    /// Work accepted per working time of all workers, in 1/1024, averaged with <see cref="TimeConstantUs"/>. Refused work does not count,
    /// because it does not make the queue grow.
    /// </summary>
    /// <param name="nowUs">The time.</param>
    public int Utilisation(long nowUs)
    {
        lock (_lock)
        {
            Fade(nowUs);
            return (int)Math.Min(StatusFrame.FullUtilisation * _arrivedUs / (TimeConstantUs * WorkerCount), ushort.MaxValue);
        }
    }

    /// <summary>Counts accepted work.</summary>
    /// <param name="costUs">Its predicted cost in µs.</param>
    /// <param name="nowUs">The time.</param>
    public void OnArrival(double costUs, long nowUs)
    {
        lock (_lock)
        {
            Fade(nowUs);
            _arrivedUs += costUs;
            FadeCounts(nowUs);
            _acceptedCount++;
            _meanCostUs = _meanCostUs == 0 ? costUs : _meanCostUs + (costUs - _meanCostUs) * CostGain;
        }
    }

    /// <summary>Counts a request that was refused because of the load.</summary>
    /// <param name="nowUs">The time.</param>
    public void OnRefused(long nowUs)
    {
        lock (_lock)
        {
            FadeCounts(nowUs);
            _refusedCount++;
        }
    }

    /// <summary>Mean predicted cost of accepted requests in µs; 0 before the first one.</summary>
    public double MeanCostUs
    {
        get
        {
            lock (_lock) return _meanCostUs;
        }
    }

    /// <summary>Share of requests that were refused because of the load, averaged with <see cref="RefusalTimeConstantUs"/>; 0 where few came.</summary>
    /// <param name="nowUs">The time.</param>
    public double RefusedShare(long nowUs)
    {
        lock (_lock)
        {
            FadeCounts(nowUs);
            double count = _acceptedCount + _refusedCount;
            return count < LeastRequests ? 0 : _refusedCount / count;
        }
    }

    /// <summary>A worker starts a batch.</summary>
    /// <param name="worker">Index of the worker.</param>
    /// <param name="costUs">Predicted time to compute the batch, in µs.</param>
    /// <param name="nowUs">The time.</param>
    public void OnStarted(int worker, int costUs, long nowUs)
    {
        lock (_lock)
        {
            if (_startedAtUs[worker] == Idle) _runningCount++;
            _startedAtUs[worker] = nowUs;
            _costUs[worker] = costUs;
        }
    }

    /// <summary>A worker has finished its batch.</summary>
    /// <param name="worker">Index of the worker.</param>
    public void OnFinished(int worker)
    {
        lock (_lock)
        {
            if (_startedAtUs[worker] != Idle) _runningCount--;
            _startedAtUs[worker] = Idle;
        }
    }

    /// <summary>Reads the predicted remaining work of every worker.</summary>
    /// <param name="leftUs">One entry per worker, to be filled: in µs, 0 for an idle worker and for one that is overdue.</param>
    /// <param name="nowUs">The time.</param>
    public void ReadLeftUs(Span<long> leftUs, long nowUs)
    {
        lock (_lock)
        {
            for (int i = 0; i < _startedAtUs.Length; i++)
                leftUs[i] = _startedAtUs[i] == Idle ? 0 : Math.Max(_costUs[i] - (nowUs - _startedAtUs[i]), 0);
        }
    }

    private void FadeCounts(long nowUs)
    {
        if (_countedAtUs != Idle && nowUs > _countedAtUs)
        {
            double factor = Math.Exp((_countedAtUs - nowUs) / RefusalTimeConstantUs);
            _acceptedCount *= factor;
            _refusedCount *= factor;
        }
        if (nowUs > _countedAtUs) _countedAtUs = nowUs;
    }

    private void Fade(long nowUs)
    {
        // Concurrent callers read the clock before they get the lock, so a time may precede the last one.
        if (_arrivedUs > 0 && nowUs > _fadedAtUs) _arrivedUs *= Math.Exp((_fadedAtUs - nowUs) / TimeConstantUs);
        if (nowUs > _fadedAtUs) _fadedAtUs = nowUs;
    }
}
