// One gateway as the board sees it: its costs for the board's model, its load, and the link to it.

using Crime.Costs;

namespace Crime.Mapping;

/// <summary>What the mapping knows of a gateway. Guarded by the engine's lock.</summary>
public sealed class GatewayCandidate
{
    /// <summary>Id of the gateway in topics; null while the slot is free.</summary>
    public string Id;

    /// <summary>False after its last will, or while it does not serve the board's model.</summary>
    public bool IsServing;

    /// <summary>Whether inputs could be sent there when the radio went down: while it is off, nothing newer is known.</summary>
    public bool WasUsable;

    /// <summary>Session and count of the last status, to tell old from new.</summary>
    public uint StatusSession;

    /// <summary>Count of the last status within its session.</summary>
    public uint StatusSequence;

    /// <summary>When the last status came, in µs.</summary>
    public long StatusAtUs;

    /// <summary>Service time over length, as the gateway fitted it.</summary>
    public CostLine Service = new CostLine(0, 0);

    /// <summary>The way there and back.</summary>
    public readonly LinkEstimator Link = new LinkEstimator();

    /// <summary>The queue there.</summary>
    public readonly QueueForecast Queue = new QueueForecast();

    /// <summary>Sequence number of the ping under way, 0 when there is none.</summary>
    public uint PingSequence;

    /// <summary>When that ping left, in µs.</summary>
    public long PingSentAtUs;
}
