// Back-propagation through time for one sequence. Every sum is built element by element in a fixed order, so that the result
// does not depend on how wide the machine's vectors are.

using System;
using System.Numerics.Tensors;
using Crime.Model;

namespace Crime.Modelling.Training;

/// <summary>Runs one sequence at a time forward and back. One instance per thread: it owns the scratch memory.</summary>
public abstract class CellGradients
{
    private const float Half = 0.5f;

    private readonly float[] _error;
    private readonly TrainingLoss _loss;

    /// <summary>Makes the scratch memory for a network's sizes.</summary>
    protected CellGradients(CellLayout layout, double temperature, TrainingLoss loss)
    {
        Layout = layout;
        _loss = loss;
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

    /// <summary>dL/dc after the step that is being gone back over, [hidden]; empty for a cell without one.</summary>
    internal virtual float[] CellGradient => [];

    /// <summary>dL/dh after the step that is gone back over next, and before it once it is, [hidden].</summary>
    internal Span<float> StateGradient => HiddenGradient;

    /// <summary>Makes the kind that a network needs.</summary>
    /// <param name="layout">Sizes.</param>
    /// <param name="temperature">That of the tape.</param>
    /// <param name="loss">The loss; null for that of one class.</param>
    public static CellGradients Create(CellLayout layout, double temperature = 1, TrainingLoss? loss = null) => layout.Kind == CellKind.Gru
        ? new GruGradients(layout, temperature, loss ?? TrainingLoss.Class)
        : new LstmGradients(layout, temperature, loss ?? TrainingLoss.Class);

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

        HeadForward(values, length);
    }

    /// <summary>Returns the loss of the sequence on the tape.</summary>
    /// <param name="parameters">Parameters of the way forward.</param>
    /// <param name="target">As for <see cref="Backward"/>.</param>
    /// <param name="right">Receives the number of targets whose class is found; 0 for numbers.</param>
    /// <returns>The mean over the answered timesteps.</returns>
    public double Loss(CellParameters parameters, ReadOnlySpan<float> target, out int right)
    {
        int outputs = Layout.ClassCount, vectors = target.Length / outputs;
        double loss = 0;
        right = 0;
        for (int n = 0; n < vectors; n++)
        {
            ReadOnlySpan<float> wanted = target.Slice(n * outputs, outputs);
            if (_loss.IsPerStep) HeadForward(parameters.Values, n + 1);
            loss += HeadLoss(wanted);
            bool isRight = _loss.Kind switch
            {
                LossKind.CrossEntropy => Tape.Classify() == TensorPrimitives.IndexOfMax(wanted),
                LossKind.Logistic => Tape.Logits[0] > 0 == wanted[0] > Half,
                _ => false,
            };
            if (isRight) right++;
        }
        return loss / vectors;
    }

    /// <summary>Adds the gradients of the sequence on the tape.</summary>
    /// <param name="parameters">Parameters of the way forward.</param>
    /// <param name="sequence">The sequence.</param>
    /// <param name="target">
    /// The numbers that the network shall learn: a distribution over the classes, the share of the second of two classes, or values, [outputs]. For a loss
    /// of each timestep [timesteps][outputs], from the first timestep on; those at the end may have none.
    /// </param>
    /// <param name="maxSteps">Steps to go back at most (truncated BPTT); 0 for all. A loss of each timestep is divided into parts of so many steps.</param>
    /// <param name="gradients">Receives the sums, [layout.Count].</param>
    public void Backward(CellParameters parameters, TrainingSequence sequence, ReadOnlySpan<float> target, int maxSteps, Span<float> gradients)
    {
        int hidden = Layout.HiddenCount, outputs = Layout.ClassCount, length = sequence.Length, vectors = target.Length / outputs;
        BeginPart();
        if (!_loss.IsPerStep) HeadBackward(parameters.Values, length, target, 1, gradients);
        int first = maxSteps > 0 && !_loss.IsPerStep ? Math.Max(0, length - maxSteps) : 0;
        for (int step = length - 1; step >= first; step--)
        {
            if (_loss.IsPerStep && maxSteps > 0 && (length - 1 - step) % maxSteps == 0) BeginPart();
            if (_loss.IsPerStep && step < vectors)
            {
                HeadForward(parameters.Values, step + 1);
                HeadBackward(parameters.Values, step + 1, target.Slice(step * outputs, outputs), 1f / vectors, gradients);
            }
            StepBackward(step);
            AccumulateWeights(parameters, sequence, step, gradients);
            float[] recurrent = RecurrentRowGradient;
            for (int row = 0; row < recurrent.Length; row++)
                AddScaled(HiddenGradient, parameters.RecurrentTransposed.AsSpan(row * hidden, hidden), recurrent[row]);
        }
    }

    /// <summary>Runs one step. The state before the first one is the first row of the tape.</summary>
    /// <param name="values">[layout.Count]</param>
    /// <param name="x">[inputs]</param>
    /// <param name="step">The step.</param>
    internal void ForwardStep(ReadOnlySpan<float> values, ReadOnlySpan<float> x, int step)
    {
        int rows = Layout.RowCount;
        Span<float> gates = Tape.Gates.AsSpan(step * rows, rows);
        values.Slice(Layout.Bias, rows).CopyTo(gates);
        for (int k = 0; k < x.Length; k++) AddScaled(gates, values.Slice(Layout.InputWeights + k * rows, rows), x[k]);
        Step(values, gates, step);
    }

    /// <summary>Starts to go back with no gradient of the states after the last step.</summary>
    internal void ForgetGradients()
    {
        HiddenGradient.AsSpan().Clear();
        BeginBackward();
    }

    /// <summary>Goes back over one step.</summary>
    /// <param name="recurrentTransposed">[rows][hidden]</param>
    /// <param name="inputTransposed">[rows][inputs]</param>
    /// <param name="x">Its input, [inputs].</param>
    /// <param name="step">The step.</param>
    /// <param name="gradients">Receives the gradients of the weights, [layout.Count].</param>
    /// <param name="inputGradient">Receives the gradient of the input, [inputs].</param>
    internal void BackwardStep(
        ReadOnlySpan<float> recurrentTransposed, ReadOnlySpan<float> inputTransposed, ReadOnlySpan<float> x, int step, Span<float> gradients, Span<float> inputGradient)
    {
        int hidden = Layout.HiddenCount, rows = Layout.RowCount;
        StepBackward(step);
        for (int k = 0; k < x.Length; k++) AddScaled(gradients.Slice(Layout.InputWeights + k * rows, rows), RowGradient, x[k]);
        AccumulateRecurrent(Tape.Hiddens.AsSpan(step * hidden, hidden), gradients);
        float[] recurrent = RecurrentRowGradient;
        inputGradient.Clear();
        for (int row = 0; row < rows; row++)
        {
            AddScaled(HiddenGradient, recurrentTransposed.Slice(row * hidden, hidden), recurrent[row]);
            AddScaled(inputGradient, inputTransposed.Slice(row * x.Length, x.Length), RowGradient[row]);
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

    private void BeginPart()
    {
        HiddenGradient.AsSpan().Clear();
        BeginBackward();
    }

    /// <summary>Computes the head's numbers after so many timesteps.</summary>
    private void HeadForward(ReadOnlySpan<float> values, int steps)
    {
        int hidden = Layout.HiddenCount;
        ReadOnlySpan<float> last = Tape.Hiddens.AsSpan(steps * hidden, hidden);
        for (int k = 0; k < Layout.ClassCount; k++)
        {
            float logit = values[Layout.HeadBias + k];
            for (int unit = 0; unit < hidden; unit++) logit += values[Layout.HeadWeights + k * hidden + unit] * last[unit];
            Tape.Logits[k] = logit;
        }
    }

    private double HeadLoss(ReadOnlySpan<float> target)
    {
        if (_loss.Kind == LossKind.CrossEntropy) return Tape.Loss(target);
        double loss = 0, logit = Tape.Logits[0];
        // log(1 + exp(x)) without an overflow.
        if (_loss.Kind == LossKind.Logistic) return Math.Max(logit, 0) + Math.Log(1 + Math.Exp(-Math.Abs(logit))) - target[0] * logit;
        for (int k = 0; k < target.Length; k++) loss += ((double)Tape.Logits[k] - target[k]) * ((double)Tape.Logits[k] - target[k]);
        return loss / target.Length;
    }

    /// <summary>Computes dL/d(numbers of the head): for a cross-entropy softmax minus target, the gradient times the temperature.</summary>
    private void HeadError(ReadOnlySpan<float> target)
    {
        if (_loss.Kind == LossKind.CrossEntropy) Tape.Softmax(_error);
        else if (_loss.Kind == LossKind.Logistic) _error[0] = Sigmoid(Tape.Logits[0]);
        else Tape.Logits.CopyTo(_error, 0);
        float factor = _loss.Kind == LossKind.SquaredError ? 2f / target.Length : 1;
        for (int k = 0; k < target.Length; k++) _error[k] = factor * (_error[k] - target[k]);
    }

    /// <summary>Goes from the loss through the head to the hidden state after so many timesteps.</summary>
    private void HeadBackward(ReadOnlySpan<float> values, int steps, ReadOnlySpan<float> target, float share, Span<float> gradients)
    {
        int hidden = Layout.HiddenCount;
        HeadError(target);
        ReadOnlySpan<float> last = Tape.Hiddens.AsSpan(steps * hidden, hidden);
        for (int k = 0; k < Layout.ClassCount; k++)
        {
            float error = share * _error[k];
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
