// A status is delivered to every board. With few boards a short interval costs next to nothing; with a thousand, twenty statuses per
// second would take a third of a core.

using System;

namespace Crime.Gateway.Core.Status;

/// <summary>The shortest time between two statuses.</summary>
public static class StatusPace
{
    /// <summary>A backlog that differs from the last published one by less than this, in µs, is not published.</summary>
    public const int BacklogStepUs = 1000;

    /// <summary>Time added per board that receives the status, in µs: at most 6 667 deliveries per second with many boards.</summary>
    public const int PerListenerUs = 150;

    /// <summary>Longest interval because of the number of boards, in ms: a published load shall not be older than 200 ms.</summary>
    public const int CrowdedMs = 150;

    /// <summary>Shortest time between two statuses in ms.</summary>
    /// <param name="leastMs">Shortest interval as configured; a lower bound.</param>
    /// <param name="heartbeatMs">Longest time between two statuses, at least <paramref name="leastMs"/>; an upper bound.</param>
    /// <param name="listenerCount">Boards that receive the status; null where their number is not known, as at an external broker.</param>
    public static int IntervalMs(int leastMs, int heartbeatMs, int? listenerCount)
    {
        int forListenersMs = listenerCount is { } count ? (int)Math.Min(count * (long)PerListenerUs / 1000, CrowdedMs) : CrowdedMs;
        return Math.Max(leastMs, Math.Min(forListenersMs, heartbeatMs));
    }
}
