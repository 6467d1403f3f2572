// The conditions of a live link: levels and outages as the simulation of the same scenario has them, at the same moments of the
// board's own clock, and noise and losses of the same kind.

using System;
using System.Threading;
using Crime.Simulation.Scenarios;
using Crime.Simulation.World;
using MathNet.Numerics.Distributions;

namespace Crime.Cli.Live;

/// <summary>Imposes the trace of a simulated link.</summary>
/// <param name="trace">Levels and outages.</param>
/// <param name="nowUs">The time in the scenario, in µs.</param>
/// <param name="givenMs">What one way takes without anything imposed, in ms: it is part of the level and taken off.</param>
/// <param name="seed">Decides noise and losses.</param>
internal sealed class TraceConditions(LinkTrace trace, Func<long> nowUs, Func<double> givenMs, int seed) : ILinkConditions
{
    private readonly Lock _lock = new();
    private readonly Random _random = new(seed);

    /// <inheritdoc/>
    public bool IsDown => trace.IsDown(nowUs());

    /// <inheritdoc/>
    public double OneWayMs(int byteCount)
    {
        LinkKind kind = trace.Kind;
        double factor = 1;
        bool isLost;
        lock (_lock)
        {
            // A lognormal factor of mean 1, as in the simulation.
            if (kind.NoiseSigma > 0) factor = LogNormal.Sample(_random, -kind.NoiseSigma * kind.NoiseSigma / 2, kind.NoiseSigma);
            isLost = _random.NextDouble() < kind.Loss;
        }
        double ms = trace.LevelMs(nowUs()) / 2 * factor + byteCount / kind.BytesPerMs - givenMs();
        return Math.Max(ms, 0) + (isLost ? kind.ResendMs : 0);
    }
}

/// <summary>Nothing is imposed.</summary>
internal sealed class FreeConditions : ILinkConditions
{
    /// <inheritdoc/>
    public bool IsDown => false;

    /// <inheritdoc/>
    public double OneWayMs(int byteCount) => 0;
}
