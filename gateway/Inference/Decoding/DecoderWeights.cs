// The weights of a decoder as the gateway computes with them. The order of the numbers is that of SPEC.md, "The model file".

using System;
using System.Numerics.Tensors;
using Crime.Gateway.Inference.Cells;
using Crime.Model;

namespace Crime.Gateway.Inference.Decoding;

/// <summary>Single-precision weights of a decoder, immutable and shared by all workers.</summary>
internal sealed class DecoderWeights
{
    /// <summary>Reads the weights.</summary>
    /// <param name="section">The decoder.</param>
    /// <param name="classCount">Output tokens.</param>
    /// <param name="next">Returns the next numbers of the float section; its argument is their count.</param>
    public DecoderWeights(DecoderSection section, int classCount, Func<int, float[]> next)
    {
        int hidden = section.Cell.HiddenCount;
        Section = section;
        Embedding = next(classCount * section.EmbeddingCount);
        Cell = CellWeights.Pack(section.Cell.Kind, new DirectionNumbers(section.Cell, next));
        if (section.Attention == AttentionKind.None) return;
        if (section.Attention == AttentionKind.Bahdanau)
        {
            Query = next(section.AttentionCount * hidden);
            Key = next(section.AttentionCount * hidden);
            Score = next(section.AttentionCount);
            return;
        }
        if (section.Attention == AttentionKind.LuongGeneral) Key = next(hidden * hidden);
        Combination = next(2 * hidden * hidden);
        CombinationBias = next(hidden);
    }

    /// <summary>Sizes.</summary>
    public DecoderSection Section { get; }

    /// <summary>[output tokens][embedding].</summary>
    public float[] Embedding { get; }

    /// <summary>The cell.</summary>
    public CellWeights Cell { get; }

    /// <summary>W of Bahdanau's score, [attention][hidden]; else empty.</summary>
    public float[] Query { get; } = [];

    /// <summary>U of Bahdanau's score, [attention][hidden], or W of Luong's general score, transposed: [hidden of s][hidden of h]; else empty.</summary>
    public float[] Key { get; } = [];

    /// <summary>v of Bahdanau's score, [attention]; else empty.</summary>
    public float[] Score { get; } = [];

    /// <summary>Luong: weights of the state that the head sees, tanh(W [context, h] + b), [hidden][2 hidden]; else empty.</summary>
    public float[] Combination { get; } = [];

    /// <summary>b of the same, [hidden].</summary>
    public float[] CombinationBias { get; } = [];

    /// <summary>Multiplies a matrix with a vector.</summary>
    /// <param name="matrix">[rows][columns].</param>
    /// <param name="vector">[columns].</param>
    /// <param name="to">Receives [rows].</param>
    public static void Multiply(ReadOnlySpan<float> matrix, ReadOnlySpan<float> vector, Span<float> to)
    {
        for (int row = 0; row < to.Length; row++) to[row] = TensorPrimitives.Dot(matrix.Slice(row * vector.Length, vector.Length), vector);
    }
}
