// The line of the output length over the length of the input, M = gamma n + delta (C-NMT, Jahier Pagliari et al., 2022), from pairs of lengths.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Costs;
using MathNet.Numerics;

namespace Crime.Modelling;

/// <summary>A fitted line of output lengths, the end included.</summary>
/// <param name="Gamma">Output steps per input step.</param>
/// <param name="Delta">Output steps of an input of length zero.</param>
/// <param name="Deviation">Standard deviation of the output lengths from the line.</param>
/// <param name="RSquared">Share of the variance of the output lengths that the line explains.</param>
/// <param name="Pairs">Number of pairs.</param>
public sealed record OutputLengthFit(double Gamma, double Delta, double Deviation, double RSquared, int Pairs)
{
    /// <summary>Gamma in thousandths, as a model file holds it.</summary>
    public int GammaThousandths => (int)Math.Clamp(Math.Round(1000 * Gamma), 0, OutputLength.MaxGamma);

    /// <summary>Delta in thousandths.</summary>
    public int DeltaThousandths => (int)Math.Clamp(Math.Round(1000 * Delta), -OutputLength.MaxDelta, OutputLength.MaxDelta);

    /// <summary>The deviation in thousandths.</summary>
    public int DeviationThousandths => (int)Math.Clamp(Math.Round(1000 * Deviation), 0, OutputLength.MaxDelta);

    /// <summary>Fits the line: least squares. Where the inputs have one length, or the slope would be negative, it is the mean.</summary>
    /// <param name="pairs">Lengths of input and output; at least one pair.</param>
    public static OutputLengthFit Of(IReadOnlyCollection<(int Input, int Output)> pairs)
    {
        double[] n = [.. pairs.Select(pair => (double)pair.Input)], m = [.. pairs.Select(pair => (double)pair.Output)];
        double mean = m.Average(), gamma = 0, delta = mean;
        if (n.Distinct().Count() > 1) (delta, gamma) = Fit.Line(n, m);
        if (gamma < 0) (delta, gamma) = (mean, 0);
        double errors = n.Zip(m, (x, y) => Math.Pow(y - gamma * x - delta, 2)).Sum(), total = m.Sum(y => Math.Pow(y - mean, 2));
        return new OutputLengthFit(gamma, delta, Math.Sqrt(errors / n.Length), total > 0 ? 1 - errors / total : 0, n.Length);
    }
}
