// What was passed on and not answered yet. Whoever takes a request out of here answers it, so that each is answered once: by what
// comes back, or by what is done when nothing does.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Crime.Gateway.Serving;
using Crime.Mapping;

namespace Crime.Gateway.Upstream;

/// <summary>A request that was passed on.</summary>
/// <param name="Request">The request as it came; somebody else's once it is answered.</param>
/// <param name="Length">Its timesteps.</param>
/// <param name="Engine">The engine that decided.</param>
/// <param name="Gateway">The gateway that has the request now, as the engine knows it.</param>
/// <param name="Link">The way it went.</param>
/// <param name="Sequence">Its number among those that this gateway has passed on.</param>
/// <param name="SentUs">When it left.</param>
/// <param name="GiveUpUs">When it is waited for no longer.</param>
public sealed record RelayedRequest(
    PendingRequest Request, int Length, RelayEngine Engine, GatewayCandidate Gateway, UpstreamLink Link, uint Sequence, long SentUs, long GiveUpUs);

/// <summary>A bounded table. Thread-safe.</summary>
public sealed class RelayTable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<uint, RelayedRequest> _bySequence = [];
    private readonly int _capacity;

    /// <summary>Makes an empty table.</summary>
    /// <param name="capacity">Most requests that may be on their way.</param>
    public RelayTable(int capacity) => _capacity = capacity;

    /// <summary>Requests on their way.</summary>
    public int Count
    {
        get { lock (_lock) return _bySequence.Count; }
    }

    /// <summary>Whether another one has room.</summary>
    public bool HasRoom => Count < _capacity;

    /// <summary>Adds a request.</summary>
    /// <returns>False when the table is full.</returns>
    public bool TryAdd(RelayedRequest relayed)
    {
        lock (_lock) return _bySequence.Count < _capacity && _bySequence.TryAdd(relayed.Sequence, relayed);
    }

    /// <summary>Takes the request out that an answer belongs to.</summary>
    /// <param name="link">Where the answer came.</param>
    /// <param name="session">Its session.</param>
    /// <param name="sequence">Its sequence number.</param>
    /// <returns>Null when there is none: the answer is late, or nobody has asked.</returns>
    public RelayedRequest? Take(UpstreamLink link, uint session, uint sequence)
    {
        lock (_lock)
        {
            if (!_bySequence.TryGetValue(sequence, out RelayedRequest? relayed)) return null;
            if (relayed.Link != link || relayed.Engine.Session != session) return null;
            _bySequence.Remove(sequence);
            return relayed;
        }
    }

    /// <summary>Takes a request out if nobody has yet.</summary>
    public bool TryTake(RelayedRequest relayed)
    {
        lock (_lock) return _bySequence.Remove(relayed.Sequence);
    }

    /// <summary>Takes all requests out that a condition holds for.</summary>
    public IReadOnlyList<RelayedRequest> TakeAll(Predicate<RelayedRequest> condition)
    {
        lock (_lock)
        {
            if (_bySequence.Count == 0) return [];
            RelayedRequest[] taken = _bySequence.Values.Where(relayed => condition(relayed)).ToArray();
            foreach (RelayedRequest relayed in taken) _bySequence.Remove(relayed.Sequence);
            return taken;
        }
    }
}
