// The connection to the broker of upstreams. It is a separate connection even at the broker that this gateway uses itself: an answer to
// a board must not wait behind the acknowledgement of a relayed request.

using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO.Hashing;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Broker;
using Crime.Gateway.Core.Relaying;
using Crime.Gateway.Counting;
using Crime.Gateway.Diagnostics;
using Crime.Gateway.Timing;
using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Crime.Gateway.Upstream;

/// <summary>Sends requests and pings, and receives answers and statuses.</summary>
public sealed class UpstreamLink : BrokerLink
{
    private const string ClientIdEnd = "-up";

    // Bounds the memory that a broker which does not acknowledge can occupy.
    private const int MaxUnacknowledged = 64;

    private readonly string _responseTopic;
    private readonly UpstreamRoute _route;
    private readonly Relay _relay;
    private readonly GatewayCounters _counters;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly ResponseFrame _response = new();
    private readonly PongFrame _pong = new();
    private readonly StatusFrame _status = new();

    /// <summary>Makes a link that is not connected yet.</summary>
    /// <param name="route">The broker, and the messages to be sent.</param>
    /// <param name="nodeId">This gateway's id.</param>
    /// <param name="relay">Receives statuses and answers.</param>
    /// <param name="counters">Count malformed frames and faults.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Receives outages, their ends, and faults.</param>
    public UpstreamLink(UpstreamRoute route, string nodeId, Relay relay, GatewayCounters counters, TimeProvider time, ILogger<UpstreamLink> log)
        : base(route.Address, ClientIdOf(nodeId), log)
    {
        _responseTopic = Topics.Response(nodeId);
        _route = route;
        _relay = relay;
        _counters = counters;
        _time = time;
        _log = log;
    }

    /// <summary>The client id of a gateway at a broker where it may be known by its own name already.</summary>
    public static string ClientIdOf(string nodeId)
    {
        if (nodeId.Length + ClientIdEnd.Length <= Topics.MaxNodeIdLength) return nodeId + ClientIdEnd;
        string checksum = Crc32.HashToUInt32(Encoding.UTF8.GetBytes(nodeId)).ToString("x8");
        return nodeId[..(Topics.MaxNodeIdLength - ClientIdEnd.Length - checksum.Length)] + checksum + ClientIdEnd;
    }

    /// <inheritdoc/>
    protected override IEnumerable<MqttTopicFilter> Filters() =>
        _route.Nodes.Select(node => Filter(Topics.Status(node), MqttRetainHandling.SendAtSubscribe)).Prepend(Filter(_responseTopic));

    /// <inheritdoc/>
    protected override void Receive(MqttApplicationMessageReceivedEventArgs e) =>
        Guard(() => Sort(e.ApplicationMessage.Topic, e.ApplicationMessage.Payload));

    /// <inheritdoc/>
    protected override void OnConnectionChanged(bool isConnected)
    {
        _route.Reset(isConnected);
        Guard(() => _relay.OnConnectionChanged(_route.Link, isConnected, _time.NowUs()));
    }

    /// <inheritdoc/>
    protected override void CompleteSending() => _route.Complete();

    /// <inheritdoc/>
    protected override async Task SendAsync(IMqttClient client, MqttClientConnectResult connected, CancellationToken cancellation)
    {
        int most = connected.ReceiveMaximum is > 0 and < MaxUnacknowledged ? connected.ReceiveMaximum.Value : MaxUnacknowledged;
        using var room = new SemaphoreSlim(most);
        try
        {
            await foreach (MqttApplicationMessage message in _route.Waiting.ReadAllAsync(cancellation))
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
            // The answer does not come, and the relay gives the request up.
        }
        finally
        {
            room.Release();
        }
    }

    /// <summary>Processes a message. An exception is counted and logged, because MQTTnet would swallow it silently.</summary>
    private void Guard(Action work)
    {
        try
        {
            work();
        }
        catch (Exception e)
        {
            _counters.Faults.Increment();
            _log.Fault(e);
        }
    }

    private void Sort(string topic, ReadOnlySequence<byte> payload)
    {
        bool isGood = payload.Length <= FrameFormat.MaxFrameSize
            && (topic == _responseTopic ? TryTakeAnswer(payload.ToArray())
                : Topics.IsStatus(topic, out string node) && _route.Nodes.Contains(node) && TryTakeStatus(node, payload.ToArray()));
        if (!isGood) _counters.MalformedFrames.Increment();
    }

    private bool TryTakeStatus(string node, byte[] bytes)
    {
        if (_status.Decode(bytes) != FrameError.None) return false;
        _relay.OnStatus(node, _status, _time.NowUs());
        return true;
    }

    private bool TryTakeAnswer(byte[] bytes)
    {
        switch (FrameFormat.TypeOf(bytes))
        {
            case FrameType.Response when _response.Decode(bytes) == FrameError.None:
                _relay.OnResponse(_route.Link, _response, _time.NowUs());
                return true;
            case FrameType.Pong when _pong.Decode(bytes) == FrameError.None:
                _relay.OnPong(_pong, _time.NowUs());
                return true;
            default:
                return false;
        }
    }
}
