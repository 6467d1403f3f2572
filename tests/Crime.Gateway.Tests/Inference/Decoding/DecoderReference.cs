using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling;

namespace Crime.Gateway.Tests.Inference.Decoding;

/// <summary>A decoder in double precision, written from the papers' equations, for one output at a time.</summary>
internal sealed class DecoderReference
{
    private readonly TrainedModel _model;
    private readonly TrainedDecoder _decoder;
    private readonly double[][] _outputs;
    private readonly double[] _hidden;
    private readonly double[] _cell;

    /// <summary>Runs the encoder.</summary>
    public DecoderReference(TrainedModel model, short[] tokens)
    {
        _model = model;
        _decoder = model.Decoder!;
        int width = model.InputCount;
        double[] h = new double[model.Layers[0].HiddenCount], c = new double[h.Length];
        var outputs = new List<double[]>();
        foreach (short token in tokens)
        {
            (h, c) = Step(model.Layers[0], [.. model.Embedding.Skip(token * width).Take(width).Select(x => (double)x)], h, c);
            outputs.Add(h);
        }
        _outputs = [.. outputs];
        (_hidden, _cell) = (h, c);
    }

    /// <summary>Returns the logits after each of the given tokens; the first ones before any.</summary>
    public List<double[]> Logits(IReadOnlyList<int> tokens)
    {
        double[] h = _hidden, c = _cell;
        var all = new List<double[]>();
        for (int step = 0; step <= tokens.Count; step++)
        {
            int last = step == 0 ? 0 : tokens[step - 1], width = _decoder.EmbeddingCount;
            double[] x = [.. _decoder.Embedding.Skip(last * width).Take(width).Select(value => (double)value)];
            if (_decoder.Attention == AttentionKind.Bahdanau) x = [.. x, .. Context(h)];
            (h, c) = Step(_decoder.Cell, x, h, c);
            double[] seen = h;
            if (_decoder.Attention is AttentionKind.LuongDot or AttentionKind.LuongGeneral)
            {
                IReadOnlyList<float[]> arrays = _decoder.AttentionWeights;
                double[] sums = Multiply(arrays[^2], [.. Context(h), .. h]);
                seen = [.. sums.Select((sum, unit) => Math.Tanh(sum + arrays[^1][unit]))];
            }
            all.Add([.. Multiply(_model.HeadWeights, seen).Select((sum, k) => sum + _model.HeadBias[k])]);
        }
        return all;
    }

    /// <summary>Returns the log probabilities of logits.</summary>
    public static double[] LogSoftmax(double[] logits)
    {
        double largest = logits.Max(), sum = Math.Log(logits.Sum(logit => Math.Exp(logit - largest)));
        return [.. logits.Select(logit => logit - largest - sum)];
    }

    private double[] Context(double[] s)
    {
        IReadOnlyList<float[]> arrays = _decoder.AttentionWeights;
        double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
        double[] scores = [.. _outputs.Select(h => _decoder.Attention switch
        {
            AttentionKind.LuongDot => Dot(s, h),
            AttentionKind.LuongGeneral => Dot(s, Multiply(arrays[0], h)),
            _ => Multiply(arrays[0], s).Zip(Multiply(arrays[1], h), (q, k) => Math.Tanh(q + k)).Zip(arrays[2], (t, v) => t * v).Sum(),
        })];
        double[] shares = [.. LogSoftmax(scores).Select(Math.Exp)];
        return [.. Enumerable.Range(0, s.Length).Select(unit => _outputs.Zip(shares, (h, share) => h[unit] * share).Sum())];
    }

    private static double[] Multiply(float[] matrix, double[] vector) =>
        [.. matrix.Chunk(vector.Length).Select(row => row.Zip(vector, (weight, x) => weight * x).Sum())];

    private static (double[] H, double[] C) Step(RecurrentLayer layer, double[] x, double[] h, double[] c)
    {
        DirectionWeights weights = layer.Directions[0];
        double Sigmoid(double z) => 1 / (1 + Math.Exp(-z));
        double[] a = Multiply(weights.InputWeights, x), b = Multiply(weights.RecurrentWeights, h);
        int hidden = h.Length;
        double A(int gate, int unit) => a[gate * hidden + unit] + weights.InputBias[gate * hidden + unit];
        double B(int gate, int unit) => b[gate * hidden + unit] + weights.RecurrentBias[gate * hidden + unit];
        double Sum(int gate, int unit) => A(gate, unit) + B(gate, unit);
        double[] nextH = new double[hidden], nextC = new double[hidden];
        for (int unit = 0; unit < hidden; unit++)
        {
            if (layer.Kind == CellKind.Gru)
            {
                double r = Sigmoid(Sum(0, unit)), z = Sigmoid(Sum(1, unit)), n = Math.Tanh(A(2, unit) + r * B(2, unit));
                nextH[unit] = (1 - z) * n + z * h[unit];
                continue;
            }
            nextC[unit] = Sigmoid(Sum(1, unit)) * c[unit] + Sigmoid(Sum(0, unit)) * Math.Tanh(Sum(2, unit));
            nextH[unit] = Sigmoid(Sum(3, unit)) * Math.Tanh(nextC[unit]);
        }
        return (nextH, nextC);
    }
}
