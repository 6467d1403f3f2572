// The far end of the relay's tests: sends back what it gets, and says goodbye when its peer has.

using System;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using Crime.Cli.Boards;

namespace Crime.Cli.Tests.Live;

/// <summary>An echo on a free port.</summary>
internal sealed class EchoServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public EchoServer()
    {
        _listener.Start();
        Endpoint = new BrokerEndpoint("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port);
        _ = AcceptAsync();
    }

    public BrokerEndpoint Endpoint { get; }

    /// <summary>Connections that were accepted.</summary>
    public ConcurrentQueue<Socket> Connections { get; } = [];

    public void Dispose()
    {
        _listener.Dispose();
        foreach (Socket connection in Connections) connection.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptSocketAsync();
                Connections.Enqueue(socket);
                _ = EchoAsync(socket);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static async Task EchoAsync(Socket socket)
    {
        try
        {
            var bytes = new byte[4096];
            for (int count; (count = await socket.ReceiveAsync(bytes)) > 0;)
                for (int sent = 0; sent < count;) sent += await socket.SendAsync(bytes.AsMemory(sent, count - sent));
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer is gone.
        }
    }
}
