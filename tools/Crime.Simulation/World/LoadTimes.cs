// The times of inputs under a load that changes: a Poisson process of rate 1 over a clock that runs faster while there is more load.

using System;
using Crime.Simulation.Scenarios;

namespace Crime.Simulation.World;

/// <summary>Moves along a load.</summary>
internal static class LoadTimes
{
    private const double StepUs = 60_000_000;

    /// <summary>Load at a time, relative to the mean rate of quiet times.</summary>
    public static double Intensity(LoadShape load, double atUs)
    {
        switch (load.Pattern)
        {
            case LoadPattern.Diurnal:
                return 1 - load.Swing * Math.Cos(2 * Math.PI * atUs / (load.PeriodS * 1e6));
            case LoadPattern.Flash:
                double sinceS = atUs / 1e6 - load.PeriodS;
                return sinceS >= 0 && sinceS < load.LastsS ? load.Swing : 1;
            default:
                return 1;
        }
    }

    /// <summary>The time until which so much load has passed.</summary>
    /// <param name="load">The load.</param>
    /// <param name="fromUs">From when.</param>
    /// <param name="needUs">How much, in µs of the mean rate.</param>
    public static long Advance(LoadShape load, long fromUs, double needUs)
    {
        if (load.Pattern == LoadPattern.Steady) return fromUs + (long)needUs;
        double at = fromUs;
        while (true)
        {
            // The intensity is constant up to the next edge of a flash, and nearly so within a minute of a day.
            double step = StepUs;
            if (load.Pattern == LoadPattern.Flash)
            {
                double begins = load.PeriodS * 1e6, ends = begins + load.LastsS * 1e6;
                step = at < begins ? begins - at : at < ends ? ends - at : needUs + 1;
            }
            double rate = Intensity(load, at + (load.Pattern == LoadPattern.Diurnal ? step / 2 : 0));
            if (needUs <= step * rate) return (long)(at + needUs / rate);
            needUs -= step * rate;
            at += step;
        }
    }
}
