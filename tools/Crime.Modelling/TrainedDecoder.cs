// The decoder of a trained network that writes a sequence.

using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.Model;

namespace Crime.Modelling;

/// <summary>A decoder with single-precision weights.</summary>
public sealed record TrainedDecoder
{
    /// <summary>The cell: one forward LSTM or GRU layer without options.</summary>
    public required RecurrentLayer Cell { get; init; }

    /// <summary>Attention over the encoder's outputs.</summary>
    public AttentionKind Attention { get; init; }

    /// <summary>Embedding of the output tokens, [output tokens][embedding]. The row of token 0, the end, is also read at the start.</summary>
    public required float[] Embedding { get; init; }

    /// <summary>Dimensions of the embedding.</summary>
    public required int EmbeddingCount { get; init; }

    /// <summary>Hidden units of Bahdanau's score; 0 for others.</summary>
    public int AttentionCount { get; init; }

    /// <summary>The arrays of the attention in the order of SPEC.md, "The model file"; empty without attention.</summary>
    public IReadOnlyList<float[]> AttentionWeights { get; init; } = [];

    /// <summary>Hypotheses that a gateway follows.</summary>
    public int BeamWidth { get; init; } = 1;

    /// <summary>Most output tokens, the end included.</summary>
    public required int LongestOutput { get; init; }

    /// <summary>The line of the output length.</summary>
    public required OutputLengthFit Length { get; init; }

    /// <summary>Trainable numbers.</summary>
    public int ParameterCount => Embedding.Length + Cell.ParameterCount + AttentionWeights.Sum(array => array.Length);

    /// <summary>Returns all numbers in the order of the float section.</summary>
    public IEnumerable<float[]> Arrays() => [Embedding, .. Cell.Directions[0].Arrays(), .. AttentionWeights];

    /// <summary>Writes the section of a model file.</summary>
    /// <param name="writer">Receives it.</param>
    public void Write(BinaryWriter writer)
    {
        writer.Write((byte)Cell.Kind);
        writer.Write((byte)Attention);
        writer.Write((byte)BeamWidth);
        writer.Write((byte)0);
        foreach (int number in (int[])[Cell.HiddenCount, EmbeddingCount, LongestOutput, AttentionCount]) writer.Write((ushort)number);
        writer.Write(Length.GammaThousandths);
        writer.Write(Length.DeltaThousandths);
        writer.Write(Length.DeviationThousandths);
    }
}
