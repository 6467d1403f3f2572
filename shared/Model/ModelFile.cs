// A model file that has been checked: every accessor below is safe because ModelReader refused anything else.

using System;
using System.IO.Hashing;
using Crime.Binary;

namespace Crime.Model;

/// <summary>A parsed model. Weights are read from the file's bytes on demand; nothing is copied until asked for.</summary>
public sealed class ModelFile
{
    private byte[] _bytes;

    internal ModelFile(byte[] bytes)
    {
        _bytes = bytes;
        Size = bytes.Length;
    }

    /// <summary>Identity of the trained weights: the same for the full file and for the image that boards load.</summary>
    public uint Id { get; internal set; }

    /// <summary>CRC-32 of this very file: its ETag.</summary>
    public uint Checksum { get; internal set; }

    /// <summary>Size of the file in bytes.</summary>
    public int Size { get; }

    /// <summary>Name of the model, at most 255 bytes of UTF-8.</summary>
    public string Name { get; internal set; }

    /// <summary>The recurrent layers, the one that sees the input first.</summary>
    public LayerShape[] Layers { get; internal set; }

    /// <summary>What of the last layer the head sees.</summary>
    public HeadInput HeadInput { get; internal set; }

    /// <summary>What a timestep is.</summary>
    public InputKind Input { get; internal set; }

    /// <summary>Width of the first layer's input: features per timestep, or dimensions of the embedding.</summary>
    public int InputCount { get; internal set; }

    /// <summary>Numbers per timestep in a sequence: the features, or one token.</summary>
    public int ValuesPerStep => Input == InputKind.Tokens ? 1 : InputCount;

    /// <summary>Numbers that the head sees: the outputs of the last layer, or those of the graph.</summary>
    public int HeadInputCount { get; internal set; }

    /// <summary>The meaning of the numbers that the head gives.</summary>
    public AnswerKind Answer { get; internal set; }

    /// <summary>True when the head gives one vector for each timestep.</summary>
    public bool IsAnswerPerStep => IsPerStep(Answer);

    /// <summary>True for answers whose head gives one vector for each timestep.</summary>
    public static bool IsPerStep(AnswerKind answer) =>
        answer == AnswerKind.ClassPerStep || answer == AnswerKind.ValuesPerStep || answer == AnswerKind.Anomaly;

    /// <summary>Numbers that the head gives.</summary>
    public int OutputCount { get; internal set; }

    /// <summary>Scale of the answer's values, and threshold of an anomaly; null for classes.</summary>
    public AnswerScale Scale { get; internal set; }

    /// <summary>The decoder; null for a model that writes no sequence.</summary>
    public DecoderSection Decoder { get; internal set; }

    /// <summary>True when a gateway computes more than recurrent layers in a row and a linear head.</summary>
    public bool HasGraph => GraphOffset(out _) != 0;

    /// <summary>Names of the classes, or of the values of an answer that has no class; the label of a result is an index into it.</summary>
    public string[] ClassNames { get; internal set; }

    /// <summary>Number of classes.</summary>
    public int ClassCount => ClassNames.Length;

    /// <summary>Number of tokens, 0 for feature models. Token 0 is "unknown".</summary>
    public int VocabularyCount { get; internal set; }

    /// <summary>Longest sequence seen in calibration, in timesteps; 0 when unknown. Sizes the decision table.</summary>
    public int LongestLength { get; internal set; }

    /// <summary>Fraction bits of the inputs (of the embedding, for tokens).</summary>
    public int InputFractionBits { get; internal set; }

    /// <summary>Whether boards can run the model. One that they cannot run is always offloaded.</summary>
    public bool HasFixedPoint => FixedSize > 0;

    /// <summary>Whether gateways can run the model.</summary>
    public bool HasFloat => FloatOffset > 0;

    /// <summary>The layers in fixed point; null when boards cannot run the model, and after <see cref="ReleaseNumbers"/>.</summary>
    public FixedLayer[] FixedLayers { get; internal set; }

    /// <summary>The vector of a sequence that boards take from the last layer.</summary>
    public PoolingKind Pooling { get; internal set; }

    /// <summary>
    /// Fully connected layers between the last recurrent layer and the head, in fixed point; null without them, and after <see cref="ReleaseNumbers"/>.
    /// </summary>
    public DenseLayer[] DenseLayers { get; internal set; }

    /// <summary>
    /// Returns the convolutions of boards in front of the recurrent layers; null without them, and after <see cref="ReleaseNumbers"/>. They are read
    /// anew: few models have them, and a field takes 12 bytes of every board's heap.
    /// </summary>
    public ConvolutionLayer[] ReadFront()
    {
        if (_bytes == null || !HasFixedPoint) return null;
        LayerReader.TryReadFront(_bytes, this, out ConvolutionLayer[] layers);
        return layers;
    }

    /// <summary>
    /// Gives the bytes of the file back to the heap once a kernel has been built. Id, names, shapes and formats of the inputs stay. Weights,
    /// normalisation, vocabulary, options and checksums of the weights cannot be read any more.
    /// </summary>
    public void ReleaseNumbers()
    {
        _bytes = null;
        FixedLayers = null;
        DenseLayers = null;
        if (Decoder != null) Decoder.Fixed = null;
    }

    internal int NormalisationOffset { get; set; }

    internal int VocabularyOffset { get; set; }

    internal int OptionsOffset { get; set; }

    internal int FixedOffset { get; set; }

    internal int FixedSize { get; set; }

    internal int HeadOffset { get; set; }

    internal int FloatOffset { get; set; }

    internal int GoldenOffset { get; set; }

    /// <summary>Single-precision numbers of the graph's operations in the float section.</summary>
    public long GraphFloatCount
    {
        get
        {
            int offset = GraphOffset(out _);
            return offset == 0 ? 0 : LittleEndian.ReadUInt32(_bytes, offset);
        }
    }

    /// <summary>Returns a copy of the graph section; empty without one.</summary>
    public byte[] ReadGraph()
    {
        int offset = GraphOffset(out int length);
        var section = new byte[length];
        Array.Copy(_bytes, offset, section, 0, length);
        return section;
    }

    /// <summary>Number of golden sequences; 0 when the file has none, and after <see cref="ReleaseNumbers"/>.</summary>
    public int GoldenCount => GoldenOffset == 0 || _bytes == null ? 0 : _bytes[GoldenOffset];

    /// <summary>A golden sequence.</summary>
    /// <param name="index">0 to <see cref="GoldenCount"/> - 1.</param>
    public GoldenSequence Golden(int index)
    {
        int at = GoldenOffset + ModelFormat.GoldenHeaderSize + ModelFormat.GoldenSequenceSize * index;
        return new GoldenSequence(
            LittleEndian.ReadUInt32(_bytes, at), _bytes[at + 4], _bytes[at + 5], LittleEndian.ReadUInt16(_bytes, at + 6), LittleEndian.ReadUInt32(_bytes, at + 8));
    }

    /// <summary>Fraction bits of the logits.</summary>
    public int LogitFractionBits => _bytes[FixedOffset];

    /// <summary>Bits in which the weights of the layers are stored: 16, 8, 6 or 4.</summary>
    public int WeightBits => _bytes[FixedOffset + 1];

    /// <summary>
    /// CRC-32 over the fixed-point section and then kind, inputs and hidden units of every layer (one, two and two bytes): what
    /// compiled kernels are recognised by. The section alone would not do: other sizes may fill it just as well.
    /// </summary>
    public uint FixedPointChecksum()
    {
        const int sizeOfShape = 5;
        var content = new byte[FixedSize + sizeOfShape * Layers.Length];
        Array.Copy(_bytes, FixedOffset, content, 0, FixedSize);
        int at = FixedSize;
        foreach (LayerShape shape in Layers)
        {
            content[at] = (byte)shape.Kind;
            LittleEndian.WriteInt16(content, at + 1, shape.InputCount);
            LittleEndian.WriteInt16(content, at + 3, shape.HiddenCount);
            at += sizeOfShape;
        }
        return Crc32.HashToUInt32(content);
    }

    /// <summary>Bias of a logit, with <see cref="LogitFractionBits"/>.</summary>
    public int HeadBias(int classIndex) => LittleEndian.ReadInt32(_bytes, HeadOffset + 4 * classIndex);

    /// <summary>Weight of a logit on an output of the last layer.</summary>
    public short HeadWeight(int classIndex, int unit) =>
        LittleEndian.ReadInt16(_bytes, HeadOffset + 4 * OutputCount + 2 * (classIndex * HeadInputCount + unit));

    /// <summary>One dimension of a token's embedding, with <see cref="InputFractionBits"/>.</summary>
    public short Embedding(int token, int dimension) => LittleEndian.ReadInt16(
        _bytes, HeadOffset + 4 * OutputCount + 2 * (OutputCount * HeadInputCount + token * InputCount + dimension));

    /// <summary>One dimension of the embedding of an output token, with the fraction bits of the decoder's inputs.</summary>
    public short OutputEmbedding(int token, int dimension) =>
        LittleEndian.ReadInt16(_bytes, Decoder.EmbeddingOffset + 2 * (token * Decoder.EmbeddingCount + dimension));

    /// <summary>Mean of a feature over the training data; 0 when the model has no normalisation.</summary>
    public float Mean(int feature) =>
        NormalisationOffset == 0 ? 0 : BitConverter.ToSingle(_bytes, NormalisationOffset + 4 * feature);

    /// <summary>Standard deviation of a feature over the training data; 1 when the model has no normalisation.</summary>
    public float Deviation(int feature) =>
        NormalisationOffset == 0 ? 1 : BitConverter.ToSingle(_bytes, NormalisationOffset + 4 * (InputCount + feature));

    /// <summary>Code point of a token, 1 to <see cref="VocabularyCount"/> - 1.</summary>
    public int CodePoint(int token) => LittleEndian.ReadInt32(_bytes, VocabularyOffset + 4 * (token - 1));

    /// <summary>Bound at which a layer's gate inputs are cut off; 0 for none.</summary>
    /// <param name="layer">0 to the number of layers - 1.</param>
    public float Clip(int layer)
    {
        int offset = OptionsOf(layer);
        return offset < 0 ? 0 : BitConverter.ToSingle(_bytes, offset);
    }

    /// <summary>An activation function of a layer.</summary>
    /// <param name="layer">0 to the number of layers - 1.</param>
    /// <param name="direction">0, or 1 for the reverse half of a layer that reads both ways.</param>
    /// <param name="which">0 for the gates (a simple cell's only one), 1 for the candidate, 2 for the cell's output.</param>
    /// <param name="alpha">Its first number.</param>
    /// <param name="beta">Its second number.</param>
    public Activation ActivationOf(int layer, int direction, int which, out float alpha, out float beta)
    {
        alpha = 0;
        beta = 0;
        int offset = OptionsOf(layer);
        if (offset < 0) return which == 0 && Layers[layer].Kind != CellKind.Rnn ? Activation.Sigmoid : Activation.Tanh;
        offset += 4 + ModelFormat.ActivationSize * (ModelFormat.ActivationsPerDirection * direction + which);
        alpha = BitConverter.ToSingle(_bytes, offset + 4);
        beta = BitConverter.ToSingle(_bytes, offset + 8);
        return (Activation)_bytes[offset];
    }

    /// <summary>Bytes of a layer's entry in the option section.</summary>
    public static int OptionsSizeOf(LayerShape shape) =>
        (shape.Options & LayerOptions.Activations) == 0
            ? 0
            : 4 + ModelFormat.ActivationSize * ModelFormat.ActivationsPerDirection * shape.DirectionCount;

    /// <summary>Single-precision numbers in the float section. The order of the arrays is that of SPEC.md.</summary>
    public long FloatCount
    {
        get
        {
            long count = (long)VocabularyCount * InputCount + GraphFloatCount + (long)OutputCount * (HeadInputCount + 1);
            foreach (LayerShape shape in Layers) count += (long)shape.FloatCountPerDirection * shape.DirectionCount;
            if (Decoder != null) count += Decoder.FloatCount(ClassCount);
            return count;
        }
    }

    /// <summary>Copies a run of the float section.</summary>
    /// <param name="start">Index of the first number.</param>
    /// <param name="count">How many.</param>
    public float[] ReadFloats(int start, int count)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++) values[i] = BitConverter.ToSingle(_bytes, FloatOffset + 4 * (start + i));
        return values;
    }

    private int OptionsOf(int layer)
    {
        if ((Layers[layer].Options & LayerOptions.Activations) == 0) return -1;
        int offset = OptionsOffset;
        for (int i = 0; i < layer; i++) offset += OptionsSizeOf(Layers[i]);
        return offset;
    }

    // Looked up where it is asked for: a board's image has none, and a field takes 12 bytes of its heap.
    private int GraphOffset(out int length)
    {
        length = 0;
        return _bytes != null && ModelReader.IsGraphVersion(_bytes) ? ModelReader.Find(_bytes, ModelFormat.GraphTag, out length) : 0;
    }
}
