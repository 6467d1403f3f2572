// Predicts when a request would start behind waiting work, without predicting which worker computes which request. Each worker is
// modelled as a vessel whose level is its remaining work, and waiting work flows to the lowest level.

using System;

namespace Crime.Gateway.Core.Load;

/// <summary>A queue in processing order, distributed as a fluid over workers that have remaining work.</summary>
/// <remarks>
/// A first-in-first-out queue never starts a request later than <see cref="StartUs"/> if all costs are right. It starts a request earlier
/// by at most the largest cost ahead of it: until the start all workers are busy, so no more than the work ahead has been poured.
/// </remarks>
public ref struct FluidQueue
{
    // Ascending. The first _levelCount entries are at the level of the fluid.
    private readonly Span<long> _leftUs;
    private int _levelCount;

    /// <summary>Makes a queue without waiting work.</summary>
    /// <param name="leftUs">Remaining work per worker in µs, 0 (or less) for an idle worker; sorted in place.</param>
    /// <exception cref="ArgumentException">There is no worker.</exception>
    public FluidQueue(Span<long> leftUs)
    {
        if (leftUs.IsEmpty) throw new ArgumentException("A queue needs a worker.", nameof(leftUs));
        if (leftUs.Length > 1) leftUs.Sort();
        _leftUs = leftUs;
        _levelCount = 1;
        StartUs = Math.Max(leftUs[0], 0);
    }

    /// <summary>Time in µs until a request would start that stands behind all poured work.</summary>
    public double StartUs { get; private set; }

    /// <summary>Adds work at the end of the queue.</summary>
    /// <param name="workUs">In µs; 0 or less adds nothing.</param>
    public void Pour(double workUs)
    {
        if (workUs <= 0) return;
        for (; _levelCount < _leftUs.Length; _levelCount++)
        {
            double nextUs = _leftUs[_levelCount], stepUs = (nextUs - StartUs) * _levelCount;
            if (stepUs > workUs) break;
            // A worker below the level already: its remaining work is negative.
            if (stepUs <= 0) continue;
            workUs -= stepUs;
            StartUs = nextUs;
        }
        StartUs += workUs / _levelCount;
    }
}
