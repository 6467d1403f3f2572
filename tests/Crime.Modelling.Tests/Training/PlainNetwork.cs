using System;
using Crime.Model;
using Crime.Modelling.Training;

namespace Crime.Modelling.Tests.Training;

/// <summary>PyTorch's equations in double precision, unit by unit, to measure the trainer against.</summary>
internal static class PlainNetwork
{
    /// <summary>Cross-entropy of a sequence's class, in nats.</summary>
    public static double Loss(CellLayout layout, double[] parameters, TrainingSequence sequence)
    {
        int hidden = layout.HiddenCount;
        double[] h = new double[hidden], c = new double[hidden];
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
        }
        return CrossEntropy(layout, parameters, h, sequence.Label);
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

    private static double CrossEntropy(CellLayout layout, double[] parameters, double[] h, int label)
    {
        double sum = 0, own = 0;
        for (int k = 0; k < layout.ClassCount; k++)
        {
            double logit = parameters[layout.HeadBias + k];
            for (int unit = 0; unit < h.Length; unit++) logit += parameters[layout.HeadWeights + k * h.Length + unit] * h[unit];
            sum += Math.Exp(logit);
            if (k == label) own = logit;
        }
        return Math.Log(sum) - own;
    }

    private static double Sigmoid(double value) => 1 / (1 + Math.Exp(-value));
}
