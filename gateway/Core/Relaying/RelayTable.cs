// The requests that were passed on and are not answered yet. The thread that removes a request from this table answers it, so every
// request is answered once: by the upstream's answer, or by the fallback when none arrives.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Crime.Gateway.Core.Queueing;
using Crime.Mapping;

namespace Crime.Gateway.Core.Relaying;

/// <summary>A request that was passed on.</summary>
/// <param name="Request">The request; it belongs to its driver again once it is answered.</param>
/// <param name="Length">Its timesteps.</param>
/// <param name="Engine">The engine that decided.</param>
/// <param name="Gateway">The gateway that has the request now, as the engine knows it.</param>
/// <param name="Upstream">That gateway.</param>
/// <param name="Sequence">Sequence number among the requests that this gateway has passed on.</param>
/// <param name="SentUs">Time of sending.</param>
/// <param name="GiveUpUs">Time at which this gateway stops waiting for the answer.</param>
public sealed record RelayedRequest(
    PendingRequest Request, int Length, RelayEngine Engine, GatewayCandidate Gateway, Upstream Upstream, uint Sequence, long SentUs, long GiveUpUs);

/// <summary>A bounded table of relayed requests. Thread-safe.</summary>
public sealed class RelayTable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<uint, RelayedRequest> _bySequence = [];
    private readonly int _capacity;

    /// <summary>Makes an empty table.</summary>
    /// <param name="capacity">Most requests in flight.</param>
    public RelayTable(int capacity) => _capacity = capacity;

    /// <summary>Requests in flight.</summary>
    public int Count
    {
        get { lock (_lock) return _bySequence.Count; }
    }

    /// <summary>True when there is room for another request.</summary>
    public bool HasRoom => Count < _capacity;

    /// <summary>Adds a request.</summary>
    /// <returns>False when the table is full.</returns>
    public bool TryAdd(RelayedRequest relayed)
    {
        lock (_lock) return _bySequence.Count < _capacity && _bySequence.TryAdd(relayed.Sequence, relayed);
    }

    /// <summary>Removes the request that an answer belongs to.</summary>
    /// <param name="link">Number of the connection that the answer came by.</param>
    /// <param name="session">Session of the answer.</param>
    /// <param name="sequence">Sequence number of the answer.</param>
    /// <returns>Null when there is none: the answer is late, or unrequested.</returns>
    public RelayedRequest? Take(int link, uint session, uint sequence)
    {
        lock (_lock)
        {
            if (!_bySequence.TryGetValue(sequence, out RelayedRequest? relayed)) return null;
            if (relayed.Upstream.Link != link || relayed.Engine.Session != session) return null;
            _bySequence.Remove(sequence);
            return relayed;
        }
    }

    /// <summary>Removes a request by its sequence number.</summary>
    /// <returns>Null when it was removed before.</returns>
    public RelayedRequest? Take(uint sequence)
    {
        lock (_lock) return _bySequence.Remove(sequence, out RelayedRequest? relayed) ? relayed : null;
    }

    /// <summary>Marks a request as cancelled. It stays until its answer comes, or its time-out.</summary>
    /// <param name="isMeant">Returns true for the request; called while the table is locked.</param>
    /// <returns>The request; null when it is not here, or was cancelled before.</returns>
    public RelayedRequest? Cancel(Predicate<PendingRequest> isMeant)
    {
        lock (_lock)
        {
            RelayedRequest? relayed = _bySequence.Values.FirstOrDefault(relayed => isMeant(relayed.Request));
            if (relayed == null || relayed.Request.IsCancelled) return null;
            relayed.Request.IsCancelled = true;
            return relayed;
        }
    }

    /// <summary>Removes all requests for which a condition holds.</summary>
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
