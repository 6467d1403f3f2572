// The fixed-point kernel as the forward pass of fine-tuning: SPEC.md, section 3, bit for bit, for all rows at once. A test
// holds it against the reference kernel. Integer sums are exact, so the order of the vector instructions does not matter.

using System;
using System.Numerics.Tensors;
using Crime.FixedPoint;
using Crime.Model;

namespace Crime.Modelling.Training;

/// <summary>Runs sequences through a quantised network and writes their tapes. One instance per thread.</summary>
public sealed class FixedForward
{
    private const float One = 32768;

    private static readonly short[] s_sigmoid = ActivationTable.CreateSigmoid();
    private static readonly short[] s_tanh = ActivationTable.CreateTanh();

    private readonly int[] _sums;
    private readonly int[] _candidateSums;
    private readonly int[] _hidden;
    private readonly int[] _cell;

    /// <summary>Makes the scratch memory for a network's sizes.</summary>
    public FixedForward(CellLayout layout)
    {
        _sums = new int[layout.RowCount];
        _candidateSums = new int[layout.HiddenCount];
        _hidden = new int[layout.HiddenCount];
        _cell = new int[layout.HiddenCount];
        Logits = new int[layout.ClassCount];
    }

    /// <summary>Logits of the last sequence, exact, [classes].</summary>
    public int[] Logits { get; }

    /// <summary>Runs a sequence from the zero state.</summary>
    /// <param name="weights">The quantised network.</param>
    /// <param name="sequence">The sequence; features are rounded to the input format.</param>
    /// <param name="tape">Receives the states as real numbers.</param>
    public void Run(FixedWeights weights, TrainingSequence sequence, SequenceTape tape)
    {
        int rows = _sums.Length, inputs = weights.Shape.InputCount, hidden = _hidden.Length;
        bool isTokens = sequence.Tokens.Length > 0;
        tape.Begin(sequence.Length);
        _hidden.AsSpan().Clear();
        _cell.AsSpan().Clear();
        for (int step = 0; step < sequence.Length; step++)
        {
            weights.Bias.AsSpan(0, rows).CopyTo(_sums);
            for (int k = 0; k < inputs; k++)
            {
                int x = isTokens
                    ? weights.Embedding[sequence.Tokens[step] * inputs + k]
                    : QFormat.FromFloat(sequence.Features[step * inputs + k], weights.InputFractionBits);
                AddScaled(_sums, weights.Columns.AsSpan(k * rows, rows), x);
            }
            if (weights.Shape.Kind == CellKind.Gru) GruStep(weights, tape, step);
            else LstmStep(weights, tape, step);
            for (int unit = 0; unit < hidden; unit++) tape.Hiddens[(step + 1) * hidden + unit] = _hidden[unit] / One;
        }
        for (int k = 0; k < Logits.Length; k++)
        {
            int logit = weights.HeadBias[k];
            for (int unit = 0; unit < hidden; unit++) logit += weights.HeadWeights[k * hidden + unit] * _hidden[unit];
            Logits[k] = logit;
            tape.Logits[k] = (float)Math.ScaleB(logit, -weights.LogitFractionBits);
        }
    }

    /// <summary>Index of the largest logit of the last sequence, the lowest among equals.</summary>
    public int Classify() => TensorPrimitives.IndexOfMax<int>(Logits);

    private void LstmStep(FixedWeights weights, SequenceTape tape, int step)
    {
        int hidden = _hidden.Length, rows = _sums.Length, cellBits = weights.CellFractionBits;
        float cellScale = (float)Math.ScaleB(1, -cellBits);
        for (int k = 0; k < hidden; k++) AddScaled(_sums, weights.Columns.AsSpan((weights.Shape.InputCount + k) * rows, rows), _hidden[k]);
        Span<float> gates = tape.Gates.AsSpan(step * rows, rows);
        for (int unit = 0; unit < hidden; unit++)
        {
            int i = s_sigmoid[RowIndex(weights, unit)], f = s_sigmoid[RowIndex(weights, hidden + unit)];
            int g = s_tanh[RowIndex(weights, 2 * hidden + unit)], o = s_sigmoid[RowIndex(weights, 3 * hidden + unit)];
            int c = weights.IsWideCell
                ? (int)(((long)f * _cell[unit] + i * g + 16384) >> 15)
                : Fixed.SaturateInt16(Fixed.RoundShift(f * _cell[unit] + ((i * g) >> (15 - cellBits)), 15));
            int t = s_tanh[Clamp(c >> (cellBits - ActivationTable.IndexFractionBits))];
            _cell[unit] = c;
            _hidden[unit] = Fixed.RoundShift(o * t, 15);
            gates[unit] = i / One;
            gates[hidden + unit] = f / One;
            gates[2 * hidden + unit] = g / One;
            gates[3 * hidden + unit] = o / One;
            tape.Cells[(step + 1) * hidden + unit] = c * cellScale;
            tape.Inner[step * hidden + unit] = t / One;
        }
    }

    private void GruStep(FixedWeights weights, SequenceTape tape, int step)
    {
        int hidden = _hidden.Length, rows = _sums.Length, candidates = 2 * hidden;
        weights.Bias.AsSpan(rows, hidden).CopyTo(_candidateSums);
        for (int k = 0; k < hidden; k++)
        {
            ReadOnlySpan<int> column = weights.Columns.AsSpan((weights.Shape.InputCount + k) * rows, rows);
            AddScaled(_sums.AsSpan(0, candidates), column[..candidates], _hidden[k]);
            AddScaled(_candidateSums, column[candidates..], _hidden[k]);
        }
        Span<float> gates = tape.Gates.AsSpan(step * rows, rows);
        for (int unit = 0; unit < hidden; unit++)
        {
            int bits = weights.RowFractionBits[candidates + unit];
            int r = s_sigmoid[RowIndex(weights, unit)], z = s_sigmoid[RowIndex(weights, hidden + unit)];
            int sum = (_sums[candidates + unit] >> 1) + r * (_candidateSums[unit] >> 16);
            int n = s_tanh[Clamp(sum >> (bits - 1 - ActivationTable.IndexFractionBits))];
            tape.Inner[step * hidden + unit] = (float)Math.ScaleB(_candidateSums[unit], -bits);
            gates[unit] = r / One;
            gates[hidden + unit] = z / One;
            gates[candidates + unit] = n / One;
            // The sums of all units have been made: the hidden state may change in place.
            _hidden[unit] = n + Fixed.RoundShift(z * (_hidden[unit] - n), 15);
        }
    }

    private int RowIndex(FixedWeights weights, int row) => Clamp(_sums[row] >> (weights.RowFractionBits[row] - ActivationTable.IndexFractionBits));

    // Limited first: the sum of an index at the end of 32 bits and the middle of the table would wrap.
    private static int Clamp(int index) => Math.Clamp(index, -ActivationTable.Zero, ActivationTable.Zero - 1) + ActivationTable.Zero;

    private static void AddScaled(Span<int> target, ReadOnlySpan<int> source, int factor)
    {
        if (factor != 0) TensorPrimitives.MultiplyAdd(source, factor, target, target);
    }
}
