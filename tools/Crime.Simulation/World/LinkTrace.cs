// The levels and outages of a simulated link, so that a live run can impose the same on a real connection.

using System;
using System.Threading;
using Crime.Simulation.Scenarios;

namespace Crime.Simulation.World;

/// <summary>Levels and outages of a link over time. Thread-safe. A time before the last requested time counts as the last requested time.</summary>
public sealed class LinkTrace
{
    private readonly Lock _lock = new();
    private readonly SimLink _link;
    private long _latestUs;

    internal LinkTrace(LinkKind kind, ulong seed, int index)
    {
        Kind = kind;
        _link = new SimLink(kind, seed, index);
    }

    /// <summary>Kind of the link.</summary>
    public LinkKind Kind { get; }

    /// <summary>Level of the round trip in ms.</summary>
    /// <param name="atUs">Scenario time in µs.</param>
    public double LevelMs(long atUs)
    {
        lock (_lock) return _link.LevelUs(Forward(atUs)) / 1000;
    }

    /// <summary>True while the link is down.</summary>
    /// <param name="atUs">Scenario time in µs.</param>
    public bool IsDown(long atUs)
    {
        lock (_lock) return _link.IsDown(Forward(atUs));
    }

    private long Forward(long atUs) => _latestUs = Math.Max(_latestUs, atUs);
}
