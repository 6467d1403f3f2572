// Predicts when a request that arrives now would start. Gateways publish it, and admission control uses it.

using System;

namespace Crime.Gateway.Core.Load;

/// <summary>The start delay: the time until a request that arrives now starts to be computed behind all waiting work.</summary>
/// <remarks>
/// The start delay is not the mean work per worker. With 10, 60 and 110 ms left and nothing waiting it is 10 ms, not 60 ms. It is never
/// more than that mean, and approaches it as the waiting work grows.
/// </remarks>
public static class StartDelay
{
    /// <summary>The start delay of a request that arrives now.</summary>
    /// <param name="leftUs">Remaining work per worker in µs, 0 for an idle worker; sorted in place.</param>
    /// <param name="waitingUs">Waiting work in µs; at least 0.</param>
    /// <returns>In µs, at least 0, rounded down; 0 while a worker is idle and nothing waits.</returns>
    /// <exception cref="ArgumentException">There is no worker.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The waiting work is negative.</exception>
    public static long Us(Span<long> leftUs, long waitingUs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(waitingUs);
        var queue = new FluidQueue(leftUs);
        queue.Pour(waitingUs);
        return (long)queue.StartUs;
    }
}
