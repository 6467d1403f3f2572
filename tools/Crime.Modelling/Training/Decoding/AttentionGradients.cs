// Attention over the encoder's outputs and its derivative: the scores of Luong and of Bahdanau, a softmax over the timesteps, a weighted sum.

using System;
using System.Numerics.Tensors;
using Crime.Model;

namespace Crime.Modelling.Training.Decoding;

/// <summary>The attention of one sequence at a time. Every sum has a fixed order.</summary>
/// <param name="layout">Sizes.</param>
internal sealed class AttentionGradients(WriterLayout layout)
{
    private readonly int _hidden = layout.HiddenCount;
    private readonly AttentionKind _kind = layout.Attention;
    private readonly float[] _query = new float[layout.HiddenCount];
    private readonly float[] _queryGradient = new float[layout.HiddenCount];
    private int _length;

    // [length][hidden]: W h (general), U h (Bahdanau); [outputs steps][length]: shares; [length]: gradients of the shares.
    private float[] _keys = [];
    private float[] _shares = [];
    private float[] _shareGradients = [];

    /// <summary>Takes the outputs of the encoder.</summary>
    /// <param name="values">[layout.Count]</param>
    /// <param name="outputs">[length][hidden]</param>
    /// <param name="steps">Output steps to come.</param>
    public void Begin(ReadOnlySpan<float> values, ReadOnlySpan<float> outputs, int steps)
    {
        _length = outputs.Length / _hidden;
        if (_keys.Length < outputs.Length)
        {
            _keys = new float[outputs.Length];
            _shareGradients = new float[_length];
        }
        if (_shares.Length < steps * _length) _shares = new float[steps * _length];
        if (_kind == AttentionKind.LuongDot) return;
        ReadOnlySpan<float> matrix = values.Slice(layout.AttentionArray(_kind == AttentionKind.Bahdanau ? 1 : 0), _hidden * _hidden);
        for (int t = 0; t < _length; t++)
            for (int row = 0; row < _hidden; row++) _keys[t * _hidden + row] = Dot(matrix.Slice(row * _hidden, _hidden), outputs.Slice(t * _hidden, _hidden));
    }

    /// <summary>Computes the context of a state.</summary>
    /// <param name="values">[layout.Count]</param>
    /// <param name="outputs">[length][hidden]</param>
    /// <param name="state">s, [hidden].</param>
    /// <param name="step">The output step.</param>
    /// <param name="context">Receives [hidden].</param>
    public void Forward(ReadOnlySpan<float> values, ReadOnlySpan<float> outputs, ReadOnlySpan<float> state, int step, Span<float> context)
    {
        Span<float> shares = _shares.AsSpan(step * _length, _length);
        if (_kind == AttentionKind.Bahdanau) Query(values, state);
        float largest = float.MinValue;
        for (int t = 0; t < _length; t++)
        {
            shares[t] = Score(values, outputs, state, t);
            largest = MathF.Max(largest, shares[t]);
        }
        float sum = 0;
        for (int t = 0; t < _length; t++) sum += shares[t] = MathF.Exp(shares[t] - largest);
        context.Clear();
        for (int t = 0; t < _length; t++)
        {
            shares[t] /= sum;
            AddScaled(context, outputs.Slice(t * _hidden, _hidden), shares[t]);
        }
    }

    /// <summary>Adds the gradients of one step.</summary>
    /// <param name="values">[layout.Count]</param>
    /// <param name="outputs">[length][hidden]</param>
    /// <param name="state">s of the step.</param>
    /// <param name="step">The output step.</param>
    /// <param name="contextGradient">dL/dcontext, [hidden].</param>
    /// <param name="gradients">Receives the gradients of the weights, [layout.Count].</param>
    /// <param name="outputGradients">Receives those of the encoder's outputs, [length][hidden].</param>
    /// <param name="stateGradient">Receives that of s, [hidden].</param>
    public void Backward(
        ReadOnlySpan<float> values, ReadOnlySpan<float> outputs, ReadOnlySpan<float> state, int step, ReadOnlySpan<float> contextGradient,
        Span<float> gradients, Span<float> outputGradients, Span<float> stateGradient)
    {
        ReadOnlySpan<float> shares = _shares.AsSpan(step * _length, _length);
        float mean = 0;
        for (int t = 0; t < _length; t++)
        {
            _shareGradients[t] = Dot(contextGradient, outputs.Slice(t * _hidden, _hidden));
            mean += shares[t] * _shareGradients[t];
            AddScaled(outputGradients.Slice(t * _hidden, _hidden), contextGradient, shares[t]);
        }
        if (_kind == AttentionKind.Bahdanau)
        {
            Query(values, state);
            _queryGradient.AsSpan().Clear();
        }
        for (int t = 0; t < _length; t++)
            ScoreBackward(values, outputs, state, t, shares[t] * (_shareGradients[t] - mean), gradients, outputGradients, stateGradient);
        if (_kind == AttentionKind.Bahdanau) MatrixBackward(values, layout.AttentionArray(0), state, _queryGradient, gradients, stateGradient);
    }

    private void Query(ReadOnlySpan<float> values, ReadOnlySpan<float> state)
    {
        ReadOnlySpan<float> matrix = values.Slice(layout.AttentionArray(0), _hidden * _hidden);
        for (int row = 0; row < _hidden; row++) _query[row] = Dot(matrix.Slice(row * _hidden, _hidden), state);
    }

    private float Score(ReadOnlySpan<float> values, ReadOnlySpan<float> outputs, ReadOnlySpan<float> state, int t)
    {
        ReadOnlySpan<float> key = _kind == AttentionKind.LuongDot ? outputs.Slice(t * _hidden, _hidden) : _keys.AsSpan(t * _hidden, _hidden);
        if (_kind != AttentionKind.Bahdanau) return Dot(state, key);
        ReadOnlySpan<float> weights = values.Slice(layout.AttentionArray(2), _hidden);
        float sum = 0;
        for (int unit = 0; unit < _hidden; unit++) sum += weights[unit] * MathF.Tanh(_query[unit] + _keys[t * _hidden + unit]);
        return sum;
    }

    private void ScoreBackward(
        ReadOnlySpan<float> values, ReadOnlySpan<float> outputs, ReadOnlySpan<float> state, int t, float gradient, Span<float> gradients,
        Span<float> outputGradients, Span<float> stateGradient)
    {
        ReadOnlySpan<float> output = outputs.Slice(t * _hidden, _hidden);
        Span<float> outputGradient = outputGradients.Slice(t * _hidden, _hidden);
        if (_kind == AttentionKind.LuongDot)
        {
            AddScaled(stateGradient, output, gradient);
            AddScaled(outputGradient, state, gradient);
            return;
        }
        Span<float> keyGradient = stackalloc float[_hidden];
        if (_kind == AttentionKind.LuongGeneral)
        {
            AddScaled(stateGradient, _keys.AsSpan(t * _hidden, _hidden), gradient);
            AddScaled(keyGradient, state, gradient);
            MatrixBackward(values, layout.AttentionArray(0), output, keyGradient, gradients, outputGradient);
            return;
        }
        ReadOnlySpan<float> weights = values.Slice(layout.AttentionArray(2), _hidden);
        Span<float> weightGradients = gradients.Slice(layout.AttentionArray(2), _hidden);
        for (int unit = 0; unit < _hidden; unit++)
        {
            float value = MathF.Tanh(_query[unit] + _keys[t * _hidden + unit]);
            weightGradients[unit] += gradient * value;
            keyGradient[unit] = gradient * weights[unit] * (1 - value * value);
            _queryGradient[unit] += keyGradient[unit];
        }
        MatrixBackward(values, layout.AttentionArray(1), output, keyGradient, gradients, outputGradient);
    }

    /// <summary>Gradients of a product of a [hidden][hidden] matrix and a vector.</summary>
    private void MatrixBackward(
        ReadOnlySpan<float> values, int start, ReadOnlySpan<float> vector, ReadOnlySpan<float> productGradient, Span<float> gradients, Span<float> vectorGradient)
    {
        for (int row = 0; row < _hidden; row++)
        {
            AddScaled(gradients.Slice(start + row * _hidden, _hidden), vector, productGradient[row]);
            AddScaled(vectorGradient, values.Slice(start + row * _hidden, _hidden), productGradient[row]);
        }
    }

    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        float sum = 0;
        for (int k = 0; k < a.Length; k++) sum += a[k] * b[k];
        return sum;
    }

    private static void AddScaled(Span<float> target, ReadOnlySpan<float> source, float factor) => TensorPrimitives.MultiplyAdd(source, factor, target, target);
}
