// The settings of a gateway's behaviour. The host takes them from its configuration, the simulator from a scenario.

using System.Collections.Generic;
using Crime.Gateway.Core.Relaying;
using Crime.Mapping;

namespace Crime.Gateway.Core;

/// <summary>Settings of a <see cref="GatewayCore"/>; they do not change while it runs.</summary>
public sealed record GatewaySettings
{
    /// <summary>Id of the gateway.</summary>
    public required string NodeId { get; init; }

    /// <summary>Group that the gateway shares requests with; empty for none.</summary>
    public string GroupId { get; init; } = "";

    /// <summary>Most requests that may wait.</summary>
    public required int QueueCapacity { get; init; }

    /// <summary>Number of workers, at least 1.</summary>
    public required int WorkerCount { get; init; }

    /// <summary>Shortest time between two statuses, in ms.</summary>
    public required int MinIntervalMs { get; init; }

    /// <summary>Longest time between two statuses, in ms; at least <see cref="MinIntervalMs"/>.</summary>
    public required int HeartbeatMs { get; init; }

    /// <summary>TCP port of the model download; 0 when there is none.</summary>
    public int HttpPort { get; init; }

    /// <summary>Random number of this start of the gateway: the session of its statuses, and the first session of its relay.</summary>
    public required uint Session { get; init; }

    /// <summary>Gateways that requests may be passed on to.</summary>
    public IReadOnlyList<Upstream> Upstreams { get; init; } = [];

    /// <summary>Anti-herding measures of the relay's engines.</summary>
    public AntiHerding Measures { get; init; } = AntiHerding.All;

    /// <summary>False to ignore the latency budgets of requests: then none is refused as late. For experiments only.</summary>
    public bool UsesBudgets { get; init; } = true;
}
