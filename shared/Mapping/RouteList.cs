// The usable routes, with what changes from moment to moment: round trips, waits and their growth. Decisions read the list; messages and
// time refresh it.

using Crime.Costs;

namespace Crime.Mapping;

/// <summary>The usable routes of a node. Guarded by the engine's lock.</summary>
internal sealed class RouteList
{
    // Routes are refreshed at least this often, so that no product of growth and ticks exceeds 32 bits.
    private const int MaxRefreshUs = 10_000_000;

    // A tick is 1024 µs.
    private const int TickBits = 10;

    /// <summary>The first usable route; null when there is none.</summary>
    public Route First;

    /// <summary>True while answers come at known beacons. Round trips then leave the wait for a beacon out; each decision adds it.</summary>
    public bool AreAtBeacons;

    /// <summary>Extra cost of the radio's wake-up; null while the radio is on. Set by the engine.</summary>
    public RadioCost RadioUp;

    private readonly GatewayList _gateways;
    private readonly BeaconSchedule _schedule;
    private long _refreshedAtUs;
    private long _refreshUntilUs = long.MinValue;

    /// <summary>Makes an empty list.</summary>
    /// <param name="gateways">The gateways.</param>
    /// <param name="schedule">The beacons of a radio in modem sleep; null for a link without modem sleep.</param>
    public RouteList(GatewayList gateways, BeaconSchedule schedule)
    {
        _gateways = gateways;
        _schedule = schedule;
    }

    /// <summary>The ticks since the last refresh; refreshes the routes first when they are too old.</summary>
    /// <param name="objective">The objective, whose margins are part of the routes.</param>
    /// <param name="nowUs">The time in µs.</param>
    public int TickAt(Objective objective, long nowUs)
    {
        if (nowUs > _refreshUntilUs) Refresh(objective, nowUs);
        // A message that was handled while the caller was on its way here may be newer than the caller's clock.
        return nowUs <= _refreshedAtUs ? 0 : (int)((nowUs - _refreshedAtUs) >> TickBits);
    }

    /// <summary>Makes the list again for the time of the last refresh: the objective has changed.</summary>
    public void Refresh(Objective objective) => Refresh(objective, _refreshedAtUs);

    /// <summary>Makes the list again.</summary>
    /// <param name="objective">The objective, whose margins are part of the routes.</param>
    /// <param name="nowUs">The time in µs.</param>
    public void Refresh(Objective objective, long nowUs)
    {
        _refreshedAtUs = nowUs;
        _refreshUntilUs = nowUs + MaxRefreshUs;
        First = null;
        AreAtBeacons = ComeAtBeacons(nowUs);
        bool isRadioOn = RadioUp == null;
        for (int i = _gateways.Count - 1; i >= 0; i--)
        {
            GatewayCandidate gateway = _gateways.Slots[i];
            if (!(isRadioOn ? gateway.IsUsable(nowUs) : gateway.WasUsable)) continue;
            long expiryUs = gateway.StatusUntilUs;
            if (isRadioOn && expiryUs < _refreshUntilUs) _refreshUntilUs = expiryUs;
            if (gateway.IsRelaying)
            {
                uint waitUs = gateway.Advert.RelayWaitUs;
                Prepend(gateway.Relay, objective, waitUs > QueueForecast.MaxUs ? QueueForecast.MaxUs : (int)waitUs, 0);
            }
            // While the radio is off the wait stays as it was.
            if (gateway.OwnSegment >= 0)
            {
                // The report was on its way here as long as the request will be on its way there.
                int waitUs = gateway.Queue.StartUs(isRadioOn ? nowUs + gateway.Link.RttUs : nowUs);
                Prepend(gateway.Own, objective, waitUs, isRadioOn ? gateway.Queue.GrowthPerTick : 0);
            }
        }
    }

    private void Prepend(Route route, Objective objective, int waitUs, int growthUsPerTick)
    {
        GatewayCandidate gateway = route.Gateway;
        LinkEstimator link = gateway.Link;
        route.RoundTripUs = link.RttUs;
        // A mean within the minimum active time holds no wait for a beacon.
        if (AreAtBeacons && link.IsScheduleBetter) route.RoundTripUs = link.BaseUs;
        else if (AreAtBeacons && link.RttUs >= _schedule.MinActiveUs) route.RoundTripUs -= _schedule.IntervalUs >> 1;
        if (route.RoundTripUs < 0) route.RoundTripUs = 0;
        int deviationUs = AreAtBeacons && link.IsScheduleBetter ? link.ScheduleErrorUs : link.DeviationUs;
        int marginUs = objective.MarginUs(route == gateway.Own ? deviationUs + gateway.Queue.DeviationUs : deviationUs);
        route.SlackUs = AreAtBeacons ? int.MaxValue : objective.DeadlineMs * 1000 - marginUs;
        if (AreAtBeacons) route.RoundTripUs += marginUs;
        route.StartUs = waitUs;
        route.GrowthUsPerTick = growthUsPerTick;
        route.Next = First;
        First = route;
    }

    /// <summary>Returns true when answers come at beacons, and the beacons have predicted them better than the mean.</summary>
    private bool ComeAtBeacons(long nowUs)
    {
        if (_schedule == null || RadioUp != null || !_schedule.IsKnown(nowUs)) return false;
        for (int i = 0; i < _gateways.Count; i++)
            if (_gateways.Slots[i].IsUsable(nowUs) && _gateways.Slots[i].Link.IsScheduleBetter) return true;
        return false;
    }
}
