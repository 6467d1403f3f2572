// A short input and its exact result. The input is made from a seed, so it takes the same few bytes for a model of any width.

namespace Crime.Model;

/// <summary>A sequence that starts from the zero state, and the result that every kernel of the model computes for it.</summary>
public sealed class GoldenSequence
{
    /// <summary>Makes a sequence.</summary>
    /// <param name="seed">Start of its numbers.</param>
    /// <param name="stepCount">Length in timesteps, 1 to <see cref="ModelFormat.MaxGoldenSteps"/>.</param>
    /// <param name="shift">Bits by which its numbers are smaller than 16 bits allow, 0 to 15; not used for tokens.</param>
    /// <param name="classIndex">Its class.</param>
    /// <param name="checksum">CRC-32 of the state and the logits after the last step.</param>
    public GoldenSequence(uint seed, int stepCount, int shift, int classIndex, uint checksum)
    {
        Seed = seed;
        StepCount = stepCount;
        Shift = shift;
        ClassIndex = classIndex;
        Checksum = checksum;
    }

    /// <summary>Start of its numbers.</summary>
    public uint Seed { get; }

    /// <summary>Length in timesteps.</summary>
    public int StepCount { get; }

    /// <summary>Bits by which its numbers are smaller than 16 bits allow.</summary>
    public int Shift { get; }

    /// <summary>Its class.</summary>
    public int ClassIndex { get; }

    /// <summary>CRC-32 of the exported state and then the logits, 32 bits each.</summary>
    public uint Checksum { get; }

    /// <summary>Returns the numbers, timestep by timestep.</summary>
    /// <param name="valuesPerStep">Numbers per timestep.</param>
    /// <param name="vocabularyCount">Tokens of the model; 0 for features.</param>
    public short[] Values(int valuesPerStep, int vocabularyCount)
    {
        var values = new short[StepCount * valuesPerStep];
        uint state = Seed;
        for (int i = 0; i < values.Length; i++)
        {
            // The generator of Numerical Recipes. Its high half is the random one.
            state = state * 1664525 + 1013904223;
            uint high = state >> 16;
            values[i] = vocabularyCount > 0 ? (short)(high % (uint)vocabularyCount) : (short)((short)high >> Shift);
        }
        return values;
    }
}
