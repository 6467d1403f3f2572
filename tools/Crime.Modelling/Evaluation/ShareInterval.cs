// The certainty of a measured share: few test sequences prove little, and 100 % of ten is not 100 %.

using System;

namespace Crime.Modelling.Evaluation;

/// <summary>A confidence interval of a share, as fractions of 1.</summary>
/// <param name="Low">Lower end, at least 0.</param>
/// <param name="High">Upper end, at most 1.</param>
public sealed record ShareInterval(double Low, double High)
{
    /// <summary>The 97.5 % quantile of the normal distribution: 95 % lie between its negative and itself.</summary>
    private const double Quantile = 1.959963984540054;

    /// <summary>
    /// Returns the 95 % score interval of E. B. Wilson, "Probable inference, the law of succession, and statistical inference" (1927). It stays
    /// within 0 and 1, and has a width where all or none are right.
    /// </summary>
    /// <param name="right">Successes, 0 to <paramref name="count"/>.</param>
    /// <param name="count">Trials, at least 1.</param>
    public static ShareInterval Wilson(int right, int count) => Wilson((double)right / count, count);

    /// <summary>Returns the interval of a share that is a mean over trials, each with a share of its own: it is too wide rather than too narrow.</summary>
    /// <param name="share">The mean, 0 to 1.</param>
    /// <param name="count">Trials, at least 1; a fraction where they have different weights.</param>
    public static ShareInterval Wilson(double share, double count)
    {
        double square = Quantile * Quantile;
        double middle = (share + square / (2.0 * count)) / (1 + square / count);
        double reach = Quantile / (1 + square / count) * Math.Sqrt(share * (1 - share) / count + square / (4.0 * count * count));
        return new ShareInterval(share == 0 ? 0 : Math.Max(0, middle - reach), share == 1 ? 1 : Math.Min(1, middle + reach));
    }
}
