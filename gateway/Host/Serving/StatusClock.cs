// Lets the gateway's core publish its statuses when they are due.

using System;
using System.Threading;
using System.Threading.Tasks;
using Crime.Gateway.Core;
using Crime.Gateway.Signals;
using Crime.Gateway.Timing;

namespace Crime.Gateway.Serving;

/// <summary>The loop that publishes statuses.</summary>
public sealed class StatusClock : IDisposable
{
    private const int UsPerMs = 1000;

    private readonly GatewayCore _core;
    private readonly DriverSignals _signals;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    /// <summary>Makes a clock that does not run yet.</summary>
    /// <param name="core">Publishes.</param>
    /// <param name="signals">Report that a status may be due sooner.</param>
    /// <param name="time">The clock.</param>
    public StatusClock(GatewayCore core, DriverSignals signals, TimeProvider time)
    {
        _core = core;
        _signals = signals;
        _time = time;
    }

    /// <summary>Starts the clock.</summary>
    public void Start() => _running = RunAsync(_stop.Token);

    /// <summary>Stops the clock; no status is published after this.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    private async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                _core.OnClock(_time.NowUs());
                long nextUs = _core.Schedule.NextLookUs, nowUs = _time.NowUs();
                // Rounded up, because a look that is too early finds nothing.
                int waitMs = nextUs <= nowUs ? 0 : (int)Math.Min((nextUs - nowUs + UsPerMs - 1) / UsPerMs, int.MaxValue);
                await _signals.Status.WaitAsync(waitMs, cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }
    }
}
