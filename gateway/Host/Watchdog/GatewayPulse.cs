// Reads the figures that the life signs are judged by.

using System;
using Crime.Gateway.Configuration;
using Crime.Gateway.Core;
using Crime.Gateway.Core.Liveness;
using Crime.Gateway.Serving;
using Crime.Gateway.Timing;

namespace Crime.Gateway.Watchdog;

/// <summary>The life signs of the running gateway. One thread looks; any thread may read the verdict.</summary>
public sealed class GatewayPulse
{
    private readonly LifeSigns _signs;
    private readonly GatewayCore _core;
    private readonly MqttLink _link;
    private readonly TimeProvider _time;

    /// <summary>Makes a pulse of a healthy gateway.</summary>
    /// <param name="options">The limits.</param>
    /// <param name="core">The queue.</param>
    /// <param name="link">The connection to the broker.</param>
    /// <param name="time">The clock.</param>
    public GatewayPulse(GatewayOptions options, GatewayCore core, MqttLink link, TimeProvider time)
    {
        _signs = new LifeSigns(options.Watchdog.StallMs, options.Watchdog.LinkDownMs);
        _core = core;
        _link = link;
        _time = time;
    }

    /// <summary>The problem as of the last look, for people; null while the gateway is healthy.</summary>
    public string? Trouble => _signs.Trouble;

    /// <summary>Judges the gateway.</summary>
    /// <returns><see cref="Trouble"/>.</returns>
    public string? Look() => _signs.Look(_core.Queue.TakenCount, _core.Queue.Depth, _link.IsConnected, _time.NowUs());
}
