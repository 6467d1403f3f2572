// The LSTM's step and its derivative.
//
//     i = sigmoid(Wi x + Ui h + bi)        c' = f c + i g
//     f = sigmoid(Wf x + Uf h + bf)        h' = o tanh(c')
//     g = tanh   (Wg x + Ug h + bg)
//     o = sigmoid(Wo x + Uo h + bo)

using System;

namespace Crime.Modelling.Training;

/// <summary>Back-propagation through an LSTM.</summary>
public sealed class LstmGradients(CellLayout layout, double temperature, TrainingLoss loss) : CellGradients(layout, temperature, loss)
{
    private readonly float[] _cellGradient = new float[layout.HiddenCount];

    /// <inheritdoc/>
    internal override float[] CellGradient => _cellGradient;

    /// <inheritdoc/>
    protected override void Step(ReadOnlySpan<float> values, Span<float> gates, int step)
    {
        int hidden = Layout.HiddenCount, rows = Layout.RowCount;
        ReadOnlySpan<float> before = Tape.Hiddens.AsSpan(step * hidden, hidden);
        for (int k = 0; k < hidden; k++) AddScaled(gates, values.Slice(Layout.RecurrentWeights + k * rows, rows), before[k]);
        for (int unit = 0; unit < hidden; unit++)
        {
            float i = gates[unit] = Sigmoid(gates[unit]);
            float f = gates[hidden + unit] = Sigmoid(gates[hidden + unit]);
            float g = gates[2 * hidden + unit] = MathF.Tanh(gates[2 * hidden + unit]);
            float o = gates[3 * hidden + unit] = Sigmoid(gates[3 * hidden + unit]);
            float c = f * Tape.Cells[step * hidden + unit] + i * g;
            float t = MathF.Tanh(c);
            Tape.Cells[(step + 1) * hidden + unit] = c;
            Tape.Inner[step * hidden + unit] = t;
            Tape.Hiddens[(step + 1) * hidden + unit] = o * t;
        }
    }

    /// <inheritdoc/>
    protected override void BeginBackward() => _cellGradient.AsSpan().Clear();

    /// <inheritdoc/>
    protected override void StepBackward(int step)
    {
        int hidden = Layout.HiddenCount;
        ReadOnlySpan<float> gates = Tape.Gates.AsSpan(step * Layout.RowCount, Layout.RowCount);
        for (int unit = 0; unit < hidden; unit++)
        {
            float i = gates[unit], f = gates[hidden + unit], g = gates[2 * hidden + unit], o = gates[3 * hidden + unit];
            float t = Tape.Inner[step * hidden + unit], before = Tape.Cells[step * hidden + unit], h = HiddenGradient[unit];
            float c = _cellGradient[unit] + h * o * (1 - t * t);
            RowGradient[unit] = c * g * i * (1 - i);
            RowGradient[hidden + unit] = c * before * f * (1 - f);
            RowGradient[2 * hidden + unit] = c * i * (1 - g * g);
            RowGradient[3 * hidden + unit] = h * t * o * (1 - o);
            _cellGradient[unit] = c * f;
            // All of h before the step goes through the recurrent weights.
            HiddenGradient[unit] = 0;
        }
    }
}
