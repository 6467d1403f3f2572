// The product of gate rows with inputs and hidden state, which takes nearly all of the time. The weights are stored by columns, so
// that a vector of rows takes one operand at a time and no sum is gathered across lanes.

using System;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Crime.Gateway.Inference.Cells;

/// <summary>Weight rows of some gates, packed for the widest vectors of this machine. Immutable.</summary>
internal sealed class PackedRows
{
    // Four independent sums hide the latency of one multiply-add behind the others.
    private const int BlockVectors = 4;

    // [inputs, then hidden][gates][hidden, padded]: a column of all rows lies side by side.
    private readonly float[] _weights;
    private readonly float[] _bias;

    /// <summary>Packs gates of a direction.</summary>
    /// <param name="numbers">All its numbers.</param>
    /// <param name="gates">Which gates, in the order in which their sums shall lie.</param>
    /// <param name="hasInputs">Whether the sums see the inputs, and b_ih.</param>
    /// <param name="hasHidden">Whether the sums see the hidden state, and b_hh.</param>
    public PackedRows(DirectionNumbers numbers, ReadOnlySpan<int> gates, bool hasInputs = true, bool hasHidden = true)
    {
        int lanes = Vector<float>.Count, hidden = numbers.HiddenCount;
        int inputCount = hasInputs ? numbers.InputCount : 0, hiddenCount = hasHidden ? hidden : 0;
        GateStride = RoundUp(hidden, lanes);
        Count = RoundUp(gates.Length * GateStride, BlockVectors * lanes);
        _bias = new float[Count];
        _weights = new float[(inputCount + hiddenCount) * Count];
        for (int gate = 0; gate < gates.Length; gate++)
        {
            for (int unit = 0; unit < hidden; unit++)
            {
                int row = gates[gate] * hidden + unit, to = gate * GateStride + unit;
                _bias[to] = (hasInputs ? numbers.InputBias[row] : 0) + (hasHidden ? numbers.RecurrentBias[row] : 0);
                for (int k = 0; k < inputCount; k++) _weights[k * Count + to] = numbers.InputWeights[row * inputCount + k];
                for (int k = 0; k < hiddenCount; k++) _weights[(inputCount + k) * Count + to] = numbers.RecurrentWeights[row * hidden + k];
            }
        }
    }

    /// <summary>Sums that a product makes, padding included.</summary>
    public int Count { get; }

    /// <summary>Sums from one gate to the next: the hidden units, padded to whole vectors.</summary>
    public int GateStride { get; }

    /// <summary>sums = bias + W_ih inputs + W_hh hidden.</summary>
    /// <param name="inputs">[inputs]; empty when the rows do not see them.</param>
    /// <param name="hidden">[hidden]; empty when the rows do not see it.</param>
    /// <param name="sums">Receives [<see cref="Count"/>]; what lies in the padding has no meaning.</param>
    public void Multiply(ReadOnlySpan<float> inputs, ReadOnlySpan<float> hidden, Span<float> sums)
    {
        ReadOnlySpan<Vector<float>> weights = MemoryMarshal.Cast<float, Vector<float>>(_weights);
        ReadOnlySpan<Vector<float>> bias = MemoryMarshal.Cast<float, Vector<float>>(_bias);
        Span<Vector<float>> results = MemoryMarshal.Cast<float, Vector<float>>(sums);
        int stride = bias.Length;
        for (int block = 0; block < stride; block += BlockVectors)
        {
            Vector<float> sum0 = bias[block], sum1 = bias[block + 1], sum2 = bias[block + 2], sum3 = bias[block + 3];
            int at = block;
            foreach (float operand in inputs)
            {
                var x = new Vector<float>(operand);
                sum0 += weights[at] * x;
                sum1 += weights[at + 1] * x;
                sum2 += weights[at + 2] * x;
                sum3 += weights[at + 3] * x;
                at += stride;
            }
            foreach (float operand in hidden)
            {
                var x = new Vector<float>(operand);
                sum0 += weights[at] * x;
                sum1 += weights[at + 1] * x;
                sum2 += weights[at + 2] * x;
                sum3 += weights[at + 3] * x;
                at += stride;
            }
            results[block] = sum0;
            results[block + 1] = sum1;
            results[block + 2] = sum2;
            results[block + 3] = sum3;
        }
    }

    private static int RoundUp(int count, int multiple) => (count + multiple - 1) / multiple * multiple;
}
