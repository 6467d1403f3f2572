// The path between the embedded broker's clients and the gateway that bypasses the broker's dispatch and a TCP connection of the
// gateway to itself. MQTTnet's dispatch asks every session for every message: with a thousand boards it would cost more than the
// inference. Other subscribers of these topics still receive everything; then the messages go through the dispatch.

using System;
using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using Crime.Frames;
using Crime.Gateway.Configuration;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Server;

namespace Crime.Gateway.Broker;

/// <summary>Knows which messages are for the gateway, and delivers answers to their boards directly. Thread-safe.</summary>
public sealed class BrokerShortcut : IDirectPath
{
    private static readonly string s_responseRoot = Topics.Response("");
    private static readonly string s_statusRoot = Topics.Status("");
    // Topics of messages that do not take the shortcut.
    private static readonly string[] s_otherRoots =
        [Topics.Regime(""), Topics.Presence(""), Topics.CommandRoot, Topics.RecordRoot, Topics.Models(""), Topics.Settings(""), Topics.Answer("")];

    private readonly string _requestRoot;
    private readonly string _ownStatusTopic;
    private readonly BrokerConnections _connections;

    // Response topic to the one session that has subscribed to it; null when there are several.
    private readonly ConcurrentDictionary<string, MqttSessionStatus?> _sessions = new();

    // Response topics that a client has subscribed to, of its own and of others: they go when it leaves.
    private readonly Dictionary<string, HashSet<string>> _topicsOf = [];

    // Clients whose subscriptions may cover requests or telemetry, or the responses of many.
    private readonly ConcurrentDictionary<string, bool> _requestListeners = new();
    private readonly ConcurrentDictionary<string, bool> _responseListeners = new();
    private readonly ConcurrentDictionary<string, bool> _otherStatusListeners = new();
    private readonly ConcurrentDictionary<string, bool> _boardListeners = new();

    // Clients that have subscribed to the gateway's status as boards do, and to nothing that covers it otherwise.
    private readonly ConcurrentDictionary<string, MqttSessionStatus> _statusListeners = new();
    private volatile bool _hasRequestListeners;
    private volatile bool _hasOtherStatusListeners;
    private volatile bool _hasResponseListeners;
    private volatile bool _hasBoardListeners;

    /// <summary>Makes a shortcut to a gateway.</summary>
    /// <param name="options">The gateway's name.</param>
    /// <param name="connections">The connections of the clients.</param>
    public BrokerShortcut(GatewayOptions options, BrokerConnections connections)
    {
        _requestRoot = Topics.Request(options.NodeId, "");
        _ownStatusTopic = Topics.Status(options.NodeId);
        _connections = connections;
    }

    /// <summary>True when all subscribers of the gateway's status are known.</summary>
    public bool CanDeliverStatus => !_hasOtherStatusListeners && !_hasResponseListeners;

    /// <summary>Response topics that are known: those of clients that are connected.</summary>
    public int ResponseTopicCount => _sessions.Count;

    /// <inheritdoc/>
    public int StatusListenerCount => _statusListeners.Count;

    /// <inheritdoc/>
    public bool HasBoardListeners => _hasBoardListeners || _hasResponseListeners;

    /// <summary>Delivers the gateway's status to all its subscribers.</summary>
    public void DeliverStatus(MqttApplicationMessage message)
    {
        var packet = new MqttPublishPacket { Topic = message.Topic, Payload = message.Payload };
        foreach (var (_, session) in _statusListeners)
            if (!TrySendNow(session, packet)) session.TryEnqueueApplicationMessage(Unretained(message), out _);
    }

    /// <summary>True when other clients may have subscribed to requests or telemetry.</summary>
    public bool HasRequestListeners => _hasRequestListeners;

    /// <summary>True when a message that a client has published is for the gateway.</summary>
    /// <param name="topic">Its topic.</param>
    public bool IsForGateway(string topic) => topic.StartsWith(_requestRoot, StringComparison.Ordinal) || Topics.IsTelemetry(topic, out _);

    /// <summary>True when the gateway reads a message that goes to other clients as well.</summary>
    /// <param name="topic">Its topic.</param>
    public static bool IsAlsoForGateway(string topic) => Topics.IsPresence(topic, out _);

    /// <inheritdoc/>
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
            lock (_topicsOf)
            {
                if (!_topicsOf.TryGetValue(client, out HashSet<string>? topics)) _topicsOf[client] = topics = [];
                topics.Add(filter);
            }
            return;
        }
        if (IsStatusFilter(filter))
        {
            _statusListeners[client] = session;
            return;
        }
        if (s_otherRoots.Any(root => filter.StartsWith(root, StringComparison.Ordinal))) return;
        if (BoardTopics.IsOfGateway(filter))
        {
            _boardListeners[client] = true;
            CountListeners();
            return;
        }
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
        HashSet<string>? topics;
        lock (_topicsOf) _topicsOf.Remove(client, out topics);
        // Where another client has subscribed as well, its answers take the usual way from now on.
        foreach (string topic in topics ?? []) _sessions.TryRemove(topic, out _);
        // A client that has come back meanwhile has a session that is connected.
        bool hasLeft = _statusListeners.TryGetValue(client, out MqttSessionStatus? session) && session.DisconnectedTimestamp != null;
        if (hasLeft) _statusListeners.TryRemove(KeyValuePair.Create(client, session!));
        bool wasListener = _requestListeners.TryRemove(client, out _) | _responseListeners.TryRemove(client, out _)
            | _otherStatusListeners.TryRemove(client, out _) | _boardListeners.TryRemove(client, out _);
        if (wasListener) CountListeners();
    }

    private void CountListeners()
    {
        _hasRequestListeners = !_requestListeners.IsEmpty;
        _hasResponseListeners = !_responseListeners.IsEmpty;
        _hasOtherStatusListeners = !_otherStatusListeners.IsEmpty;
        _hasBoardListeners = !_boardListeners.IsEmpty;
    }

    private bool IsStatusFilter(string filter) => filter == Topics.StatusFilter || filter == _ownStatusTopic;

    /// <summary>Writes to the socket of a client that has nothing in its queue.</summary>
    private bool TrySendNow(MqttSessionStatus session, MqttPublishPacket packet) =>
        session.PendingApplicationMessagesCount == 0 && _connections.Find(session.Id)?.TrySendNow(packet) == true;

    /// <summary>What a broker passes on is not marked as retained; only what it had kept is.</summary>
    private static MqttApplicationMessage Unretained(MqttApplicationMessage message) =>
        new() { Topic = message.Topic, PayloadSegment = message.Payload.ToArray() };
}
