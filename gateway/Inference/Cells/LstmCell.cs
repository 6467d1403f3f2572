// Long short-term memory. The equations are those of the ONNX operator LSTM; without options they are those of PyTorch.

using System;
using System.Numerics.Tensors;
using Crime.Model;

namespace Crime.Gateway.Inference.Cells;

/// <summary>Packed weights of an LSTM. The sums are in the order i, f, o, g, so that the three gates are contiguous.</summary>
internal sealed class LstmWeights(DirectionNumbers numbers) : CellWeights(numbers)
{
    /// <summary>Rows of all four gates.</summary>
    public PackedRows Rows { get; } = new(numbers, [0, 1, 3, 2]);

    /// <summary>Peephole weights, [input, forget, output][hidden]; null for a layer without peepholes.</summary>
    public float[]? Peepholes { get; } = numbers.Peepholes;

    /// <summary>c before the first step, [hidden].</summary>
    public float[] InitialCell { get; } = numbers.InitialCell;

    /// <summary>Whether f is 1 - i.</summary>
    public bool IsInputForget { get; } = numbers.Has(LayerOptions.InputForget);

    /// <summary>Activation of the cell state before the output gate.</summary>
    public Nonlinearity CellOutput { get; } = numbers.CellOutput;

    /// <inheritdoc/>
    public override FloatCell NewCell() => new LstmCell(this);
}

/// <summary>State of an LSTM and its step.</summary>
internal sealed class LstmCell(LstmWeights weights) : FloatCell
{
    private readonly float[] _sums = new float[weights.Rows.Count];
    private readonly float[] _cell = new float[weights.HiddenCount];

    /// <inheritdoc/>
    public override ReadOnlySpan<float> Cell => _cell;

    /// <inheritdoc/>
    public override void Reset(ReadOnlySpan<float> cell) => (cell.IsEmpty ? weights.InitialCell : cell).CopyTo(_cell);

    /// <inheritdoc/>
    public override void Step(ReadOnlySpan<float> x, ReadOnlySpan<float> before, Span<float> after)
    {
        weights.Rows.Multiply(x, before, _sums);
        int hidden = _cell.Length, stride = weights.Rows.GateStride;
        Span<float> i = _sums.AsSpan(0, hidden), f = _sums.AsSpan(stride, hidden);
        Span<float> o = _sums.AsSpan(2 * stride, hidden), g = _sums.AsSpan(3 * stride, hidden);

        // The input and forget gates see the cell state before the step, the output gate the one after it.
        ReadOnlySpan<float> peepholes = weights.Peepholes;
        if (!peepholes.IsEmpty)
        {
            TensorPrimitives.MultiplyAdd(peepholes[..hidden], _cell, i, i);
            TensorPrimitives.MultiplyAdd(peepholes.Slice(hidden, hidden), _cell, f, f);
        }
        weights.Open(_sums.AsSpan(0, (peepholes.IsEmpty ? 3 : 2) * stride));
        if (weights.IsInputForget) TensorPrimitives.Subtract(1f, i, f);
        weights.Propose(g);

        // c' = f c + i g; h' = o tanh(c')
        TensorPrimitives.Multiply(i, g, i);
        TensorPrimitives.MultiplyAdd(f, _cell, i, _cell);
        if (!peepholes.IsEmpty)
        {
            TensorPrimitives.MultiplyAdd(peepholes[(2 * hidden)..], _cell, o, o);
            weights.Open(o);
        }
        _cell.CopyTo(after);
        weights.CellOutput.Apply(after);
        TensorPrimitives.Multiply(o, after, after);
    }
}
