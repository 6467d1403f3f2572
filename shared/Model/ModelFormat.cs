// The constants of the model file. SPEC.md, "The model file", is the text to these numbers.

namespace Crime.Model;

/// <summary>Layout and limits of a <c>.crime</c> file.</summary>
public static class ModelFormat
{
    /// <summary>"CRIM" as a little-endian number.</summary>
    public const uint Magic = 0x4D495243;

    /// <summary>Version of a file with recurrent layers in a row and one linear head.</summary>
    public const int Version = 1;

    /// <summary>Version of a file with a GRPH section, widths of its own, or another answer than a class.</summary>
    public const int GraphVersion = 2;

    /// <summary>Bytes before the section table.</summary>
    public const int HeaderSize = 16;

    /// <summary>Bytes of one entry of the section table: tag, offset, length.</summary>
    public const int SectionEntrySize = 12;

    /// <summary>Bytes of the CRC-32 that ends the file.</summary>
    public const int ChecksumSize = 4;

    /// <summary>Most sections a file may have.</summary>
    public const int MaxSections = 16;

    /// <summary>Largest file in bytes.</summary>
    public const int MaxFileSize = 64 * 1024 * 1024;

    /// <summary>"ARCH": what goes in, what comes out.</summary>
    public const uint ArchitectureTag = 0x48435241;

    /// <summary>"LAYR": kind and sizes of the layers.</summary>
    public const uint LayersTag = 0x5259414C;

    /// <summary>"OPTS": activations and clipping of layers that have unusual ones.</summary>
    public const uint OptionsTag = 0x5354504F;

    /// <summary>"NAME": model and class names.</summary>
    public const uint NamesTag = 0x454D414E;

    /// <summary>"NORM": mean and deviation per feature.</summary>
    public const uint NormalisationTag = 0x4D524F4E;

    /// <summary>"VOCA": code points of the tokens.</summary>
    public const uint VocabularyTag = 0x41434F56;

    /// <summary>"FIXD": fixed-point weights for boards.</summary>
    public const uint FixedPointTag = 0x44584946;

    /// <summary>"FLT4": single-precision weights for gateways.</summary>
    public const uint FloatTag = 0x34544C46;

    /// <summary>"GRPH": the operations of a gateway between the input and the head.</summary>
    public const uint GraphTag = 0x48505247;

    /// <summary>Bytes of the graph section before its operations.</summary>
    public const int GraphHeaderSize = 8;

    /// <summary>"TAIL": pooling and fully connected layers of boards, between the last recurrent layer and the head.</summary>
    public const uint TailTag = 0x4C494154;

    /// <summary>Bytes of the tail section before its layers.</summary>
    public const int TailHeaderSize = 4;

    /// <summary>Most fully connected layers in front of the head on boards.</summary>
    public const int MaxDenseLayers = 4;

    /// <summary>"ANSW": scale and unit of values, and the threshold of an anomaly.</summary>
    public const uint AnswerTag = 0x57534E41;

    /// <summary>"FRNT": convolutions of boards, between the input and the first recurrent layer.</summary>
    public const uint FrontTag = 0x544E5246;

    /// <summary>Bytes of the front section before its layers.</summary>
    public const int FrontHeaderSize = 4;

    /// <summary>Most convolutions on boards.</summary>
    public const int MaxConvolutions = 2;

    /// <summary>Most timesteps of a window on boards.</summary>
    public const int MaxConvolutionSize = 8;

    /// <summary>Most timesteps from one window to the next on boards.</summary>
    public const int MaxConvolutionStride = 4;

    /// <summary>"DECO": the decoder of a model that writes a sequence.</summary>
    public const uint DecoderTag = 0x4F434544;

    /// <summary>"GOLD": sequences that a kernel has to compute to the bit before it is used.</summary>
    public const uint GoldenTag = 0x444C4F47;

    /// <summary>Bytes of the golden section before its sequences.</summary>
    public const int GoldenHeaderSize = 4;

    /// <summary>Bytes of a golden sequence.</summary>
    public const int GoldenSequenceSize = 12;

    /// <summary>Most golden sequences.</summary>
    public const int MaxGoldenSequences = 8;

    /// <summary>Most timesteps of a golden sequence.</summary>
    public const int MaxGoldenSteps = 64;

    /// <summary>Bytes of the architecture section.</summary>
    public const int ArchitectureSize = 16;

    /// <summary>Bytes of one layer in the layer section.</summary>
    public const int LayerSize = 8;

    /// <summary>Most recurrent layers.</summary>
    public const int MaxLayers = 8;

    /// <summary>Bytes of one activation in the option section: function, three zeros, alpha, beta.</summary>
    public const int ActivationSize = 12;

    /// <summary>Activations per direction in the option section: gates, candidate, cell output.</summary>
    public const int ActivationsPerDirection = 3;

    /// <summary>Bytes of the fixed-point section before its layers.</summary>
    public const int FixedPointHeaderSize = 4;

    /// <summary>Fraction bits of a hidden state.</summary>
    public const int HiddenFractionBits = 15;

    /// <summary>Most features (or embedding dimensions) per timestep.</summary>
    public const int MaxInputs = 1024;

    /// <summary>Most hidden units.</summary>
    public const int MaxHidden = 1024;

    /// <summary>Most numbers of a vector between the input and the head of a network with a graph.</summary>
    public const int MaxGraphWidth = 4096;

    /// <summary>Most classes.</summary>
    public const int MaxClasses = 255;

    /// <summary>Most tokens in a vocabulary, the unknown token included.</summary>
    public const int MaxVocabulary = 65535;

    /// <summary>Fewest fraction bits of the cell state: the tanh table is indexed with that many.</summary>
    public const int MinCellFractionBits = FixedPoint.ActivationTable.IndexFractionBits;

    /// <summary>Most fraction bits of a cell state.</summary>
    public const int MaxCellFractionBits = 15;

    /// <summary>In the place of a cell's fraction bits: a cell state of two 16-bit numbers per unit, with <see cref="MaxCellFractionBits"/>.</summary>
    public const int WideCell = 31;

    /// <summary>Fewest fraction bits of a gate row's accumulator.</summary>
    public const int MinRowFractionBits = FixedPoint.ActivationTable.IndexFractionBits;

    /// <summary>Fewest fraction bits of a GRU's candidate row: its two sums meet at one bit less than that.</summary>
    public const int MinCandidateRowFractionBits = MinRowFractionBits + 1;

    /// <summary>Most fraction bits of a gate row's accumulator.</summary>
    public const int MaxRowFractionBits = 30;
}
