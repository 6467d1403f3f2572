// The advert of a node that relays: its own cost line, and the lower envelope of the costs within its reach, each line with its path.
// Star, chain, tree and mesh follow from the same rule. Our own design, not the paper's.

using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;

namespace Crime.Gateway.Core.Relaying;

/// <summary>Writes the adverts of a gateway for the model of an engine. Thread-safe: it takes the engine's lock.</summary>
public sealed class AdvertBuilder
{
    private const int MaxReach = DecisionTable.MaxCandidates * CostAdvert.MaxSegments;

    private readonly MappingEngine _engine;
    private readonly GatewayList _gateways;
    private readonly NodeLines _lines;
    private readonly uint _nodeKey;
    private readonly int _longestLength;
    private readonly CostEnvelope _reach = new(MaxReach);
    private readonly Route[] _segmentRoutes = new Route[MaxReach];
    private readonly CostAdvert _published = new();
    private readonly CostAdvert _next = new();

    /// <summary>Makes a builder that has published nothing.</summary>
    /// <param name="engine">The engine: it knows the costs of this node and the gateways behind it.</param>
    /// <param name="nodeKey">The key of this node: paths that lead through it are left out.</param>
    /// <param name="longestLength">The longest length in timesteps for which the envelope must be right.</param>
    public AdvertBuilder(MappingEngine engine, uint nodeKey, int longestLength)
    {
        _engine = engine;
        _gateways = engine.Gateways;
        _lines = engine.Lines;
        _nodeKey = nodeKey;
        _longestLength = longestLength;
    }

    /// <summary>Writes the advert of this node for the model: its own line, and the best of the costs that its gateways reach.</summary>
    /// <param name="advert">Receives it. Its version stays until a line or a path has changed noticeably.</param>
    /// <param name="nowUs">The time in µs.</param>
    public void Fill(CostAdvert advert, long nowUs)
    {
        lock (_engine.Lock)
        {
            // The tick first: it refreshes routes that are too old.
            int tick = _engine.Rules.TickAt(nowUs);
            FillLocked(advert, tick, nowUs);
        }
    }

    private void FillLocked(CostAdvert advert, int tick, long nowUs)
    {
        _reach.Clear();
        for (Route? route = _engine.Routes.First; route != null; route = route.Next) AddReach(route, tick, nowUs);
        _reach.Reduce(_longestLength, CostAdvert.MaxSegments - (_lines.LocalTime == null ? 0 : 1));
        int leastWaitUs = int.MaxValue;
        for (int i = 0; i < _reach.Count; i++)
        {
            int waitUs = WaitBeyondUs(_reach.Tag(i), tick);
            if (waitUs < leastWaitUs) leastWaitUs = waitUs;
        }
        WriteNext(leastWaitUs);
        if (_next.IsNoticeablyOther(_published))
        {
            _next.Version = _published.Version == ushort.MaxValue ? 1 : _published.Version + 1;
            _published.CopyFrom(_next);
        }
        _published.RelayWaitUs = _next.RelayWaitUs;
        advert.CopyFrom(_published);
    }

    /// <summary>Adds the end of a route, unless it lies too far away or leads back here.</summary>
    private void AddReach(Route route, int tick, long nowUs)
    {
        GatewayCandidate gateway = route.Gateway;
        CostAdvert advert = gateway.Advert;
        if (gateway.Key == _nodeKey) return;
        int firstTag = _gateways.SlotOf(gateway) * CostAdvert.MaxSegments;
        for (int i = 0; i < advert.Count; i++)
        {
            if ((i == gateway.OwnSegment) != (route == gateway.Own)) continue;
            if (advert.PathCount[i] >= CostAdvert.MaxPathNodes || IsDenied(advert, i, nowUs)) continue;
            int tag = firstTag + i;
            _segmentRoutes[tag] = route;
            CostLine line = Sum(Sum(new CostLine(advert.AlphaNs[i], advert.BetaUs[i]), _lines.EncodeTime), _lines.TransmitTime);
            _reach.Add(line.AlphaNs, ClampedUs((long)line.BetaUs + WaitBeyondUs(tag, tick)), tag);
        }
    }

    /// <summary>
    /// Returns true when a node on a path contradicts the path. The advert of a node about its own ways is newer than the adverts of others
    /// about them. Without this rule, nodes that listen to each other repeat the way to a dead node for as many rounds as a path may have nodes.
    /// </summary>
    private bool IsDenied(CostAdvert advert, int segment, long nowUs)
    {
        for (int k = 0; k < advert.PathCount[segment]; k++)
        {
            for (int i = 0; i < _gateways.Count; i++)
            {
                GatewayCandidate gateway = _gateways.Slots[i];
                if (gateway.Key != advert.PathKey(segment, k)) continue;
                if (!gateway.IsServing) return true;
                // A gateway that is silent at the moment may have changed its ways.
                bool isRecent = gateway.Link.IsUsable && nowUs - gateway.StatusAtUs <= MappingEngine.StatusExpiryUs;
                if (isRecent && !HasEnd(gateway.Advert, advert, segment, k + 1)) return true;
            }
        }
        return false;
    }

    /// <summary>Returns true when a path of an advert is the end of a path of another advert.</summary>
    /// <param name="advert">The advert.</param>
    /// <param name="other">The other advert.</param>
    /// <param name="segment">The segment of the other advert.</param>
    /// <param name="start">Position on its path at which the end begins; its number of nodes for an end without nodes.</param>
    private static bool HasEnd(CostAdvert advert, CostAdvert other, int segment, int start)
    {
        for (int i = 0; i < advert.Count; i++)
        {
            int nodes = other.PathCount[segment] - start;
            if (advert.PathCount[i] != nodes) continue;
            while (nodes > 0 && advert.PathKey(i, nodes - 1) == other.PathKey(segment, start + nodes - 1)) nodes--;
            if (nodes == 0) return true;
        }
        return false;
    }

    /// <summary>Cost of a way at this moment beyond its line, in µs: link and queues.</summary>
    private int WaitBeyondUs(int tag, int tick) => _segmentRoutes[tag].TimeUs(0, tick) - _segmentRoutes[tag].RowUs[0];

    private void WriteNext(int leastWaitUs)
    {
        _next.Clear();
        _next.RelayWaitUs = _reach.Count == 0 ? 0 : (uint)leastWaitUs;
        if (_lines.LocalTime != null) _next.AddOwn((uint)_lines.LocalTime.AlphaNs, (uint)_lines.LocalTime.BetaUs);
        for (int i = 0; i < _reach.Count; i++)
        {
            int tag = _reach.Tag(i);
            GatewayCandidate gateway = _gateways.Slots[tag / CostAdvert.MaxSegments];
            int betaUs = _reach.BetaUs(i) - leastWaitUs;
            _next.AddVia((uint)_reach.AlphaNs(i), betaUs < 0 ? 0 : (uint)betaUs, gateway.Key, gateway.Advert, tag % CostAdvert.MaxSegments);
        }
    }

    private static CostLine Sum(CostLine one, CostLine other) => new((long)one.AlphaNs + other.AlphaNs, (long)one.BetaUs + other.BetaUs);

    private static int ClampedUs(long betaUs) => betaUs > CostLine.MaxBetaUs ? CostLine.MaxBetaUs : (int)betaUs;
}
