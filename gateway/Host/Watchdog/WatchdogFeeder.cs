// Feeds systemd's watchdog (WatchdogSec= in the unit) while the gateway shows signs of life. systemd kills and restarts a service that
// is silent for longer.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using Crime.Gateway.Configuration;
using Crime.Gateway.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;

namespace Crime.Gateway.Watchdog;

/// <summary>Judges the gateway periodically, and notifies systemd. Without systemd the verdict is for <c>/healthz</c> and the log.</summary>
public sealed class WatchdogFeeder : BackgroundService
{
    private const int MaxPeriodMs = 1000;

    // So often within a limit that it is kept to within an eighth, and that a late timer costs nothing.
    private const int LooksPerLimit = 8;

    private static readonly ServiceState s_alive = new("WATCHDOG=1");

    private readonly GatewayPulse _pulse;
    private readonly CancellationToken _started;
    private readonly ISystemdNotifier? _systemd;
    private readonly TimeSpan _period;
    private readonly bool _isFeeding;
    private readonly ILogger<WatchdogFeeder> _log;

    /// <summary>Makes a feeder.</summary>
    /// <param name="options">The limits.</param>
    /// <param name="pulse">The signs of life.</param>
    /// <param name="host">Reports that the gateway has started.</param>
    /// <param name="log">For what goes wrong.</param>
    /// <param name="notifiers">systemd, or none.</param>
    public WatchdogFeeder(
        GatewayOptions options, GatewayPulse pulse, IHostApplicationLifetime host, ILogger<WatchdogFeeder> log,
        IEnumerable<ISystemdNotifier> notifiers)
    {
        _pulse = pulse;
        _started = host.ApplicationStarted;
        _log = log;
        foreach (ISystemdNotifier notifier in notifiers) _systemd = notifier;
        int? limitMs = LimitMs(Environment.GetEnvironmentVariable);
        _isFeeding = _systemd is { IsEnabled: true } && limitMs != null;
        int shortestMs = Math.Min(options.Watchdog.StallMs, options.Watchdog.LinkDownMs);
        if (_isFeeding) shortestMs = Math.Min(shortestMs, limitMs!.Value);
        _period = TimeSpan.FromMilliseconds(Math.Clamp(shortestMs / LooksPerLimit, 1, MaxPeriodMs));
    }

    /// <summary>Longest time in ms that systemd allows between two signs of life, as in sd_watchdog_enabled(3).</summary>
    /// <param name="variable">Reads a variable of the environment.</param>
    /// <returns>Null when it does not watch this process.</returns>
    public static int? LimitMs(Func<string, string?> variable)
    {
        string? process = variable("WATCHDOG_PID");
        bool isMeant = string.IsNullOrEmpty(process) || process == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        bool isNumber = long.TryParse(variable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out long limitUs);
        return isMeant && isNumber && limitUs > 0 ? (int)Math.Min(Math.Max(limitUs / 1000, 1), int.MaxValue) : null;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            // Until then the link does not try, and systemd waits for READY by another clock.
            await StartedAsync(stoppingToken);
            using var timer = new PeriodicTimer(_period);
            do Look();
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }
    }

    private async Task StartedAsync(CancellationToken stopping)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registration = _started.Register(started.SetResult);
        await started.Task.WaitAsync(stopping);
    }

    private void Look()
    {
        bool wasWell = _pulse.Trouble == null;
        string? trouble = _pulse.Look();
        if (trouble == null && _isFeeding) _systemd!.Notify(s_alive);
        if (trouble != null && wasWell) _log.Wedged(trouble);
        if (trouble == null && !wasWell) _log.Unwedged();
    }
}
