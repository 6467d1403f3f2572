// Decides whether the gateway still does its work. A running process can be useless: its queue stands still, or its broker is gone.
// Boards then run into their time-outs one after the other, and only a restart helps.

namespace Crime.Gateway.Core.Liveness;

/// <summary>Judges the gateway from time to time. One thread judges; any thread may read the verdict.</summary>
public sealed class LifeSigns
{
    private readonly int _stallMs;
    private readonly int _linkDownMs;
    private long _takenCount;
    private long _movedAtUs;
    private long _connectedAtUs;
    private bool _hasLooked;
    private volatile string? _trouble;

    /// <summary>Starts with a healthy gateway.</summary>
    /// <param name="stallMs">Longest time in ms that requests may wait without one being taken.</param>
    /// <param name="linkDownMs">Longest time in ms without a broker.</param>
    public LifeSigns(int stallMs, int linkDownMs)
    {
        _stallMs = stallMs;
        _linkDownMs = linkDownMs;
    }

    /// <summary>The problem as of the last judgement, for people; null while the gateway is healthy.</summary>
    public string? Trouble => _trouble;

    /// <summary>Judges. To be called several times within the shorter of the two limits; both begin with the first call.</summary>
    /// <param name="takenCount">Requests that workers have taken since the start.</param>
    /// <param name="depth">Requests that wait.</param>
    /// <param name="isConnected">True when the gateway is connected to its broker.</param>
    /// <param name="nowUs">The time.</param>
    /// <returns><see cref="Trouble"/>.</returns>
    public string? Look(long takenCount, int depth, bool isConnected, long nowUs)
    {
        if (!_hasLooked) _movedAtUs = _connectedAtUs = nowUs;
        _hasLooked = true;
        // An empty queue need not move.
        if (takenCount != _takenCount || depth == 0) _movedAtUs = nowUs;
        if (isConnected) _connectedAtUs = nowUs;
        _takenCount = takenCount;
        if (nowUs - _movedAtUs > 1000L * _stallMs) return _trouble = $"requests wait, and none was taken for {_stallMs} ms";
        if (nowUs - _connectedAtUs > 1000L * _linkDownMs) return _trouble = $"no broker for {_linkDownMs} ms";
        return _trouble = null;
    }
}
