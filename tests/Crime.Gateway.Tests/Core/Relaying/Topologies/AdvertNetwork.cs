// A network in which only adverts matter: every node sends its advert to its listeners, once a round. The best that each
// node could know is computed beside it, from the links and the nodes' own costs.

using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Linq;
using Crime.Costs;
using Crime.Frames;
using Crime.Gateway.Core.Relaying;
using Crime.Mapping;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Core.Relaying.Topologies;

/// <summary>Gateways that tell each other what they reach.</summary>
internal sealed class AdvertNetwork
{
    private const uint ModelId = 9;
    private const int LongestLength = 200;
    private const int RoundUs = 1_000_000;
    private const int Unreachable = 9999;

    private readonly Node[] _nodes;
    private readonly Random _random;
    private long _nowUs;

    /// <summary>Makes a network of 2 to 50 nodes that know nothing of each other.</summary>
    /// <param name="seed">Decides everything random.</param>
    /// <param name="rttUs">Draws the round trip of a link.</param>
    public AdvertNetwork(int seed, Func<Random, int> rttUs)
    {
        _random = new Random(seed);
        _nodes = [.. Enumerable.Range(0, 2 + _random.Next(49)).Select(i => new Node(i, _random))];
        foreach (Node node in _nodes)
        {
            int count = 1 + _random.Next(DecisionTable.MaxCandidates);
            foreach (Node other in _nodes.Where(other => other != node).OrderBy(_ => _random.Next()).Take(count)) node.Links.Add(new Link(other, rttUs(_random)));
        }
    }

    /// <summary>Largest number of links on a shortest way between two nodes.</summary>
    public int HopDiameter { get; private set; }

    /// <summary>Largest number of links on a cheapest way to somebody else, over all nodes and lengths.</summary>
    public int CheapestDiameter { get; private set; }

    private sealed class Link(Node to, int rttUs)
    {
        public Node To { get; } = to;

        public int RttUs { get; } = rttUs;

        public bool IsUp { get; set; } = true;
    }

    private sealed class Node
    {
        private readonly CostAdvert _advert = new();
        private readonly StatusFrame _told = new();
        private AdvertBuilder _adverts;
        private uint _sequence;

        public Node(int index, Random random)
        {
            Index = index;
            Id = $"node-{index}";
            // From 1 µs to 20 ms a timestep, each power of ten as likely as the next.
            Line = new CostLine((long)(1000 * Math.Exp(random.NextDouble() * Math.Log(20_000))), 100);
            Start();
        }

        public int Index { get; }

        public string Id { get; }

        public CostLine Line { get; }

        public List<Link> Links { get; } = [];

        public MappingEngine Engine { get; private set; }

        public uint Session { get; private set; }

        public bool IsAlive { get; private set; } = true;

        public int Version { get; set; }

        public void Die() => IsAlive = false;

        public void Recover()
        {
            if (!IsAlive) Start();
            IsAlive = true;
        }

        public CostAdvert Advert(long nowUs)
        {
            _adverts.Fill(_advert, nowUs);
            return _advert;
        }

        /// <summary>The status, as it comes off the wire.</summary>
        public StatusFrame Tell(long nowUs)
        {
            var status = new StatusFrame { Online = true, Workers = 1, Session = Session, Sequence = ++_sequence, Utilisation = StatusFrame.FullUtilisation };
            _adverts.Fill(status.Add(ModelId, 0), nowUs);
            Assert.That(_told.Decode(status.Encode()), Is.EqualTo(FrameError.None));
            return _told;
        }

        public Link? LinkOf(GatewayCandidate gateway) => Links.FirstOrDefault(link => link.To.Id == gateway.Id);

        [MemberNotNull(nameof(Engine), nameof(_adverts))]
        private void Start()
        {
            Session++;
            Engine = new MappingEngine(
                new EngineSetup
                {
                    ModelId = ModelId, LongestLength = LongestLength, LocalTime = Line, BytesPerStep = 20, Power = new PowerProfile(),
                    Relays = true, UseRefit = false,
                },
                NodeKey.Of(Id));
            _adverts = new AdvertBuilder(Engine, NodeKey.Of(Id), LongestLength);
        }
    }

    /// <summary>Runs rounds.</summary>
    /// <returns>The last one after which anybody told anything else than before; 0 when nobody did.</returns>
    public int Settle(int rounds)
    {
        int last = 0;
        Note();
        for (int round = 1; round <= rounds; round++)
        {
            _nowUs += RoundUs;
            Exchange();
            if (Note()) last = round;
        }
        return last;
    }

    /// <summary>Rounds in which the silence of the dead is noticed.</summary>
    public void LetStatusesExpire() => Settle(MappingEngine.StatusExpiryUs / RoundUs + 1);

    /// <summary>Some nodes die; those who listen to them know it at once, or not.</summary>
    public void KillNodes(bool hasLastWill)
    {
        foreach (Node node in _nodes.OrderBy(_ => _random.Next()).Take(1 + _nodes.Length / 10).ToArray())
        {
            node.Die();
            if (!hasLastWill) continue;
            var status = new StatusFrame { Workers = 1, Session = node.Session };
            foreach (Node other in _nodes.Where(other => other.IsAlive && other.Links.Any(link => link.To == node && link.IsUp)))
                other.Engine.OnStatus(node.Id, status, _nowUs);
        }
    }

    /// <summary>Some links break: what was sent over them is not answered.</summary>
    public void BreakLinks()
    {
        foreach ((Node node, Link link) in AllLinks().OrderBy(_ => _random.Next()).Take(1 + _nodes.Length / 5).ToArray())
        {
            link.IsUp = false;
            for (int i = 0; i < node.Engine.CandidateCount; i++)
                if (node.Engine.Candidate(i).Id == link.To.Id) node.Engine.OnTimeout(node.Engine.Candidate(i), _nowUs);
        }
    }

    /// <summary>Everything comes back; whoever was cut off proves its links anew.</summary>
    public void Recover()
    {
        foreach ((Node node, Link link) in AllLinks().Where(entry => !entry.Link.IsUp || !entry.Link.To.IsAlive).ToArray())
        {
            link.IsUp = true;
            node.Engine.OnConnectionChanged(_nowUs);
        }
        foreach (Node node in _nodes) node.Recover();
    }

    /// <summary>Works the diameters out.</summary>
    public void Measure()
    {
        (long[,] costUs, int[,] hops) = CheapestWays();
        (_, int[,] fewest) = CheapestWays(_ => 1);
        HopDiameter = fewest.Cast<int>().Where(count => count < Unreachable).Max();
        CheapestDiameter = 0;
        foreach (Node node in _nodes.Where(node => node.IsAlive))
        {
            Node[] reached = [.. _nodes.Where(other => other != node && hops[node.Index, other.Index] < Unreachable)];
            for (int length = 1; length <= LongestLength && reached.Length > 0; length++)
            {
                Node best = reached.MinBy(other => Cost(other, costUs[node.Index, other.Index], length))!;
                CheapestDiameter = Math.Max(CheapestDiameter, hops[node.Index, best.Index]);
            }
        }
    }

    /// <summary>True when a node advertises a path through a node that is dead, or over a link that is broken.</summary>
    public bool IsAnyPathBroken() => _nodes.Where(node => node.IsAlive).Any(node =>
    {
        CostAdvert advert = node.Advert(_nowUs);
        return Enumerable.Range(0, advert.Count).Any(i => IsBroken(node, advert, i));
    });

    /// <summary>
    /// Returns the largest error of an advertised cheapest cost, as a share of it, beyond the 1 ms per link that is not advertised anew. Ways of
    /// more links than a path may have nodes do not count.
    /// </summary>
    public double WorstCostError()
    {
        (long[,] costUs, int[,] hops) = CheapestWays();
        double worst = 0;
        foreach (Node node in _nodes.Where(node => node.IsAlive))
        {
            CostAdvert advert = node.Advert(_nowUs);
            foreach (int length in (int[])[1, 20, LongestLength])
            {
                Node[] reached = [.. _nodes.Where(other => hops[node.Index, other.Index] < Unreachable)];
                Node best = reached.MinBy(other => Cost(other, costUs[node.Index, other.Index], length))!;
                if (hops[node.Index, best.Index] > CostAdvert.MaxPathNodes) continue;
                double exact = Cost(best, costUs[node.Index, best.Index], length) / 1000.0;
                double told = Enumerable.Range(0, advert.Count).Min(i =>
                    advert.BetaUs[i] + advert.AlphaNs[i] * (double)length / 1000 + (advert.PathCount[i] == 0 ? 0 : advert.RelayWaitUs));
                worst = Math.Max(worst, Math.Max(Math.Abs(told - exact) - 1000.0 * hops[node.Index, best.Index], 0) / exact);
            }
        }
        return worst;
    }

    private static long Cost(Node node, long wayUs, int length) => (wayUs + node.Line.BetaUs) * 1000 + (long)node.Line.AlphaNs * length;

    private IEnumerable<(Node Node, Link Link)> AllLinks() => _nodes.SelectMany(node => node.Links.Select(link => (node, link)));

    private bool IsBroken(Node from, CostAdvert advert, int segment)
    {
        for (int k = 0; k < advert.PathCount[segment]; k++)
        {
            Link? link = from.Links.FirstOrDefault(link => NodeKey.Of(link.To.Id) == advert.PathKey(segment, k));
            if (link is not { IsUp: true, To.IsAlive: true }) return true;
            from = link.To;
        }
        return false;
    }

    private void Exchange()
    {
        StatusFrame?[] told = [.. _nodes.Select(node => node.IsAlive ? Copy(node.Tell(_nowUs)) : null)];
        foreach (Node node in _nodes.Where(node => node.IsAlive))
        {
            foreach (Link link in node.Links)
                if (link.IsUp && told[link.To.Index] is { } status) node.Engine.OnStatus(link.To.Id, status, _nowUs);
            while (node.Engine.TakePing(_nowUs, isWanted: false, extraSizeBytes: 0, out uint sequence) is { } gateway)
                if (node.LinkOf(gateway) is { IsUp: true, To.IsAlive: true } link) node.Engine.OnPong(new PongFrame { Sequence = sequence }, _nowUs + link.RttUs);
        }
    }

    private static StatusFrame Copy(StatusFrame status)
    {
        var copy = new StatusFrame();
        copy.Decode(status.Encode());
        return copy;
    }

    /// <summary>Notes the adverts of all nodes.</summary>
    /// <returns>True when it is anything else than before.</returns>
    private bool Note()
    {
        bool isOther = false;
        foreach (Node node in _nodes.Where(node => node.IsAlive))
        {
            int version = node.Advert(_nowUs).Version;
            isOther |= version != node.Version;
            node.Version = version;
        }
        return isOther;
    }

    /// <summary>Floyd and Warshall: cost of the cheapest way between any two nodes, and of those the fewest links.</summary>
    private (long[,] Cost, int[,] Hops) CheapestWays(Func<Link, long>? costOf = null)
    {
        int count = _nodes.Length;
        var cost = new long[count, count];
        var hops = new int[count, count];
        for (int i = 0; i < count; i++)
            for (int j = 0; j < count; j++) (cost[i, j], hops[i, j]) = i == j ? (0, 0) : (int.MaxValue, Unreachable);
        foreach ((Node node, Link link) in AllLinks())
        {
            if (!node.IsAlive || !link.IsUp || !link.To.IsAlive) continue;
            cost[node.Index, link.To.Index] = costOf?.Invoke(link) ?? link.RttUs;
            hops[node.Index, link.To.Index] = 1;
        }
        for (int k = 0; k < count; k++)
        {
            for (int i = 0; i < count; i++)
            {
                if (hops[i, k] == Unreachable) continue;
                for (int j = 0; j < count; j++)
                {
                    long by = cost[i, k] + cost[k, j];
                    if (by > cost[i, j] || by == cost[i, j] && hops[i, k] + hops[k, j] >= hops[i, j] || hops[k, j] == Unreachable) continue;
                    (cost[i, j], hops[i, j]) = (by, hops[i, k] + hops[k, j]);
                }
            }
        }
        return (cost, hops);
    }
}
