// The MQTT broker inside the gateway, so that one program is a whole installation. It trusts its network no more than it
// must: what a client can make it store or send has a limit, and BrokerDoor decides which clients and topics there are.

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Configuration;
using Crime.Gateway.Diagnostics;
using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Protocol;
using MQTTnet.Server;

namespace Crime.Gateway.Broker;

/// <summary>Runs MQTTnet's server with limits.</summary>
public sealed class EmbeddedBroker : IAsyncDisposable
{
    /// <summary>Largest packet in bytes: the largest frame, and room for topic and properties.</summary>
    public const int MaxPacketSize = FrameFormat.MaxFrameSize + 1024;

    /// <summary>
    /// Messages that may wait for a client that does not read; beyond it the oldest is dropped. More than MQTTnet's own 250,
    /// because the answers to a whole request queue must fit; as many of the largest packets can be held by one slow client.
    /// </summary>
    public const int MaxPendingMessagesPerClient = 1000;

    /// <summary>Most topics with a retained message: a status and a slow status, or a presence, per node.</summary>
    public const int MaxRetainedTopics = 4096;

    /// <summary>Most topic filters per client.</summary>
    public const int MaxSubscriptionsPerClient = 64;

    private const int ConnectTimeoutMs = 10_000;
    private const int DrainTimeoutMs = 2000;
    private const int DrainPollMs = 5;
    private const int PatrolMs = 1000;
    private const string SubscriptionCountItem = "subscriptions";
    private const string LoopbackHost = "127.0.0.1";

    private static readonly string s_resultRoot = Topics.Result("");
    private static readonly string s_settingsRoot = Topics.Settings("");

    private readonly BrokerOptions _options;
    private readonly string _nodeId;
    private readonly string _ownStatusTopic;
    private readonly string _ownRegimeTopic;
    private readonly string _ownModelsTopic;
    private readonly ConcurrentDictionary<string, bool> _retainedTopics = new();
    private readonly BrokerShortcut _shortcut;
    private readonly BrokerDoor _door;
    private readonly CancellationTokenSource _stop = new();
    private readonly TakeoverWatch _takeovers = new(TimeProvider.System);
    private readonly IInbox _inbox;
    private readonly MqttServer _server;

    /// <summary>Makes a broker that does not run yet.</summary>
    /// <param name="options">Port, limits and the gateway's name.</param>
    /// <param name="inbox">Takes the messages for the gateway.</param>
    /// <param name="shortcut">Delivers the gateway's messages; it follows the subscriptions.</param>
    /// <param name="connections">Receives the connections of the clients.</param>
    /// <param name="limits">The bounds on connections.</param>
    /// <param name="door">Admits clients and knows their rights.</param>
    /// <param name="log">Receives the errors of connections.</param>
    public EmbeddedBroker(
        GatewayOptions options, IInbox inbox, BrokerShortcut shortcut, BrokerConnections connections, ConnectionLimits limits, BrokerDoor door,
        ILogger<EmbeddedBroker> log)
    {
        _door = door;
        _shortcut = shortcut;
        _inbox = inbox;
        _options = options.Broker;
        _nodeId = options.NodeId;
        _ownStatusTopic = Topics.Status(options.NodeId);
        _ownRegimeTopic = Topics.Regime(options.NodeId);
        _ownModelsTopic = Topics.Models(_nodeId);
        var serverOptions = new MqttServerOptions
        {
            MaxPendingMessagesPerClient = MaxPendingMessagesPerClient,
            PendingMessagesOverflowStrategy = MqttPendingMessagesOverflowStrategy.DropOldestQueuedMessage,
            DefaultCommunicationTimeout = TimeSpan.FromMilliseconds(ConnectTimeoutMs),
        };
        _server = new MqttServer(serverOptions, [new BrokerListener(options.Broker, connections, limits, log)], MqttNetNullLogger.Instance);
        _server.ValidatingConnectionAsync += _door.ValidateAsync;
        _server.InterceptingSubscriptionAsync += e => Checked(() => OnSubscription(e));
        _server.InterceptingUnsubscriptionAsync += e => Checked(() => _shortcut.OnUnsubscription(e.ClientId, e.Topic));
        _server.ClientDisconnectedAsync += e => Checked(() =>
        {
            _shortcut.OnDisconnected(e.ClientId);
            if (e.DisconnectType == MqttClientDisconnectType.Takeover && _takeovers.IsClash(e.ClientId)) log.IdUsedTwice(e.ClientId);
        });
        _server.InterceptingPublishAsync += OnPublish;
    }

    /// <summary>Address of this broker for the gateway's own link.</summary>
    public BrokerAddress Address => AddressForClients(_options) with { Username = _nodeId, Password = _door.LinkKey };

    /// <summary>Address of the gateway's broker for a client on this machine.</summary>
    public static BrokerAddress AddressForClients(BrokerOptions options) =>
        new(options.Mode == BrokerMode.External ? options.Host : ReachableHost(options.Host), options.Port, options.Username, options.Password);

    /// <summary>Starts listening.</summary>
    /// <exception cref="StartupException">The port cannot be had, or the file of the enrolled clients is damaged.</exception>
    public async Task StartAsync()
    {
        _door.Open();
        await _server.StartAsync();
        _ = PatrolAsync(_stop.Token);
    }

    /// <summary>Waits until what the gateway published has left, a while at most, and closes all connections.</summary>
    public async Task StopAsync(CancellationToken cancellation)
    {
        if (!_server.IsStarted) return;
        await _stop.CancelAsync();
        await DrainAsync(cancellation);
        await _server.StopAsync(new MqttServerStopOptions());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_server.IsStarted) await _server.StopAsync(new MqttServerStopOptions());
        _server.Dispose();
        _stop.Dispose();
    }

    /// <summary>Ends the connections of clients that have been revoked, and of silent ones, within a second.</summary>
    private async Task PatrolAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(PatrolMs));
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation))
            {
                // The connection itself, and not the client of its id: that one may have come back with a new password.
                foreach (NamedConnection connection in (NamedConnection[])[.. _door.FindSilent(), .. _door.FindRevoked()]) connection.Place.Abort();
            }
        }
        catch (OperationCanceledException)
        {
            // The broker stops.
        }
    }

    private static Task Checked(Action check)
    {
        check();
        return Task.CompletedTask;
    }

    /// <summary>
    /// Waits until the gateway's own link has been read to the end, and then until every client's queue has been written as
    /// far as a mark at its present end. A client that leaves is not waited for.
    /// </summary>
    private async Task DrainAsync(CancellationToken cancellation)
    {
        Dictionary<string, Task>? marks = null;
        for (var waited = Stopwatch.StartNew(); waited.ElapsedMilliseconds < DrainTimeoutMs; await Task.Delay(DrainPollMs, CancellationToken.None))
        {
            if (cancellation.IsCancellationRequested) return;
            IList<MqttClientStatus> clients = await _server.GetClientsAsync();
            if (clients.Any(client => client.Id == _nodeId)) continue;
            marks ??= clients.ToDictionary(client => client.Id, client => MarkEndOf(client.Session));
            if (clients.All(client => marks.GetValueOrDefault(client.Id, Task.CompletedTask).IsCompleted)) return;
        }
    }

    /// <summary>Puts a mark behind all that waits for a client; done when everything before it is in the client's socket.</summary>
    private static Task MarkEndOf(MqttSessionStatus session) =>
        session.DeliverApplicationMessageAsync(new MqttApplicationMessage { Topic = NamedConnection.MarkTopic });

    private void OnSubscription(InterceptingSubscriptionEventArgs e)
    {
        if (!_door.MaySubscribe(e.ClientId, e.TopicFilter.Topic))
        {
            e.ProcessSubscription = false;
            e.Response.ReasonCode = MqttSubscribeReasonCode.NotAuthorized;
            return;
        }
        int count = e.SessionItems[SubscriptionCountItem] is int known ? known + 1 : 1;
        e.SessionItems[SubscriptionCountItem] = count;
        if (count <= MaxSubscriptionsPerClient)
        {
            if (e.ClientId != _nodeId) _shortcut.OnSubscription(e.ClientId, e.TopicFilter.Topic, e.Session);
            return;
        }
        e.ProcessSubscription = false;
        e.Response.ReasonCode = MqttSubscribeReasonCode.QuotaExceeded;
    }

    private async Task OnPublish(InterceptingPublishEventArgs e)
    {
        string topic = e.ApplicationMessage.Topic ?? "";
        if (!_door.MayPublish(e.ClientId, topic))
        {
            e.ProcessPublish = false;
            e.Response.ReasonCode = MqttPubAckReasonCode.NotAuthorized;
            return;
        }
        if (_shortcut.IsForGateway(topic))
        {
            e.ProcessPublish = _shortcut.HasRequestListeners;
            _inbox.Receive(topic, e.ApplicationMessage.Payload);
        }
        else if (BrokerShortcut.IsAlsoForGateway(topic)) _inbox.Receive(topic, e.ApplicationMessage.Payload);
        // A board answers in its own name only.
        else if (Topics.IsAnswer(topic, out string board) && e.ClientId == board) _inbox.Receive(topic, e.ApplicationMessage.Payload);
        if (e.ProcessPublish) LimitPublish(topic, e);
        bool isOwnStatus = e.ProcessPublish && topic == _ownStatusTopic;
        if (!isOwnStatus || !_shortcut.CanDeliverStatus) return;
        await _server.UpdateRetainedMessageAsync(e.ApplicationMessage);
        _shortcut.DeliverStatus(e.ApplicationMessage);
        e.ProcessPublish = false;
    }

    private void LimitPublish(string topic, InterceptingPublishEventArgs e)
    {
        // Whoever could write the gateway's status could lead all boards astray.
        if ((topic == _ownStatusTopic || topic == _ownRegimeTopic || topic == _ownModelsTopic) && e.ClientId != _nodeId) e.ProcessPublish = false;
        // Settings come through the gateway, which checks the right to send them.
        if (topic.StartsWith(s_settingsRoot, StringComparison.Ordinal) && e.ClientId != _nodeId) e.ProcessPublish = false;
        // Only the gateway publishes results: a consumer relies on one per input.
        bool isResult = topic.StartsWith(s_resultRoot, StringComparison.Ordinal) || BoardTopics.IsOfGateway(topic);
        if (isResult && e.ClientId != _nodeId) e.ProcessPublish = false;
        if (e.ApplicationMessage.Retain) e.ApplicationMessage.Retain = MayRetain(topic, e.ApplicationMessage.Payload.IsEmpty);
    }

    private bool MayRetain(string topic, bool isRemoval)
    {
        if (!Topics.IsStatus(topic, out _) && !Topics.IsRegime(topic, out _) && !Topics.IsPresence(topic, out _) && !Topics.IsModels(topic, out _)
            && !Topics.IsSettings(topic, out _))
            return false;
        if (isRemoval) return _retainedTopics.TryRemove(topic, out _);
        if (_retainedTopics.ContainsKey(topic)) return true;
        return _retainedTopics.Count < MaxRetainedTopics && _retainedTopics.TryAdd(topic, true);
    }

    private static string ReachableHost(string host)
    {
        if (host.Length == 0) return LoopbackHost;
        IPAddress address = IPAddress.Parse(host);
        return address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? LoopbackHost : host;
    }
}
