// The simple recurrent cell: h' = f(W_ih x + W_hh h + b), the ONNX operator RNN.

using System;

namespace Crime.Gateway.Inference.Cells;

/// <summary>Packed weights of a simple cell.</summary>
internal sealed class SimpleWeights(DirectionNumbers numbers) : CellWeights(numbers)
{
    /// <summary>Rows of the only sum.</summary>
    public PackedRows Rows { get; } = new(numbers, [0]);

    /// <inheritdoc/>
    public override FloatCell NewCell() => new SimpleCell(this);
}

/// <summary>State of a simple cell and its step.</summary>
internal sealed class SimpleCell(SimpleWeights weights) : FloatCell
{
    private readonly float[] _sums = new float[weights.Rows.Count];

    /// <inheritdoc/>
    public override void Step(ReadOnlySpan<float> x, ReadOnlySpan<float> before, Span<float> after)
    {
        weights.Rows.Multiply(x, before, _sums);
        Span<float> sums = _sums.AsSpan(0, after.Length);
        weights.Open(sums);
        sums.CopyTo(after);
    }
}
