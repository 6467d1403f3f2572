// Notices two clients with one id. MQTT lets the newer one replace the older one, which connects again and replaces it in turn. A board that starts anew
// replaces itself, once.

using System;
using System.Collections.Generic;

namespace Crime.Gateway.Broker;

/// <summary>Counts the connections that were replaced by another one of the same id. Thread-safe.</summary>
public sealed class TakeoverWatch
{
    /// <summary>Replacements in sequence that show two clients.</summary>
    public const int TakeoversOfClash = 3;

    /// <summary>Longest time from one replacement to the next of a sequence: boards replace each other within seconds.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>Most ids that are watched: what strangers can make the gateway store has a limit.</summary>
    public const int MaxClients = 4096;

    private readonly Dictionary<string, (int Count, DateTimeOffset Last)> _takeovers = [];
    private readonly TimeProvider _time;

    /// <summary>Makes a watch that has seen nothing.</summary>
    /// <param name="time">The clock.</param>
    public TakeoverWatch(TimeProvider time) => _time = time;

    /// <summary>Notes that a connection was replaced.</summary>
    /// <param name="client">The id.</param>
    /// <returns>True once per id: when it shows two clients.</returns>
    public bool IsClash(string client)
    {
        lock (_takeovers)
        {
            DateTimeOffset now = _time.GetUtcNow();
            bool isKnown = _takeovers.TryGetValue(client, out (int Count, DateTimeOffset Last) seen);
            if (!isKnown && _takeovers.Count >= MaxClients || seen.Count == TakeoversOfClash) return false;
            int count = isKnown && now - seen.Last <= LongestPause ? seen.Count + 1 : 1;
            _takeovers[client] = (count, now);
            return count == TakeoversOfClash;
        }
    }
}
