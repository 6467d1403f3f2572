// The threads that compute. They do not belong to the thread pool, because a long sequence must not delay the network.

using System;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using Crime.Gateway.Core;
using Crime.Gateway.Counting;
using Crime.Gateway.Diagnostics;
using Crime.Gateway.Signals;
using Crime.Gateway.Timing;
using Microsoft.Extensions.Logging;

namespace Crime.Gateway.Serving;

/// <summary>Starts and ends the workers.</summary>
public sealed class WorkerPool
{
    private const int StopTimeoutMs = 5000;

    private readonly GatewayCore _core;
    private readonly WorkerGate _gate;
    private readonly TimeProvider _time;
    private readonly ILogger<WorkerPool> _log;
    private readonly Thread[] _threads;

    /// <summary>Makes a pool that does not run yet, of as many workers as the core has.</summary>
    /// <param name="core">Gives batches, and answers them.</param>
    /// <param name="signals">The gate of idle workers.</param>
    /// <param name="counters">Count batches and faults.</param>
    /// <param name="partials">Send parts of outputs.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Receives faults.</param>
    public WorkerPool(GatewayCore core, DriverSignals signals, GatewayCounters counters, PartialAnswers partials, TimeProvider time, ILogger<WorkerPool> log)
    {
        _core = core;
        _gate = signals.Workers;
        _time = time;
        _log = log;
        _threads = Enumerable.Range(0, core.Workers.WorkerCount).Select(index =>
        {
            var worker = new InferenceWorker(index, core, _gate, counters, partials, time, log);
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

    /// <summary>Lets the workers finish the waiting requests for a limited time, refuses the rest, and waits for the running batches.</summary>
    /// <param name="drainMs">Longest time for the waiting requests, in ms.</param>
    /// <returns>Requests that were refused.</returns>
    public int Stop(int drainMs)
    {
        _core.Queue.CloseEntrance();
        _gate.Open();
        Join(drainMs);
        int refusedCount = _core.RefuseWaiting(_time.NowUs());
        if (!Join(StopTimeoutMs)) _log.WorkerLeftBehind(StopTimeoutMs);
        return refusedCount;
    }

    /// <summary>Waits for the workers to end.</summary>
    /// <returns>True when all have.</returns>
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
