// The one place where the load is read that statuses, answers and pongs report.

using System;
using Crime.Gateway.Core.Actions;
using Crime.Gateway.Core.Load;
using Crime.Gateway.Core.Queueing;

namespace Crime.Gateway.Core.Status;

/// <summary>Reads the present load. Thread-safe.</summary>
public sealed class LoadReporter
{
    private readonly RequestQueue _queue;
    private readonly LoadMeter _load;
    private readonly GatewayGroup _group;

    /// <summary>Makes a reporter.</summary>
    /// <param name="queue">The requests that wait.</param>
    /// <param name="load">The load of the workers.</param>
    /// <param name="group">The other members of the group.</param>
    public LoadReporter(RequestQueue queue, LoadMeter load, GatewayGroup group)
    {
        _queue = queue;
        _load = load;
        _group = group;
    }

    /// <summary>
    /// The load of this gateway. Requests that an idle worker is about to take do not count in the depth. Otherwise each request to an idle gateway can
    /// cause two statuses, one before the worker's thread runs and one after it.
    /// </summary>
    /// <param name="nowUs">The time.</param>
    public ReportedLoad Own(long nowUs) => new(_queue.DepthBehindBusyWorkers, _load.BacklogUs(_queue.WaitingUs, nowUs));

    /// <summary>The load of this gateway, or of all its group.</summary>
    /// <param name="isForGroup">True when the load of the group is wanted.</param>
    /// <param name="nowUs">The time.</param>
    public ReportedLoad Read(bool isForGroup, long nowUs)
    {
        ReportedLoad own = Own(nowUs);
        if (!isForGroup) return own;
        return new ReportedLoad(
            own.Depth + _group.OthersDepth(nowUs), (uint)Math.Min((long)own.BacklogUs + _group.OthersBacklogUs(nowUs), uint.MaxValue));
    }

    /// <summary>Predicted time in µs until a request that arrives now would start.</summary>
    /// <param name="nowUs">The time.</param>
    public long StartDelayUs(long nowUs) => _load.StartDelayUs(_queue.WaitingUs, nowUs);

    /// <summary>Work that waits or runs, in µs, over all workers.</summary>
    /// <param name="nowUs">The time.</param>
    public long WorkUs(long nowUs) => _load.WorkUs(_queue.WaitingUs, nowUs);
}
