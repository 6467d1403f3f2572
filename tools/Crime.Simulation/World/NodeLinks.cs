// The links of a node to gateways, in the order of its scenario, and the statuses that it has read of each.

using System.Collections.Generic;
using System.Linq;
using Crime.Frames;
using Crime.Simulation.Scenarios;

namespace Crime.Simulation.World;

/// <summary>Links of a node to gateways, by slot.</summary>
internal abstract class NodeLinks
{
    private readonly SimLink[] _links;
    private readonly int[] _gateways;
    private readonly uint[] _seen;
    private readonly int _first;

    /// <summary>Makes the links of a node.</summary>
    /// <param name="world">Its world.</param>
    /// <param name="ends">The gateways at their ends.</param>
    /// <param name="first">Number of the first link among all links of the world.</param>
    protected NodeLinks(SimWorld world, IReadOnlyList<NodeLink> ends, int first)
    {
        World = world;
        _first = first;
        _links = ends.Select((end, slot) => new SimLink(end.Kind, world.Seed, first + slot, world.Setup.HostMs)).ToArray();
        _gateways = ends.Select(end => end.Gateway).ToArray();
        _seen = new uint[ends.Count];
    }

    /// <summary>Number of links.</summary>
    public int Count => _links.Length;

    /// <summary>Its world.</summary>
    protected SimWorld World { get; }

    /// <summary>The gateway at the end of a link.</summary>
    public GatewayDriver GatewayAt(int slot) => World.GatewayAt(_gateways[slot]);

    /// <summary>The slot of a gateway; -1 when there is none.</summary>
    public int SlotOf(string gateway)
    {
        int slot = Count - 1;
        while (slot >= 0 && GatewayAt(slot).Node.Id != gateway) slot--;
        return slot;
    }

    /// <summary>The statuses that this node receives of a gateway.</summary>
    protected virtual StatusLog LogOf(GatewayDriver gateway) => gateway.Log;

    /// <summary>Returns true while a link fails.</summary>
    public bool IsDown(int slot) => _links[slot].IsDown(World.NowUs);

    /// <summary>Kind of a link.</summary>
    public LinkKind KindOf(int slot) => _links[slot].Kind;

    /// <summary>Time of a status to this node in µs.</summary>
    public double StatusWayUs(int slot) => _links[slot].LevelUs(World.NowUs) / 2;

    /// <summary>Time of a message to the gateway in µs.</summary>
    /// <param name="slot">Its link.</param>
    /// <param name="sizeBytes">Its size.</param>
    /// <param name="draws">Random draws of the message.</param>
    public double WayUs(int slot, int sizeBytes, Draws draws) => _links[slot].OneWayUs(World.NowUs, sizeBytes, draws, NameOf(slot));

    /// <summary>Time of an answer from the gateway in µs.</summary>
    /// <inheritdoc cref="WayUs"/>
    public double WayBackUs(int slot, int sizeBytes, Draws draws) => _links[slot].OneWayUs(World.NowUs, sizeBytes, draws, NameOf(slot) + 1);

    /// <summary>Number of the last status that was read of a gateway; 0 when there was none.</summary>
    public uint SeenOf(int slot) => _seen[slot];

    /// <summary>Skips all statuses of a gateway but the last, which the broker retains.</summary>
    protected void SkipToLast(int slot)
    {
        uint count = LogOf(GatewayAt(slot)).Count;
        if (count > 0) _seen[slot] = System.Math.Max(_seen[slot], count - 1);
    }

    /// <summary>Reads the next status of a gateway.</summary>
    /// <param name="slot">Its link.</param>
    /// <param name="byUs">Latest time of publication in µs.</param>
    /// <param name="atUs">Time of publication in µs.</param>
    /// <returns>Null when there is none.</returns>
    public StatusFrame? ReadStatus(int slot, double byUs, out long atUs)
    {
        StatusLog log = LogOf(GatewayAt(slot));
        uint number = log.FirstToRead(_seen[slot]);
        StatusFrame? status = log.Read(number, (long)byUs, out atUs);
        if (status != null) _seen[slot] = number;
        return status;
    }

    /// <summary>Name of the way to a gateway in the random draws of a message.</summary>
    protected int NameOf(int slot) => Draws.Link(_first + slot);
}

/// <summary>Links of a gateway to its upstreams.</summary>
/// <inheritdoc cref="NodeLinks(SimWorld, IReadOnlyList{NodeLink}, int)"/>
internal sealed class UpstreamLinks(SimWorld world, IReadOnlyList<NodeLink> ends, int first) : NodeLinks(world, ends, first);
