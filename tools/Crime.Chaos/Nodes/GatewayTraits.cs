// Properties of a gateway. They are drawn once per run, and kept over its restarts.

using System.Collections.Generic;
using Crime.Chaos.Planting;
using Crime.Chaos.Worlds;
using Crime.Gateway.Core;
using Crime.Gateway.Core.Relaying;

namespace Crime.Chaos.Nodes;

/// <summary>The traits of a gateway.</summary>
internal sealed class GatewayTraits
{
    /// <summary>Draws the traits of a gateway.</summary>
    /// <param name="world">The world of the run.</param>
    /// <param name="group">The group that it belongs to; empty for none.</param>
    /// <param name="models">A bit per model that it serves.</param>
    /// <param name="stepUs">Time to compute a timestep, in µs.</param>
    public GatewayTraits(World world, string group, int models, int stepUs)
    {
        Group = group;
        Models = models;
        StepUs = stepUs;
        Capacity = world.Between(1, 5);
        WorkerCount = world.Between(1, 2);
        MinIntervalMs = 20 << world.Below(4);
        HeartbeatMs = world.OneIn(3) ? 1000 : world.Between(MinIntervalMs, 1000);
    }

    /// <summary>The group that it belongs to; empty for none.</summary>
    public string Group { get; }

    /// <summary>A bit per model that it serves at its start.</summary>
    public int Models { get; }

    /// <summary>Most requests that may wait.</summary>
    public int Capacity { get; }

    /// <summary>Number of workers.</summary>
    public int WorkerCount { get; }

    /// <summary>Time to compute a timestep, in µs.</summary>
    public int StepUs { get; }

    /// <summary>Shortest time between two statuses in ms.</summary>
    public int MinIntervalMs { get; }

    /// <summary>Longest time between two statuses in ms.</summary>
    public int HeartbeatMs { get; }

    /// <summary>Ids of its upstreams; set once all gateways are known.</summary>
    public List<string> Upstreams { get; } = [];

    /// <summary>The settings of one life.</summary>
    /// <param name="id">Id of the gateway.</param>
    /// <param name="session">Random number of this start.</param>
    /// <param name="planted">A defect that the run is made with.</param>
    public GatewaySettings Settings(string id, uint session, PlantedFault planted)
    {
        var upstreams = new List<Upstream>();
        foreach (string upstream in Upstreams) upstreams.Add(new Upstream(upstream, 0));
        return new GatewaySettings
        {
            NodeId = id,
            GroupId = Group,
            QueueCapacity = planted == PlantedFault.QueueOneTooLong ? Capacity + 1 : Capacity,
            WorkerCount = WorkerCount,
            MinIntervalMs = MinIntervalMs,
            HeartbeatMs = HeartbeatMs,
            Session = session,
            Upstreams = upstreams,
        };
    }
}
