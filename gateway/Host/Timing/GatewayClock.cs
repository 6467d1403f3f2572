// The gateway's clock in the unit that all its times have.

using System;

namespace Crime.Gateway.Timing;

/// <summary>Reads a clock in µs.</summary>
public static class GatewayClock
{
    /// <summary>µs since an arbitrary moment; never goes back.</summary>
    public static long NowUs(this TimeProvider time)
    {
        const long ticksPerUs = 10;
        return time.GetElapsedTime(0, time.GetTimestamp()).Ticks / ticksPerUs;
    }
}
