// A topic filter of MQTT: levels with the wildcard for one level, and the name of a shared subscription.

using System;

namespace Crime.Chaos.Broker;

/// <summary>A filter and the quality of service that it was subscribed with.</summary>
internal sealed class TopicFilter
{
    private const string SharedRoot = "$share/";
    private const string AnyLevel = "+";

    private readonly string[] _levels;

    /// <summary>Parses a filter.</summary>
    /// <param name="filter">As in a SUBSCRIBE.</param>
    /// <param name="quality">Best quality of service, 0 or 1.</param>
    /// <param name="wantsKept">True when kept messages are wanted.</param>
    public TopicFilter(string filter, int quality = 0, bool wantsKept = false)
    {
        Quality = quality;
        WantsKept = wantsKept;
        if (filter.StartsWith(SharedRoot, StringComparison.Ordinal))
        {
            int end = filter.IndexOf('/', SharedRoot.Length);
            Share = filter[SharedRoot.Length..end];
            filter = filter[(end + 1)..];
        }
        _levels = filter.Split('/');
    }

    /// <summary>Name of the shared subscription; null for an ordinary one.</summary>
    public string? Share { get; }

    /// <summary>Best quality of service.</summary>
    public int Quality { get; }

    /// <summary>True when kept messages are wanted.</summary>
    public bool WantsKept { get; }

    /// <summary>Returns true when a topic matches.</summary>
    /// <param name="levels">The levels of the topic.</param>
    public bool Matches(string[] levels)
    {
        if (levels.Length != _levels.Length) return false;
        for (int i = 0; i < levels.Length; i++)
            if (_levels[i] != AnyLevel && _levels[i] != levels[i]) return false;
        return true;
    }
}
