// What one inference gave and cost. One object for the life of the board: the loop allocates nothing.

using Crime.Frames;

namespace Crime.Device.Inference;

/// <summary>Result of an inference.</summary>
public sealed class InferenceResult
{
    /// <summary>Number of the input.</summary>
    public uint Input;

    /// <summary>Timesteps of the input.</summary>
    public int Length;

    /// <summary>Timesteps that the board had computed when the rest, with the state, was sent to a gateway; 0 when no stream was handed off.</summary>
    public int Done;

    /// <summary>Where it ran.</summary>
    public Target Target;

    /// <summary>Index of the class.</summary>
    public int Label;

    /// <summary>From the decision to the result, in µs.</summary>
    public long TimeUs;

    /// <summary>Energy in that time, in µJ.</summary>
    public int EnergyUj;

    /// <summary>Length from which the board would have offloaded, or <see cref="Costs.CostLine.Never"/>.</summary>
    public int BreakEvenLength;

    /// <summary>Queue depth of the gateway, as last known.</summary>
    public int Depth;
}

/// <summary>Sums over the inferences since start or reset.</summary>
public sealed class InferenceTotals
{
    /// <summary>Inferences per <see cref="Target"/>.</summary>
    public readonly int[] Count = new int[3];

    /// <summary>Time in µs.</summary>
    public long TimeUs;

    /// <summary>Energy in µJ.</summary>
    public long EnergyUj;

    /// <summary>Adds an inference.</summary>
    public void Add(InferenceResult result)
    {
        Count[(int)result.Target]++;
        TimeUs += result.TimeUs;
        EnergyUj += result.EnergyUj;
    }

    /// <summary>Starts anew.</summary>
    public void Reset()
    {
        for (int i = 0; i < Count.Length; i++) Count[i] = 0;
        TimeUs = 0;
        EnergyUj = 0;
    }
}
