// The oscillation of a crowd of boards: the change of the offloaded share from second to second, and its variance from slice to slice against
// that of boards which decide independently.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Simulation.World;

namespace Crime.Simulation.Results;

/// <summary>A band of shares.</summary>
/// <param name="Low">Lower end, 0 to 1.</param>
/// <param name="High">Upper end, 0 to 1.</param>
public readonly record struct ShareBand(double Low, double High);

/// <summary>Measure of a crowd over the slices of a flash.</summary>
/// <param name="MeanShare">Mean share of offloaded inputs, 0 to 1.</param>
/// <param name="Slices">5th to 95th percentile of the share of a slice.</param>
/// <param name="Seconds">Least to largest share of a whole second.</param>
/// <param name="Overdispersion">
/// Variance of the share over the slices, divided by <c>p (1 - p) / n</c>: 1 for boards that decide independently, much more for boards that
/// all turn at once. Unlike a band, it does not depend on the number of inputs in a slice.
/// </param>
/// <param name="Swings">Number of changes from more than three standard deviations of independent draws on one side of the mean to as many on the other.</param>
/// <param name="WaitP99Ms">99th percentile of the wait in the gateways' queues in ms.</param>
public sealed record CrowdSteadiness(double MeanShare, ShareBand Slices, ShareBand Seconds, double Overdispersion, int Swings, double WaitP99Ms)
{
    /// <summary>Half the band that the shares of a steady crowd's seconds keep to, about their mean, in points of percent.</summary>
    /// <remarks>Of the 5000 inputs a second of a thousand boards it is 250: as many as the gateway's queue holds.</remarks>
    public const double SteadyBandPoints = 5;

    /// <summary>Up to this overdispersion a crowd counts as steady: its share moves less than three times as much as that of independent draws.</summary>
    public const double SteadyOverdispersion = 9;

    private const double SwingDeviations = 3;

    /// <summary>Largest distance of a second's share from the mean, in points of percent.</summary>
    public double WorstSecondPoints => 100 * Math.Max(Seconds.High - MeanShare, MeanShare - Seconds.Low);

    /// <summary>True when the crowd is steady, in its seconds and in its slices.</summary>
    public bool IsSteady => WorstSecondPoints <= SteadyBandPoints && Overdispersion <= SteadyOverdispersion;

    /// <summary>Measures a run.</summary>
    /// <param name="tally">The run.</param>
    /// <param name="beginsS">Begin of the measured time in s of simulated time, after the first rush.</param>
    /// <param name="endsS">End of the measured time in s.</param>
    public static CrowdSteadiness Of(RunTally tally, double beginsS, double endsS)
    {
        int first = (int)(beginsS * 1e6 / tally.SliceUs), end = Math.Min((int)(endsS * 1e6 / tally.SliceUs), RunTally.SliceCount);
        double[] slices = Shares(tally, first, end, 1), seconds = Shares(tally, first, end, (int)Math.Max(1_000_000 / tally.SliceUs, 1));
        double total = 0, away = 0;
        for (int i = first; i < end; i++)
        {
            total += tally.CountBySlice[i];
            away += tally.AwayBySlice[i];
        }
        double p = total > 0 ? away / total : 0, variance = p * (1 - p), squares = 0;
        int swings = 0, side = 0;
        for (int i = first; i < end && variance > 0; i++)
        {
            double deviations = (tally.AwayBySlice[i] - p * tally.CountBySlice[i]) / Math.Sqrt(Math.Max(tally.CountBySlice[i], 1) * variance);
            squares += deviations * deviations;
            if (Math.Abs(deviations) <= SwingDeviations) continue;
            if (side == -Math.Sign(deviations)) swings++;
            side = Math.Sign(deviations);
        }
        double overdispersion = slices.Length > 1 ? squares / (slices.Length - 1) : 0;
        return new CrowdSteadiness(
            p, new ShareBand(Quantile(slices, 0.05), Quantile(slices, 0.95)), new ShareBand(seconds.FirstOrDefault(), seconds.LastOrDefault()),
            overdispersion, swings, tally.WaitQuantileMs(0.99));
    }

    /// <summary>Shares of so many slices each, in ascending order; those without an input, and what is left at the end, do not count.</summary>
    private static double[] Shares(RunTally tally, int first, int end, int width)
    {
        var shares = new List<double>();
        for (int i = first; i + width <= end; i += width)
        {
            int count = tally.CountBySlice.AsSpan(i, width).ToArray().Sum();
            if (count > 0) shares.Add((double)tally.AwayBySlice.AsSpan(i, width).ToArray().Sum() / count);
        }
        shares.Sort();
        return shares.ToArray();
    }

    private static double Quantile(double[] sorted, double share) =>
        sorted.Length == 0 ? 0 : sorted[Math.Min((int)(share * sorted.Length), sorted.Length - 1)];
}
