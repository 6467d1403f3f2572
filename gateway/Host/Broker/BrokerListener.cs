// Accepts the connections of the embedded broker. MQTTnet's own listener knows no limits; this one has them.

using System;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Crime.Gateway.Configuration;
using Crime.Gateway.Diagnostics;
using Microsoft.Extensions.Logging;
using MQTTnet.Adapter;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Formatter;
using MQTTnet.Implementations;
using MQTTnet.Server;

namespace Crime.Gateway.Broker;

/// <summary>Listens on the broker's port.</summary>
public sealed class BrokerListener : IMqttServerAdapter
{
    private const int AcceptBacklog = 128;
    private const int AcceptRetryMs = 100;
    private const int WriterBufferSize = 4096;

    private readonly BrokerOptions _options;
    private readonly BrokerConnections _connections;
    private readonly ILogger<EmbeddedBroker> _log;
    private readonly CancellationTokenSource _stop = new();
    private Socket? _socket;
    private Task _accepting = Task.CompletedTask;
    private readonly ConnectionLimits _limits;

    /// <summary>Makes a listener that does not listen yet.</summary>
    /// <param name="options">The address.</param>
    /// <param name="connections">Receives the accepted connections.</param>
    /// <param name="limits">The bounds.</param>
    /// <param name="log">Receives the errors of connections.</param>
    public BrokerListener(BrokerOptions options, BrokerConnections connections, ConnectionLimits limits, ILogger<EmbeddedBroker> log)
    {
        _limits = limits;
        _connections = connections;
        _options = options;
        _log = log;
    }

    /// <inheritdoc/>
    public Func<IMqttChannelAdapter, Task>? ClientHandler { get; set; }

    /// <inheritdoc/>
    /// <exception cref="StartupException">The port cannot be had.</exception>
    public Task StartAsync(MqttServerOptions options, IMqttNetLogger logger)
    {
        _socket = Listen();
        _accepting = AcceptAsync(_socket, _stop.Token);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        _socket?.Dispose();
        await _accepting;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket?.Dispose();
        _stop.Dispose();
    }

    private Socket Listen()
    {
        IPAddress address = _options.Host.Length > 0 ? IPAddress.Parse(_options.Host)
            : Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
            socket.Bind(new IPEndPoint(address, _options.Port));
            socket.Listen(AcceptBacklog);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            string reason = e.SocketErrorCode == SocketError.AddressAlreadyInUse ? "the port is in use" : e.Message;
            throw new StartupException(
                $"the embedded broker cannot listen on port {_options.Port}: {reason} "
                + $"(choose with --{Settings.BrokerPort.Name} and --{Settings.BrokerHost.Name})", e);
        }
    }

    private async Task AcceptAsync(Socket listening, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                Socket socket = await listening.AcceptAsync(cancellation);
                if (_limits.TryOpen(ConnectionLimits.AddressOf(socket.RemoteEndPoint), socket.Dispose) is { } place) _ = ServeAsync(socket, place);
                else socket.Dispose();
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                // Out of file descriptors, most likely: without a pause this loop would spin.
                _log.AcceptFailed(e.Message);
                await Task.Delay(AcceptRetryMs, CancellationToken.None);
            }
        }
    }

    private async Task ServeAsync(Socket socket, ConnectionPlace place)
    {
        NamedConnection? connection = null;
        using var connectTimer = new Timer(_ => socket.Dispose(), null, ConnectionLimits.ConnectWithinMs, Timeout.Infinite);
        try
        {
            socket.NoDelay = true;
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            await using var stream = new NetworkStream(socket, ownsSocket: false);
            using var tcp = new MqttTcpChannel(stream, socket.LocalEndPoint, socket.RemoteEndPoint, clientCertificate: null);
            using var channel = new SizeLimitedChannel(tcp, EmbeddedBroker.MaxPacketSize);
            var formatter = new MqttPacketFormatterAdapter(new MqttBufferWriter(WriterBufferSize, EmbeddedBroker.MaxPacketSize));
            using var adapter = new MqttChannelAdapter(channel, formatter, MqttNetNullLogger.Instance);
            // One write per message is one TCP segment: for a board's radio half the packets.
            adapter.AllowPacketFragmentation = false;
            Func<IMqttChannelAdapter, Task>? handler = ClientHandler;
            connection = new NamedConnection(adapter, _connections, place);
            connection.Named += () =>
            {
                connectTimer.Change(Timeout.Infinite, Timeout.Infinite);
                _limits.OnNamed(place);
            };
            if (handler != null) await handler(connection);
        }
        catch (Exception e)
        {
            // Whatever a stranger's connection ends with, it is the connection's end and nothing else.
            _log.ConnectionFaulted(e.Message);
        }
        finally
        {
            // Disposing it takes it out of the table of connections: without that, every client id is kept for ever.
            connection?.Dispose();
            _limits.OnClosed(place);
            socket.Dispose();
        }
    }
}
