// The decoder of a model that writes a sequence: it starts from the final state of the encoder, reads its own last token, and ends with token 0.
// SPEC.md, "The model file", describes the section.

using Crime.Binary;
using Crime.Costs;

namespace Crime.Model;

/// <summary>Kinds of attention: the part of the encoder's outputs that a decoder reads. The numbers stand in the file.</summary>
public enum AttentionKind
{
    /// <summary>Nothing: only the final state of the encoder.</summary>
    None = 0,

    /// <summary>Luong's score <c>s . h</c>.</summary>
    LuongDot = 1,

    /// <summary>Luong's score <c>s . W h</c>.</summary>
    LuongGeneral = 2,

    /// <summary>Bahdanau's score <c>v . tanh(W s + U h)</c>; the context is a part of the cell's input.</summary>
    Bahdanau = 3,
}

/// <summary>Sizes of a decoder, and the line of its output length. Copied from the file, so it outlives the file's bytes.</summary>
public sealed class DecoderSection
{
    /// <summary>Bytes of the section.</summary>
    public const int Size = 24;

    /// <summary>Most output tokens of an answer, the end included.</summary>
    public const int MaxOutput = 1024;

    /// <summary>Most hypotheses of a beam search.</summary>
    public const int MaxBeamWidth = 8;

    /// <summary>The cell, its input (embedding, for Bahdanau also the context) and its hidden units, which are those of the encoder's end.</summary>
    public LayerShape Cell { get; private set; }

    /// <summary>Attention over the encoder's outputs.</summary>
    public AttentionKind Attention { get; private set; }

    /// <summary>Hypotheses that a gateway follows; 1 for the most likely token at each step.</summary>
    public int BeamWidth { get; private set; }

    /// <summary>Dimensions of the embedding of the output tokens.</summary>
    public int EmbeddingCount { get; private set; }

    /// <summary>Most output tokens, the end included: the decoder stops there.</summary>
    public int LongestOutput { get; private set; }

    /// <summary>Hidden units of Bahdanau's score; 0 for others.</summary>
    public int AttentionCount { get; private set; }

    /// <summary>Expected output length over the length of the input, the end included.</summary>
    public OutputLength Output { get; private set; }

    /// <summary>Standard deviation of output lengths from <see cref="Output"/>, in thousandths of a step.</summary>
    public int DeviationThousandths { get; private set; }

    /// <summary>Offset of the embedding of the output tokens in fixed point.</summary>
    internal int EmbeddingOffset { get; private set; }

    /// <summary>The cell in fixed point; null when boards cannot run the model, and after <see cref="ModelFile.ReleaseNumbers"/>.</summary>
    public FixedLayer Fixed { get; internal set; }

    /// <summary>Single-precision numbers of the attention.</summary>
    public int AttentionFloatCount
    {
        get
        {
            int hidden = Cell.HiddenCount;
            if (Attention == AttentionKind.None) return 0;
            if (Attention == AttentionKind.Bahdanau) return AttentionCount * (2 * hidden + 1);
            return hidden * (2 * hidden + 1) + (Attention == AttentionKind.LuongGeneral ? hidden * hidden : 0);
        }
    }

    /// <summary>Returns the single-precision numbers of the decoder.</summary>
    /// <param name="classCount">Output tokens.</param>
    public long FloatCount(int classCount) => (long)classCount * EmbeddingCount + Cell.FloatCountPerDirection + AttentionFloatCount;

    /// <summary>Returns the expected number of output steps of an input, 1 to <see cref="LongestOutput"/>.</summary>
    /// <param name="length">Timesteps of the input.</param>
    public int ExpectedSteps(int length)
    {
        long steps = (Output.ThousandthsAt(length) + 500) / 1000;
        return steps < 1 ? 1 : steps > LongestOutput ? LongestOutput : (int)steps;
    }

    /// <summary>Returns the bytes that the decoder adds to the fixed-point section, without the padding before it.</summary>
    /// <param name="classCount">Output tokens.</param>
    /// <param name="weightBits">Bits in which a weight is stored.</param>
    internal long FixedSizeOf(int classCount, int weightBits) => FixedLayer.SizeOf(Cell, weightBits) + 2L * classCount * EmbeddingCount;

    /// <summary>Takes the place of the decoder in the fixed-point section, whose size is right.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="at">Offset of the cell.</param>
    /// <param name="weightBits">Bits in which a weight is stored.</param>
    /// <param name="inputBits">Fraction bits of the embedding.</param>
    internal void SetFixed(byte[] bytes, int at, int weightBits, int inputBits)
    {
        Fixed = new FixedLayer(bytes, at, Cell, weightBits, inputBits);
        EmbeddingOffset = at + (int)FixedLayer.SizeOf(Cell, weightBits);
    }

    /// <summary>Reads the section of a file whose layers are known.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="file">Receives the decoder.</param>
    /// <returns>False when there is no such section, or when it is outside the limits.</returns>
    internal static bool TryRead(byte[] bytes, ModelFile file)
    {
        int at = ModelReader.Find(bytes, ModelFormat.DecoderTag, out int length);
        if (at == 0 || length != Size || file.HeadInput != HeadInput.FinalState || ModelReader.Find(bytes, ModelFormat.GraphTag, out _) != 0) return false;
        int kind = bytes[at], attention = bytes[at + 1], beam = bytes[at + 2];
        int hidden = LittleEndian.ReadUInt16(bytes, at + 4), embedding = LittleEndian.ReadUInt16(bytes, at + 6);
        int longest = LittleEndian.ReadUInt16(bytes, at + 8), width = LittleEndian.ReadUInt16(bytes, at + 10);
        int gamma = LittleEndian.ReadInt32(bytes, at + 12), delta = LittleEndian.ReadInt32(bytes, at + 16), deviation = LittleEndian.ReadInt32(bytes, at + 20);
        LayerShape end = file.Layers[file.Layers.Length - 1];
        bool isBahdanau = attention == (int)AttentionKind.Bahdanau;
        if ((kind != (int)CellKind.Lstm && kind != (int)CellKind.Gru) || attention > (int)AttentionKind.Bahdanau) return false;
        if (kind == (int)CellKind.Lstm && !end.HasCellState) return false;
        if (beam < 1 || beam > MaxBeamWidth || longest < 1 || longest > MaxOutput) return false;
        if (hidden != end.OutputCount || hidden > ModelFormat.MaxHidden || embedding < 1 || embedding > ModelFormat.MaxInputs) return false;
        if (isBahdanau ? width < 1 || width > ModelFormat.MaxHidden : width != 0) return false;
        if (gamma < 0 || gamma > OutputLength.MaxGamma || delta < -OutputLength.MaxDelta || delta > OutputLength.MaxDelta) return false;
        if (deviation < 0 || deviation > OutputLength.MaxDelta) return false;
        file.Decoder = new DecoderSection
        {
            Cell = new LayerShape((CellKind)kind, Direction.Forward, isBahdanau ? embedding + hidden : embedding, hidden, LayerOptions.None),
            Attention = (AttentionKind)attention, BeamWidth = beam, EmbeddingCount = embedding, LongestOutput = longest,
            AttentionCount = width, Output = new OutputLength(gamma, delta), DeviationThousandths = deviation,
        };
        return true;
    }
}
