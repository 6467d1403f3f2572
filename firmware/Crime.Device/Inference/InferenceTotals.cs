// Sums over the results of a board.

using Crime.Node;

namespace Crime.Device.Inference;

/// <summary>Sums over the inferences since the start, or since the last reset.</summary>
internal sealed class InferenceTotals
{
    /// <summary>Inferences per <see cref="Frames.Target"/>.</summary>
    public readonly int[] Count = new int[3];

    /// <summary>Time in µs.</summary>
    public long TimeUs;

    /// <summary>Energy of the inferences above the idle baseline, in µJ.</summary>
    public long EnergyUj;

    /// <summary>Background energy in µJ: what no inference has caused.</summary>
    public long BackgroundUj;

    /// <summary>Adds an inference.</summary>
    public void Add(InputResult result)
    {
        Count[(int)result.Target]++;
        TimeUs += result.TimeUs;
        EnergyUj += result.EnergyUj;
        BackgroundUj += result.BackgroundUj;
    }

    /// <summary>Sets all sums to zero.</summary>
    public void Reset()
    {
        for (int i = 0; i < Count.Length; i++) Count[i] = 0;
        TimeUs = 0;
        EnergyUj = 0;
        BackgroundUj = 0;
    }
}
