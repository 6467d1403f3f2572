// Workers as vessels: what each has left to do is its level, and work that waits is water that runs to the lowest. So one sees when a
// request would start behind that work, without knowing which worker will get which piece.

using System;

namespace Crime.Gateway.Core;

/// <summary>Work in the order in which it is done, poured over workers that have some left.</summary>
/// <remarks>
/// First in, first out, never starts a request later than this says if all costs are right, and earlier by no more than the dearest
/// request ahead of it: until it starts all workers are busy, so that no more than the work ahead has been poured.
/// </remarks>
public ref struct FluidQueue
{
    // The lowest first; the first so many of them are as high as the water.
    private readonly Span<long> _leftUs;
    private int _levelCount;

    /// <summary>Makes a queue without waiting work.</summary>
    /// <param name="leftUs">Work left per worker in µs, 0 (or less) for an idle one; sorted in place.</param>
    /// <exception cref="ArgumentException">There is no worker.</exception>
    public FluidQueue(Span<long> leftUs)
    {
        if (leftUs.IsEmpty) throw new ArgumentException("A queue needs a worker.", nameof(leftUs));
        leftUs.Sort();
        _leftUs = leftUs;
        _levelCount = 1;
        StartUs = Math.Max(leftUs[0], 0);
    }

    /// <summary>Time in µs until a request would start that stands behind all that was poured.</summary>
    public double StartUs { get; private set; }

    /// <summary>Adds work behind what is there.</summary>
    /// <param name="workUs">In µs; 0 or less adds nothing.</param>
    public void Pour(double workUs)
    {
        if (workUs <= 0) return;
        for (; _levelCount < _leftUs.Length; _levelCount++)
        {
            double nextUs = _leftUs[_levelCount], stepUs = (nextUs - StartUs) * _levelCount;
            if (stepUs > workUs) break;
            // Below the water already: workers with less than nothing left.
            if (stepUs <= 0) continue;
            workUs -= stepUs;
            StartUs = nextUs;
        }
        StartUs += workUs / _levelCount;
    }
}
