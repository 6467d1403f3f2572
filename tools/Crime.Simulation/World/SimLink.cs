// A link over time: its round trip has a level that holds for a while, then another; it may fail; and every message meets
// some noise about the level, and rarely has to be sent again.

using System.Collections.Generic;
using Crime.Simulation.Events;
using Crime.Simulation.Scenarios;

namespace Crime.Simulation.World;

/// <summary>State of one link. Times that it is asked for must not go back.</summary>
internal sealed class SimLink
{
    private readonly LinkKind _kind;
    private readonly IReadOnlyList<double>? _hostMs;
    private readonly double _outageGapUs;
    private RandomStream _random;
    private double _levelUs;
    private int _turn;
    private long _levelUntilUs = long.MinValue;
    private long _outageFromUs = long.MaxValue;
    private long _outageUntilUs = long.MaxValue;

    /// <summary>Makes a link.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="index">Its number among the run's links: it has levels and outages of its own.</param>
    /// <param name="hostMs">Delays in ms, one of which is drawn for every way besides the link's own; null for none.</param>
    public SimLink(LinkKind kind, ulong seed, int index, IReadOnlyList<double>? hostMs = null)
    {
        _kind = kind;
        _hostMs = hostMs;
        _random = new RandomStream(seed, StreamPurpose.Link, index);
        _outageGapUs = (kind.OutageEveryS - kind.OutageS) * 1e6;
        if (!kind.HasOutages) return;
        _outageFromUs = (long)_random.NextExponential(_outageGapUs);
        _outageUntilUs = _outageFromUs + (long)_random.NextExponential(kind.OutageS * 1e6);
    }

    /// <summary>Its kind.</summary>
    public LinkKind Kind => _kind;

    /// <summary>Level of the round trip in µs.</summary>
    public double LevelUs(long nowUs)
    {
        while (nowUs >= _levelUntilUs)
        {
            long from = _levelUntilUs == long.MinValue ? 0 : _levelUntilUs;
            if (_kind.LevelsMs is { Count: > 0 } levels)
            {
                _levelUs = levels[_turn++ % levels.Count] * 1000;
                _levelUntilUs = from + (long)(_kind.HoldS * 1e6);
                continue;
            }
            _levelUs = _kind.RttMs * 1000 * System.Math.Exp(_kind.LevelSigma * _random.NextNormal());
            _levelUntilUs = from + 1 + (long)_random.NextExponential(_kind.HoldS * 1e6);
        }
        return _levelUs;
    }

    /// <summary>Returns true while it fails.</summary>
    public bool IsDown(long nowUs)
    {
        while (nowUs >= _outageUntilUs)
        {
            _outageFromUs = _outageUntilUs + (long)_random.NextExponential(_outageGapUs);
            _outageUntilUs = _outageFromUs + (long)_random.NextExponential(_kind.OutageS * 1e6);
        }
        return nowUs >= _outageFromUs;
    }

    /// <summary>Time of one way in µs.</summary>
    /// <param name="nowUs">When the message sets out.</param>
    /// <param name="byteCount">Its bytes.</param>
    /// <param name="draws">Its random draws.</param>
    /// <param name="name">Name of the way in these draws; the name two after it is that of the loss.</param>
    public double OneWayUs(long nowUs, int byteCount, Draws draws, int name)
    {
        double us = LevelUs(nowUs) / 2 * draws.Factor(name, _kind.NoiseSigma) + byteCount / _kind.BytesPerMs * 1000;
        if (_hostMs != null) us = System.Math.Max(us + _hostMs[(int)(draws.Uniform(name + Draws.Host) * _hostMs.Count)] * 1000, 0);
        return draws.Happens(name + 2, _kind.Loss) ? us + _kind.ResendMs * 1000 : us;
    }
}
