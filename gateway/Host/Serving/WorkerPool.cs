// The threads that compute. Threads of their own and not the pool's: a long sequence must not hold up the network.

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using Crime.Frames;
using Crime.Gateway.Broker;
using Microsoft.Extensions.Logging;

namespace Crime.Gateway.Serving;

/// <summary>Starts and ends the workers.</summary>
public sealed class WorkerPool
{
    private const int StopTimeoutMs = 5000;

    private readonly RequestQueue _queue;
    private readonly StatusPublisher _status;
    private readonly Responder _responder;
    private readonly TimeProvider _time;
    private readonly ILogger<WorkerPool> _log;
    private readonly Thread[] _threads;

    /// <summary>Makes a pool that does not run yet, of as many workers as the meter knows.</summary>
    public WorkerPool(
        RequestQueue queue, LoadMeter load, StatusPublisher status, Outbox outbox, GatewayCounters counters, TimeProvider time,
        ILogger<WorkerPool> log)
    {
        _queue = queue;
        _status = status;
        _time = time;
        _log = log;
        _responder = new Responder(load, outbox, counters);
        _threads = Enumerable.Range(0, load.WorkerCount).Select(index =>
        {
            var worker = new InferenceWorker(
                index, queue, load, status, new Responder(load, outbox, counters), counters, time, log);
            return new Thread(worker.Run) { Name = $"worker {index}", IsBackground = true };
        }).ToArray();
    }

    /// <summary>Number of workers.</summary>
    public int Count => _threads.Length;

    /// <summary>Workers that run.</summary>
    public int AliveCount => _threads.Count(thread => thread.IsAlive);

    /// <summary>Starts the workers.</summary>
    public void Start()
    {
        foreach (Thread thread in _threads) thread.Start();
    }

    /// <summary>Lets the workers finish what waits, for a while; refuses the rest, and lets them finish what they run, for a while.</summary>
    /// <param name="drainMs">How long what waits may take, in ms.</param>
    /// <returns>Requests that were refused.</returns>
    public int Stop(int drainMs)
    {
        _queue.CloseEntrance();
        Join(drainMs);
        IReadOnlyList<PendingRequest> left = _queue.Close();
        foreach (PendingRequest request in left)
            _responder.Refuse(request, ResponseCode.Stopping, request.WaitUs(_time.NowUs()));
        _status.OnChange();
        if (!Join(StopTimeoutMs)) _log.WorkerLeftBehind(StopTimeoutMs);
        return left.Count;
    }

    /// <summary>Waits for the workers to end.</summary>
    /// <returns>Whether all have.</returns>
    private bool Join(int limitMs)
    {
        var waited = Stopwatch.StartNew();
        foreach (Thread thread in _threads)
        {
            int leftMs = Math.Max(limitMs - (int)waited.ElapsedMilliseconds, 0);
            if (thread.IsAlive && !thread.Join(leftMs)) return false;
        }
        return true;
    }
}
