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
    public static ShareInterval Wilson(int right, int count)
    {
        double share = (double)right / count, square = Quantile * Quantile;
        double middle = (share + square / (2.0 * count)) / (1 + square / count);
        double reach = Quantile / (1 + square / count) * Math.Sqrt(share * (1 - share) / count + square / (4.0 * count * count));
        return new ShareInterval(right == 0 ? 0 : Math.Max(0, middle - reach), right == count ? 1 : Math.Min(1, middle + reach));
    }
}
