// What an engine reads in the adverts of others, and what its node advertises itself: the lower envelope of the costs within its
// reach, each line with its path. Star, chain, tree and mesh follow from the same rule. Our own design, not the paper's.

using Crime.Costs;
using Crime.Frames;

namespace Crime.Mapping;

public sealed partial class MappingEngine
{
    // Of a node that passes requests on; null on others.
    private readonly CostEnvelope _reach;
    private readonly Route[] _segmentRoutes;
    private readonly CostAdvert _told;
    private readonly CostAdvert _next;

    /// <summary>Picks the place for a request that came from another node: never one that it has been to.</summary>
    /// <param name="length">Its length in timesteps.</param>
    /// <param name="localWaitUs">How long it would wait here.</param>
    /// <param name="request">The request, for the nodes that it has visited.</param>
    /// <param name="tried">A bit per candidate, by index, that has had the request and not answered it.</param>
    /// <param name="nowUs">The time.</param>
    /// <returns>A candidate's index, or <see cref="DecisionTable.Local"/>.</returns>
    public int ChooseFor(int length, int localWaitUs, RequestFrame request, int tried, long nowUs)
    {
        lock (_lock)
        {
            Begin(nowUs);
            int bucket = _table.Bucket(length), choice = DecisionTable.Local, best = int.MaxValue;
            if (_localTime != null) best = _table.LocalCost(bucket) + _table.ComputeCost(localWaitUs);
            if (request.VisitedCount >= RequestFrame.MaxVisited) return choice;
            for (Route route = _routes; route != null; route = route.Next)
            {
                int cost = CostAway(bucket, DecisionTable.TimeUs(route, bucket, _tick), 0);
                if (cost >= best || (tried >> route.Candidate & 1) != 0 || request.HasVisited(_candidates[route.Candidate].Key)) continue;
                best = cost;
                choice = route.Candidate;
            }
            return choice;
        }
    }

    /// <summary>Writes what this node advertises for the model: its own line, and the best of what its gateways reach.</summary>
    /// <param name="advert">Receives it. Its version stays until a line or a path has changed noticeably.</param>
    /// <param name="nowUs">The time.</param>
    public void FillAdvert(CostAdvert advert, long nowUs)
    {
        lock (_lock)
        {
            Begin(nowUs);
            _reach.Clear();
            for (Route route = _routes; route != null; route = route.Next) AddReach(route);
            _reach.Reduce(_setup.LongestLength, CostAdvert.MaxSegments - (_localTime == null ? 0 : 1));
            int leastWaitUs = int.MaxValue;
            for (int i = 0; i < _reach.Count; i++)
                if (WaitBeyond(_reach.Tag(i)) < leastWaitUs) leastWaitUs = WaitBeyond(_reach.Tag(i));
            WriteNext(leastWaitUs);
            if (_next.IsNoticeablyOther(_told))
            {
                _next.Version = _told.Version == ushort.MaxValue ? 1 : _told.Version + 1;
                _told.CopyFrom(_next);
            }
            _told.RelayWaitUs = _next.RelayWaitUs;
            advert.CopyFrom(_told);
        }
    }

    /// <summary>Adds what lies at the end of a route, as long as it does not lead too far or back here.</summary>
    private void AddReach(Route route)
    {
        GatewayCandidate gateway = _candidates[route.Candidate];
        CostAdvert advert = gateway.Advert;
        if (gateway.Key == _nodeKey) return;
        for (int i = 0; i < advert.Count; i++)
        {
            if ((i == gateway.OwnSegment) != (route == gateway.Own)) continue;
            if (advert.PathCount[i] >= CostAdvert.MaxPathNodes || IsDenied(advert, i)) continue;
            int tag = route.Candidate * CostAdvert.MaxSegments + i;
            _segmentRoutes[tag] = route;
            CostLine line = new CostLine(advert.AlphaNs[i], advert.BetaUs[i]).Plus(_encodeTime).Plus(_transmitTime);
            _reach.Add(line.Alpha, Clamped((long)line.Beta + WaitBeyond(tag)), tag);
        }
    }

    /// <summary>
    /// Whether a node on a path says otherwise itself: what it tells of its ways is newer than what others tell of them. Without this, those
    /// who listen to each other tell each other of the way to a dead node for as many rounds as a path may have nodes.
    /// </summary>
    private bool IsDenied(CostAdvert advert, int segment)
    {
        for (int k = 0; k < advert.PathCount[segment]; k++)
        {
            for (int i = 0; i < _candidateCount; i++)
            {
                GatewayCandidate gateway = _candidates[i];
                if (gateway.Key != advert.PathKey(segment, k)) continue;
                if (!gateway.IsServing) return true;
                // One that cannot be heard at the moment may have changed its mind.
                if (gateway.Link.IsUsable && _decidedAtUs - gateway.StatusAtUs <= StatusExpiryUs && !gateway.Advert.HasEnd(advert, segment, k + 1)) return true;
            }
        }
        return false;
    }

    /// <summary>What a way costs at the moment beyond its line: link and queues, in µs.</summary>
    private int WaitBeyond(int tag) => DecisionTable.TimeUs(_segmentRoutes[tag], 0, _tick) - _segmentRoutes[tag].Row[0];

    private void WriteNext(int leastWaitUs)
    {
        _next.Clear();
        _next.RelayWaitUs = _reach.Count == 0 ? 0 : (uint)leastWaitUs;
        if (_localTime != null) _next.AddOwn((uint)_localTime.Alpha, (uint)_localTime.Beta);
        for (int i = 0; i < _reach.Count; i++)
        {
            int tag = _reach.Tag(i);
            GatewayCandidate gateway = _candidates[tag / CostAdvert.MaxSegments];
            int betaUs = _reach.BetaUs(i) - leastWaitUs;
            _next.AddVia((uint)_reach.AlphaNs(i), betaUs < 0 ? 0 : (uint)betaUs, gateway.Key, gateway.Advert, tag % CostAdvert.MaxSegments);
        }
    }

    private static int Clamped(long betaUs) => betaUs > CostLine.MaxBeta ? CostLine.MaxBeta : (int)betaUs;

    /// <summary>Keeps of an advert what does not lead back here.</summary>
    private void TakeAdvert(GatewayCandidate gateway, CostAdvert advert, bool isNewSession)
    {
        gateway.Advert.RelayWaitUs = advert.RelayWaitUs;
        // A version says that nothing has changed; without one the lines themselves say whether it is worth a new row.
        if (!isNewSession && advert.Version == gateway.Advert.Version && (advert.Version != 0 || !advert.IsNoticeablyOther(gateway.Advert))) return;
        gateway.Advert.CopyWithout(advert, _nodeKey);
        UseAdvert(gateway);
    }

    /// <summary>Fills the routes of a gateway from its advert.</summary>
    private void UseAdvert(GatewayCandidate gateway)
    {
        CostAdvert advert = gateway.Advert;
        gateway.OwnSegment = -1;
        bool isFirst = true;
        for (int i = 0; i < advert.Count; i++)
        {
            if (advert.PathCount[i] == 0)
            {
                gateway.OwnSegment = i;
                _table.Fill(gateway.Own.Row, advert.AlphaNs[i], advert.BetaUs[i], true);
                continue;
            }
            if (gateway.Relay == null) gateway.Relay = new Route(IndexOf(gateway.Id), new int[DecisionTable.BucketCount]);
            _table.Fill(gateway.Relay.Row, advert.AlphaNs[i], advert.BetaUs[i], isFirst);
            isFirst = false;
        }
    }
}
