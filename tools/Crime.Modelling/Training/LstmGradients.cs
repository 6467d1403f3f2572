// Back-propagation through time for one sequence. Every sum is built element by element in a fixed order, so that the result
// does not depend on how wide the machine's vectors are.

using System;
using System.Numerics.Tensors;

namespace Crime.Modelling.Training;

/// <summary>Computes loss and gradients of one sequence at a time. One instance per thread: it owns the scratch memory.</summary>
public sealed class LstmGradients
{
    private readonly LstmLayout _layout;

    // Per step: gates after their activations [4 hidden], cell and tanh of it [hidden], and before the first step zeros.
    private float[] _gates = [];
    private float[] _cells = [];
    private float[] _tanhs = [];
    private float[] _hiddens = [];
    private readonly float[] _logits;
    private readonly float[] _hiddenGradient;
    private readonly float[] _cellGradient;
    private readonly float[] _rowGradient;

    /// <summary>Makes the scratch memory for a network's sizes.</summary>
    public LstmGradients(LstmLayout layout)
    {
        _layout = layout;
        _logits = new float[layout.ClassCount];
        _hiddenGradient = new float[layout.HiddenCount];
        _cellGradient = new float[layout.HiddenCount];
        _rowGradient = new float[layout.RowCount];
    }

    /// <summary>Logits of the last <see cref="Forward"/>, [classes].</summary>
    public ReadOnlySpan<float> Logits => _logits;

    /// <summary>Runs a sequence from the zero state.</summary>
    /// <param name="parameters">[layout.Count]</param>
    /// <param name="sequence">The sequence.</param>
    /// <param name="label">Its class.</param>
    /// <returns>Cross-entropy in nats.</returns>
    public double Forward(ReadOnlySpan<float> parameters, TrainingSequence sequence, int label)
    {
        int hidden = _layout.HiddenCount, rows = _layout.RowCount, length = sequence.Length;
        Grow(length);
        ReadOnlySpan<float> recurrent = parameters[_layout.RecurrentWeights.._layout.Bias];
        for (int step = 0; step < length; step++)
        {
            Span<float> gates = _gates.AsSpan(step * rows, rows);
            parameters[_layout.Bias.._layout.HeadWeights].CopyTo(gates);
            ReadOnlySpan<float> x = Input(parameters, sequence, step);
            for (int k = 0; k < x.Length; k++) AddScaled(gates, parameters.Slice(_layout.InputWeights + k * rows, rows), x[k]);
            ReadOnlySpan<float> before = _hiddens.AsSpan(step * hidden, hidden);
            for (int k = 0; k < hidden; k++) AddScaled(gates, recurrent.Slice(k * rows, rows), before[k]);
            Activate(gates, step);
        }

        ReadOnlySpan<float> last = _hiddens.AsSpan(length * hidden, hidden);
        for (int k = 0; k < _layout.ClassCount; k++)
        {
            float logit = parameters[_layout.HeadBias + k];
            for (int unit = 0; unit < hidden; unit++) logit += parameters[_layout.HeadWeights + k * hidden + unit] * last[unit];
            _logits[k] = logit;
        }
        double largest = TensorPrimitives.Max<float>(_logits), sum = 0;
        foreach (float logit in _logits) sum += Math.Exp(logit - largest);
        return Math.Log(sum) + largest - _logits[label];
    }

    /// <summary>Adds the gradients of the sequence that <see cref="Forward"/> ran last.</summary>
    /// <param name="parameters">As given to <see cref="Forward"/>.</param>
    /// <param name="recurrentTransposed">The recurrent weights as [4 hidden][hidden].</param>
    /// <param name="inputTransposed">The input weights as [4 hidden][inputs]; used for tokens only.</param>
    /// <param name="sequence">The sequence.</param>
    /// <param name="label">Its class.</param>
    /// <param name="maxSteps">How many steps to go back at most (truncated BPTT); 0 for all.</param>
    /// <param name="gradients">Receives the sums, [layout.Count].</param>
    public void Backward(
        ReadOnlySpan<float> parameters, ReadOnlySpan<float> recurrentTransposed, ReadOnlySpan<float> inputTransposed,
        TrainingSequence sequence, int label, int maxSteps, Span<float> gradients)
    {
        int hidden = _layout.HiddenCount, length = sequence.Length;
        HeadBackward(parameters, length, label, gradients);
        _cellGradient.AsSpan().Clear();
        int first = maxSteps > 0 ? Math.Max(0, length - maxSteps) : 0;
        for (int step = length - 1; step >= first; step--)
        {
            RowsBackward(step);
            AccumulateWeights(parameters, sequence, step, inputTransposed, gradients);
            _hiddenGradient.AsSpan().Clear();
            for (int row = 0; row < _rowGradient.Length; row++)
                AddScaled(_hiddenGradient, recurrentTransposed.Slice(row * hidden, hidden), _rowGradient[row]);
        }
    }

    private ReadOnlySpan<float> Input(ReadOnlySpan<float> parameters, TrainingSequence sequence, int step)
    {
        int inputs = _layout.InputCount;
        return sequence.Tokens.Length > 0
            ? parameters.Slice(_layout.Embedding + sequence.Tokens[step] * inputs, inputs)
            : sequence.Features.AsSpan(step * inputs, inputs);
    }

    /// <summary>Gates to activations, then c' = f c + i g and h' = o tanh(c').</summary>
    private void Activate(Span<float> gates, int step)
    {
        int hidden = _layout.HiddenCount;
        for (int unit = 0; unit < hidden; unit++)
        {
            float i = gates[unit] = Sigmoid(gates[unit]);
            float f = gates[hidden + unit] = Sigmoid(gates[hidden + unit]);
            float g = gates[2 * hidden + unit] = MathF.Tanh(gates[2 * hidden + unit]);
            float o = gates[3 * hidden + unit] = Sigmoid(gates[3 * hidden + unit]);
            float c = f * _cells[step * hidden + unit] + i * g;
            float t = MathF.Tanh(c);
            _cells[(step + 1) * hidden + unit] = c;
            _tanhs[step * hidden + unit] = t;
            _hiddens[(step + 1) * hidden + unit] = o * t;
        }
    }

    /// <summary>Softmax minus one at the label, through the head to the last hidden state.</summary>
    private void HeadBackward(ReadOnlySpan<float> parameters, int length, int label, Span<float> gradients)
    {
        int hidden = _layout.HiddenCount;
        double largest = TensorPrimitives.Max<float>(_logits), sum = 0;
        foreach (float logit in _logits) sum += Math.Exp(logit - largest);
        ReadOnlySpan<float> last = _hiddens.AsSpan(length * hidden, hidden);
        _hiddenGradient.AsSpan().Clear();
        for (int k = 0; k < _layout.ClassCount; k++)
        {
            float error = (float)(Math.Exp(_logits[k] - largest) / sum) - (k == label ? 1 : 0);
            gradients[_layout.HeadBias + k] += error;
            AddScaled(gradients.Slice(_layout.HeadWeights + k * hidden, hidden), last, error);
            AddScaled(_hiddenGradient, parameters.Slice(_layout.HeadWeights + k * hidden, hidden), error);
        }
    }

    /// <summary>From dL/dh and dL/dc after a step to dL/d(gate inputs) of the step and dL/dc before it.</summary>
    private void RowsBackward(int step)
    {
        int hidden = _layout.HiddenCount;
        ReadOnlySpan<float> gates = _gates.AsSpan(step * _layout.RowCount, _layout.RowCount);
        for (int unit = 0; unit < hidden; unit++)
        {
            float i = gates[unit], f = gates[hidden + unit], g = gates[2 * hidden + unit], o = gates[3 * hidden + unit];
            float t = _tanhs[step * hidden + unit], before = _cells[step * hidden + unit], h = _hiddenGradient[unit];
            float c = _cellGradient[unit] + h * o * (1 - t * t);
            _rowGradient[unit] = c * g * i * (1 - i);
            _rowGradient[hidden + unit] = c * before * f * (1 - f);
            _rowGradient[2 * hidden + unit] = c * i * (1 - g * g);
            _rowGradient[3 * hidden + unit] = h * t * o * (1 - o);
            _cellGradient[unit] = c * f;
        }
    }

    private void AccumulateWeights(
        ReadOnlySpan<float> parameters, TrainingSequence sequence, int step, ReadOnlySpan<float> inputTransposed, Span<float> gradients)
    {
        int hidden = _layout.HiddenCount, inputs = _layout.InputCount, rows = _layout.RowCount;
        ReadOnlySpan<float> x = Input(parameters, sequence, step), before = _hiddens.AsSpan(step * hidden, hidden);
        for (int k = 0; k < inputs; k++) AddScaled(gradients.Slice(_layout.InputWeights + k * rows, rows), _rowGradient, x[k]);
        for (int k = 0; k < hidden; k++) AddScaled(gradients.Slice(_layout.RecurrentWeights + k * rows, rows), _rowGradient, before[k]);
        AddScaled(gradients.Slice(_layout.Bias, rows), _rowGradient, 1);
        if (sequence.Tokens.Length == 0) return;
        Span<float> embedding = gradients.Slice(_layout.Embedding + sequence.Tokens[step] * inputs, inputs);
        for (int row = 0; row < rows; row++) AddScaled(embedding, inputTransposed.Slice(row * inputs, inputs), _rowGradient[row]);
    }

    private void Grow(int length)
    {
        int hidden = _layout.HiddenCount;
        if (_tanhs.Length >= length * hidden) return;
        _gates = new float[length * _layout.RowCount];
        _tanhs = new float[length * hidden];
        _cells = new float[(length + 1) * hidden];
        _hiddens = new float[(length + 1) * hidden];
    }

    private static float Sigmoid(float value) => 1 / (1 + MathF.Exp(-value));

    /// <summary>target += source * factor.</summary>
    private static void AddScaled(Span<float> target, ReadOnlySpan<float> source, float factor)
    {
        if (factor != 0) TensorPrimitives.MultiplyAdd(source, factor, target, target);
    }
}

/// <summary>A sequence as the trainer eats it.</summary>
/// <param name="Length">Timesteps.</param>
/// <param name="Features">Standardised features, [length][inputs]; empty for tokens.</param>
/// <param name="Tokens">Token numbers, [length]; empty for features.</param>
/// <param name="Label">Index of the class.</param>
public sealed record TrainingSequence(int Length, float[] Features, int[] Tokens, int Label);
