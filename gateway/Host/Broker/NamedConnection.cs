// A connection to the embedded broker as the broker shall see it. It lets clients in that give no id, as mosquitto_sub does: MQTT
// 3.1.1 lets the broker invent one, MQTTnet does so for version 5 only. And it keeps packets away that would cost the broker too
// much; here and not in MQTTnet's interceptors, which make an object for every packet.

using System;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using MQTTnet.Adapter;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Crime.Gateway.Broker;

/// <summary>A connection whose client has an id in any case.</summary>
public sealed class NamedConnection : IMqttChannelAdapter
{
    /// <summary>Topic of a message that marks a place in a client's queue and is never written to its connection.</summary>
    public const string MarkTopic = "$mark";

    private const int RandomSize = 8;

    private readonly IMqttChannelAdapter _inner;
    private readonly BrokerConnections _connections;
    private string _clientId = "";
    private int _keepAliveS;
    private bool _isKeepAliveForced;
    private long _receivedAtMs = Environment.TickCount64;
    private volatile Task _sending = Task.CompletedTask;

    /// <summary>Names the client of a connection.</summary>
    /// <param name="inner">The connection; disposed of with this object.</param>
    /// <param name="connections">Knows this one once it has been accepted.</param>
    /// <param name="place">Its place among the connections that are counted.</param>
    public NamedConnection(IMqttChannelAdapter inner, BrokerConnections connections, ConnectionPlace place)
    {
        Place = place;
        _inner = inner;
        _connections = connections;
    }

    /// <summary>The terms on which it was admitted; null before that.</summary>
    public Admission? Admission { get; set; }

    /// <summary>Its place among the connections that are counted.</summary>
    public ConnectionPlace Place { get; }

    /// <summary>Raised when its CONNECT has been received.</summary>
    public event Action? Named;

    /// <summary>True when it has been silent for longer than MQTT allows: one and a half times its keep-alive.</summary>
    /// <param name="nowMs">The present time of <see cref="Environment.TickCount64"/>, which no clock setting changes.</param>
    public bool IsSilent(long nowMs) => _keepAliveS > 0 && nowMs - Interlocked.Read(ref _receivedAtMs) > _keepAliveS * 1500L;

    /// <inheritdoc/>
    public long BytesReceived => _inner.BytesReceived;

    /// <inheritdoc/>
    public long BytesSent => _inner.BytesSent;

    /// <inheritdoc/>
    public X509Certificate2 ClientCertificate => _inner.ClientCertificate;

    /// <inheritdoc/>
    public EndPoint RemoteEndPoint => _inner.RemoteEndPoint;

    /// <inheritdoc/>
    public EndPoint LocalEndPoint => _inner.LocalEndPoint;

    /// <inheritdoc/>
    public bool IsSecureConnection => _inner.IsSecureConnection;

    /// <inheritdoc/>
    public MqttPacketFormatterAdapter PacketFormatterAdapter => _inner.PacketFormatterAdapter;

    /// <summary>An id that no node has chosen.</summary>
    public static string NewId() => "anonymous-" + Convert.ToHexString(RandomNumberGenerator.GetBytes(RandomSize));

    /// <inheritdoc/>
    public Task ConnectAsync(CancellationToken cancellationToken) => _inner.ConnectAsync(cancellationToken);

    /// <inheritdoc/>
    public Task DisconnectAsync(CancellationToken cancellationToken) => _inner.DisconnectAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task<MqttPacket> ReceivePacketAsync(CancellationToken cancellationToken)
    {
        MqttPacket packet;
        // An alias would make the server keep 65535 topics of any length for every client: such messages are not taken.
        do packet = await _inner.ReceivePacketAsync(cancellationToken);
        while (packet is MqttPublishPacket { TopicAlias: > 0 });
        Interlocked.Exchange(ref _receivedAtMs, Environment.TickCount64);
        // A session that is to be kept needs an id that the client knows.
        bool isNameless = packet is MqttConnectPacket { CleanSession: true } asking && string.IsNullOrEmpty(asking.ClientId);
        if (isNameless && PacketFormatterAdapter.ProtocolVersion == MqttProtocolVersion.V311) ((MqttConnectPacket)packet).ClientId = NewId();
        // The server ends a connection with a second CONNECT.
        if (packet is MqttConnectPacket connect) OnConnect(connect);
        return packet;
    }

    /// <inheritdoc/>
    public void ResetStatistics() => _inner.ResetStatistics();

    /// <inheritdoc/>
    public Task SendPacketAsync(MqttPacket packet, CancellationToken cancellationToken)
    {
        // What was sent past the queue is before the mark, too.
        if (packet is MqttPublishPacket { Topic: MarkTopic }) return _sending;
        if (packet is MqttConnAckPacket accepted)
        {
            accepted.TopicAliasMaximum = 0;
            accepted.MaximumPacketSize = EmbeddedBroker.MaxPacketSize;
            if (_isKeepAliveForced) accepted.ServerKeepAlive = (ushort)_keepAliveS;
            if (accepted.ReasonCode == MqttConnectReasonCode.Success && _clientId.Length > 0) _connections.Add(_clientId, this);
        }
        return _inner.SendPacketAsync(packet, cancellationToken);
    }

    /// <summary>Writes a message to the socket, past the client's queue.</summary>
    /// <returns>False while an earlier message has not left yet: this one belongs into the queue, which is bounded.</returns>
    public bool TrySendNow(MqttPublishPacket packet)
    {
        if (!_sending.IsCompleted) return false;
        Task sending = _inner.SendPacketAsync(packet, CancellationToken.None);
        if (!sending.IsCompletedSuccessfully) _sending = ObserveAsync(sending);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _connections.Remove(_clientId, this);
        _inner.Dispose();
    }

    /// <summary>
    /// The server measures silence by the time of day. It gets no keep-alive, and <see cref="IsSilent"/> replaces its watch. Every connection has one: a silent one
    /// would hold its place for ever.
    /// </summary>
    private void OnConnect(MqttConnectPacket connect)
    {
        if (connect.ClientId is { } clientId) _clientId = clientId;
        _isKeepAliveForced = connect.KeepAlivePeriod is 0 or > ConnectionLimits.MaxKeepAliveS;
        _keepAliveS = _isKeepAliveForced ? ConnectionLimits.MaxKeepAliveS : connect.KeepAlivePeriod;
        connect.KeepAlivePeriod = 0;
        Named?.Invoke();
    }

    private static async Task ObserveAsync(Task sending)
    {
        try
        {
            await sending;
        }
        catch (Exception)
        {
            // The connection has ended; the server notices by its own reading.
        }
    }
}
