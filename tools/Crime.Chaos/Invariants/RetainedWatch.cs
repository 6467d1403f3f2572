// Keeps the last retained message of every topic, wills included, beside the broker: a new subscriber has to get that one.

using System;
using System.Collections.Generic;

namespace Crime.Chaos.Invariants;

/// <summary>Compares what a subscriber gets with what was last published.</summary>
internal sealed class RetainedWatch
{
    private readonly Dictionary<string, byte[]> _last = new(StringComparer.Ordinal);

    /// <summary>A message to be retained was published, perhaps as a will.</summary>
    public void OnPublished(string topic, byte[] payload) => _last[topic] = payload;

    /// <summary>The broker has lost all that it kept.</summary>
    public void OnLost() => _last.Clear();

    /// <summary>Checks a retained message that the broker sends to a new subscriber.</summary>
    /// <exception cref="InvariantException">A later one was published.</exception>
    public void Check(string topic, byte[] payload)
    {
        if (!_last.TryGetValue(topic, out byte[]? last) || last != payload)
            throw new InvariantException($"broker: keeps a message on {topic} that a later one, or a will, has replaced");
    }
}
