// Back-propagation through an encoder and its decoder for one pair of sequences. The decoder reads the right tokens (teacher forcing), not its own.

using System;
using System.Collections.Generic;
using System.Numerics.Tensors;
using Crime.Model;

namespace Crime.Modelling.Training.Decoding;

/// <summary>A pair of sequences.</summary>
/// <param name="Input">Input tokens.</param>
/// <param name="Output">Output tokens without the end.</param>
public sealed record WriterExample(int[] Input, int[] Output);

/// <summary>Runs one pair at a time forward and back. One instance per thread: it owns the scratch memory.</summary>
internal sealed class WriterGradients
{
    private readonly WriterLayout _layout;
    private readonly CellGradients _encoder;
    private readonly CellGradients _decoder;
    private readonly AttentionGradients _attention;
    private readonly int _hidden;
    private readonly bool _isLuong;
    private readonly bool _isBahdanau;
    private readonly float[] _inputGradient;
    private readonly float[] _encoderInputGradient;
    private readonly float[] _seenGradient;
    private readonly float[] _bothGradient;

    // [steps][inputs], [steps][2 hidden], [steps][hidden], [steps][outputs], [length][hidden]
    private float[] _inputs = [];
    private float[] _both = [];
    private float[] _seen = [];
    private float[] _probabilities = [];
    private float[] _outputGradients = [];

    /// <summary>Makes the scratch memory for a network's sizes.</summary>
    public WriterGradients(WriterLayout layout)
    {
        _layout = layout;
        _hidden = layout.HiddenCount;
        _encoder = CellGradients.Create(layout.Encoder);
        _decoder = CellGradients.Create(layout.Decoder);
        _attention = new AttentionGradients(layout);
        _isLuong = layout.Attention is AttentionKind.LuongDot or AttentionKind.LuongGeneral;
        _isBahdanau = layout.Attention == AttentionKind.Bahdanau;
        _inputGradient = new float[layout.Decoder.InputCount];
        _encoderInputGradient = new float[layout.EmbeddingCount];
        _seenGradient = new float[_hidden];
        _bothGradient = new float[2 * _hidden];
    }

    private ReadOnlySpan<float> EncoderOutputs(int length) => _encoder.Tape.Hiddens.AsSpan(_hidden, length * _hidden);

    private ReadOnlySpan<float> StateAfter(int step) => _decoder.Tape.Hiddens.AsSpan((step + 1) * _hidden, _hidden);

    /// <summary>Runs a pair with the right tokens.</summary>
    /// <returns>Sum of the cross-entropies of its output tokens and its end, in nats.</returns>
    public double Forward(WriterParameters parameters, WriterExample example)
    {
        Encode(parameters, example.Input, example.Output.Length + 1);
        double loss = 0;
        for (int step = 0; step <= example.Output.Length; step++)
        {
            Step(parameters, example.Input.Length, step == 0 ? 0 : example.Output[step - 1], step);
            loss -= Math.Log(Math.Max(_probabilities[step * _layout.OutputCount + Target(example, step)], 1e-30));
        }
        return loss;
    }

    /// <summary>Writes the most likely token at each step.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="input">Input tokens.</param>
    /// <param name="longest">Most steps.</param>
    /// <returns>The tokens without the end.</returns>
    public List<int> Write(WriterParameters parameters, int[] input, int longest)
    {
        Encode(parameters, input, longest);
        var tokens = new List<int>();
        for (int step = 0; step < longest; step++)
        {
            Step(parameters, input.Length, step == 0 ? 0 : tokens[^1], step);
            ReadOnlySpan<float> probabilities = _probabilities.AsSpan(step * _layout.OutputCount, _layout.OutputCount);
            int best = TensorPrimitives.IndexOfMax(probabilities);
            if (best == 0) break;
            tokens.Add(best);
        }
        return tokens;
    }

    /// <summary>Adds the gradients of the pair that <see cref="Forward"/> has run.</summary>
    /// <param name="parameters">The parameters of that run.</param>
    /// <param name="example">The pair.</param>
    /// <param name="gradients">Receives the sums, [layout.Count].</param>
    public void Backward(WriterParameters parameters, WriterExample example, Span<float> gradients)
    {
        int length = example.Input.Length, inputs = _layout.Decoder.InputCount, embedding = _layout.EmbeddingCount;
        ReadOnlySpan<float> values = parameters.Values, outputs = EncoderOutputs(length);
        Span<float> outputGradients = _outputGradients.AsSpan(0, length * _hidden);
        outputGradients.Clear();
        _decoder.ForgetGradients();
        for (int step = example.Output.Length; step >= 0; step--)
        {
            HeadBackward(values, Target(example, step), step, gradients);
            if (_isLuong) CombineBackward(values, outputs, step, gradients, outputGradients);
            else TensorPrimitives.Add(_decoder.StateGradient, _seenGradient, _decoder.StateGradient);
            _decoder.BackwardStep(
                parameters.DecoderRecurrent, parameters.DecoderInput, _inputs.AsSpan(step * inputs, inputs), step,
                gradients.Slice(_layout.DecoderStart, _layout.Decoder.Count), _inputGradient);
            int token = step == 0 ? 0 : example.Output[step - 1];
            Span<float> embedded = gradients.Slice(_layout.OutputEmbedding + token * embedding, embedding);
            TensorPrimitives.Add(embedded, _inputGradient.AsSpan(0, embedding), embedded);
            if (_isBahdanau)
                _attention.Backward(values, outputs, StateAfter(step - 1), step, _inputGradient.AsSpan(embedding), gradients, outputGradients, _decoder.StateGradient);
        }
        EncoderBackward(parameters, example.Input, gradients, outputGradients);
    }

    private static int Target(WriterExample example, int step) => step < example.Output.Length ? example.Output[step] : 0;

    private void Encode(WriterParameters parameters, int[] input, int steps)
    {
        int embedding = _layout.EmbeddingCount;
        ReadOnlySpan<float> values = parameters.Values;
        Reserve(input.Length, steps);
        _encoder.Tape.Begin(input.Length);
        for (int t = 0; t < input.Length; t++)
            _encoder.ForwardStep(values.Slice(_layout.EncoderStart, _layout.Encoder.Count), values.Slice(input[t] * embedding, embedding), t);
        _decoder.Tape.Begin(steps);
        _encoder.Tape.Hiddens.AsSpan(input.Length * _hidden, _hidden).CopyTo(_decoder.Tape.Hiddens);
        _encoder.Tape.Cells.AsSpan(input.Length * _hidden, _hidden).CopyTo(_decoder.Tape.Cells);
        if (_layout.Attention != AttentionKind.None) _attention.Begin(values, EncoderOutputs(input.Length), steps);
    }

    private void Step(WriterParameters parameters, int length, int last, int step)
    {
        int embedding = _layout.EmbeddingCount, inputs = _layout.Decoder.InputCount, count = _layout.OutputCount;
        ReadOnlySpan<float> values = parameters.Values;
        Span<float> x = _inputs.AsSpan(step * inputs, inputs), seen = _seen.AsSpan(step * _hidden, _hidden);
        values.Slice(_layout.OutputEmbedding + last * embedding, embedding).CopyTo(x);
        if (_isBahdanau) _attention.Forward(values, EncoderOutputs(length), StateAfter(step - 1), step, x[embedding..]);
        _decoder.ForwardStep(values.Slice(_layout.DecoderStart, _layout.Decoder.Count), x, step);
        if (_isLuong) Combine(values, length, step, seen);
        else StateAfter(step).CopyTo(seen);
        Span<float> probabilities = _probabilities.AsSpan(step * count, count);
        float largest = float.MinValue, sum = 0;
        for (int k = 0; k < count; k++)
        {
            float logit = values[_layout.HeadBias + k];
            for (int unit = 0; unit < _hidden; unit++) logit += values[_layout.HeadWeights + k * _hidden + unit] * seen[unit];
            probabilities[k] = logit;
            largest = MathF.Max(largest, logit);
        }
        for (int k = 0; k < count; k++) sum += probabilities[k] = MathF.Exp(probabilities[k] - largest);
        for (int k = 0; k < count; k++) probabilities[k] /= sum;
    }

    private void Combine(ReadOnlySpan<float> values, int length, int step, Span<float> seen)
    {
        Span<float> both = _both.AsSpan(step * 2 * _hidden, 2 * _hidden);
        _attention.Forward(values, EncoderOutputs(length), StateAfter(step), step, both[.._hidden]);
        StateAfter(step).CopyTo(both[_hidden..]);
        int bias = _layout.HeadWeights - _hidden, weights = bias - 2 * _hidden * _hidden;
        for (int row = 0; row < _hidden; row++)
        {
            float sum = values[bias + row];
            for (int k = 0; k < both.Length; k++) sum += values[weights + row * both.Length + k] * both[k];
            seen[row] = MathF.Tanh(sum);
        }
    }

    private void HeadBackward(ReadOnlySpan<float> values, int target, int step, Span<float> gradients)
    {
        _seenGradient.AsSpan().Clear();
        ReadOnlySpan<float> seen = _seen.AsSpan(step * _hidden, _hidden);
        for (int k = 0; k < _layout.OutputCount; k++)
        {
            float error = _probabilities[step * _layout.OutputCount + k] - (k == target ? 1 : 0);
            gradients[_layout.HeadBias + k] += error;
            AddScaled(gradients.Slice(_layout.HeadWeights + k * _hidden, _hidden), seen, error);
            AddScaled(_seenGradient, values.Slice(_layout.HeadWeights + k * _hidden, _hidden), error);
        }
    }

    private void CombineBackward(ReadOnlySpan<float> values, ReadOnlySpan<float> outputs, int step, Span<float> gradients, Span<float> outputGradients)
    {
        int width = 2 * _hidden, bias = _layout.HeadWeights - _hidden, weights = bias - width * _hidden;
        ReadOnlySpan<float> both = _both.AsSpan(step * width, width);
        _bothGradient.AsSpan().Clear();
        for (int row = 0; row < _hidden; row++)
        {
            float value = _seen[step * _hidden + row], error = _seenGradient[row] * (1 - value * value);
            gradients[bias + row] += error;
            AddScaled(gradients.Slice(weights + row * width, width), both, error);
            AddScaled(_bothGradient, values.Slice(weights + row * width, width), error);
        }
        TensorPrimitives.Add(_decoder.StateGradient, _bothGradient.AsSpan(_hidden), _decoder.StateGradient);
        _attention.Backward(values, outputs, StateAfter(step), step, _bothGradient.AsSpan(0, _hidden), gradients, outputGradients, _decoder.StateGradient);
    }

    private void EncoderBackward(WriterParameters parameters, int[] input, Span<float> gradients, ReadOnlySpan<float> outputGradients)
    {
        int embedding = _layout.EmbeddingCount;
        _encoder.ForgetGradients();
        _decoder.StateGradient.CopyTo(_encoder.StateGradient);
        _decoder.CellGradient.CopyTo(_encoder.CellGradient, 0);
        for (int t = input.Length - 1; t >= 0; t--)
        {
            TensorPrimitives.Add(_encoder.StateGradient, outputGradients.Slice(t * _hidden, _hidden), _encoder.StateGradient);
            _encoder.BackwardStep(
                parameters.EncoderRecurrent, parameters.EncoderInput, parameters.Values.AsSpan(input[t] * embedding, embedding), t,
                gradients.Slice(_layout.EncoderStart, _layout.Encoder.Count), _encoderInputGradient);
            Span<float> embedded = gradients.Slice(input[t] * embedding, embedding);
            TensorPrimitives.Add(embedded, _encoderInputGradient, embedded);
        }
    }

    private void Reserve(int length, int steps)
    {
        if (_outputGradients.Length < length * _hidden) _outputGradients = new float[length * _hidden];
        if (_seen.Length >= steps * _hidden) return;
        _inputs = new float[steps * _layout.Decoder.InputCount];
        _both = new float[steps * 2 * _hidden];
        _seen = new float[steps * _hidden];
        _probabilities = new float[steps * _layout.OutputCount];
    }

    private static void AddScaled(Span<float> target, ReadOnlySpan<float> source, float factor) => TensorPrimitives.MultiplyAdd(source, factor, target, target);
}
