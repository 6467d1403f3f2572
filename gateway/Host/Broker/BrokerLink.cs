// A connection to a broker that is kept for as long as the gateway runs, whatever the broker does: the gateway's own, and those to
// the brokers of the gateways behind it.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Crime.Gateway.Configuration;
using Crime.Gateway.Diagnostics;
using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Crime.Gateway.Broker;

/// <summary>Connects and subscribes; starts over when the connection ends.</summary>
public abstract class BrokerLink : IDisposable
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

    // A link that is half open takes everything that is sent, and statuses go out every second: without a question of its own it would be noticed after minutes.
    private const int ProbeMs = 4000;
    private const int ProbeTimeoutMs = 6000;
    private const int SocketBufferSize = 256 * 1024;

    private readonly ILogger _log;

    // The first ends attempts and pauses at once; the second ends sending, when saying goodbye takes too long.
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _giveUp = new();
    private Task _running = Task.CompletedTask;
    private volatile bool _isConnected;
    private bool _isOutageLogged;
    private int _backOffMs = FirstBackOffMs;

    /// <summary>Makes a link that is not connected yet.</summary>
    /// <param name="address">The broker.</param>
    /// <param name="clientId">The link's MQTT client id.</param>
    /// <param name="log">Told of an outage and of its end.</param>
    protected BrokerLink(BrokerAddress address, string clientId, ILogger log)
    {
        Address = address;
        ClientId = clientId;
        _log = log;
    }

    /// <summary>The broker.</summary>
    public BrokerAddress Address { get; }

    /// <summary>The link's MQTT client id.</summary>
    public string ClientId { get; }

    /// <summary>True when the gateway is connected and subscribed.</summary>
    public bool IsConnected => _isConnected;

    /// <summary>Ends what takes too long while saying goodbye.</summary>
    protected CancellationToken GiveUp => _giveUp.Token;

    /// <summary>Begins to keep the connection.</summary>
    public void Start() => _running = KeepConnectedAsync();

    /// <summary>Sends the messages that are queued, and disconnects from the broker. Bounded by <see cref="GoodbyeTimeoutMs"/>.</summary>
    public async Task StopAsync()
    {
        _giveUp.CancelAfter(GoodbyeTimeoutMs);
        // The stop comes before the end of sending. A link whose sending has ended, and that is not stopping, waits for the broker to disconnect.
        await _stop.CancelAsync();
        CompleteSending();
        await _running;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Dispose();
        _giveUp.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>A topic filter.</summary>
    /// <param name="topic">The topics.</param>
    /// <param name="retained">What of the messages that the broker keeps.</param>
    /// <param name="quality">Best quality of service that messages are wanted with.</param>
    protected static MqttTopicFilter Filter(
        string topic,
        // A request that somebody made the broker keep is not asked again at every connection.
        MqttRetainHandling retained = MqttRetainHandling.DoNotSendOnSubscribe,
        MqttQualityOfServiceLevel quality = MqttQualityOfServiceLevel.AtMostOnce) => new()
    {
        Topic = topic,
        QualityOfServiceLevel = quality,
        RetainHandling = retained,
    };

    /// <summary>Returns the topic filters to subscribe to. Called for every connection.</summary>
    protected abstract IEnumerable<MqttTopicFilter> Filters();

    /// <summary>Takes a message. Must return soon, and not throw.</summary>
    protected abstract void Receive(MqttApplicationMessageReceivedEventArgs e);

    /// <summary>Sends what there is to send over a new connection, until there never will be more or the connection ends.</summary>
    protected abstract Task SendAsync(IMqttClient client, MqttClientConnectResult connected, CancellationToken cancellation);

    /// <summary>A connection is there, or has ended.</summary>
    protected abstract void OnConnectionChanged(bool isConnected);

    /// <summary>There will never be more to send than there is now.</summary>
    protected virtual void CompleteSending()
    {
    }

    /// <summary>Adds to how the gateway introduces itself.</summary>
    protected virtual void Complete(MqttClientOptions options)
    {
    }

    /// <summary>Says the last words over a connection that is to be closed.</summary>
    protected virtual Task SayGoodbyeAsync(IMqttClient client) => Task.CompletedTask;

    private async Task KeepConnectedAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            string reason = await ServeConnectionAsync();
            if (_stop.IsCancellationRequested) return;
            if (!_isOutageLogged) _log.LinkLost(Address.Host, Address.Port, reason);
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
                Receive(e);
                return Task.CompletedTask;
            };
            MqttClientConnectResult connected = await OpenAsync(client);
            await SendUntilAsync(client, connected, ended.Task);
            if (_stop.IsCancellationRequested && client.IsConnected)
            {
                await SayGoodbyeAsync(client);
                await client.DisconnectAsync(new MqttClientDisconnectOptions(), GiveUp);
            }
            return await ended.Task.WaitAsync(GiveUp);
        }
        catch (Exception e)
        {
            // A refusal, an unknown name, a broken socket: all the same to a link that tries for ever.
            return e.GetBaseException() is OperationCanceledException ? "no answer in time" : e.GetBaseException().Message;
        }
    }

    private async Task<MqttClientConnectResult> OpenAsync(IMqttClient client)
    {
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        attempt.CancelAfter(ConnectTimeoutMs);
        MqttClientOptions options = Options();
        Complete(options);
        MqttClientConnectResult connected = await client.ConnectAsync(options, attempt.Token);
        if (connected.ResultCode != MqttClientConnectResultCode.Success)
            throw new InvalidOperationException($"it refused the connection with {connected.ResultCode}");
        var subscription = new MqttClientSubscribeOptions();
        subscription.TopicFilters.AddRange(Filters());
        if (subscription.TopicFilters.Count == 0) return connected;
        MqttClientSubscribeResult subscribed = await client.SubscribeAsync(subscription, attempt.Token);
        MqttClientSubscribeResultItem? refused =
            subscribed.Items.FirstOrDefault(item => item.ResultCode > MqttClientSubscribeResultCode.GrantedQoS2);
        if (refused != null)
            throw new InvalidOperationException($"it refused the subscription to {refused.TopicFilter.Topic} with {refused.ResultCode}");
        return connected;
    }

    private async Task SendUntilAsync(IMqttClient client, MqttClientConnectResult connected, Task ended)
    {
        long openedAtMs = Environment.TickCount64;
        if (_isOutageLogged) _log.LinkRestored(Address.Host, Address.Port);
        _isOutageLogged = false;
        using var connection = CancellationTokenSource.CreateLinkedTokenSource(_giveUp.Token);
        try
        {
            OnConnectionChanged(isConnected: true);
            _isConnected = true;
            Task sending = SendAsync(client, connected, connection.Token), probing = ProbeAsync(client, connection.Token);
            Task first = await Task.WhenAny(sending, ended, probing);
            await connection.CancelAsync();
            await (first == probing ? probing : sending);
        }
        catch (OperationCanceledException)
        {
            // The connection ended first.
        }
        finally
        {
            _isConnected = false;
            OnConnectionChanged(isConnected: false);
            if (Environment.TickCount64 - openedAtMs > StableMs) _backOffMs = FirstBackOffMs;
        }
    }

    /// <summary>Asks the broker for a sign of life, again and again. Ends when there is none.</summary>
    /// <exception cref="TimeoutException">The broker does not answer.</exception>
    private static async Task ProbeAsync(IMqttClient client, CancellationToken cancellation)
    {
        while (true)
        {
            await Task.Delay(ProbeMs, cancellation);
            using var answer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            answer.CancelAfter(ProbeTimeoutMs);
            try
            {
                await client.PingAsync(answer.Token);
            }
            catch (Exception) when (answer.IsCancellationRequested && !cancellation.IsCancellationRequested)
            {
                throw new TimeoutException($"the broker has not answered for {ProbeTimeoutMs / 1000} s");
            }
            catch (Exception) when (!cancellation.IsCancellationRequested)
            {
                // The connection has ended, and says so itself.
                await Task.Delay(Timeout.Infinite, cancellation);
            }
        }
    }

    private MqttClientOptions Options() => new()
    {
        ProtocolVersion = MqttProtocolVersion.V500,
        ClientId = ClientId,
        CleanSession = true,
        Credentials = Credentials(),
        KeepAlivePeriod = TimeSpan.FromSeconds(KeepAliveS),
        // The broker keeps larger messages to itself, so that nobody can make the gateway allocate them.
        MaximumPacketSize = EmbeddedBroker.MaxPacketSize,
        // One write per message is one TCP segment.
        AllowPacketFragmentation = false,
        ChannelOptions = new MqttClientTcpOptions
        {
            RemoteEndpoint = new DnsEndPoint(Address.Host, Address.Port),
            NoDelay = true,
            BufferSize = SocketBufferSize,
            // MQTTnet's default resets the connection when it closes, which may overtake the goodbye.
            LingerState = new LingerOption(false, 0),
        },
    };

    private MqttClientCredentials? Credentials() =>
        Address.Username.Length == 0 ? null : new(Address.Username, Encoding.UTF8.GetBytes(Address.Password));

    private static string Describe(MqttClientDisconnectedEventArgs e) => e.Reason switch
    {
        MqttClientDisconnectReason.SessionTakenOver => "another client has connected with the same id (Node:Id must be unique)",
        _ => e.Exception?.GetBaseException().Message ?? "the connection was closed",
    };
}
