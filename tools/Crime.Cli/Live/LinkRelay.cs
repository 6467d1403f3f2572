// A TCP port that leads to another one as over a worse network: every connection through it has the delays, stalls and outages
// of a link. Bytes stay whole and in order, as TCP promises.

using System;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Boards;

namespace Crime.Cli.Live;

/// <summary>Relays TCP connections from a free port of this machine until it is disposed of.</summary>
internal sealed class LinkRelay : IAsyncDisposable
{
    private const string Host = "127.0.0.1";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Task, bool> _connections = [];
    private readonly BrokerEndpoint _target;
    private readonly ILinkConditions _conditions;
    private readonly Task _accepting;

    /// <summary>Opens the port.</summary>
    /// <param name="target">Where it leads to.</param>
    /// <param name="conditions">What happens on the way, in both directions.</param>
    public LinkRelay(BrokerEndpoint target, ILinkConditions conditions)
    {
        _target = target;
        _conditions = conditions;
        _listener.Start();
        Endpoint = new BrokerEndpoint(Host, ((IPEndPoint)_listener.LocalEndpoint).Port);
        _accepting = AcceptAsync();
    }

    /// <summary>The port.</summary>
    public BrokerEndpoint Endpoint { get; }

    /// <summary>By how much this machine was late to hand bytes on.</summary>
    public Lateness Lateness { get; } = new();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections.Keys);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket near;
            try
            {
                near = await _listener.AcceptSocketAsync(_stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                continue;
            }
            Task connection = new RelayConnection(near, _target, _conditions, Lateness).RunAsync(_stop.Token);
            _connections[connection] = true;
            _ = connection.ContinueWith(ended => _connections.TryRemove(ended, out _), TaskScheduler.Default);
        }
    }
}
