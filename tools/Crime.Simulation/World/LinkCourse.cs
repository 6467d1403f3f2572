// What a link of a simulation goes through, for whoever imposes the same on a real one.

using System;
using System.Threading;
using Crime.Simulation.Scenarios;

namespace Crime.Simulation.World;

/// <summary>Levels and outages of a link over time. Thread-safe; a time before one that was asked for counts as that.</summary>
public sealed class LinkCourse
{
    private readonly Lock _lock = new();
    private readonly SimLink _link;
    private long _latestUs;

    internal LinkCourse(LinkKind kind, ulong seed, int index)
    {
        Kind = kind;
        _link = new SimLink(kind, seed, index);
    }

    /// <summary>What kind of link it is.</summary>
    public LinkKind Kind { get; }

    /// <summary>Level of the round trip in ms.</summary>
    /// <param name="atUs">When, in µs of the scenario.</param>
    public double LevelMs(long atUs)
    {
        lock (_lock) return _link.LevelUs(Forward(atUs)) / 1000;
    }

    /// <summary>Whether the link fails.</summary>
    /// <param name="atUs">When, in µs of the scenario.</param>
    public bool IsDown(long atUs)
    {
        lock (_lock) return _link.IsDown(Forward(atUs));
    }

    private long Forward(long atUs) => _latestUs = Math.Max(_latestUs, atUs);
}
