using System;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;

namespace Crime.Gateway.Tests.Running;

/// <summary>A way to a TCP server that takes its time: every byte arrives so much later, in either direction, in order.</summary>
internal sealed class DelayingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<TcpClient> _sockets = [];
    private readonly int _serverPort;
    private readonly int _delayMs;

    private DelayingProxy(int serverPort, int delayMs)
    {
        _serverPort = serverPort;
        _delayMs = delayMs;
        _listener.Start();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public static DelayingProxy Start(int serverPort, int delayMs)
    {
        var proxy = new DelayingProxy(serverPort, delayMs);
        _ = proxy.AcceptAsync();
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        foreach (TcpClient socket in _sockets) socket.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The end.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        var server = new TcpClient { NoDelay = true };
        client.NoDelay = true;
        _sockets.Add(client);
        _sockets.Add(server);
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _serverPort, _stop.Token);
            await Task.WhenAny(CopyAsync(client, server), CopyAsync(server, client));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // The server is not there.
        }
        client.Dispose();
        server.Dispose();
    }

    private async Task CopyAsync(TcpClient from, TcpClient to)
    {
        var way = Channel.CreateUnbounded<(long DueMs, byte[] Bytes)>();
        Task arriving = ArriveAsync(way.Reader, to);
        var buffer = new byte[64 * 1024];
        try
        {
            int count;
            while ((count = await from.GetStream().ReadAsync(buffer, _stop.Token)) > 0)
                way.Writer.TryWrite((Environment.TickCount64 + _delayMs, buffer[..count]));
        }
        catch (Exception e) when (e is System.IO.IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // One of both ends has closed.
        }
        way.Writer.Complete();
        await arriving;
    }

    private async Task ArriveAsync(ChannelReader<(long DueMs, byte[] Bytes)> way, TcpClient to)
    {
        try
        {
            await foreach (var (dueMs, bytes) in way.ReadAllAsync(_stop.Token))
            {
                long leftMs = dueMs - Environment.TickCount64;
                if (leftMs > 0) await Task.Delay((int)leftMs, _stop.Token);
                await to.GetStream().WriteAsync(bytes, _stop.Token);
            }
        }
        catch (Exception e) when (e is System.IO.IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // One of both ends has closed.
        }
    }
}
