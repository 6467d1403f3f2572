// A status goes to every board. While there are few, telling them soon costs next to nothing; with a thousand, twenty a second would
// be a third of a core.

using System;

namespace Crime.Gateway.Core;

/// <summary>How soon after a status the next one may follow.</summary>
public static class StatusPace
{
    /// <summary>A backlog that differs from the last published one by less than this, in µs, is not published.</summary>
    public const int BacklogStepUs = 1000;

    /// <summary>Time added per board that hears it, in µs: with as many as matter, 6 667 deliveries per second.</summary>
    public const int PerListenerUs = 150;

    /// <summary>Longest interval that the number of boards brings about, in ms: what is told shall not be older than 200 ms.</summary>
    public const int CrowdedMs = 150;

    /// <summary>Shortest time between two statuses in ms.</summary>
    /// <param name="leastMs">What was configured; never gone below.</param>
    /// <param name="heartbeatMs">Longest time between two statuses, at least <paramref name="leastMs"/>; never gone beyond.</param>
    /// <param name="listenerCount">Boards that hear the status; null where that is not known, as at an external broker.</param>
    public static int IntervalMs(int leastMs, int heartbeatMs, int? listenerCount)
    {
        int forListenersMs = listenerCount is { } count ? (int)Math.Min(count * (long)PerListenerUs / 1000, CrowdedMs) : CrowdedMs;
        return Math.Max(leastMs, Math.Min(forListenersMs, heartbeatMs));
    }
}
