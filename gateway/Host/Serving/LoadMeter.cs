// How busy the gateway is, in the two numbers that boards predict their wait from: when a request that arrives now would
// start, and how fast work arrives.

using System;
using System.Threading;
using Crime.Gateway.Core;
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
    private readonly GatewayGroup _group;
    private readonly TimeProvider _time;

    // Per worker: when it started its batch (or Idle), and what that was predicted to cost.
    private readonly long[] _startedAt;
    private readonly int[] _costUs;

    // Work arrived, every µs of it fading with the time constant, as of _fadedAt.
    private double _arrivedUs;
    private long _fadedAt;

    /// <summary>Makes a meter for idle workers.</summary>
    public LoadMeter(RequestQueue queue, int workerCount, GatewayGroup group, TimeProvider time)
    {
        _group = group;
        _queue = queue;
        _time = time;
        _startedAt = new long[workerCount];
        _costUs = new int[workerCount];
        Array.Fill(_startedAt, Idle);
        _fadedAt = time.GetTimestamp();
    }

    /// <summary>Number of workers.</summary>
    public int WorkerCount => _startedAt.Length;

    /// <summary>Work that waits or runs, in µs, over all workers: of a running request what is predicted to be left.</summary>
    public long WorkUs
    {
        get
        {
            Span<long> leftUs = stackalloc long[WorkerCount];
            ReadLeftUs(leftUs);
            long sumUs = _queue.WaitingUs;
            foreach (long us in leftUs) sumUs += us;
            return sumUs;
        }
    }

    /// <summary>Time in µs until a request that arrives now would start, by prediction; 0 while a worker is free and nothing waits.</summary>
    public long StartDelayUs
    {
        get
        {
            Span<long> leftUs = stackalloc long[WorkerCount];
            ReadLeftUs(leftUs);
            return StartDelay.Us(leftUs, _queue.WaitingUs);
        }
    }

    /// <summary>
    /// The backlog that boards are told, in µs over all workers: <see cref="StartDelayUs"/> times the workers, because boards take a
    /// worker's share of it for their wait. At most <see cref="WorkUs"/>, and near it when much waits.
    /// </summary>
    public uint BacklogUs => (uint)Math.Min(Math.Min(StartDelayUs, uint.MaxValue) * WorkerCount, uint.MaxValue);

    /// <summary>What a board is told of the backlog: this gateway's, or all its group's where that is what it asked.</summary>
    public uint BacklogUsFor(ReplyAddress reply) =>
        reply.IsGroup ? (uint)Math.Min((long)BacklogUs + _group.OthersBacklogUs, uint.MaxValue) : BacklogUs;

    /// <summary>What a board is told of the depth: this gateway's, or all its group's where that is what it asked.</summary>
    public int DepthFor(ReplyAddress reply) => _queue.Depth + (reply.IsGroup ? _group.OthersDepth : 0);

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

    /// <summary>A request was accepted.</summary>
    /// <param name="costUs">Its predicted cost.</param>
    public void OnArrival(double costUs)
    {
        lock (_lock)
        {
            Fade();
            _arrivedUs += costUs;
        }
    }

    /// <summary>A worker starts a batch.</summary>
    /// <param name="worker">Index of the worker.</param>
    /// <param name="costUs">Predicted time to compute it.</param>
    public void OnStarted(int worker, int costUs)
    {
        lock (_lock)
        {
            _startedAt[worker] = _time.GetTimestamp();
            _costUs[worker] = costUs;
        }
    }

    /// <summary>A worker has finished its batch.</summary>
    public void OnFinished(int worker)
    {
        lock (_lock) _startedAt[worker] = Idle;
    }

    /// <summary>Reads the work left of what runs, by prediction.</summary>
    /// <param name="leftUs">One per worker, to be filled: in µs, 0 for an idle one and for one that takes longer than predicted.</param>
    public void ReadLeftUs(Span<long> leftUs)
    {
        lock (_lock)
        {
            long now = _time.GetTimestamp();
            for (int i = 0; i < _startedAt.Length; i++)
            {
                bool isIdle = _startedAt[i] == Idle;
                leftUs[i] = isIdle ? 0 : Math.Max(_costUs[i] - (long)_time.GetElapsedTime(_startedAt[i], now).TotalMicroseconds, 0);
            }
        }
    }

    private void Fade()
    {
        long now = _time.GetTimestamp();
        _arrivedUs *= Math.Exp(-_time.GetElapsedTime(_fadedAt, now).TotalMicroseconds / TimeConstantUs);
        _fadedAt = now;
    }
}
