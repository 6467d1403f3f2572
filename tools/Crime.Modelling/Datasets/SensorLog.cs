// An uninterrupted recording of a sensor, from which sequences are cut: samples at a fixed rate, and marks where something is known to have happened.

using System.Collections.Generic;

namespace Crime.Modelling.Datasets;

/// <summary>A part of a log that belongs together.</summary>
/// <param name="Label">Name of its class.</param>
/// <param name="Start">Number of its first timestep.</param>
/// <param name="Length">Its timesteps.</param>
public sealed record LogMark(string Label, int Start, int Length)
{
    /// <summary>Number of the timestep after its last one.</summary>
    public int End => Start + Length;
}

/// <summary>A log.</summary>
/// <param name="Channels">Numbers per timestep.</param>
/// <param name="RateHz">Timesteps per second; 0 when unknown.</param>
/// <param name="Values">The samples in units of the sensor, [timestep][channel].</param>
/// <param name="Marks">The known parts, in the order of time; empty when nothing is known.</param>
public sealed record SensorLog(int Channels, double RateHz, short[] Values, IReadOnlyList<LogMark> Marks)
{
    /// <summary>Its timesteps.</summary>
    public int Length => Values.Length / Channels;

    /// <summary>Numbers of the timesteps before which samples are missing, in the order of time.</summary>
    public IReadOnlyList<int> Gaps { get; init; } = [];
}
