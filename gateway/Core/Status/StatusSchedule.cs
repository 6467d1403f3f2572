// Decides when a status is due: at once when the published figures have changed, but not more often than the network bears, and as a
// heartbeat when nothing changes, so that silence means absence.

using System;
using System.Threading;
using Crime.Gateway.Core.Actions;

namespace Crime.Gateway.Core.Status;

/// <summary>The schedule of the statuses. <see cref="OnChange"/> and <see cref="Announce"/> are thread-safe; one thread at a time may call the rest.</summary>
public sealed class StatusSchedule
{
    private readonly IGatewayActions _actions;
    private readonly int _minIntervalMs;
    private readonly int _heartbeatMs;
    private long _notBeforeUs = long.MinValue;
    private long _heartbeatAtUs = long.MinValue;
    private int _mayHaveChanged;
    private volatile bool _isAnnounced;
    private bool _isDueAnyway;
    private int _publishedDepth;
    private uint _publishedBacklogUs;

    /// <summary>Makes a schedule; the first status is due at once.</summary>
    /// <param name="actions">Wakes the clock, and knows the number of listeners.</param>
    /// <param name="minIntervalMs">Shortest time between two statuses, as configured.</param>
    /// <param name="heartbeatMs">Longest time between two statuses, at least <paramref name="minIntervalMs"/>.</param>
    public StatusSchedule(IGatewayActions actions, int minIntervalMs, int heartbeatMs)
    {
        _actions = actions;
        _minIntervalMs = minIntervalMs;
        _heartbeatMs = heartbeatMs;
    }

    /// <summary>True when there were changes since the last look.</summary>
    public bool MayHaveChanged => Volatile.Read(ref _mayHaveChanged) != 0;

    /// <summary>Time of the next look, in µs; it may have passed.</summary>
    public long NextLookUs => MayHaveChanged ? _notBeforeUs : Math.Max(_heartbeatAtUs, _notBeforeUs);

    /// <summary>The load or the costs may have changed.</summary>
    public void OnChange()
    {
        if (!MayHaveChanged && Interlocked.Exchange(ref _mayHaveChanged, 1) == 0) _actions.WakeClock();
    }

    /// <summary>A status is due whether or not its content has changed.</summary>
    public void Announce()
    {
        _isAnnounced = true;
        OnChange();
    }

    /// <summary>Begins a look; the changes until now are covered by it.</summary>
    /// <param name="nowUs">The time.</param>
    /// <returns>False when it is too early after the last status.</returns>
    public bool TryLook(long nowUs)
    {
        if (nowUs < _notBeforeUs) return false;
        Interlocked.Exchange(ref _mayHaveChanged, 0);
        _isDueAnyway = _isAnnounced;
        _isAnnounced = false;
        return true;
    }

    /// <summary>True when a status has to be published at this look, as far as the load decides.</summary>
    /// <param name="depth">Requests that wait.</param>
    /// <param name="backlogUs">Backlog in µs over all workers.</param>
    /// <param name="nowUs">The time.</param>
    public bool IsDue(int depth, uint backlogUs, long nowUs) =>
        _isDueAnyway || nowUs >= _heartbeatAtUs || depth != _publishedDepth
        || Math.Abs((long)backlogUs - _publishedBacklogUs) >= StatusPace.BacklogStepUs;

    /// <summary>Notes that a status was published.</summary>
    /// <param name="depth">Requests that wait, as published.</param>
    /// <param name="backlogUs">Backlog as published, in µs.</param>
    /// <param name="nowUs">The time.</param>
    public void OnPublished(int depth, uint backlogUs, long nowUs)
    {
        _publishedDepth = depth;
        _publishedBacklogUs = backlogUs;
        Postpone(nowUs);
        _notBeforeUs = nowUs + 1000L * StatusPace.IntervalMs(_minIntervalMs, _heartbeatMs, _actions.StatusListenerCount);
    }

    /// <summary>Notes that a status could not be published: without a connection the next one is due after a heartbeat, or on connection.</summary>
    /// <param name="nowUs">The time.</param>
    public void Postpone(long nowUs) => _heartbeatAtUs = nowUs + 1000L * _heartbeatMs;
}
