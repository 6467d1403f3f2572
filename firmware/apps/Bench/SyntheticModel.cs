// Models of any size, made on the board from a counter: a bench with a file per size would fill the flash. Their weights are
// random: small enough for the row bound, and large enough to leave the middle of the tables.

using System;
using System.IO.Hashing;
using Crime.Binary;
using Crime.Model;

namespace Crime.Bench;

/// <summary>Makes models and inputs.</summary>
public static class SyntheticModel
{
    private const int InputFractionBits = 12;
    private const int CellFractionBits = 12;
    private const int RowFractionBits = 27;
    private const int LogitFractionBits = 12;
    private const int WeightBits = 16;
    private const int ClassCount = 2;
    private const int SectionCount = 4;
    private const int NamesSize = 6;

    /// <summary>Makes a model with one LSTM layer and two classes.</summary>
    /// <param name="inputCount">Features per timestep.</param>
    /// <param name="hiddenCount">Hidden units.</param>
    public static ModelFile Create(int inputCount, int hiddenCount) => Create(CellKind.Lstm, inputCount, hiddenCount);

    /// <summary>Makes a model with one layer and two classes.</summary>
    /// <param name="kind">LSTM or GRU.</param>
    /// <param name="inputCount">Features per timestep.</param>
    /// <param name="hiddenCount">Hidden units.</param>
    public static ModelFile Create(CellKind kind, int inputCount, int hiddenCount)
    {
        ModelError error = ModelReader.TryRead(Write(kind, inputCount, hiddenCount), out ModelFile model);
        if (error != ModelError.None) throw new InvalidOperationException(ModelErrors.Describe(error));
        return model;
    }

    /// <summary>The same as the bytes of a file.</summary>
    /// <param name="kind">LSTM or GRU.</param>
    /// <param name="inputCount">Features per timestep.</param>
    /// <param name="hiddenCount">Hidden units.</param>
    public static byte[] Write(CellKind kind, int inputCount, int hiddenCount)
    {
        var shape = new LayerShape(kind, Direction.Forward, inputCount, hiddenCount, LayerOptions.None);
        int layerSize = (int)FixedLayer.SizeOf(shape, WeightBits);
        int fixedSize = ModelFormat.FixedPointHeaderSize + layerSize + ClassCount * (4 + 2 * hiddenCount);
        int architecture = ModelFormat.HeaderSize + SectionCount * ModelFormat.SectionEntrySize;
        int layers = architecture + ModelFormat.ArchitectureSize;
        int names = layers + ModelFormat.LayerSize;
        int fixedPoint = names + Padded(NamesSize);
        var bytes = new byte[fixedPoint + Padded(fixedSize) + ModelFormat.ChecksumSize];

        LittleEndian.WriteUInt32(bytes, 0, ModelFormat.Magic);
        LittleEndian.WriteInt16(bytes, 4, ModelFormat.Version);
        LittleEndian.WriteInt16(bytes, 6, SectionCount);
        LittleEndian.WriteInt32(bytes, 8, bytes.Length);
        WriteSection(bytes, 0, ModelFormat.ArchitectureTag, architecture, ModelFormat.ArchitectureSize);
        WriteSection(bytes, 1, ModelFormat.LayersTag, layers, ModelFormat.LayerSize);
        WriteSection(bytes, 2, ModelFormat.NamesTag, names, NamesSize);
        WriteSection(bytes, 3, ModelFormat.FixedPointTag, fixedPoint, fixedSize);

        bytes[architecture + 1] = 1;
        bytes[architecture + 2] = InputFractionBits;
        LittleEndian.WriteInt16(bytes, architecture + 4, inputCount);
        LittleEndian.WriteInt16(bytes, architecture + 6, ClassCount);
        bytes[layers] = (byte)kind;
        bytes[layers + 1] = (byte)Direction.Forward;
        LittleEndian.WriteInt16(bytes, layers + 2, hiddenCount);
        // Three names of one letter: the model's, and the two classes'.
        for (int i = 0; i < NamesSize; i += 2)
        {
            bytes[names + i] = 1;
            bytes[names + i + 1] = (byte)'x';
        }
        WriteWeights(bytes, fixedPoint, shape, fixedSize);

        var content = new byte[bytes.Length - ModelFormat.ChecksumSize];
        Array.Copy(bytes, 0, content, 0, content.Length);
        LittleEndian.WriteUInt32(bytes, content.Length, Crc32.HashToUInt32(content));
        return bytes;
    }

    /// <summary>Input numbers between -1 and 1 in the format of the models made here.</summary>
    public static short[] Sequence(int count)
    {
        var values = new short[count];
        int noise = 1;
        for (int i = 0; i < count; i++)
        {
            noise = Next(noise);
            values[i] = (short)(noise >> 18);
        }
        return values;
    }

    private static void WriteWeights(byte[] bytes, int at, LayerShape shape, int fixedSize)
    {
        int end = at + fixedSize;
        bytes[at] = LogitFractionBits;
        bytes[at + 1] = WeightBits;
        at += ModelFormat.FixedPointHeaderSize;
        if (shape.HasCellState) bytes[at] = CellFractionBits;
        at += 4;
        for (int row = 0; row < shape.RowCount; row++) bytes[at + row] = RowFractionBits;
        // The layer's biases stay 0. The head's two are filled like weights: still far within its bound.
        at += Padded(shape.RowCount) + 4 * shape.FixedBiasCount;
        int noise = 1;
        for (; at < end; at += 2)
        {
            noise = Next(noise);
            LittleEndian.WriteInt16(bytes, at, noise >> 21);
        }
    }

    private static void WriteSection(byte[] bytes, int index, uint tag, int offset, int size)
    {
        int at = ModelFormat.HeaderSize + index * ModelFormat.SectionEntrySize;
        LittleEndian.WriteUInt32(bytes, at, tag);
        LittleEndian.WriteInt32(bytes, at + 4, offset);
        LittleEndian.WriteInt32(bytes, at + 8, size);
    }

    /// <summary>The next number of a linear congruential generator; its upper bits are the good ones.</summary>
    private static int Next(int value) => value * 1664525 + 1013904223;

    private static int Padded(int size) => (size + 3) & ~3;
}
