// nanoFramework.M2Mqtt's client over MQTTnet and real TCP, with the habits of the real one that a firmware can trip over.
// Each was seen on the real client (docs/decisions/0003):
// - Publish only enqueues; offline it keeps enqueueing, and what waits goes out on the next connection.
// - A lost connection shows in IsConnected at once, in ConnectionClosed 200 ms later; a connection made on the same client
//   before that is killed by the old one's end.
// - One thread dispatches all messages: a slow handler holds up everything, an exception in one ends the connection.
// - A null or wildcard topic is accepted and kills the connection when it is sent.
// - The socket is private and runs Nagle's algorithm: a message right after another one waits for the first one's acknowledgement.
// - Close takes 200 ms. A second Disconnect throws. ConnectionOpened fires before IsConnected is true.

using System;
using System.Buffers;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Crime.VirtualBoard;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Model;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using nanoFramework.M2Mqtt.Exceptions;
using nanoFramework.M2Mqtt.Messages;

namespace nanoFramework.M2Mqtt;

/// <summary>The device's MQTT client.</summary>
public class MqttClient : IMqttClient, IDisposable
{
    private const int CloseMs = 200;
    private const int HeaderBytes = 60;

    private readonly Board _board = Board.Running;
    private readonly string _host;
    private readonly int _port;
    private readonly object _lock = new();
    private readonly Queue<MqttApplicationMessage> _outgoing = [];
    // By time, then by arrival: two messages of the same beacon keep their order. A message has the time when it reached the access point.
    private readonly PriorityQueue<(Action Run, long? ArrivedAtUs), (long AtUs, long Number)> _events = new();
    private readonly Channel<(MqttApplicationMessage Message, long LeavesAtUs)> _onAir = Channel.CreateUnbounded<(MqttApplicationMessage, long)>();
    // Messages that TCP has not sent yet, with the number of the last byte of each.
    private readonly Queue<(MqttApplicationMessage Message, long LastByte)> _written = [];
    private readonly SemaphoreSlim _releaseChanged = new(0);
    private readonly AutoResetEvent _eventAdded = new(false);
    private MQTTnet.IMqttClient? _client;
    private readonly HeapLease? _clientMemory;
    private HeapLease? _connectionMemory;
    private TcpSender? _tcp;
    private long _writtenBytes;
    private long _sentBytes;
    private long _lastPutAtUs;
    private Thread? _dispatcher;
    private long _eventNumber;
    private bool _isEnding;
    private bool _isDisposed;

    /// <summary>Prepares a connection.</summary>
    public MqttClient(
        string brokerHostName, int brokerPort, bool secure, X509Certificate? caCert, X509Certificate? clientCert, MqttSslProtocols sslProtocol)
    {
        if (secure) throw new NotSupportedException("the virtual board plays no TLS");
        _host = brokerHostName;
        _port = brokerPort;
        _clientMemory = _board.Heap?.Lease(HeapCosts.MqttClient);
        _board.Stopping += Release;
    }

    /// <summary>A message came. Called on the only dispatch thread.</summary>
    public event IMqttClient.MqttMsgPublishEventHandler? MqttMsgPublishReceived;

    /// <summary>The connection has ended. Called 200 ms after <see cref="IsConnected"/> turned false.</summary>
    public event IMqttClient.ConnectionClosedEventHandler? ConnectionClosed;

    /// <summary>Whether the client is connected.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>Connects and waits for the broker's answer.</summary>
    public MqttReasonCode Connect(
        string clientId, string? username, string? password, bool willRetain, MqttQoSLevel willQosLevel, bool willFlag,
        string? willTopic, string? willMessage, bool cleanSession, ushort keepAlivePeriod)
    {
        var options = new MqttClientOptionsBuilder()
            .WithTcpServer(_host, _port)
            .WithProtocolVersion(MqttProtocolVersion.V311)
            .WithClientId(clientId)
            .WithCleanSession(cleanSession)
            .WithKeepAlivePeriod(TimeSpan.FromSeconds(keepAlivePeriod))
            .WithTimeout(TimeSpan.FromSeconds(10));
        if (username != null) options = options.WithCredentials(username, password);
        if (willFlag)
            options = options.WithWillTopic(willTopic).WithWillPayload(DeviceText(willMessage)).WithWillRetain(willRetain)
                .WithWillQualityOfServiceLevel((MqttQualityOfServiceLevel)willQosLevel);

        bool isTooEarly;
        lock (_lock) isTooEarly = _isEnding;
        _connectionMemory?.Dispose();
        _connectionMemory = _board.Heap?.Lease(HeapCosts.MqttConnection);
        // Two round trips: TCP, then CONNECT.
        RoundTrip();
        var client = new MqttClientFactory().CreateMqttClient();
        client.ApplicationMessageReceivedAsync += OnReceived;
        client.DisconnectedAsync += OnDisconnected;
        try
        {
            var answer = Wire.Blocking(_board, () => client.ConnectAsync(options.Build(), CancellationToken.None));
            if (answer.ResultCode != MqttClientConnectResultCode.Success)
            {
                client.Dispose();
                return (MqttReasonCode)answer.ResultCode;
            }
        }
        catch (Exception e)
        {
            client.Dispose();
            throw new MqttConnectionException("Exception connecting to the broker", e);
        }
        RoundTrip();

        lock (_lock)
        {
            _client = client;
            _tcp = new TcpSender(_board.Options.Profile, Leave, _board.Radio.ReceiveAckAt);
            _written.Clear();
            _writtenBytes = _sentBytes = 0;
            _dispatcher ??= StartDispatcher();
            IsConnected = true;
        }
        if (isTooEarly) KillSoon(client);
        _ = SendAsync(client);
        _ = ReleaseAsync(client);
        Pump();
        return MqttReasonCode.Success;
    }

    /// <summary>Subscribes; does not wait for the broker's answer.</summary>
    public ushort Subscribe(string[] topics, MqttQoSLevel[] qosLevels)
    {
        var options = new MqttClientSubscribeOptionsBuilder();
        for (int i = 0; i < topics.Length; i++) options = options.WithTopicFilter(topics[i], (MqttQualityOfServiceLevel)qosLevels[i]);
        BoardCpu.Execute(_board.Options.Profile.MqttPublishIl);
        Transmit(HeaderBytes, _board.Clock.NowUs());
        MQTTnet.IMqttClient? client = _client;
        if (client != null) Wire.Blocking(_board, () => client.SubscribeAsync(options.Build(), CancellationToken.None));
        return 1;
    }

    /// <summary>Ends subscriptions; does not wait for the broker's answer.</summary>
    public ushort Unsubscribe(string[] topics)
    {
        var options = new MqttClientUnsubscribeOptionsBuilder();
        foreach (string topic in topics) options = options.WithTopicFilter(topic);
        BoardCpu.Execute(_board.Options.Profile.MqttPublishIl);
        Transmit(HeaderBytes, _board.Clock.NowUs());
        MQTTnet.IMqttClient? client = _client;
        if (client != null) Wire.Blocking(_board, () => client.UnsubscribeAsync(options.Build(), CancellationToken.None));
        return 1;
    }

    /// <summary>Enqueues a message; whether it ever leaves is not told.</summary>
    public ushort Publish(string topic, byte[] message, string? contentType, ArrayList? userProperties, MqttQoSLevel qosLevel, bool retain)
    {
        if (qosLevel != MqttQoSLevel.AtMostOnce) throw new NotSupportedException("the virtual board plays QoS 0 only");
        BoardCpu.Execute(_board.Options.Profile.MqttPublishIl);
        _board.Heap?.Drop(HeapCosts.MqttPublish(message.Length + (topic?.Length ?? 0)));
        var outgoing = new MqttApplicationMessage { Topic = topic, PayloadSegment = message, Retain = retain };
        lock (_lock) _outgoing.Enqueue(outgoing);
        if (IsConnected) Pump();
        return 0;
    }

    /// <summary>Says goodbye to the broker: no last will is sent.</summary>
    public void Disconnect()
    {
        MQTTnet.IMqttClient? client = _client;
        if (client == null || !client.IsConnected)
        {
            _board.Clock.Sleep(1_500_000);
            throw new MqttCommunicationException();
        }
        Wire.Blocking(_board, () => client.DisconnectAsync(new MqttClientDisconnectOptions(), CancellationToken.None));
    }

    /// <summary>Closes the connection without a goodbye: the broker sends the last will.</summary>
    public void Close()
    {
        _board.Clock.Sleep(CloseMs * 1000);
        lock (_lock)
        {
            _outgoing.Clear();
            _events.Clear();
            IsConnected = false;
        }
        Release();
    }

    /// <summary>Closes the client.</summary>
    public void Dispose() => Close();

    /// <summary>The board's CLR keeps strings as zero-terminated UTF-8.</summary>
    private static byte[] DeviceText(string? text)
    {
        text ??= "";
        int zero = text.IndexOf('\0');
        return Encoding.UTF8.GetBytes(zero < 0 ? text : text[..zero]);
    }

    private void RoundTrip()
    {
        _board.Clock.SleepUntil(Transmit(HeaderBytes, _board.Clock.NowUs()));
        _board.Clock.SleepUntil(_board.Radio.ReceiveAt(_board.Clock.NowUs()));
    }

    /// <summary>Sends; what waits at the access point for a beacon comes now, for the radio is awake.</summary>
    private long Transmit(int byteCount, long atUs)
    {
        long leavesAtUs = _board.Radio.Transmit(byteCount, atUs);
        lock (_lock)
        {
            var waiting = _events.UnorderedItems.OrderBy(item => item.Priority.Number).ToList();
            _events.Clear();
            foreach (var (item, (dueAtUs, number)) in waiting)
            {
                long comesAtUs = dueAtUs;
                if (item.ArrivedAtUs is { } arrivedAtUs)
                {
                    comesAtUs = Math.Min(dueAtUs, _board.Radio.ReceiveAt(arrivedAtUs));
                    _tcp?.OnData(arrivedAtUs, comesAtUs);
                }
                _events.Enqueue(item, (comesAtUs, number));
            }
        }
        _eventAdded.Set();
        return leavesAtUs;
    }

    /// <summary>Writes waiting messages to the TCP connection.</summary>
    private void Pump()
    {
        long nowUs = _board.Clock.NowUs();
        lock (_lock)
        {
            while (_client != null && _outgoing.TryDequeue(out MqttApplicationMessage? message))
            {
                if (string.IsNullOrEmpty(message.Topic) || message.Topic.AsSpan().ContainsAny('#', '+'))
                {
                    KillSoon(_client);
                    return;
                }
                int size = (int)message.Payload.Length + message.Topic.Length + 4;
                _writtenBytes += size;
                _written.Enqueue((message, _writtenBytes));
                _tcp!.Write(size, nowUs);
            }
        }
        _releaseChanged.Release();
    }

    /// <summary>TCP sends bytes: a message is on the air with its last byte.</summary>
    /// <returns>When they have left the access point.</returns>
    private long Leave(int size, long atUs)
    {
        long leavesAtUs = Transmit(size, atUs);
        _sentBytes += size;
        while (_written.TryPeek(out var next) && next.LastByte <= _sentBytes) _onAir.Writer.TryWrite((_written.Dequeue().Message, leavesAtUs));
        return leavesAtUs;
    }

    /// <summary>Lets go what TCP holds back, when its time has come.</summary>
    private async Task ReleaseAsync(MQTTnet.IMqttClient client)
    {
        while (client == _client)
        {
            long restUs;
            lock (_lock)
            {
                long nowUs = _board.Clock.RealUs;
                _tcp!.Advance(nowUs);
                restUs = _tcp.ReleaseAtUs - nowUs;
            }
            await _releaseChanged.WaitAsync((int)Math.Clamp(restUs / 1000 + 1, 1, int.MaxValue));
        }
    }

    /// <summary>Puts messages on the network, in order, when they have left the access point.</summary>
    private async Task SendAsync(MQTTnet.IMqttClient client)
    {
        try
        {
            while (client == _client && await _onAir.Reader.WaitToReadAsync())
            {
                if (!_onAir.Reader.TryRead(out var item)) continue;
                long restUs = item.LeavesAtUs - _board.Clock.RealUs;
                if (restUs >= BoardClock.HostAheadUs) await Task.Delay((int)(restUs / 1000));
                lock (_lock) _lastPutAtUs = item.LeavesAtUs;
                await client.PublishAsync(item.Message, CancellationToken.None);
            }
        }
        catch (Exception)
        {
            // QoS 0 over a dead connection: the device is not told either.
        }
    }

    private Task OnReceived(MqttApplicationMessageReceivedEventArgs received)
    {
        MqttApplicationMessage message = received.ApplicationMessage;
        var args = new MqttMsgPublishEventArgs(
            message.Topic, message.Payload.ToArray(), false, (MqttQoSLevel)message.QualityOfServiceLevel, message.Retain);
        void Run()
        {
            BoardCpu.Execute(_board.Options.Profile.MqttReceiveIl);
            _board.Heap?.Drop(HeapCosts.MqttReceive(args.Message.Length + args.Topic.Length));
            MqttMsgPublishReceived?.Invoke(this, args);
        }
        lock (_lock)
        {
            // The host is early by its timers, and its clock steps back while the board stands still: an answer never precedes its question.
            long arrivedAtUs = Math.Max(_board.Clock.RealUs, _lastPutAtUs), comesAtUs = _board.Radio.ReceiveAt(arrivedAtUs);
            _events.Enqueue((Run, arrivedAtUs), (comesAtUs, _eventNumber++));
            _tcp?.OnData(arrivedAtUs, comesAtUs);
        }
        _releaseChanged.Release();
        _eventAdded.Set();
        return Task.CompletedTask;
    }

    private Task OnDisconnected(MqttClientDisconnectedEventArgs disconnected)
    {
        lock (_lock)
        {
            if (!IsConnected || _isDisposed) return Task.CompletedTask;
            IsConnected = false;
            _isEnding = true;
        }
        void Run()
        {
            lock (_lock) _isEnding = false;
            ConnectionClosed?.Invoke(this, EventArgs.Empty);
        }
        lock (_lock) _events.Enqueue((Run, null), (_board.Clock.RealUs + (CloseMs * 1000), _eventNumber++));
        _eventAdded.Set();
        return Task.CompletedTask;
    }

    private Thread StartDispatcher() => _board.Run(() =>
    {
        while (true)
        {
            Action? action = null;
            long atUs;
            lock (_lock)
            {
                if (_isDisposed) return;
                bool hasEvent = _events.TryPeek(out _, out var due);
                atUs = hasEvent ? due.AtUs : long.MaxValue;
                if (hasEvent && atUs <= _board.Clock.RealUs) action = _events.Dequeue().Run;
            }
            if (action == null)
            {
                _board.ThrowIfStopped();
                long restUs = Math.Min(atUs - _board.Clock.RealUs, 50_000);
                _eventAdded.WaitOne((int)Math.Max(1, (restUs + 999) / 1000));
                continue;
            }
            _board.Clock.ResumeAt(atUs);
            Dispatch(action);
        }
    });

    private void Dispatch(Action action)
    {
        try
        {
            action();
        }
        catch (PowerOffException)
        {
            throw;
        }
        catch (Exception)
        {
            // An exception in a handler ends the connection.
            _client?.Dispose();
            OnDisconnected(null!);
        }
    }

    private void KillSoon(MQTTnet.IMqttClient client) => _ = Task.Run(async () =>
    {
        await Task.Delay(CloseMs);
        client.Dispose();
        await OnDisconnected(null!);
    });

    private void Release()
    {
        lock (_lock) _isDisposed = true;
        _board.Stopping -= Release;
        _eventAdded.Set();
        _onAir.Writer.TryComplete();
        _client?.Dispose();
        _client = null;
        _connectionMemory?.Dispose();
        _clientMemory?.Dispose();
        _releaseChanged.Release();
    }
}
