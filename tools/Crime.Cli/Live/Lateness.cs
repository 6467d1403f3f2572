// How late this machine was to do what a live run asked of it: tells the noise of the machine from what is measured.

using System.Collections.Generic;
using System.Threading;

namespace Crime.Cli.Live;

/// <summary>A record of delays in ms. Thread-safe.</summary>
internal sealed class Lateness
{
    private readonly Lock _lock = new();
    private readonly List<double> _ms = [];

    /// <summary>Adds a delay in ms.</summary>
    public void Add(double ms)
    {
        lock (_lock) _ms.Add(ms);
    }

    /// <summary>Adds the delays of another record.</summary>
    public void Add(Lateness other)
    {
        double[] more = other.ToArray();
        lock (_lock) _ms.AddRange(more);
    }

    /// <summary>All delays in ms, in the order they came.</summary>
    public double[] ToArray()
    {
        lock (_lock) return [.. _ms];
    }

    /// <summary>A quantile in ms; 0 of nothing.</summary>
    /// <param name="share">0 to 1.</param>
    public double QuantileMs(double share)
    {
        lock (_lock) return Quantile(_ms, share);
    }

    /// <summary>A quantile of the last few delays in ms; 0 of nothing.</summary>
    /// <param name="share">0 to 1.</param>
    /// <param name="count">How many.</param>
    public double RecentQuantileMs(double share, int count)
    {
        lock (_lock) return Quantile(_ms.Count <= count ? _ms : _ms.GetRange(_ms.Count - count, count), share);
    }

    private static double Quantile(List<double> values, double share)
    {
        if (values.Count == 0) return 0;
        var sorted = new List<double>(values);
        sorted.Sort();
        return sorted[(int)(share * (sorted.Count - 1) + 0.5)];
    }
}
