// The sending side of the connections to upstreams. It is separate from the connections, so that the gateway's core can be made first.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Channels;
using Crime.Frames;
using Crime.Gateway.Broker;
using Crime.Gateway.Configuration;
using MQTTnet;
using MQTTnet.Protocol;

namespace Crime.Gateway.Upstream;

/// <summary>The messages that wait for one connection to upstreams. Thread-safe.</summary>
public sealed class UpstreamRoute
{
    // Bounds the memory that a broker which does not read can occupy.
    private const int MaxWaiting = 1024;

    private readonly string _nodeId;
    private readonly Channel<MqttApplicationMessage> _waiting =
        Channel.CreateBounded<MqttApplicationMessage>(new BoundedChannelOptions(MaxWaiting));

    private volatile bool _isOpen;

    /// <summary>Makes a closed route.</summary>
    /// <param name="link">Number of the connection.</param>
    /// <param name="address">The broker.</param>
    /// <param name="nodeId">This gateway's id.</param>
    /// <param name="nodes">The upstreams at that broker.</param>
    public UpstreamRoute(int link, BrokerAddress address, string nodeId, IReadOnlyList<string> nodes)
    {
        Link = link;
        Address = address;
        _nodeId = nodeId;
        Nodes = nodes;
    }

    /// <summary>Number of the connection.</summary>
    public int Link { get; }

    /// <summary>The broker.</summary>
    public BrokerAddress Address { get; }

    /// <summary>The upstreams at that broker.</summary>
    public IReadOnlyList<string> Nodes { get; }

    /// <summary>The messages to be sent.</summary>
    public ChannelReader<MqttApplicationMessage> Waiting => _waiting.Reader;

    /// <summary>Opens or closes the route. Messages that an earlier connection left behind are dropped: their requests were answered otherwise.</summary>
    /// <param name="isConnected">True when the connection exists now.</param>
    public void Reset(bool isConnected)
    {
        while (_waiting.Reader.TryRead(out _)) { }
        _isOpen = isConnected;
    }

    /// <summary>Takes no more messages, for good.</summary>
    public void Complete() => _waiting.Writer.TryComplete();

    /// <summary>Queues a message for sending.</summary>
    /// <param name="node">The upstream.</param>
    /// <param name="payload">The frame; not changed any more.</param>
    /// <param name="quality">The quality of service.</param>
    /// <returns>False when there is no connection, or one that does not keep up.</returns>
    public bool TrySend(string node, byte[] payload, MqttQualityOfServiceLevel quality) => _isOpen && _waiting.Writer.TryWrite(new MqttApplicationMessage
    {
        Topic = Topics.Request(node, _nodeId),
        PayloadSegment = payload,
        QualityOfServiceLevel = quality,
    });
}

/// <summary>All routes to upstreams. Thread-safe.</summary>
public sealed class UpstreamRoutes
{
    private readonly Dictionary<string, UpstreamRoute> _byNode = new(StringComparer.Ordinal);

    /// <summary>Makes closed routes, one per broker.</summary>
    /// <param name="options">The upstreams.</param>
    public UpstreamRoutes(GatewayOptions options)
    {
        NodeId = options.NodeId;
        All = options.Upstreams.GroupBy(upstream => upstream.Broker ?? EmbeddedBroker.AddressForClients(options.Broker))
            .Select((broker, link) => new UpstreamRoute(link, broker.Key, options.NodeId, broker.Select(upstream => upstream.Node).ToArray())).ToArray();
        foreach (UpstreamRoute route in All)
            foreach (string node in route.Nodes) _byNode.Add(node, route);
    }

    /// <summary>This gateway's id.</summary>
    public string NodeId { get; }

    /// <summary>One route per broker.</summary>
    public IReadOnlyList<UpstreamRoute> All { get; }

    /// <summary>The upstreams, with the numbers of their connections.</summary>
    public IReadOnlyList<Core.Relaying.Upstream> Upstreams =>
        All.SelectMany(route => route.Nodes.Select(node => new Core.Relaying.Upstream(node, route.Link))).ToArray();

    /// <summary>Sends a request at QoS 1, because between gateways a loss costs more than an acknowledgement.</summary>
    /// <param name="node">The upstream.</param>
    /// <param name="payload">The frame; not changed any more.</param>
    /// <returns>False when there is no connection, or one that does not keep up.</returns>
    public bool TrySendRequest(string node, byte[] payload) => _byNode[node].TrySend(node, payload, MqttQualityOfServiceLevel.AtLeastOnce);

    /// <summary>Sends a message at QoS 0: a ping measures the link as it is, and a lost cancellation costs no more than a computation.</summary>
    /// <inheritdoc cref="TrySendRequest"/>
    public bool TrySendUnacknowledged(string node, byte[] payload) => _byNode[node].TrySend(node, payload, MqttQualityOfServiceLevel.AtMostOnce);
}
