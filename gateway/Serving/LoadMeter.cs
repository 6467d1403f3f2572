// How busy the gateway is, in the two numbers that boards predict their wait from: the work that waits or runs, and how
// fast work arrives.

using System;
using System.Threading;
using Crime.Frames;

namespace Crime.Gateway.Serving;

/// <summary>Measures backlog and utilisation. Thread-safe.</summary>
public sealed class LoadMeter
{
    /// <summary>Time constant of the utilisation: what arrived this long ago counts 1/e of what arrives now.</summary>
    public const double TimeConstantUs = 1_000_000;

    private const long Idle = -1;

    private readonly Lock _lock = new();
    private readonly RequestQueue _queue;
    private readonly TimeProvider _time;

    // Per worker: when it started its request (or Idle), and what that was predicted to cost.
    private readonly long[] _startedAt;
    private readonly int[] _costUs;

    // Work arrived, every µs of it fading with the time constant, as of _fadedAt.
    private double _arrivedUs;
    private long _fadedAt;

    /// <summary>Makes a meter for idle workers.</summary>
    public LoadMeter(RequestQueue queue, int workerCount, TimeProvider time)
    {
        _queue = queue;
        _time = time;
        _startedAt = new long[workerCount];
        _costUs = new int[workerCount];
        Array.Fill(_startedAt, Idle);
        _fadedAt = time.GetTimestamp();
    }

    /// <summary>Number of workers.</summary>
    public int WorkerCount => _startedAt.Length;

    /// <summary>
    /// Work that waits or runs, in µs, over all workers: of a running request what is predicted to be left. 0 while a worker is
    /// free and nothing waits: boards take a worker's share of it for their wait, and there is none then.
    /// </summary>
    public uint BacklogUs
    {
        get
        {
            long runningUs = RunningUs(out bool isAnyIdle), waitingUs = _queue.WaitingUs;
            return isAnyIdle && waitingUs == 0 ? 0 : (uint)Math.Min(waitingUs + runningUs, uint.MaxValue);
        }
    }

    /// <summary>
    /// Work accepted per working time of all workers, in 1/1024, averaged with <see cref="TimeConstantUs"/>. Refused work
    /// does not count: it does not make the queue grow.
    /// </summary>
    public int Utilisation
    {
        get
        {
            lock (_lock)
            {
                Fade();
                return (int)Math.Min(StatusFrame.FullUtilisation * _arrivedUs / (TimeConstantUs * WorkerCount), ushort.MaxValue);
            }
        }
    }

    /// <summary>How long a request that arrives now would wait, in µs.</summary>
    public long PredictedWaitUs
    {
        get
        {
            long runningUs = RunningUs(out bool isAnyIdle), waitingUs = _queue.WaitingUs;
            return isAnyIdle && waitingUs == 0 ? 0 : (waitingUs + runningUs) / WorkerCount;
        }
    }

    /// <summary>A request was accepted.</summary>
    /// <param name="costUs">Its predicted cost.</param>
    public void OnArrival(int costUs)
    {
        lock (_lock)
        {
            Fade();
            _arrivedUs += costUs;
        }
    }

    /// <summary>A worker starts a request.</summary>
    /// <param name="worker">Index of the worker.</param>
    /// <param name="costUs">Predicted cost of the request.</param>
    public void OnStarted(int worker, int costUs)
    {
        lock (_lock)
        {
            _startedAt[worker] = _time.GetTimestamp();
            _costUs[worker] = costUs;
        }
    }

    /// <summary>A worker has finished its request.</summary>
    public void OnFinished(int worker)
    {
        lock (_lock) _startedAt[worker] = Idle;
    }

    private long RunningUs(out bool isAnyIdle)
    {
        lock (_lock)
        {
            long now = _time.GetTimestamp(), sumUs = 0;
            isAnyIdle = false;
            for (int i = 0; i < _startedAt.Length; i++)
            {
                if (_startedAt[i] == Idle) isAnyIdle = true;
                else sumUs += Math.Max(_costUs[i] - (long)_time.GetElapsedTime(_startedAt[i], now).TotalMicroseconds, 0);
            }
            return sumUs;
        }
    }

    private void Fade()
    {
        long now = _time.GetTimestamp();
        _arrivedUs *= Math.Exp(-_time.GetElapsedTime(_fadedAt, now).TotalMicroseconds / TimeConstantUs);
        _fadedAt = now;
    }
}
