// Whether the gateway does what it is there for. A process that runs can still be of no use: a queue that stands still, a broker
// that is gone. Boards then run into their time-outs one after the other, and only a restart helps.

using System;
using Crime.Gateway.Configuration;
using Crime.Gateway.Serving;

namespace Crime.Gateway.Watchdog;

/// <summary>Judges from time to time. One thread looks; any may read the verdict.</summary>
public sealed class LifeSigns
{
    private readonly WatchdogOptions _options;
    private readonly RequestQueue _queue;
    private readonly GatewayCounters _counters;
    private readonly Func<bool> _isConnected;
    private readonly TimeProvider _time;
    private long _takenCount;
    private long _movedAt;
    private long _connectedAt;
    private bool _hasLooked;
    private volatile string? _trouble;

    /// <summary>Starts with a gateway that is well.</summary>
    /// <param name="options">The limits.</param>
    /// <param name="queue">Whether something waits.</param>
    /// <param name="counters">Whether something is taken.</param>
    /// <param name="isConnected">Whether the broker is there.</param>
    /// <param name="time">The clock.</param>
    public LifeSigns(WatchdogOptions options, RequestQueue queue, GatewayCounters counters, Func<bool> isConnected, TimeProvider time)
    {
        _options = options;
        _queue = queue;
        _counters = counters;
        _isConnected = isConnected;
        _time = time;
    }

    /// <summary>Why the gateway is of no use, as of the last look; null while it is well.</summary>
    public string? Trouble => _trouble;

    /// <summary>Judges. To be called several times within the shorter of the two limits; both begin with the first look.</summary>
    /// <returns><see cref="Trouble"/>.</returns>
    public string? Look()
    {
        long now = _time.GetTimestamp(), takenCount = _counters.Taken.Value;
        if (!_hasLooked) _movedAt = _connectedAt = now;
        _hasLooked = true;
        // An empty queue need not move.
        if (takenCount != _takenCount || _queue.Depth == 0) _movedAt = now;
        if (_isConnected()) _connectedAt = now;
        _takenCount = takenCount;
        if (_time.GetElapsedTime(_movedAt, now).TotalMilliseconds > _options.StallMs)
            return _trouble = $"requests wait, and none was taken for {_options.StallMs} ms";
        if (_time.GetElapsedTime(_connectedAt, now).TotalMilliseconds > _options.LinkDownMs)
            return _trouble = $"no broker for {_options.LinkDownMs} ms";
        return _trouble = null;
    }
}
