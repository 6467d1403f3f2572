// Back-propagation through time for one sequence. Every sum is built element by element in a fixed order, so that the result
// does not depend on how wide the machine's vectors are.

using System;
using System.Numerics.Tensors;
using Crime.Model;

namespace Crime.Modelling.Training;

/// <summary>Runs one sequence at a time forward and back. One instance per thread: it owns the scratch memory.</summary>
public abstract class CellGradients
{
    private readonly float[] _error;

    /// <summary>Makes the scratch memory for a network's sizes.</summary>
    protected CellGradients(CellLayout layout, double temperature)
    {
        Layout = layout;
        Tape = new SequenceTape(layout) { Temperature = temperature };
        _error = new float[layout.ClassCount];
        HiddenGradient = new float[layout.HiddenCount];
        RowGradient = new float[layout.RowCount];
    }

    /// <summary>What the way forward left behind.</summary>
    public SequenceTape Tape { get; }

    /// <summary>Sizes of the network.</summary>
    protected CellLayout Layout { get; }

    /// <summary>dL/dh after the step that is being gone back over, [hidden].</summary>
    protected float[] HiddenGradient { get; }

    /// <summary>dL/d(sums of the inputs' part), [rows].</summary>
    protected float[] RowGradient { get; }

    /// <summary>dL/d(sums of the recurrent part), [rows]; the same where both parts are one sum.</summary>
    protected virtual float[] RecurrentRowGradient => RowGradient;

    /// <summary>Makes the kind that a network needs.</summary>
    /// <param name="layout">Sizes.</param>
    /// <param name="temperature">That of the tape.</param>
    public static CellGradients Create(CellLayout layout, double temperature = 1) =>
        layout.Kind == CellKind.Gru ? new GruGradients(layout, temperature) : new LstmGradients(layout, temperature);

    /// <summary>Runs a sequence from the zero state and writes the tape.</summary>
    public void Forward(CellParameters parameters, TrainingSequence sequence)
    {
        int hidden = Layout.HiddenCount, rows = Layout.RowCount, length = sequence.Length;
        ReadOnlySpan<float> values = parameters.Values;
        Tape.Begin(length);
        for (int step = 0; step < length; step++)
        {
            Span<float> gates = Tape.Gates.AsSpan(step * rows, rows);
            values.Slice(Layout.Bias, rows).CopyTo(gates);
            ReadOnlySpan<float> x = Input(values, sequence, step);
            for (int k = 0; k < x.Length; k++) AddScaled(gates, values.Slice(Layout.InputWeights + k * rows, rows), x[k]);
            Step(values, gates, step);
        }

        ReadOnlySpan<float> last = Tape.Hiddens.AsSpan(length * hidden, hidden);
        for (int k = 0; k < Layout.ClassCount; k++)
        {
            float logit = values[Layout.HeadBias + k];
            for (int unit = 0; unit < hidden; unit++) logit += values[Layout.HeadWeights + k * hidden + unit] * last[unit];
            Tape.Logits[k] = logit;
        }
    }

    /// <summary>Adds the gradients of the sequence on the tape.</summary>
    /// <param name="parameters">What the sequence was run with.</param>
    /// <param name="sequence">The sequence.</param>
    /// <param name="target">Distribution over the classes that the network shall learn, [classes].</param>
    /// <param name="maxSteps">How many steps to go back at most (truncated BPTT); 0 for all.</param>
    /// <param name="gradients">Receives the sums, [layout.Count].</param>
    public void Backward(CellParameters parameters, TrainingSequence sequence, ReadOnlySpan<float> target, int maxSteps, Span<float> gradients)
    {
        int hidden = Layout.HiddenCount, length = sequence.Length;
        HeadBackward(parameters.Values, length, target, gradients);
        BeginBackward();
        int first = maxSteps > 0 ? Math.Max(0, length - maxSteps) : 0;
        for (int step = length - 1; step >= first; step--)
        {
            StepBackward(step);
            AccumulateWeights(parameters, sequence, step, gradients);
            float[] recurrent = RecurrentRowGradient;
            for (int row = 0; row < recurrent.Length; row++)
                AddScaled(HiddenGradient, parameters.RecurrentTransposed.AsSpan(row * hidden, hidden), recurrent[row]);
        }
    }

    /// <summary>The cell's step: adds the recurrent part, applies the activations, writes gates and new states.</summary>
    /// <param name="values">[layout.Count]</param>
    /// <param name="gates">Sums over bias and inputs, [rows]; receives the gates.</param>
    /// <param name="step">The step.</param>
    protected abstract void Step(ReadOnlySpan<float> values, Span<float> gates, int step);

    /// <summary>Forgets the sequence before.</summary>
    protected abstract void BeginBackward();

    /// <summary>
    /// From dL/dh after a step to the row gradients; leaves in <see cref="HiddenGradient"/> the part of dL/dh before the step
    /// that does not go through the recurrent weights.
    /// </summary>
    protected abstract void StepBackward(int step);

    /// <summary>Adds to the gradients of the biases and recurrent weights what a step contributes.</summary>
    /// <param name="before">Hidden state before the step, [hidden].</param>
    /// <param name="gradients">[layout.Count]</param>
    protected virtual void AccumulateRecurrent(ReadOnlySpan<float> before, Span<float> gradients)
    {
        int rows = Layout.RowCount;
        for (int k = 0; k < before.Length; k++) AddScaled(gradients.Slice(Layout.RecurrentWeights + k * rows, rows), RecurrentRowGradient, before[k]);
        AddScaled(gradients.Slice(Layout.Bias, rows), RowGradient, 1);
    }

    /// <summary>1 / (1 + exp(-value)).</summary>
    protected static float Sigmoid(float value) => 1 / (1 + MathF.Exp(-value));

    /// <summary>target += source * factor.</summary>
    protected static void AddScaled(Span<float> target, ReadOnlySpan<float> source, float factor)
    {
        if (factor != 0) TensorPrimitives.MultiplyAdd(source, factor, target, target);
    }

    private ReadOnlySpan<float> Input(ReadOnlySpan<float> values, TrainingSequence sequence, int step)
    {
        int inputs = Layout.InputCount;
        return sequence.Tokens.Length > 0
            ? values.Slice(Layout.Embedding + sequence.Tokens[step] * inputs, inputs)
            : sequence.Features.AsSpan(step * inputs, inputs);
    }

    /// <summary>Softmax minus target (the gradient times the temperature), through the head to the last hidden state.</summary>
    private void HeadBackward(ReadOnlySpan<float> values, int length, ReadOnlySpan<float> target, Span<float> gradients)
    {
        int hidden = Layout.HiddenCount;
        Tape.Softmax(_error);
        ReadOnlySpan<float> last = Tape.Hiddens.AsSpan(length * hidden, hidden);
        HiddenGradient.AsSpan().Clear();
        for (int k = 0; k < Layout.ClassCount; k++)
        {
            float error = _error[k] - target[k];
            gradients[Layout.HeadBias + k] += error;
            AddScaled(gradients.Slice(Layout.HeadWeights + k * hidden, hidden), last, error);
            AddScaled(HiddenGradient, values.Slice(Layout.HeadWeights + k * hidden, hidden), error);
        }
    }

    private void AccumulateWeights(CellParameters parameters, TrainingSequence sequence, int step, Span<float> gradients)
    {
        int hidden = Layout.HiddenCount, inputs = Layout.InputCount, rows = Layout.RowCount;
        ReadOnlySpan<float> x = Input(parameters.Values, sequence, step);
        for (int k = 0; k < inputs; k++) AddScaled(gradients.Slice(Layout.InputWeights + k * rows, rows), RowGradient, x[k]);
        AccumulateRecurrent(Tape.Hiddens.AsSpan(step * hidden, hidden), gradients);
        if (sequence.Tokens.Length == 0) return;
        Span<float> embedding = gradients.Slice(Layout.Embedding + sequence.Tokens[step] * inputs, inputs);
        for (int row = 0; row < rows; row++) AddScaled(embedding, parameters.InputTransposed.AsSpan(row * inputs, inputs), RowGradient[row]);
    }
}
