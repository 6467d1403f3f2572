using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling;

namespace Crime.Gateway.Tests.Inference;

/// <summary>States of a layer at every timestep, [length][directions * hidden].</summary>
internal sealed record ReferenceStates(double[][] Hidden, double[][] Cell);

/// <summary>
/// The ONNX operators LSTM, GRU and RNN in double precision, written down from their specification as plainly as can be. Xt, Ht, Ct,
/// W, R, Wb, Rb, P and the gates' names are the specification's; only the order of the rows is ours.
/// </summary>
internal static class OnnxReference
{
    /// <summary>Runs a network.</summary>
    /// <returns>The states of every layer, and the logits.</returns>
    public static (IReadOnlyList<ReferenceStates> Layers, double[] Logits) Run(TrainedModel model, double[][] inputs)
    {
        var layers = new List<ReferenceStates>();
        double[][] x = inputs;
        foreach (RecurrentLayer layer in model.Layers)
        {
            layers.Add(Run(layer, x));
            x = layers[^1].Hidden;
        }
        int hidden = model.Layers[^1].HiddenCount, width = model.HeadInputCount;
        bool startsReverse = model.Layers[^1].Direction == Direction.Reverse;
        double[] seen = model.HeadInput switch
        {
            HeadInput.FirstStep => x[0],
            HeadInput.LastStep => x[^1],
            _ => Enumerable.Range(0, width).Select(k => (k >= hidden || startsReverse ? x[0] : x[^1])[k]).ToArray(),
        };
        double[] logits = model.HeadBias.Select((bias, k) => bias + Enumerable.Range(0, width).Sum(j => model.HeadWeights[k * width + j] * seen[j])).ToArray();
        return (layers, logits);
    }

    private static ReferenceStates Run(RecurrentLayer layer, double[][] x)
    {
        int hidden = layer.HiddenCount, width = layer.Shape.OutputCount;
        var states = new ReferenceStates(x.Select(_ => new double[width]).ToArray(), x.Select(_ => new double[width]).ToArray());
        for (int d = 0; d < layer.Directions.Count; d++)
        {
            DirectionWeights weights = layer.Directions[d];
            bool isReverse = layer.Direction == Direction.Reverse || d == 1;
            double[] h = Doubles(weights.InitialHidden, hidden), c = Doubles(weights.InitialCell, hidden);
            for (int n = 0; n < x.Length; n++)
            {
                int t = isReverse ? x.Length - 1 - n : n;
                var gates = new Gates(layer, weights, x[t], h);
                (h, c) = layer.Kind switch
                {
                    CellKind.Lstm => Lstm(layer, weights, gates, c),
                    CellKind.Gru => (Gru(layer, gates, h), c),
                    _ => (Enumerable.Range(0, hidden).Select(j => gates.F(0, gates.Sum(0, j))).ToArray(), c),
                };
                h.CopyTo(states.Hidden[t], d * hidden);
                c.CopyTo(states.Cell[t], d * hidden);
            }
        }
        return states;
    }

    // it = f(Xt*(Wi^T) + Ht-1*(Ri^T) + Pi (.) Ct-1 + Wbi + Rbi)
    // ft = f(Xt*(Wf^T) + Ht-1*(Rf^T) + Pf (.) Ct-1 + Wbf + Rbf)
    // ct = g(Xt*(Wc^T) + Ht-1*(Rc^T) + Wbc + Rbc)
    // Ct = ft (.) Ct-1 + it (.) ct
    // ot = f(Xt*(Wo^T) + Ht-1*(Ro^T) + Po (.) Ct + Wbo + Rbo)
    // Ht = ot (.) h(Ct)
    private static (double[] H, double[] C) Lstm(RecurrentLayer layer, DirectionWeights weights, Gates gates, double[] before)
    {
        int hidden = layer.HiddenCount;
        double P(int gate, int j) => weights.Peepholes == null ? 0 : weights.Peepholes[gate * hidden + j];
        var h = new double[hidden];
        var c = new double[hidden];
        for (int j = 0; j < hidden; j++)
        {
            double i = gates.F(0, gates.Sum(0, j) + P(0, j) * before[j]);
            double f = layer.IsInputForget ? 1 - i : gates.F(0, gates.Sum(1, j) + P(1, j) * before[j]);
            double candidate = gates.F(1, gates.Sum(2, j));
            c[j] = f * before[j] + i * candidate;
            double o = gates.F(0, gates.Sum(3, j) + P(2, j) * c[j]);
            h[j] = o * gates.Unclipped(2, c[j]);
        }
        return (h, c);
    }

    // zt = f(Xt*(Wz^T) + Ht-1*(Rz^T) + Wbz + Rbz)
    // rt = f(Xt*(Wr^T) + Ht-1*(Rr^T) + Wbr + Rbr)
    // ht = g(Xt*(Wh^T) + (rt (.) Ht-1)*(Rh^T) + Rbh + Wbh)         # linear_before_reset = 0
    // ht = g(Xt*(Wh^T) + (rt (.) (Ht-1*(Rh^T) + Rbh)) + Wbh)       # linear_before_reset != 0
    // Ht = (1 - zt) (.) ht + zt (.) Ht-1
    private static double[] Gru(RecurrentLayer layer, Gates gates, double[] before)
    {
        int hidden = layer.HiddenCount;
        double[] r = Enumerable.Range(0, hidden).Select(j => gates.F(0, gates.Sum(0, j))).ToArray();
        double[] reset = r.Zip(before, (a, b) => a * b).ToArray();
        var h = new double[hidden];
        for (int j = 0; j < hidden; j++)
        {
            double z = gates.F(0, gates.Sum(1, j));
            double candidate = gates.F(1, gates.OnInputs(2, j) + (layer.IsResetBefore ? gates.OnHidden(2, j, reset) : r[j] * gates.OnHidden(2, j, before)));
            h[j] = (1 - z) * candidate + z * before[j];
        }
        return h;
    }

    private static double[] Doubles(float[]? values, int count) => values == null ? new double[count] : values.Select(value => (double)value).ToArray();

    private static double Activate(ActivationFunction function, double x)
    {
        double alpha = function.Alpha, beta = function.Beta;
        return function.Function switch
        {
            Activation.Sigmoid => 1 / (1 + Math.Exp(-x)),
            Activation.Tanh => Math.Tanh(x),
            Activation.Relu => Math.Max(0, x),
            Activation.Affine => alpha * x + beta,
            Activation.LeakyRelu => x >= 0 ? x : alpha * x,
            Activation.ThresholdedRelu => x >= alpha ? x : 0,
            Activation.ScaledTanh => alpha * Math.Tanh(beta * x),
            Activation.HardSigmoid => Math.Min(Math.Max(alpha * x + beta, 0), 1),
            Activation.Elu => x >= 0 ? x : alpha * (Math.Exp(x) - 1),
            Activation.Softsign => x / (1 + Math.Abs(x)),
            Activation.Softplus => x > 40 ? x : Math.Log(1 + Math.Exp(x)),
            _ => throw new ArgumentOutOfRangeException(nameof(function)),
        };
    }

    /// <summary>The sums and functions of one timestep of one direction.</summary>
    private sealed class Gates(RecurrentLayer layer, DirectionWeights weights, double[] x, double[] before)
    {
        /// <summary>Xt*(W^T) + Ht-1*(R^T) + Wb + Rb of a gate's unit.</summary>
        public double Sum(int gate, int unit) => OnInputs(gate, unit) + OnHidden(gate, unit, before);

        /// <summary>Xt*(W^T) + Wb.</summary>
        public double OnInputs(int gate, int unit)
        {
            int row = gate * layer.HiddenCount + unit;
            double sum = weights.InputBias[row];
            for (int k = 0; k < x.Length; k++) sum += x[k] * weights.InputWeights[row * x.Length + k];
            return sum;
        }

        /// <summary>H*(R^T) + Rb.</summary>
        public double OnHidden(int gate, int unit, double[] h)
        {
            int row = gate * layer.HiddenCount + unit;
            double sum = weights.RecurrentBias[row];
            for (int k = 0; k < h.Length; k++) sum += h[k] * weights.RecurrentWeights[row * h.Length + k];
            return sum;
        }

        /// <summary>An activation, its input clipped.</summary>
        public double F(int which, double value) => Unclipped(which, layer.Clip > 0 ? Math.Clamp(value, -layer.Clip, layer.Clip) : value);

        /// <summary>An activation as it is.</summary>
        public double Unclipped(int which, double value) => Activate(layer.ActivationsOf(weights)[which], value);
    }
}
