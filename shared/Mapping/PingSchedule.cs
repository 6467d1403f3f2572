// Which link is measured next: a ping per link at a time, and a loss when its answer does not come.

namespace Crime.Mapping;

/// <summary>The pings of a node. Guarded by the engine's lock.</summary>
internal sealed class PingSchedule
{
    // The next ping takes its number from the time.
    private const uint FromTime = uint.MaxValue;

    private readonly GatewayList _gateways;
    private uint _lastSequence;

    /// <summary>Makes a schedule without pings under way.</summary>
    /// <param name="gateways">The gateways.</param>
    /// <param name="sharesSession">True when another engine of the node may have sent pings with the same session.</param>
    public PingSchedule(GatewayList gateways, bool sharesSession)
    {
        _gateways = gateways;
        if (sharesSession) _lastSequence = FromTime;
    }

    /// <summary>Time in µs of the next call of <see cref="Take"/> that has something to do; <see cref="long.MaxValue"/> when no gateway serves.</summary>
    public long NextUs()
    {
        long nextUs = long.MaxValue;
        for (int i = 0; i < _gateways.Count; i++)
        {
            GatewayCandidate gateway = _gateways.Slots[i];
            long dueUs = gateway.PingSequence != 0 ? gateway.PingSentAtUs + MappingEngine.PingTimeoutUs + 1
                : _gateways.IsPinged(gateway) ? gateway.Link.NextPingUs : long.MaxValue;
            if (gateway.OverdueUntilUs != 0 && gateway.OverdueUntilUs < dueUs) dueUs = gateway.OverdueUntilUs;
            if (dueUs < nextUs) nextUs = dueUs;
        }
        return nextUs;
    }

    /// <summary>Counts the pings and the overdue requests that were not answered in time as losses.</summary>
    /// <returns>True when there was one.</returns>
    public bool ExpireOverdue(long nowUs)
    {
        bool hasLoss = false;
        for (int i = 0; i < _gateways.Count; i++)
        {
            GatewayCandidate gateway = _gateways.Slots[i];
            bool isPingLost = gateway.PingSequence != 0 && nowUs - gateway.PingSentAtUs > MappingEngine.PingTimeoutUs;
            if (!isPingLost && (gateway.OverdueUntilUs == 0 || nowUs < gateway.OverdueUntilUs)) continue;
            if (isPingLost) gateway.PingSequence = 0;
            gateway.OverdueUntilUs = 0;
            gateway.Link.OnLoss(nowUs, _gateways.PingsRarely);
            hasLoss = true;
        }
        return hasLoss;
    }

    /// <summary>Finds a gateway to ping, and notes the ping as sent.</summary>
    /// <param name="nowUs">The time in µs.</param>
    /// <param name="isWanted">True to ping even when no link has to be measured. A suspect link gets no such ping.</param>
    /// <param name="airUs">Air time of the ping in µs.</param>
    /// <returns>The gateway with its <see cref="GatewayCandidate.PingSequence"/>; null when no ping is due.</returns>
    public GatewayCandidate Take(long nowUs, bool isWanted, int airUs)
    {
        for (int i = 0; i < _gateways.Count; i++)
        {
            GatewayCandidate gateway = _gateways.Slots[i];
            if (!gateway.IsServing || gateway.PingSequence != 0) continue;
            bool isDue = _gateways.IsPinged(gateway) && gateway.Link.PingIsDue(nowUs);
            if (!isDue && (!isWanted || gateway.Link.IsSuspect)) continue;
            // The pong to an earlier engine may be on its way. That engine has sent fewer pings than microseconds have passed.
            if (_lastSequence == FromTime) _lastSequence = (uint)nowUs;
            // 0 stands for no ping.
            if (++_lastSequence == 0) _lastSequence = 1;
            gateway.PingSequence = _lastSequence;
            gateway.PingSentAtUs = nowUs;
            gateway.PingAirUs = airUs;
            return gateway;
        }
        return null;
    }

    /// <summary>Takes the ping that a sequence number belongs to.</summary>
    /// <returns>The gateway; null when no such ping is under way.</returns>
    public GatewayCandidate Complete(uint sequence)
    {
        for (int i = 0; i < _gateways.Count; i++)
        {
            GatewayCandidate gateway = _gateways.Slots[i];
            if (gateway.PingSequence == 0 || gateway.PingSequence != sequence) continue;
            gateway.PingSequence = 0;
            return gateway;
        }
        return null;
    }
}
