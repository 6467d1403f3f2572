// The statuses of a simulated gateway, and those of its upstreams.

using System;
using Crime.Gateway.Core.Actions;
using Crime.Simulation.Events;

namespace Crime.Simulation.World;

internal sealed partial class GatewayDriver
{
    /// <summary>The statuses that it has published.</summary>
    public StatusLog Log { get; }

    /// <summary>The slow statuses that it has published.</summary>
    public StatusLog RegimeLog { get; }

    /// <inheritdoc/>
    public void PublishStatus(in StatusPublication publication)
    {
        Log.Add(publication.Status, _clockUs);
        if (publication.Regime is { } regime) RegimeLog.Add(regime, _clockUs);
        foreach (GatewayDriver downstream in _downstreams) downstream.ScheduleReading(this);
    }

    private void ScheduleReading(GatewayDriver upstream)
    {
        if (_isReadingScheduled) return;
        _isReadingScheduled = true;
        double wayUs = Links.StatusWayUs(Array.IndexOf(_upstreamIds, upstream.Node.Id));
        _world.Events.Add(NowUs + 1 + (long)wayUs, EventKind.UpstreamStatus, Index);
    }

    /// <summary>Reports the statuses of the upstreams that have arrived.</summary>
    private void ReadUpstreams()
    {
        for (int slot = 0; slot < Links.Count; slot++)
        {
            if (Links.IsDown(slot)) continue;
            GatewayDriver upstream = Links.GatewayAt(slot);
            double wayUs = Links.StatusWayUs(slot);
            upstream.Beat();
            while (Links.ReadStatus(slot, NowUs - wayUs, out long atUs) is { } status)
                _core.Relay!.OnStatus(upstream.Node.Id, status, (long)(atUs + wayUs));
        }
    }
}
