// The float LSTM that answers requests. Same equations as the board's kernel, in single precision.

using System;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Crime.Model;

namespace Crime.Gateway.Inference;

/// <summary>Runs sequences through a <see cref="FloatModel"/>. One instance per worker: it owns the scratch memory.</summary>
public sealed class FloatLstm
{
    private readonly FloatModel _model;
    private readonly float[] _gates;
    private readonly float[] _operands;
    private readonly float[] _cell;
    private readonly float[] _scratch;

    /// <summary>Makes an engine with its own state.</summary>
    public FloatLstm(FloatModel model)
    {
        _model = model;
        _gates = new float[model.RowStride];
        _operands = new float[model.InputCount + model.HiddenCount];
        _cell = new float[model.HiddenCount];
        _scratch = new float[model.HiddenCount];
    }

    /// <summary>The model that this engine runs.</summary>
    public FloatModel Model => _model;

    /// <summary>Hidden state after the last run, [hidden].</summary>
    public ReadOnlySpan<float> Hidden => _operands.AsSpan(_model.InputCount);

    /// <summary>Cell state after the last run, [hidden].</summary>
    public ReadOnlySpan<float> Cell => _cell;

    /// <summary>Runs a whole sequence of features from the zero state.</summary>
    /// <param name="sequence">Standardised features, timestep by timestep: [length][inputs].</param>
    /// <param name="logits">Receives [classes].</param>
    /// <returns>The class with the largest logit; the lowest index among equals.</returns>
    public int Run(ReadOnlySpan<float> sequence, Span<float> logits)
    {
        Reset();
        int inputs = _model.InputCount;
        for (int at = 0; at < sequence.Length; at += inputs) Step(sequence.Slice(at, inputs));
        return Classify(logits);
    }

    /// <summary>Runs a whole sequence as it came in a request, from the zero state.</summary>
    /// <param name="values">Fixed-point features or token numbers, timestep by timestep.</param>
    /// <param name="fractionBits">Fraction bits of the features; ignored for tokens.</param>
    /// <param name="logits">Receives [classes].</param>
    public int Run(ReadOnlySpan<short> values, int fractionBits, Span<float> logits)
    {
        Reset();
        int inputs = _model.InputCount;
        Span<float> x = _operands.AsSpan(0, inputs);
        if (_model.Input == InputKind.Tokens)
        {
            foreach (short token in values) Step(token);
        }
        else
        {
            float scale = 1f / (1 << fractionBits);
            for (int at = 0; at < values.Length; at += inputs)
            {
                for (int k = 0; k < inputs; k++) x[k] = values[at + k] * scale;
                Step(x);
            }
        }
        return Classify(logits);
    }

    /// <summary>Sets hidden and cell state to zero: the start of a sequence.</summary>
    public void Reset()
    {
        _operands.AsSpan(_model.InputCount).Clear();
        _cell.AsSpan().Clear();
    }

    /// <summary>One timestep of a token model.</summary>
    /// <param name="token">Token number, unsigned; one outside the vocabulary counts as 0, "unknown".</param>
    public void Step(short token)
    {
        int index = (ushort)token;
        if (index >= _model.VocabularyCount) index = 0;
        Step(_model.Embedding.AsSpan(index * _model.InputCount, _model.InputCount));
    }

    /// <summary>One timestep.</summary>
    /// <param name="x">Standardised features, [inputs].</param>
    public void Step(ReadOnlySpan<float> x)
    {
        x.CopyTo(_operands);
        MultiplyColumns();

        int hidden = _model.HiddenCount, stride = _model.GateStride;
        Span<float> i = _gates.AsSpan(0, hidden), f = _gates.AsSpan(stride, hidden);
        Span<float> g = _gates.AsSpan(2 * stride, hidden), o = _gates.AsSpan(3 * stride, hidden);
        TensorPrimitives.Sigmoid(i, i);
        TensorPrimitives.Sigmoid(f, f);
        TensorPrimitives.Tanh(g, g);
        TensorPrimitives.Sigmoid(o, o);

        // c' = f c + i g; h' = o tanh(c')
        TensorPrimitives.Multiply(i, g, i);
        TensorPrimitives.MultiplyAdd(f, _cell, i, _cell);
        TensorPrimitives.Tanh(_cell, _scratch);
        TensorPrimitives.Multiply(o, _scratch, _operands.AsSpan(_model.InputCount));
    }

    /// <summary>gates = bias + sum over k of operands[k] * column k, four vectors of rows at a time in registers.</summary>
    private void MultiplyColumns()
    {
        ReadOnlySpan<Vector<float>> weights = MemoryMarshal.Cast<float, Vector<float>>(_model.Weights);
        ReadOnlySpan<Vector<float>> bias = MemoryMarshal.Cast<float, Vector<float>>(_model.Bias);
        Span<Vector<float>> gates = MemoryMarshal.Cast<float, Vector<float>>(_gates.AsSpan());
        ReadOnlySpan<float> operands = _operands;
        int stride = bias.Length;
        // The padded rows are a multiple of four vectors: one per gate at least.
        for (int block = 0; block < stride; block += 4)
        {
            Vector<float> sum0 = bias[block], sum1 = bias[block + 1], sum2 = bias[block + 2], sum3 = bias[block + 3];
            int at = block;
            foreach (float operand in operands)
            {
                var x = new Vector<float>(operand);
                sum0 += weights[at] * x;
                sum1 += weights[at + 1] * x;
                sum2 += weights[at + 2] * x;
                sum3 += weights[at + 3] * x;
                at += stride;
            }
            gates[block] = sum0;
            gates[block + 1] = sum1;
            gates[block + 2] = sum2;
            gates[block + 3] = sum3;
        }
    }

    /// <summary>Computes the logits from the state.</summary>
    /// <param name="logits">Receives [classes].</param>
    /// <returns>The class with the largest logit; the lowest index among equals.</returns>
    public int Classify(Span<float> logits)
    {
        int hidden = _model.HiddenCount, best = 0;
        for (int k = 0; k < _model.ClassCount; k++)
        {
            logits[k] = _model.HeadBias[k] + TensorPrimitives.Dot(_model.HeadWeights.AsSpan(k * hidden, hidden), Hidden);
            if (logits[k] > logits[best]) best = k;
        }
        return best;
    }
}
