using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Training;

namespace Crime.Modelling.Tests.Training;

/// <summary>PyTorch's equations in double precision, unit by unit, to measure the trainer against.</summary>
internal static class PlainNetwork
{
    /// <summary>Cross-entropy of a sequence's class, in nats.</summary>
    public static double Loss(CellLayout layout, double[] parameters, TrainingSequence sequence) =>
        CrossEntropy(Head(layout, parameters, States(layout, parameters, sequence)[^1]), sequence.Label);

    /// <summary>Mean loss over the targets, from the first timestep on, or that of the last timestep.</summary>
    public static double Loss(CellLayout layout, double[] parameters, TrainingSequence sequence, TrainingLoss loss, float[] target)
    {
        List<double[]> states = States(layout, parameters, sequence);
        double[][] targets = [.. target.Chunk(layout.ClassCount).Select(vector => Array.ConvertAll(vector, value => (double)value))];
        return targets.Select((wanted, n) =>
        {
            double[] found = Head(layout, parameters, states[loss.IsPerStep ? n : states.Count - 1]);
            return loss.Kind switch
            {
                LossKind.CrossEntropy => CrossEntropy(found, Array.IndexOf(wanted, 1)),
                LossKind.Logistic => wanted[0] == 1 ? -Math.Log(Sigmoid(found[0])) : -Math.Log(1 - Sigmoid(found[0])),
                _ => found.Zip(wanted, (one, other) => (one - other) * (one - other)).Average(),
            };
        }).Average();
    }

    /// <summary>h after each timestep.</summary>
    private static List<double[]> States(CellLayout layout, double[] parameters, TrainingSequence sequence)
    {
        int hidden = layout.HiddenCount;
        double[] h = new double[hidden], c = new double[hidden];
        var states = new List<double[]>();
        for (int step = 0; step < sequence.Length; step++)
        {
            double[] next = new double[hidden];
            for (int unit = 0; unit < hidden; unit++)
            {
                double Input(int gate) => parameters[layout.Bias + gate * hidden + unit] + InputSum(layout, parameters, sequence, step, gate * hidden + unit);
                double Recurrent(int gate) => RecurrentSum(layout, parameters, h, gate * hidden + unit);
                if (layout.Kind == CellKind.Gru)
                {
                    double r = Sigmoid(Input(0) + Recurrent(0)), z = Sigmoid(Input(1) + Recurrent(1));
                    double n = Math.Tanh(Input(2) + r * (Recurrent(2) + parameters[layout.CandidateBias + unit]));
                    next[unit] = (1 - z) * n + z * h[unit];
                }
                else
                {
                    double i = Sigmoid(Input(0) + Recurrent(0)), f = Sigmoid(Input(1) + Recurrent(1));
                    double g = Math.Tanh(Input(2) + Recurrent(2)), o = Sigmoid(Input(3) + Recurrent(3));
                    c[unit] = f * c[unit] + i * g;
                    next[unit] = o * Math.Tanh(c[unit]);
                }
            }
            h = next;
            states.Add(h);
        }
        return states;
    }

    private static double InputSum(CellLayout layout, double[] parameters, TrainingSequence sequence, int step, int row)
    {
        double sum = 0;
        for (int k = 0; k < layout.InputCount; k++)
        {
            double x = layout.VocabularyCount > 0
                ? parameters[layout.Embedding + sequence.Tokens[step] * layout.InputCount + k]
                : sequence.Features[step * layout.InputCount + k];
            sum += parameters[layout.InputWeights + k * layout.RowCount + row] * x;
        }
        return sum;
    }

    private static double RecurrentSum(CellLayout layout, double[] parameters, double[] h, int row)
    {
        double sum = 0;
        for (int k = 0; k < h.Length; k++) sum += parameters[layout.RecurrentWeights + k * layout.RowCount + row] * h[k];
        return sum;
    }

    private static double[] Head(CellLayout layout, double[] parameters, double[] h) => [.. Enumerable.Range(0, layout.ClassCount).Select(k =>
        parameters[layout.HeadBias + k] + h.Select((value, unit) => parameters[layout.HeadWeights + k * h.Length + unit] * value).Sum())];

    private static double CrossEntropy(double[] logits, int label) => Math.Log(logits.Sum(Math.Exp)) - logits[label];

    private static double Sigmoid(double value) => 1 / (1 + Math.Exp(-value));
}
