// The gateway's connection to its broker, embedded or not: kept for as long as the gateway runs, whatever the broker does.

using System;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Configuration;
using Crime.Gateway.Serving;
using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Crime.Gateway.Broker;

/// <summary>Connects, subscribes, receives and sends; starts over when the connection ends.</summary>
public sealed class MqttLink : IDisposable
{
    /// <summary>Wait after a first failed attempt; doubled with every further one.</summary>
    public const int FirstBackOffMs = 250;

    /// <summary>Longest wait between two attempts.</summary>
    public const int MaxBackOffMs = 10_000;

    /// <summary>After a connection that held this long, the next outage starts with the first back-off again.</summary>
    public const int StableMs = 5000;

    private const int ConnectTimeoutMs = 10_000;
    private const int GoodbyeTimeoutMs = 2000;
    private const int KeepAliveS = 10;
    private const int SocketBufferSize = 256 * 1024;

    private readonly BrokerAddress _address;
    private readonly string _nodeId;
    private readonly GatewayGroup _group;
    private readonly bool _isEmbedded;
    private readonly Inbox _inbox;
    private readonly Outbox _outbox;
    private readonly StatusPublisher _status;
    private readonly ILogger<MqttLink> _log;

    // The first ends attempts and pauses at once; the second ends sending, when saying goodbye takes too long.
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _giveUp = new();
    private Task _running = Task.CompletedTask;
    private volatile bool _isConnected;
    private bool _isOutageLogged;
    private int _backOffMs = FirstBackOffMs;

    /// <summary>Makes a link that is not connected yet.</summary>
    public MqttLink(
        BrokerAddress address, GatewayOptions options, GatewayGroup group, Inbox inbox, Outbox outbox, StatusPublisher status, ILogger<MqttLink> log)
    {
        _address = address;
        _nodeId = options.NodeId;
        _group = group;
        _isEmbedded = options.Broker.Mode == BrokerMode.Embedded;
        _inbox = inbox;
        _outbox = outbox;
        _status = status;
        _log = log;
    }

    /// <summary>Whether the gateway is connected and subscribed.</summary>
    public bool IsConnected => _isConnected;

    /// <summary>Begins to keep the connection.</summary>
    public void Start() => _running = KeepConnectedAsync();

    /// <summary>Sends what was handed over before, says that the gateway is offline, and disconnects.</summary>
    public async Task StopAsync()
    {
        _outbox.Complete();
        _giveUp.CancelAfter(GoodbyeTimeoutMs);
        await _stop.CancelAsync();
        await _running;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Dispose();
        _giveUp.Dispose();
    }

    private async Task KeepConnectedAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            string reason = await ServeConnectionAsync();
            if (_stop.IsCancellationRequested) return;
            if (!_isOutageLogged) _log.LinkLost(_address.Host, _address.Port, reason);
            _isOutageLogged = true;
            await Task.Delay(_backOffMs, _stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            _backOffMs = Math.Min(_backOffMs * 2, MaxBackOffMs);
        }
    }

    /// <summary>One connection, from the attempt to its end.</summary>
    /// <returns>Why it ended.</returns>
    private async Task<string> ServeConnectionAsync()
    {
        try
        {
            using IMqttClient client = new MqttClientFactory().CreateMqttClient();
            var ended = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            client.DisconnectedAsync += e =>
            {
                ended.TrySetResult(Describe(e));
                return Task.CompletedTask;
            };
            client.ApplicationMessageReceivedAsync += e =>
            {
                _inbox.Receive(e.ApplicationMessage.Topic, e.ApplicationMessage.Payload);
                return Task.CompletedTask;
            };
            await OpenAsync(client);
            await SendUntilAsync(client, ended.Task);
            if (_stop.IsCancellationRequested && client.IsConnected) await SayGoodbyeAsync(client);
            return await ended.Task;
        }
        catch (Exception e)
        {
            // A refusal, an unknown name, a broken socket: all the same to a link that tries for ever.
            return e.GetBaseException() is OperationCanceledException ? "no answer in time" : e.GetBaseException().Message;
        }
    }

    private async Task OpenAsync(IMqttClient client)
    {
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        attempt.CancelAfter(ConnectTimeoutMs);
        MqttClientConnectResult connected = await client.ConnectAsync(ClientOptions(), attempt.Token);
        if (connected.ResultCode != MqttClientConnectResultCode.Success)
            throw new InvalidOperationException($"it refused the connection with {connected.ResultCode}");
        MqttClientSubscribeOptions subscription = Subscription();
        if (subscription.TopicFilters.Count == 0) return;
        MqttClientSubscribeResult subscribed = await client.SubscribeAsync(subscription, attempt.Token);
        MqttClientSubscribeResultItem? refused =
            subscribed.Items.FirstOrDefault(item => item.ResultCode > MqttClientSubscribeResultCode.GrantedQoS2);
        if (refused != null)
            throw new InvalidOperationException($"it refused the subscription to {refused.TopicFilter.Topic} with {refused.ResultCode}");
    }

    private async Task SendUntilAsync(IMqttClient client, Task ended)
    {
        long openedAtMs = Environment.TickCount64;
        if (_isOutageLogged) _log.LinkRestored(_address.Host, _address.Port);
        _isOutageLogged = false;
        _outbox.Open();
        _isConnected = true;
        _status.Announce();
        using var connection = CancellationTokenSource.CreateLinkedTokenSource(_giveUp.Token);
        try
        {
            Task sending = SendAsync(client, connection.Token);
            await Task.WhenAny(sending, ended);
            await connection.CancelAsync();
            await sending;
        }
        catch (OperationCanceledException)
        {
            // The connection ended first.
        }
        finally
        {
            _isConnected = false;
            _outbox.Close();
            if (Environment.TickCount64 - openedAtMs > StableMs) _backOffMs = FirstBackOffMs;
        }
    }

    private async Task SendAsync(IMqttClient client, CancellationToken cancellation)
    {
        await foreach (OutgoingMessage message in _outbox.ReadAllAsync(cancellation))
            if (!_outbox.TryShortcut(message)) await client.PublishAsync(Packed(message), cancellation);
    }

    private async Task SayGoodbyeAsync(IMqttClient client)
    {
        byte[] offline = _status.NextOfflineFrame();
        await client.PublishAsync(Packed(new OutgoingMessage(_group.OwnStatusTopic, offline, IsRetained: true)), _giveUp.Token);
        if (_group.IsUsed && _group.OtherCount == 0)
        {
            // The last one turns the light off: boards need not wait for the group's status to expire.
            byte[] gone = _status.NextGroupOfflineFrame();
            await client.PublishAsync(Packed(new OutgoingMessage(_group.StatusTopic, gone, IsRetained: true)), _giveUp.Token);
        }
        await client.DisconnectAsync(new MqttClientDisconnectOptions(), _giveUp.Token);
    }

    private static MqttApplicationMessage Packed(OutgoingMessage message) => new()
    {
        Topic = message.Topic,
        PayloadSegment = message.Payload,
        Retain = message.IsRetained,
        QualityOfServiceLevel = MqttQualityOfServiceLevel.AtMostOnce,
    };

    private MqttClientOptions ClientOptions() => new()
    {
        ProtocolVersion = MqttProtocolVersion.V500,
        ClientId = _nodeId,
        CleanSession = true,
        Credentials = Credentials(),
        KeepAlivePeriod = TimeSpan.FromSeconds(KeepAliveS),
        // The broker keeps larger messages to itself, so that nobody can make the gateway allocate them.
        MaximumPacketSize = EmbeddedBroker.MaxPacketSize,
        // One write per message is one TCP segment.
        AllowPacketFragmentation = false,
        WillTopic = _group.OwnStatusTopic,
        WillPayload = _status.NextOfflineFrame(),
        WillRetain = true,
        ChannelOptions = new MqttClientTcpOptions
        {
            RemoteEndpoint = new DnsEndPoint(_address.Host, _address.Port),
            NoDelay = true,
            BufferSize = SocketBufferSize,
            // MQTTnet's default resets the connection when it closes, which may overtake the goodbye.
            LingerState = new LingerOption(false, 0),
        },
    };

    private MqttClientCredentials? Credentials() =>
        _address.Username.Length == 0 ? null : new(_address.Username, Encoding.UTF8.GetBytes(_address.Password));

    /// <summary>Nothing with the embedded broker: it hands over what is for the gateway by itself.</summary>
    private MqttClientSubscribeOptions Subscription()
    {
        var options = new MqttClientSubscribeOptions();
        if (_isEmbedded) return options;
        options.TopicFilters.AddRange([Filter(Topics.RequestFilter(_nodeId)), Filter(Topics.TelemetryFilter)]);
        if (!_group.IsUsed) return options;
        options.TopicFilters.Add(Filter(_group.SharedRequestFilter));
        // What the others said before is what the broker keeps for this.
        options.TopicFilters.Add(Filter(_group.MemberFilter, MqttRetainHandling.SendAtSubscribe));
        options.TopicFilters.Add(Filter(_group.StatusTopic, MqttRetainHandling.SendAtSubscribe));
        return options;
    }

    private static MqttTopicFilter Filter(
        string topic,
        // A request that somebody made the broker keep is not asked again at every connection.
        MqttRetainHandling retained = MqttRetainHandling.DoNotSendOnSubscribe) => new()
    {
        Topic = topic,
        QualityOfServiceLevel = MqttQualityOfServiceLevel.AtMostOnce,
        RetainHandling = retained,
    };

    private static string Describe(MqttClientDisconnectedEventArgs e) => e.Reason switch
    {
        MqttClientDisconnectReason.SessionTakenOver => "another client has connected with the same id (Node:Id must be unique)",
        _ => e.Exception?.GetBaseException().Message ?? "the connection was closed",
    };
}
