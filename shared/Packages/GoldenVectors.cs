// Sequences with the states and logits that a kernel must give for them, as a kernel package carries them.

using Crime.Binary;

namespace Crime.Packages;

/// <summary>Golden vectors of one model. They are read from their bytes on demand.</summary>
public sealed class GoldenVectors
{
    private readonly byte[] _bytes;

    // [sequences]: where each begins.
    private readonly int[] _offsets;

    private GoldenVectors(byte[] bytes, int[] offsets)
    {
        _bytes = bytes;
        _offsets = offsets;
    }

    /// <summary>Number of sequences.</summary>
    public int SequenceCount => _offsets.Length;

    /// <summary>Numbers per timestep.</summary>
    public int ValuesPerStep => LittleEndian.ReadUInt16(_bytes, 2);

    /// <summary>Numbers of the network's state: layer by layer h, then c where the layer has one.</summary>
    public int StateCount => LittleEndian.ReadUInt16(_bytes, 4);

    /// <summary>Number of logits.</summary>
    public int ClassCount => LittleEndian.ReadUInt16(_bytes, 6);

    /// <summary>Checks the section of a package.</summary>
    /// <param name="bytes">The section; kept, not copied.</param>
    /// <returns>Null when the sequences do not fill the bytes exactly.</returns>
    public static GoldenVectors TryRead(byte[] bytes)
    {
        if (bytes.Length < KernelPackageFormat.GoldenHeaderSize) return null;
        int count = LittleEndian.ReadUInt16(bytes, 0);
        if (count == 0 || count * KernelPackageFormat.SequenceHeaderSize > bytes.Length) return null;
        var offsets = new int[count];
        var vectors = new GoldenVectors(bytes, offsets);
        if (vectors.ValuesPerStep == 0 || vectors.StateCount == 0 || vectors.ClassCount == 0) return null;
        int at = KernelPackageFormat.GoldenHeaderSize;
        for (int i = 0; i < count; i++)
        {
            if (at + KernelPackageFormat.SequenceHeaderSize > bytes.Length) return null;
            offsets[i] = at;
            // At most 2^16 numbers per step times 2^16 steps: the product is formed in 64 bits.
            long size = 2L * vectors.StepCount(i) * vectors.ValuesPerStep + 2 * vectors.StateCount + 4 * vectors.ClassCount;
            if (vectors.StepCount(i) == 0 || vectors.ClassOf(i) >= (vectors.ClassCount < 2 ? 2 : vectors.ClassCount)) return null;
            if (size > bytes.Length - at - KernelPackageFormat.SequenceHeaderSize) return null;
            at += KernelPackageFormat.SequenceHeaderSize + (int)size;
        }
        return at == bytes.Length ? vectors : null;
    }

    /// <summary>Length of a sequence in timesteps.</summary>
    /// <param name="sequence">0 to <see cref="SequenceCount"/> - 1.</param>
    public int StepCount(int sequence) => LittleEndian.ReadUInt16(_bytes, _offsets[sequence]);

    /// <summary>The class that a sequence has.</summary>
    public int ClassOf(int sequence) => LittleEndian.ReadUInt16(_bytes, _offsets[sequence] + 2);

    /// <summary>A sequence, timestep by timestep.</summary>
    public short[] Values(int sequence)
    {
        var values = new short[StepCount(sequence) * ValuesPerStep];
        int at = ValuesOffset(sequence);
        for (int i = 0; i < values.Length; i++) values[i] = LittleEndian.ReadInt16(_bytes, at + 2 * i);
        return values;
    }

    /// <summary>A number of the state after a sequence that began from zero.</summary>
    /// <param name="sequence">Which sequence.</param>
    /// <param name="index">0 to <see cref="StateCount"/> - 1.</param>
    public short State(int sequence, int index) => LittleEndian.ReadInt16(_bytes, StateOffset(sequence) + 2 * index);

    /// <summary>A logit after a sequence, exact.</summary>
    /// <param name="sequence">Which sequence.</param>
    /// <param name="index">0 to <see cref="ClassCount"/> - 1.</param>
    public int Logit(int sequence, int index) => LittleEndian.ReadInt32(_bytes, StateOffset(sequence) + 2 * StateCount + 4 * index);

    private int ValuesOffset(int sequence) => _offsets[sequence] + KernelPackageFormat.SequenceHeaderSize;

    private int StateOffset(int sequence) => ValuesOffset(sequence) + 2 * StepCount(sequence) * ValuesPerStep;
}
