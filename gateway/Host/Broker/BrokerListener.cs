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
    /// <summary>Most connections at a time; the next one is closed as soon as it is open.</summary>
    public const int MaxConnections = 1024;

    private const int AcceptBacklog = 128;
    private const int AcceptRetryMs = 100;
    private const int WriterBufferSize = 4096;

    private readonly BrokerOptions _options;
    private readonly BrokerConnections _connections;
    private readonly ILogger<EmbeddedBroker> _log;
    private readonly CancellationTokenSource _stop = new();
    private Socket? _socket;
    private Task _accepting = Task.CompletedTask;
    private int _connectionCount;

    /// <summary>Makes a listener that does not listen yet.</summary>
    public BrokerListener(BrokerOptions options, BrokerConnections connections, ILogger<EmbeddedBroker> log)
    {
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
                _ = ServeAsync(socket);
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

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            if (Interlocked.Increment(ref _connectionCount) > MaxConnections) return;
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
            // Disposing it takes it out of the table of connections: without that, every client id is kept for ever.
            using var connection = new NamedConnection(adapter, _connections);
            if (handler != null) await handler(connection);
        }
        catch (Exception e)
        {
            // Whatever a stranger's connection ends with, it is the connection's end and nothing else.
            _log.ConnectionFaulted(e.Message);
        }
        finally
        {
            Interlocked.Decrement(ref _connectionCount);
            socket.Dispose();
        }
    }
}
