// When a request that arrives now would start: what gateways tell boards, and what the simulator's gateways tell its nodes.

using System;

namespace Crime.Gateway.Core;

/// <summary>The start delay: how long until a request begins to be computed, first in, first out.</summary>
/// <remarks>
/// Not the mean work per worker: with 10, 60 and 110 ms left and nothing waiting it is 10 ms, not 60. It is never more than that mean,
/// and tends to it when much waits.
/// </remarks>
public static class StartDelay
{
    /// <summary>The start delay of a request that arrives now.</summary>
    /// <param name="leftUs">Work left per worker in µs, 0 for an idle one; sorted in place.</param>
    /// <param name="waitingUs">Work that waits, in µs; at least 0.</param>
    /// <returns>In µs, at least 0, rounded down; 0 while a worker is idle and nothing waits.</returns>
    /// <exception cref="ArgumentException">There is no worker.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Less than nothing waits.</exception>
    public static long Us(Span<long> leftUs, long waitingUs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(waitingUs);
        var queue = new FluidQueue(leftUs);
        queue.Pour(waitingUs);
        return (long)queue.StartUs;
    }
}
