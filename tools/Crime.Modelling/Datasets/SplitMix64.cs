// Random numbers that are the same on every runtime. System.Random does not promise that.

using System;

namespace Crime.Modelling.Datasets;

/// <summary>SplitMix64 (Steele, Lea, Flood, 2014): the same numbers on every runtime, which System.Random does not promise.</summary>
internal sealed class SplitMix64(ulong state)
{
    private ulong _state = state;

    /// <summary>Returns a number from 0 to below 1.</summary>
    public double NextDouble()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>Returns a number from low to below high.</summary>
    public double Between(double low, double high) => low + (high - low) * NextDouble();

    /// <summary>Box and Muller's normal deviate.</summary>
    public double NextNormal() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());
}
