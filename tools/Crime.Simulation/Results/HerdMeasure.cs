// Whether a crowd of boards oscillates: how much the share that is sent away moves from one moment to the next, against how
// much it would move if every board threw its own dice with that share.

using System;
using System.Collections.Generic;

namespace Crime.Simulation.Results;

/// <summary>Measure of a herd over the slices of a flash.</summary>
/// <param name="MeanShare">Mean share of inputs sent away, 0 to 1.</param>
/// <param name="LowShare">5th percentile of the share over the slices.</param>
/// <param name="HighShare">95th percentile of the share over the slices.</param>
/// <param name="Overdispersion">
/// Variance of the share over the slices, divided by <c>p (1 - p) / n</c>: 1 for boards that decide independently, much
/// more for boards that all turn at once. It does not depend on how many inputs a slice has, as a band does.
/// </param>
/// <param name="WaitP99Ms">99th percentile of the wait in gateways' queues, in ms.</param>
public sealed record HerdMeasure(double MeanShare, double LowShare, double HighShare, double Overdispersion, double WaitP99Ms)
{
    /// <summary>Up to this overdispersion a crowd counts as steady: its share moves less than three times as much as dice would make it.</summary>
    public const double SteadyOverdispersion = 9;

    /// <summary>Whether the crowd is steady.</summary>
    public bool IsSteady => Overdispersion <= SteadyOverdispersion;

    /// <summary>Measures a run.</summary>
    /// <param name="tally">The run.</param>
    /// <param name="beginsS">From when, in s of simulated time: after the first rush.</param>
    /// <param name="endsS">Until when, in s.</param>
    public static HerdMeasure Of(RunTally tally, double beginsS, double endsS)
    {
        int first = (int)(beginsS * 1e6 / tally.SliceUs), end = Math.Min((int)(endsS * 1e6 / tally.SliceUs), RunTally.SliceCount);
        double total = 0, away = 0;
        var shares = new List<double>();
        for (int i = first; i < end; i++)
        {
            total += tally.CountBySlice[i];
            away += tally.AwayBySlice[i];
            if (tally.CountBySlice[i] > 0) shares.Add((double)tally.AwayBySlice[i] / tally.CountBySlice[i]);
        }
        double p = total > 0 ? away / total : 0, squares = 0;
        for (int i = first; i < end; i++)
            squares += Math.Pow(tally.AwayBySlice[i] - p * tally.CountBySlice[i], 2) / Math.Max(tally.CountBySlice[i], 1);
        shares.Sort();
        double variance = p * (1 - p);
        double overdispersion = variance > 0 && shares.Count > 1 ? squares / (shares.Count - 1) / variance : 0;
        return new HerdMeasure(p, Quantile(shares, 0.05), Quantile(shares, 0.95), overdispersion, tally.WaitQuantileMs(0.99));
    }

    private static double Quantile(List<double> sorted, double share) =>
        sorted.Count == 0 ? 0 : sorted[Math.Min((int)(share * sorted.Count), sorted.Count - 1)];
}
