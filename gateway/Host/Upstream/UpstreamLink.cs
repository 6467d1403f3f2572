// The way to the broker of gateways behind this one. A connection of its own, even at the broker that this gateway uses itself: an
// answer to a board must not wait behind the acknowledgement of what is passed on.

using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO.Hashing;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Broker;
using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Crime.Gateway.Upstream;

/// <summary>Sends requests and pings, and brings answers and statuses.</summary>
public sealed class UpstreamLink : BrokerLink
{
    private const string ClientIdEnd = "-up";

    // Both bound what a broker that does not read can make the gateway keep.
    private const int MaxWaiting = 1024;
    private const int MaxUnacknowledged = 64;

    private readonly string _nodeId;
    private readonly string _responseTopic;
    private readonly RequestRelay _relay;
    private readonly ResponseFrame _response = new();
    private readonly PongFrame _pong = new();
    private readonly Channel<MqttApplicationMessage> _waiting =
        Channel.CreateBounded<MqttApplicationMessage>(new BoundedChannelOptions(MaxWaiting));

    private volatile bool _isOpen;

    /// <summary>Makes a link that is not connected yet.</summary>
    /// <param name="address">The broker.</param>
    /// <param name="nodeId">This gateway's name.</param>
    /// <param name="nodes">The gateways to be found there.</param>
    /// <param name="relay">Takes what comes.</param>
    /// <param name="log">Told of an outage and of its end.</param>
    public UpstreamLink(BrokerAddress address, string nodeId, IReadOnlyList<string> nodes, RequestRelay relay, ILogger<UpstreamLink> log)
        : base(address, ClientIdOf(nodeId), log)
    {
        _nodeId = nodeId;
        _responseTopic = Topics.Response(nodeId);
        Nodes = nodes;
        _relay = relay;
    }

    /// <summary>The gateways to be found there.</summary>
    public IReadOnlyList<string> Nodes { get; }

    /// <summary>The client id of a gateway at a broker where it may be known by its own name already.</summary>
    public static string ClientIdOf(string nodeId)
    {
        if (nodeId.Length + ClientIdEnd.Length <= Topics.MaxNodeIdLength) return nodeId + ClientIdEnd;
        string checksum = Crc32.HashToUInt32(Encoding.UTF8.GetBytes(nodeId)).ToString("x8");
        return nodeId[..(Topics.MaxNodeIdLength - ClientIdEnd.Length - checksum.Length)] + checksum + ClientIdEnd;
    }

    /// <summary>Sends a request: at QoS 1, for between gateways a loss is dearer than an acknowledgement.</summary>
    /// <param name="node">The gateway it is for.</param>
    /// <param name="payload">The frame.</param>
    /// <returns>False when there is no connection, or one that does not keep up.</returns>
    public bool TrySendRequest(string node, byte[] payload) => TrySend(node, payload, MqttQualityOfServiceLevel.AtLeastOnce);

    /// <summary>Sends a ping: at QoS 0, for it measures the way as it is.</summary>
    /// <inheritdoc cref="TrySendRequest"/>
    public bool TrySendPing(string node, byte[] payload) => TrySend(node, payload, MqttQualityOfServiceLevel.AtMostOnce);

    /// <inheritdoc/>
    protected override IEnumerable<MqttTopicFilter> Filters() =>
        Nodes.Select(node => Filter(Topics.Status(node), MqttRetainHandling.SendAtSubscribe)).Prepend(Filter(_responseTopic));

    /// <inheritdoc/>
    protected override void Receive(MqttApplicationMessageReceivedEventArgs e) =>
        _relay.Guard(() => Sort(e.ApplicationMessage.Topic, e.ApplicationMessage.Payload));

    /// <inheritdoc/>
    protected override void OnConnectionChanged(bool isConnected)
    {
        // What an earlier connection left behind has been answered otherwise.
        while (_waiting.Reader.TryRead(out _)) { }
        _isOpen = isConnected;
        _relay.Guard(() => _relay.OnConnectionChanged(this, isConnected));
    }

    /// <inheritdoc/>
    protected override void CompleteSending() => _waiting.Writer.TryComplete();

    /// <inheritdoc/>
    protected override async Task SendAsync(IMqttClient client, MqttClientConnectResult connected, CancellationToken cancellation)
    {
        int most = connected.ReceiveMaximum is > 0 and < MaxUnacknowledged ? connected.ReceiveMaximum.Value : MaxUnacknowledged;
        using var room = new SemaphoreSlim(most);
        try
        {
            await foreach (MqttApplicationMessage message in _waiting.Reader.ReadAllAsync(cancellation))
            {
                await room.WaitAsync(cancellation);
                _ = PublishAsync(client, message, room, cancellation);
            }
        }
        finally
        {
            // The last ones give their place back when the connection has ended, or when they are acknowledged.
            for (int i = 0; i < most; i++) await room.WaitAsync(CancellationToken.None);
        }
    }

    private static async Task PublishAsync(IMqttClient client, MqttApplicationMessage message, SemaphoreSlim room, CancellationToken cancellation)
    {
        try
        {
            await client.PublishAsync(message, cancellation);
        }
        catch (Exception)
        {
            // Whoever waits for the answer waits in vain, and does without it.
        }
        finally
        {
            room.Release();
        }
    }

    private bool TrySend(string node, byte[] payload, MqttQualityOfServiceLevel quality) => _isOpen && _waiting.Writer.TryWrite(new MqttApplicationMessage
    {
        Topic = Topics.Request(node, _nodeId),
        PayloadSegment = payload,
        QualityOfServiceLevel = quality,
    });

    private void Sort(string topic, ReadOnlySequence<byte> payload)
    {
        if (payload.Length > FrameFormat.MaxFrameSize) _relay.OnMalformed();
        else if (topic == _responseTopic) OnAnswer(payload.ToArray());
        else if (Topics.IsStatus(topic, out string node) && Nodes.Contains(node)) _relay.OnStatus(node, payload.ToArray());
        else _relay.OnMalformed();
    }

    private void OnAnswer(byte[] bytes)
    {
        switch (FrameFormat.TypeOf(bytes))
        {
            case FrameType.Response when _response.Decode(bytes) == FrameError.None: _relay.OnResponse(this, _response); return;
            case FrameType.Pong when _pong.Decode(bytes) == FrameError.None: _relay.OnPong(_pong); return;
            default: _relay.OnMalformed(); return;
        }
    }
}
