// Sums over the results of a board.

using Crime.Node;

namespace Crime.Device.Inference;

/// <summary>Sums over the inferences since the start, or since the last reset.</summary>
public sealed class InferenceTotals
{
    /// <summary>Inferences per <see cref="Frames.Target"/>.</summary>
    public readonly int[] Count = new int[3];

    /// <summary>Time in µs.</summary>
    public long TimeUs;

    /// <summary>Energy in µJ.</summary>
    public long EnergyUj;

    /// <summary>Adds an inference.</summary>
    public void Add(InputResult result)
    {
        Count[(int)result.Target]++;
        TimeUs += result.TimeUs;
        EnergyUj += result.EnergyUj;
    }

    /// <summary>Sets all sums to zero.</summary>
    public void Reset()
    {
        for (int i = 0; i < Count.Length; i++) Count[i] = 0;
        TimeUs = 0;
        EnergyUj = 0;
    }
}
