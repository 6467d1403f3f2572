// The way between the embedded broker's clients and the gateway that does not go round by the broker's dispatch and a TCP
// connection of the gateway to itself. MQTTnet's dispatch asks every session for every message: with a thousand boards it would
// cost more than the inference. Whoever else listens to these topics still hears everything; then the usual way is taken.

using System;
using System.Buffers;
using System.Collections.Concurrent;
using Crime.Frames;
using Crime.Gateway.Configuration;
using Crime.Gateway.Serving;
using MQTTnet;
using MQTTnet.Server;

namespace Crime.Gateway.Broker;

/// <summary>Hands requests to the gateway and answers to their boards directly. Thread-safe.</summary>
public sealed class BrokerShortcut
{
    private static readonly string s_responseRoot = Topics.Response("");
    private static readonly string[] s_otherRoots = [Topics.Status(""), Topics.Presence("")];

    private readonly string _requestRoot;
    private readonly Inbox _inbox;

    // Response topic to the one session that has subscribed to it; null when there are several.
    private readonly ConcurrentDictionary<string, MqttSessionStatus?> _sessions = new();

    // Clients whose subscriptions may cover requests or telemetry, or the responses of many.
    private readonly ConcurrentDictionary<string, bool> _requestListeners = new();
    private readonly ConcurrentDictionary<string, bool> _responseListeners = new();
    private volatile bool _hasRequestListeners;
    private volatile bool _hasResponseListeners;

    /// <summary>Makes a shortcut to a gateway.</summary>
    public BrokerShortcut(GatewayOptions options, Inbox inbox)
    {
        _requestRoot = Topics.Request(options.NodeId, "");
        _inbox = inbox;
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
        return session.TryEnqueueApplicationMessage(new MqttApplicationMessage { Topic = topic, PayloadSegment = payload }, out _);
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
        foreach (string root in s_otherRoots)
            if (filter.StartsWith(root, StringComparison.Ordinal)) return;
        if (!filter.StartsWith(s_responseRoot, StringComparison.Ordinal)) _requestListeners[client] = true;
        _responseListeners[client] = true;
        CountListeners();
    }

    /// <summary>A client unsubscribes. A listener counts as one until it has left: that costs time and loses nothing.</summary>
    public void OnUnsubscription(string client, string filter)
    {
        if (_sessions.TryGetValue(filter, out MqttSessionStatus? session) && session?.Id == client) _sessions.TryRemove(filter, out _);
    }

    /// <summary>A client has left; its topics take the usual way until somebody subscribes to them again.</summary>
    public void OnDisconnected(string client)
    {
        OnUnsubscription(client, Topics.Response(client));
        if (_requestListeners.TryRemove(client, out _) | _responseListeners.TryRemove(client, out _)) CountListeners();
    }

    private void CountListeners()
    {
        _hasRequestListeners = !_requestListeners.IsEmpty;
        _hasResponseListeners = !_responseListeners.IsEmpty;
    }
}
