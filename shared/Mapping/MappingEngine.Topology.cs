// What an engine reads in the adverts of others, and what its node advertises itself: the lower envelope of the costs within its
// reach, each line with its path. Star, chain, tree and mesh follow from the same rule. Our own design, not the paper's.

using Crime.Frames;

namespace Crime.Mapping;

public sealed partial class MappingEngine
{
    /// <summary>Picks the place for a request that came from another node: never one that it has been to.</summary>
    /// <param name="length">Its length in timesteps.</param>
    /// <param name="localWaitUs">How long it would wait here.</param>
    /// <param name="request">The request, for the nodes that it has visited.</param>
    /// <param name="nowUs">The time.</param>
    /// <returns>A candidate's index, or <see cref="DecisionTable.Local"/>.</returns>
    public int ChooseFor(int length, int localWaitUs, RequestFrame request, long nowUs)
    {
        lock (_lock)
        {
            Begin(nowUs);
            int bucket = _table.Bucket(length), choice = DecisionTable.Local, best = int.MaxValue;
            if (_localTime != null) best = _table.LocalCost(bucket) + _table.ComputeCost(localWaitUs);
            if (request.VisitedCount >= RequestFrame.MaxVisited) return choice;
            for (Route route = _routes; route != null; route = route.Next)
            {
                int cost = CostAway(bucket, DecisionTable.TimeUs(route, bucket, _tick));
                if (cost >= best || request.HasVisited(_candidates[route.Candidate].Key)) continue;
                best = cost;
                choice = route.Candidate;
            }
            return choice;
        }
    }

    /// <summary>Writes what this node advertises for the model.</summary>
    /// <param name="advert">Receives it; what it held before decides whether its version changes.</param>
    /// <param name="nowUs">The time.</param>
    public void FillAdvert(CostAdvert advert, long nowUs)
    {
        lock (_lock)
        {
            advert.Clear();
            if (_localTime != null) advert.AddOwn((uint)_localTime.Alpha, (uint)_localTime.Beta);
        }
    }

    /// <summary>Keeps of an advert what does not lead back here.</summary>
    private void TakeAdvert(GatewayCandidate gateway, CostAdvert advert, bool isNewSession)
    {
        gateway.Advert.RelayWaitUs = advert.RelayWaitUs;
        if (!isNewSession && advert.Version != 0 && advert.Version == gateway.Advert.Version) return;
        gateway.Advert.CopyFrom(advert);
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
            if (gateway.Relay == null) gateway.Relay = new Route(IndexOf(gateway.Id));
            _table.Fill(gateway.Relay.Row, advert.AlphaNs[i], advert.BetaUs[i], isFirst);
            isFirst = false;
        }
    }
}
