// The gateways behind a gateway.

using System;
using System.Collections.Generic;

namespace Crime.Gateway.Core.Relaying;

/// <summary>A gateway, or a group of gateways, that requests may be passed on to.</summary>
/// <param name="Node">Its id.</param>
/// <param name="Link">Number of the connection that leads to it; several gateways may share one.</param>
public sealed record Upstream(string Node, int Link);

/// <summary>All upstreams of a gateway. Immutable.</summary>
public sealed class Upstreams
{
    private readonly Dictionary<string, Upstream> _byNode = new(StringComparer.Ordinal);

    /// <summary>Makes the upstreams of a gateway.</summary>
    /// <param name="nodeId">The id that other gateways know the gateway by: its group's, where it has one.</param>
    /// <param name="all">Its upstreams, with different ids.</param>
    public Upstreams(string nodeId, IReadOnlyList<Upstream> all)
    {
        NodeKey = Frames.NodeKey.Of(nodeId);
        foreach (Upstream upstream in all) _byNode.Add(upstream.Node, upstream);
    }

    /// <summary>The gateway's own key in paths and visited lists.</summary>
    public uint NodeKey { get; }

    /// <summary>The upstream of an id.</summary>
    /// <param name="node">An id of an upstream.</param>
    /// <exception cref="KeyNotFoundException">The gateway has no such upstream.</exception>
    public Upstream Of(string node) => _byNode[node];

    /// <summary>True when a node is an upstream.</summary>
    /// <param name="node">Any id.</param>
    public bool Contains(string node) => _byNode.ContainsKey(node);
}
