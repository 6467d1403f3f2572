// The wait after a failure: it doubles with every further one. Links, connections, probes and retries all wait by this rule.

namespace Crime.Mapping;

/// <summary>Doubles waits up to a longest one.</summary>
public static class BackOff
{
    /// <summary>Returns the wait after a failure in µs.</summary>
    /// <param name="lastUs">The wait after the failure before it in µs; 0 when there was none.</param>
    /// <param name="firstUs">The wait after the first failure in µs.</param>
    /// <param name="maxUs">The longest wait in µs.</param>
    public static long Next(long lastUs, long firstUs, long maxUs) => lastUs == 0 ? firstUs : lastUs > maxUs / 2 ? maxUs : lastUs * 2;
}
