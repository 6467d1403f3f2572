// The way between the embedded broker's clients and the gateway that does not go round by the broker's dispatch and a TCP
// connection of the gateway to itself. MQTTnet's dispatch asks every session for every message: with a thousand boards it would
// cost more than the inference. Whoever else listens to these topics still hears everything; then the usual way is taken.

using System;
using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Generic;
using Crime.Frames;
using Crime.Gateway.Configuration;
using Crime.Gateway.Serving;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Server;

namespace Crime.Gateway.Broker;

/// <summary>Hands requests to the gateway and answers to their boards directly. Thread-safe.</summary>
public sealed class BrokerShortcut
{
    private static readonly string s_responseRoot = Topics.Response("");
    private static readonly string s_statusRoot = Topics.Status("");
    private static readonly string s_presenceRoot = Topics.Presence("");

    private readonly string _requestRoot;
    private readonly string _ownStatusTopic;
    private readonly Inbox _inbox;
    private readonly BrokerConnections _connections;

    // Response topic to the one session that has subscribed to it; null when there are several.
    private readonly ConcurrentDictionary<string, MqttSessionStatus?> _sessions = new();

    // Clients whose subscriptions may cover requests or telemetry, or the responses of many.
    private readonly ConcurrentDictionary<string, bool> _requestListeners = new();
    private readonly ConcurrentDictionary<string, bool> _responseListeners = new();
    private readonly ConcurrentDictionary<string, bool> _otherStatusListeners = new();

    // Clients that have subscribed to the gateway's status as boards do, and to nothing that covers it otherwise.
    private readonly ConcurrentDictionary<string, MqttSessionStatus> _statusListeners = new();
    private volatile bool _hasRequestListeners;
    private volatile bool _hasOtherStatusListeners;
    private volatile bool _hasResponseListeners;

    /// <summary>Makes a shortcut to a gateway.</summary>
    public BrokerShortcut(GatewayOptions options, Inbox inbox, BrokerConnections connections)
    {
        _requestRoot = Topics.Request(options.NodeId, "");
        _ownStatusTopic = Topics.Status(options.NodeId);
        _inbox = inbox;
        _connections = connections;
    }

    /// <summary>Whether everybody who may want the gateway's status is known.</summary>
    public bool CanTellStatus => !_hasOtherStatusListeners && !_hasResponseListeners;

    /// <summary>Clients that have subscribed to the gateway's status as boards do.</summary>
    public int StatusListenerCount => _statusListeners.Count;

    /// <summary>Gives the gateway's status to everybody who has subscribed to it.</summary>
    public void TellStatus(MqttApplicationMessage message)
    {
        var packet = new MqttPublishPacket { Topic = message.Topic, Payload = message.Payload };
        foreach (var (_, session) in _statusListeners)
            if (!TrySendNow(session, packet)) session.TryEnqueueApplicationMessage(Unretained(message), out _);
    }

    /// <summary>Takes a message that a client has published, if it is for the gateway.</summary>
    /// <param name="topic">Its topic.</param>
    /// <param name="payload">Its content.</param>
    /// <param name="isForOthers">Whether somebody else may want it too.</param>
    /// <returns>Whether the gateway has it now.</returns>
    public bool TryReceive(string topic, ReadOnlySequence<byte> payload, out bool isForOthers)
    {
        isForOthers = true;
        if (!topic.StartsWith(_requestRoot, StringComparison.Ordinal) && !Topics.IsTelemetry(topic, out _)) return false;
        isForOthers = _hasRequestListeners;
        _inbox.Receive(topic, payload);
        return true;
    }

    /// <summary>Puts an answer into the queue of the board it is for.</summary>
    /// <returns>False when the usual way has to be taken.</returns>
    public bool TrySend(string topic, byte[] payload)
    {
        if (_hasResponseListeners || !_sessions.TryGetValue(topic, out MqttSessionStatus? session) || session == null) return false;
        return TrySendNow(session, new MqttPublishPacket { Topic = topic, PayloadSegment = payload })
            || session.TryEnqueueApplicationMessage(new MqttApplicationMessage { Topic = topic, PayloadSegment = payload }, out _);
    }

    /// <summary>A client subscribes.</summary>
    public void OnSubscription(string client, string filter, MqttSessionStatus session)
    {
        if (filter.StartsWith(s_responseRoot, StringComparison.Ordinal) && Topics.IsNodeId(filter[s_responseRoot.Length..]))
        {
            // A session of the same client replaces an earlier one; one of another client shares the topic from now on.
            _sessions.AddOrUpdate(filter, session, (_, known) => known?.Id == client ? session : null);
            return;
        }
        if (IsStatusFilter(filter))
        {
            _statusListeners[client] = session;
            return;
        }
        if (filter.StartsWith(s_presenceRoot, StringComparison.Ordinal)) return;
        if (filter.StartsWith(s_statusRoot, StringComparison.Ordinal))
        {
            _otherStatusListeners[client] = true;
            CountListeners();
            return;
        }
        if (!filter.StartsWith(s_responseRoot, StringComparison.Ordinal)) _requestListeners[client] = true;
        _responseListeners[client] = true;
        CountListeners();
    }

    /// <summary>A client unsubscribes. A listener counts as one until it has left: that costs time and loses nothing.</summary>
    public void OnUnsubscription(string client, string filter)
    {
        if (_sessions.TryGetValue(filter, out MqttSessionStatus? session) && session?.Id == client) _sessions.TryRemove(filter, out _);
        if (IsStatusFilter(filter)) _statusListeners.TryRemove(client, out _);
    }

    /// <summary>A client has left; its topics take the usual way until somebody subscribes to them again.</summary>
    public void OnDisconnected(string client)
    {
        OnUnsubscription(client, Topics.Response(client));
        // A client that has come back meanwhile has a session that is connected.
        bool hasLeft = _statusListeners.TryGetValue(client, out MqttSessionStatus? session) && session.DisconnectedTimestamp != null;
        if (hasLeft) _statusListeners.TryRemove(KeyValuePair.Create(client, session!));
        bool wasListener = _requestListeners.TryRemove(client, out _) | _responseListeners.TryRemove(client, out _)
            | _otherStatusListeners.TryRemove(client, out _);
        if (wasListener) CountListeners();
    }

    private void CountListeners()
    {
        _hasRequestListeners = !_requestListeners.IsEmpty;
        _hasResponseListeners = !_responseListeners.IsEmpty;
        _hasOtherStatusListeners = !_otherStatusListeners.IsEmpty;
    }

    private bool IsStatusFilter(string filter) => filter == Topics.StatusFilter || filter == _ownStatusTopic;

    /// <summary>Writes to the socket of a client that has nothing in its queue.</summary>
    private bool TrySendNow(MqttSessionStatus session, MqttPublishPacket packet) =>
        session.PendingApplicationMessagesCount == 0 && _connections.Find(session.Id)?.TrySendNow(packet) == true;

    /// <summary>What a broker passes on is not marked as retained; only what it had kept is.</summary>
    private static MqttApplicationMessage Unretained(MqttApplicationMessage message) =>
        new() { Topic = message.Topic, PayloadSegment = message.Payload.ToArray() };
}
