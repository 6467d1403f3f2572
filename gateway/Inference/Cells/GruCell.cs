// The gated recurrent unit in both forms of the ONNX operator GRU. With the reset gate after the product
// (linear_before_reset = 1) the equations are those of PyTorch.

using System;
using System.Numerics.Tensors;
using Crime.Model;

namespace Crime.Gateway.Inference.Cells;

/// <summary>Packed weights of a GRU.</summary>
internal sealed class GruWeights : CellWeights
{
    private const int Reset = 0;
    private const int Update = 1;
    private const int New = 2;

    /// <summary>Packs a direction.</summary>
    public GruWeights(DirectionNumbers numbers) : base(numbers)
    {
        bool isResetBefore = numbers.Has(LayerOptions.ResetBefore);
        Gates = new PackedRows(numbers, [Reset, Update]);
        Candidate = new PackedRows(numbers, [New], hasHidden: isResetBefore);
        if (!isResetBefore) RecurrentCandidate = new PackedRows(numbers, [New], hasInputs: false);
    }

    /// <summary>Rows of r, then of z.</summary>
    public PackedRows Gates { get; }

    /// <summary>Rows of n: on the inputs, and also on the hidden state if the reset gate acts before the product.</summary>
    public PackedRows Candidate { get; }

    /// <summary>Rows of n on the hidden state if the reset gate acts after the product; null otherwise.</summary>
    public PackedRows? RecurrentCandidate { get; }

    /// <inheritdoc/>
    public override FloatCell NewCell() => new GruCell(this);
}

/// <summary>State of a GRU and its step.</summary>
internal sealed class GruCell(GruWeights weights) : FloatCell
{
    private readonly float[] _gates = new float[weights.Gates.Count];
    private readonly float[] _candidate = new float[weights.Candidate.Count];
    private readonly float[] _recurrent = new float[weights.Candidate.Count];

    /// <inheritdoc/>
    public override void Step(ReadOnlySpan<float> x, ReadOnlySpan<float> before, Span<float> after)
    {
        weights.Gates.Multiply(x, before, _gates);
        int hidden = before.Length, stride = weights.Gates.GateStride;
        Span<float> r = _gates.AsSpan(0, hidden), z = _gates.AsSpan(stride, hidden);
        Span<float> n = _candidate.AsSpan(0, hidden), resetHidden = _recurrent.AsSpan(0, hidden);
        weights.Open(_gates.AsSpan(0, 2 * stride));

        if (weights.RecurrentCandidate == null)
        {
            TensorPrimitives.Multiply(r, before, resetHidden);
            weights.Candidate.Multiply(x, resetHidden, _candidate);
        }
        else
        {
            weights.Candidate.Multiply(x, [], _candidate);
            weights.RecurrentCandidate.Multiply([], before, _recurrent);
            TensorPrimitives.MultiplyAdd(r, resetHidden, n, n);
        }
        weights.Propose(n);

        // h' = (1 - z) n + z h = n + z (h - n)
        TensorPrimitives.Subtract(before, n, after);
        TensorPrimitives.MultiplyAdd(z, after, n, after);
    }
}
