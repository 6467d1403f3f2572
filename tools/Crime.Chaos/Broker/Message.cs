// A message as the broker carries it. Beside topic and bytes it has what only the invariants read: who has really sent it, and which request
// it belongs to.

using Crime.Chaos.Invariants;

namespace Crime.Chaos.Broker;

/// <summary>A message; never changed.</summary>
/// <param name="Topic">Its topic.</param>
/// <param name="Payload">Its content.</param>
internal sealed record Message(string Topic, byte[] Payload)
{
    /// <summary>Quality of service: 0 or 1.</summary>
    public int Quality { get; init; }

    /// <summary>True when the broker keeps it for later subscribers.</summary>
    public bool IsRetained { get; init; }

    /// <summary>True when the broker had kept it before the receiver subscribed.</summary>
    public bool IsKept { get; init; }

    /// <summary>The id by which its receivers know the gateway that has sent it; null when no gateway has.</summary>
    public string? Gateway { get; init; }

    /// <summary>The request that it carries or answers; null for other messages.</summary>
    public Trail? Trail { get; init; }

    /// <summary>The gateways that the request has been to; null for none.</summary>
    public Visit? Visit { get; init; }
}
