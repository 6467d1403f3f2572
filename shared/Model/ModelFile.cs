// A model file that has been checked: every accessor below is safe because ModelReader refused anything else.

using System;
using Crime.Binary;

namespace Crime.Model;

/// <summary>A parsed model. Weights are read from the file's bytes on demand; nothing is copied until asked for.</summary>
public sealed class ModelFile
{
    private readonly byte[] _bytes;

    internal ModelFile(byte[] bytes) => _bytes = bytes;

    /// <summary>Identity of the trained weights: the same for the full file and for the image that boards load.</summary>
    public uint Id { get; internal set; }

    /// <summary>CRC-32 of this very file: its ETag.</summary>
    public uint Checksum { get; internal set; }

    /// <summary>Size of the file in bytes.</summary>
    public int Size => _bytes.Length;

    /// <summary>Name of the model, at most 255 bytes of UTF-8.</summary>
    public string Name { get; internal set; }

    /// <summary>The recurrent cell.</summary>
    public CellKind Kind { get; internal set; }

    /// <summary>What a timestep is.</summary>
    public InputKind Input { get; internal set; }

    /// <summary>Width of the cell's input: features per timestep, or dimensions of the embedding.</summary>
    public int InputCount { get; internal set; }

    /// <summary>Numbers per timestep in a sequence: the features, or one token.</summary>
    public int ValuesPerStep => Input == InputKind.Tokens ? 1 : InputCount;

    /// <summary>Hidden units.</summary>
    public int HiddenCount { get; internal set; }

    /// <summary>Names of the classes; the label of a result is an index into it.</summary>
    public string[] ClassNames { get; internal set; }

    /// <summary>Number of classes.</summary>
    public int ClassCount => ClassNames.Length;

    /// <summary>Number of tokens, 0 for feature models. Token 0 is "unknown".</summary>
    public int VocabularyCount { get; internal set; }

    /// <summary>Longest sequence seen in calibration, in timesteps; 0 when unknown. Sizes the decision table.</summary>
    public int LongestLength { get; internal set; }

    /// <summary>Gate rows: 4 per hidden unit, all input gates first, then forget, cell candidate, output.</summary>
    public int RowCount => ModelFormat.LstmGates * HiddenCount;

    /// <summary>Whether boards can run the model.</summary>
    public bool HasFixedPoint => FixedOffset > 0;

    /// <summary>Whether gateways can run the model.</summary>
    public bool HasFloat => FloatOffset > 0;

    internal int NormalisationOffset { get; set; }

    internal int VocabularyOffset { get; set; }

    internal int FixedOffset { get; set; }

    internal int FloatOffset { get; set; }

    // Offsets of the arrays inside the fixed-point section, in the order of SPEC.md.
    private int BiasOffset => FixedOffset + ModelFormat.FixedPointHeaderSize + RowCount;

    private int HeadBiasOffset => BiasOffset + 4 * RowCount;

    private int WeightOffset => HeadBiasOffset + 4 * ClassCount;

    private int HeadWeightOffset => WeightOffset + 2 * RowCount * (InputCount + HiddenCount);

    private int EmbeddingOffset => HeadWeightOffset + 2 * ClassCount * HiddenCount;

    /// <summary>Fraction bits of the inputs (of the embedding, for tokens).</summary>
    public int InputFractionBits => _bytes[FixedOffset];

    /// <summary>Fraction bits of the cell state.</summary>
    public int CellFractionBits => _bytes[FixedOffset + 1];

    /// <summary>Fraction bits of the logits.</summary>
    public int LogitFractionBits => _bytes[FixedOffset + 2];

    /// <summary>Fraction bits of a gate row's 32-bit accumulator.</summary>
    /// <param name="row">0 to <see cref="RowCount"/> - 1.</param>
    public int RowFractionBits(int row) => _bytes[FixedOffset + ModelFormat.FixedPointHeaderSize + row];

    /// <summary>Bias of a gate row, in the row's accumulator format.</summary>
    public int Bias(int row) => LittleEndian.ReadInt32(_bytes, BiasOffset + 4 * row);

    /// <summary>Weight of a gate row.</summary>
    /// <param name="row">0 to <see cref="RowCount"/> - 1.</param>
    /// <param name="column">The inputs first (0 to <see cref="InputCount"/> - 1), then the hidden units.</param>
    public short Weight(int row, int column) =>
        LittleEndian.ReadInt16(_bytes, WeightOffset + 2 * (row * (InputCount + HiddenCount) + column));

    /// <summary>Bias of a logit, with <see cref="LogitFractionBits"/>.</summary>
    public int HeadBias(int classIndex) => LittleEndian.ReadInt32(_bytes, HeadBiasOffset + 4 * classIndex);

    /// <summary>Weight of a logit on a hidden unit.</summary>
    public short HeadWeight(int classIndex, int unit) =>
        LittleEndian.ReadInt16(_bytes, HeadWeightOffset + 2 * (classIndex * HiddenCount + unit));

    /// <summary>One dimension of a token's embedding, with <see cref="InputFractionBits"/>.</summary>
    public short Embedding(int token, int dimension) =>
        LittleEndian.ReadInt16(_bytes, EmbeddingOffset + 2 * (token * InputCount + dimension));

    /// <summary>Mean of a feature over the training data; 0 when the model has no normalisation.</summary>
    public float Mean(int feature) =>
        NormalisationOffset == 0 ? 0 : BitConverter.ToSingle(_bytes, NormalisationOffset + 4 * feature);

    /// <summary>Standard deviation of a feature over the training data; 1 when the model has no normalisation.</summary>
    public float Deviation(int feature) =>
        NormalisationOffset == 0 ? 1 : BitConverter.ToSingle(_bytes, NormalisationOffset + 4 * (InputCount + feature));

    /// <summary>Code point of a token, 1 to <see cref="VocabularyCount"/> - 1.</summary>
    public int CodePoint(int token) => LittleEndian.ReadInt32(_bytes, VocabularyOffset + 4 * (token - 1));

    /// <summary>Bytes of the fixed-point section for given sizes, without the padding to a multiple of four.</summary>
    public static int FixedPointSize(int inputs, int hidden, int classes, int vocabulary)
    {
        int rows = ModelFormat.LstmGates * hidden;
        return ModelFormat.FixedPointHeaderSize + rows + 4 * rows + 4 * classes
            + 2 * rows * (inputs + hidden) + 2 * classes * hidden + 2 * vocabulary * inputs;
    }

    /// <summary>Single-precision numbers in the float section for given sizes.</summary>
    public static int FloatCount(int inputs, int hidden, int classes, int vocabulary)
    {
        int rows = ModelFormat.LstmGates * hidden;
        return vocabulary * inputs + rows * inputs + rows * hidden + 2 * rows + classes * hidden + classes;
    }

    /// <summary>Copies a run of the float section. The order of the arrays is that of SPEC.md.</summary>
    /// <param name="start">Index of the first number.</param>
    /// <param name="count">How many.</param>
    public float[] ReadFloats(int start, int count)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++) values[i] = BitConverter.ToSingle(_bytes, FloatOffset + 4 * (start + i));
        return values;
    }
}
