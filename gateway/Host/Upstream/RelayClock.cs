// Runs the relay of the gateway's core: the connections to upstreams, and the clock of time-outs and pings.

using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Gateway.Core;
using Crime.Gateway.Core.Relaying;
using Crime.Gateway.Counting;
using Crime.Gateway.Diagnostics;
using Crime.Gateway.Signals;
using Crime.Gateway.Timing;
using Microsoft.Extensions.Logging;

namespace Crime.Gateway.Upstream;

/// <summary>The driver of the relay; does nothing without upstreams.</summary>
public sealed class RelayClock : IDisposable
{
    private const int BusyTickMs = 5;
    private const int IdleTickMs = 100;
    private const int DrainPollMs = 10;

    private readonly Relay? _relay;
    private readonly UpstreamLink[] _links = [];
    private readonly DriverSignals _signals;
    private readonly GatewayCounters _counters;
    private readonly TimeProvider _time;
    private readonly ILogger<RelayClock> _log;
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    /// <summary>Makes a relay that is not connected yet.</summary>
    /// <param name="core">Its relay decides.</param>
    /// <param name="routes">The upstreams.</param>
    /// <param name="signals">Report that the clock has to tick sooner.</param>
    /// <param name="counters">Count malformed frames and faults.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logs">Make the logs of the connections.</param>
    public RelayClock(
        GatewayCore core, UpstreamRoutes routes, DriverSignals signals, GatewayCounters counters, TimeProvider time, ILoggerFactory logs)
    {
        _relay = core.Relay;
        _signals = signals;
        _counters = counters;
        _time = time;
        _log = logs.CreateLogger<RelayClock>();
        if (_relay is not { } relay) return;
        _links = routes.All.Select(route => new UpstreamLink(route, routes.NodeId, relay, counters, time, logs.CreateLogger<UpstreamLink>())).ToArray();
    }

    /// <summary>Connections to brokers of upstreams.</summary>
    public int LinkCount => _links.Length;

    /// <summary>Those of them that exist at this moment.</summary>
    public int ConnectedCount => _links.Count(link => link.IsConnected);

    /// <summary>Begins to connect.</summary>
    public void Start()
    {
        if (_relay == null) return;
        foreach (UpstreamLink link in _links) link.Start();
        _running = RunAsync(_relay, _stop.Token);
    }

    /// <summary>Waits for the requests in flight, and disconnects.</summary>
    /// <param name="drainMs">Longest wait in ms; no request is in flight for longer than <see cref="RelayEngine.MaxWaitUs"/>.</param>
    public async Task StopAsync(int drainMs)
    {
        if (_relay == null) return;
        long endUs = _time.NowUs() + 1000L * drainMs;
        while (_relay.InFlightCount > 0 && _time.NowUs() < endUs) await Task.Delay(DrainPollMs);
        await _stop.CancelAsync();
        await _running;
        await Task.WhenAll(_links.Select(link => link.StopAsync()));
        _relay.Abandon(_time.NowUs());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (UpstreamLink link in _links) link.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync(Relay relay, CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await _signals.Relay.WaitAsync(relay.InFlightCount > 0 ? BusyTickMs : IdleTickMs, cancellation);
                Tick(relay);
            }
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }
    }

    private void Tick(Relay relay)
    {
        try
        {
            relay.OnClock(_time.NowUs());
        }
        catch (Exception e)
        {
            _counters.Faults.Increment();
            _log.Fault(e);
        }
    }
}
