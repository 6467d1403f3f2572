// The identity of a request, kept beside its frames: what it asks, and which gateways it has been to.

namespace Crime.Chaos.Invariants;

/// <summary>A request of a board.</summary>
/// <param name="Number">Its number in the run.</param>
/// <param name="Input">Its input; null for a request that only fills a queue.</param>
/// <param name="Model">Index of its model.</param>
/// <param name="Done">Timesteps that the board has computed before.</param>
internal sealed record Trail(int Number, ChaosInput? Input, int Model, int Done);

/// <summary>A gateway that a request has been to.</summary>
/// <param name="Gateway">Id of the gateway.</param>
/// <param name="Before">The gateway before it; null for the first.</param>
internal sealed record Visit(string Gateway, Visit? Before)
{
    /// <summary>Number of gateways up to this one.</summary>
    public int Depth { get; } = 1 + (Before?.Depth ?? 0);

    /// <summary>Adds a gateway to the way of a request.</summary>
    /// <exception cref="InvariantException">The request has been there.</exception>
    public static Visit Extend(Visit? before, string gateway)
    {
        for (Visit? at = before; at != null; at = at.Before)
            if (at.Gateway == gateway) throw new InvariantException($"{gateway}: a request comes back that was passed on here: a relay loop");
        return new Visit(gateway, before);
    }
}
