// The GRU's step and its derivative, with PyTorch's place of the reset gate: on the candidate's recurrent part, bias included.
//
//     r = sigmoid(Wr x + Ur h + br)        n  = tanh(Wn x + bn + r (Un h + cn))
//     z = sigmoid(Wz x + Uz h + bz)        h' = (1 - z) n + z h

using System;

namespace Crime.Modelling.Training;

/// <summary>Back-propagation through a GRU.</summary>
public sealed class GruGradients(CellLayout layout, double temperature, TrainingLoss loss) : CellGradients(layout, temperature, loss)
{
    private readonly float[] _recurrentRowGradient = new float[layout.RowCount];

    /// <inheritdoc/>
    protected override float[] RecurrentRowGradient => _recurrentRowGradient;

    /// <inheritdoc/>
    protected override void Step(ReadOnlySpan<float> values, Span<float> gates, int step)
    {
        int hidden = Layout.HiddenCount, rows = Layout.RowCount, candidates = 2 * hidden;
        ReadOnlySpan<float> before = Tape.Hiddens.AsSpan(step * hidden, hidden);
        Span<float> inner = Tape.Inner.AsSpan(step * hidden, hidden);
        values.Slice(Layout.CandidateBias, hidden).CopyTo(inner);
        for (int k = 0; k < hidden; k++)
        {
            ReadOnlySpan<float> column = values.Slice(Layout.RecurrentWeights + k * rows, rows);
            AddScaled(gates[..candidates], column[..candidates], before[k]);
            AddScaled(inner, column[candidates..], before[k]);
        }
        for (int unit = 0; unit < hidden; unit++)
        {
            float r = gates[unit] = Sigmoid(gates[unit]);
            float z = gates[hidden + unit] = Sigmoid(gates[hidden + unit]);
            float n = gates[candidates + unit] = MathF.Tanh(gates[candidates + unit] + r * inner[unit]);
            Tape.Hiddens[(step + 1) * hidden + unit] = (1 - z) * n + z * before[unit];
        }
    }

    /// <inheritdoc/>
    protected override void BeginBackward()
    {
    }

    /// <inheritdoc/>
    protected override void StepBackward(int step)
    {
        int hidden = Layout.HiddenCount, candidates = 2 * hidden;
        ReadOnlySpan<float> gates = Tape.Gates.AsSpan(step * Layout.RowCount, Layout.RowCount);
        for (int unit = 0; unit < hidden; unit++)
        {
            float r = gates[unit], z = gates[hidden + unit], n = gates[candidates + unit];
            float inner = Tape.Inner[step * hidden + unit], before = Tape.Hiddens[step * hidden + unit], h = HiddenGradient[unit];
            float candidate = h * (1 - z) * (1 - n * n);
            float reset = candidate * inner * r * (1 - r), update = h * (before - n) * z * (1 - z);
            RowGradient[unit] = _recurrentRowGradient[unit] = reset;
            RowGradient[hidden + unit] = _recurrentRowGradient[hidden + unit] = update;
            RowGradient[candidates + unit] = candidate;
            _recurrentRowGradient[candidates + unit] = candidate * r;
            HiddenGradient[unit] = h * z;
        }
    }

    /// <inheritdoc/>
    protected override void AccumulateRecurrent(ReadOnlySpan<float> before, Span<float> gradients)
    {
        base.AccumulateRecurrent(before, gradients);
        AddScaled(gradients.Slice(Layout.CandidateBias, Layout.HiddenCount), _recurrentRowGradient.AsSpan(2 * Layout.HiddenCount), 1);
    }
}
