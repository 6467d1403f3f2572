using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Costs;
using Crime.Frames;
using Crime.Gateway.Core.Queueing;
using Crime.Gateway.Core.Relaying;
using Crime.Mapping;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Core.Relaying.Topologies;

/// <summary>Nodes that tell each other what they reach: paths without loops, in any topology, while links come and go.</summary>
public sealed class TopologyTests
{
    private const uint ModelId = 9;
    private const int HeartbeatUs = 1_000_000;
    private const int LongestLength = 200;

    // The place of a request that the node itself computes; other places are indices of its candidates.
    private const int Local = -1;

    private static readonly PowerProfile s_mains = new() { TransmitNsPerByte = 100, TransmitOverheadUs = 50 };

    private sealed class Node
    {
        private readonly RelayRules _rules;
        private readonly AdvertBuilder _adverts;

        public Node(int index, long alphaNs)
        {
            Id = $"node-{index}";
            Engine = new MappingEngine(
                new EngineSetup
                {
                    ModelId = ModelId, LongestLength = LongestLength, LocalTime = new CostLine(alphaNs, 100), BytesPerStep = 20, Power = s_mains,
                    Relays = true,
                },
                Key);
            _rules = new RelayRules(Engine);
            _adverts = new AdvertBuilder(Engine, Key, LongestLength);
        }

        public string Id { get; }

        public uint Key => NodeKey.Of(Id);

        public MappingEngine Engine { get; }

        public uint Sequence { get; private set; }

        public List<Node> Upstreams { get; } = [];

        /// <summary>The status, as it comes off the wire.</summary>
        public StatusFrame Tell(long nowUs)
        {
            var status = new StatusFrame { Online = true, Workers = 1, Session = 5, Sequence = ++Sequence, Utilisation = StatusFrame.FullUtilisation };
            _adverts.Fill(status.Add(ModelId, 0), nowUs);
            var read = new StatusFrame();
            FrameError error = read.Decode(status.Encode());
            if (error != FrameError.None) Assert.Fail($"{Id} tells what nobody can read: {error}");
            return read;
        }

        /// <summary>Returns the place of a request of another node.</summary>
        public int ChooseFor(int length, int localWaitUs, RequestFrame request, long nowUs)
        {
            var decision = new Decision();
            _rules.Decide(length, localWaitUs, request, new NodeKeySet(1), nowUs, decision);
            for (int i = 0; i < Engine.CandidateCount; i++)
                if (Engine.Candidate(i) == decision.Gateway) return i;
            return Local;
        }

        /// <summary>Returns the cost of an input at one candidate, in µs.</summary>
        public int GatewayCost(int index, int length, long nowUs)
        {
            var decision = new Decision();
            Engine.Estimate(Engine.Candidate(index), length, nowUs, decision);
            return decision.Cost;
        }
    }

    /// <summary>Everybody tells everybody who listens, and answers pings, once.</summary>
    private static void Round(IReadOnlyList<Node> nodes, long nowUs, Func<Node, Node, bool> isUp, int rttUs = 2000)
    {
        StatusFrame[] told = nodes.Select(node => node.Tell(nowUs)).ToArray();
        foreach (Node node in nodes)
        {
            foreach (Node upstream in node.Upstreams.Where(upstream => isUp(node, upstream)))
                node.Engine.OnStatus(upstream.Id, told[((List<Node>)nodes).IndexOf(upstream)], nowUs);
            while (node.Engine.TakePing(nowUs, isWanted: false, extraSizeBytes: 0, out uint sequence) is { } gateway)
            {
                Node upstream = nodes.Single(other => other.Id == gateway.Id);
                if (isUp(node, upstream)) node.Engine.OnPong(new PongFrame { Sequence = sequence }, nowUs + rttUs);
            }
        }
    }

    private static IEnumerable<uint[]> Paths(CostAdvert advert) =>
        Enumerable.Range(0, advert.Count).Select(i => Enumerable.Range(0, advert.PathCount[i]).Select(k => advert.PathKey(i, k)).ToArray());

    [Test]
    public void InAChainTheFarNodeIsReachedThroughTheNearOne()
    {
        List<Node> nodes = [new(0, 50_000_000), new(1, 5_000_000), new(2, 10_000)];
        nodes[0].Upstreams.Add(nodes[1]);
        nodes[1].Upstreams.Add(nodes[2]);
        for (int round = 1; round <= 6; round++) Round(nodes, round * HeartbeatUs, (_, _) => true);
        CostAdvert advert = nodes[1].Tell(6 * HeartbeatUs).Advert(0);
        Assert.That(Paths(advert), Is.EqualTo(new uint[][] { [], [nodes[2].Key] }));
        var request = new RequestFrame();
        Assert.That(nodes[0].ChooseFor(100, 0, request, 6 * HeartbeatUs), Is.Zero);
        Assert.That(nodes[1].ChooseFor(100, 0, request, 6 * HeartbeatUs), Is.Zero);
        // What the first expects is what the way really takes: two links and the far node's work.
        Assert.That(nodes[0].GatewayCost(0, 100, 6 * HeartbeatUs), Is.InRange(5000, 6500));
    }

    [Test]
    public void ALongQueueHereSendsARequestOn()
    {
        List<Node> nodes = [new(0, 10_000), new(1, 10_000)];
        nodes[0].Upstreams.Add(nodes[1]);
        for (int round = 1; round <= 4; round++) Round(nodes, round * HeartbeatUs, (_, _) => true);
        var request = new RequestFrame();
        Assert.That(nodes[0].ChooseFor(100, 0, request, 4 * HeartbeatUs), Is.EqualTo(Local));
        Assert.That(nodes[0].ChooseFor(100, 50_000, request, 4 * HeartbeatUs), Is.Zero);
        request.Visited[request.VisitedCount++] = nodes[1].Key;
        Assert.That(nodes[0].ChooseFor(100, 50_000, request, 4 * HeartbeatUs), Is.EqualTo(Local), "it has been there");
    }

    [Test]
    public void ALastWillTakesAPathBackAtOnce()
    {
        List<Node> nodes = [new(0, 50_000_000), new(1, 5_000_000)];
        nodes[0].Upstreams.Add(nodes[1]);
        for (int round = 1; round <= 4; round++) Round(nodes, round * HeartbeatUs, (_, _) => true);
        Assert.That(nodes[0].Tell(4 * HeartbeatUs).Advert(0).Count, Is.EqualTo(2));
        nodes[0].Engine.OnStatus(nodes[1].Id, new StatusFrame { Workers = 1, Session = 5 }, 4 * HeartbeatUs);
        Assert.That(nodes[0].Tell(4 * HeartbeatUs).Advert(0).Count, Is.EqualTo(1));
    }

    [Test]
    public void ASilentNodesPathExpires()
    {
        List<Node> nodes = [new(0, 50_000_000), new(1, 5_000_000)];
        nodes[0].Upstreams.Add(nodes[1]);
        for (int round = 1; round <= 4; round++) Round(nodes, round * HeartbeatUs, (_, _) => true);
        Assert.That(nodes[0].Tell(4 * HeartbeatUs + MappingEngine.StatusExpiryUs + 1).Advert(0).Count, Is.EqualTo(1));
    }

    /// <summary>Node 0 listens to 1 and to 2, 1 to 2, and 2 to 3, which is the fastest by far.</summary>
    private static List<Node> Detour(long nowUs)
    {
        List<Node> nodes = [new(0, 50_000_000), new(1, 40_000_000), new(2, 30_000_000), new(3, 10_000)];
        nodes[0].Upstreams.AddRange([nodes[1], nodes[2]]);
        nodes[1].Upstreams.Add(nodes[2]);
        nodes[2].Upstreams.Add(nodes[3]);
        for (int round = 5; round >= 0; round--) Round(nodes, nowUs - round * HeartbeatUs, (_, _) => true);
        return nodes;
    }

    [Test]
    public void WhatANodeSaysOfItsWaysBeatsWhatOthersSayOfThem()
    {
        const long now = 10 * HeartbeatUs;
        List<Node> nodes = Detour(now);
        Assert.That(Paths(nodes[0].Tell(now).Advert(0)), Has.Member(new[] { nodes[2].Key, nodes[3].Key }));
        nodes[2].Engine.OnStatus(nodes[3].Id, new StatusFrame { Workers = 1, Session = 5 }, now);
        nodes[0].Engine.OnStatus(nodes[2].Id, nodes[2].Tell(now), now);
        Assert.That(
            Paths(nodes[0].Tell(now).Advert(0)).Where(path => path.Contains(nodes[3].Key)), Is.Empty, "node 1 has not heard yet, and tells of it still");
    }

    [Test]
    public void WhoCannotBeHeardIsReachedThroughOthers()
    {
        const long now = 10 * HeartbeatUs;
        List<Node> nodes = Detour(now);
        // What node 2 said last is as good as what node 1 says of it, or older.
        nodes[0].Engine.OnTimeout(nodes[0].Engine.Candidate(1), now);
        Assert.That(Paths(nodes[0].Tell(now).Advert(0)), Has.Member(new[] { nodes[1].Key, nodes[2].Key, nodes[3].Key }));
    }

    // A thousand topologies of up to fifty nodes over the four cases; every round other links are down.
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(4)]
    public void NoRequestEverGoesInACircle(int seed)
    {
        var random = new Random(seed);
        for (int trial = 0; trial < 250; trial++)
        {
            List<Node> nodes = [.. Enumerable.Range(0, 2 + random.Next(49)).Select(i => new Node(i, 1000L * random.Next(1, 20_000)))];
            foreach (Node node in nodes)
                node.Upstreams.AddRange(nodes.Where(other => other != node).OrderBy(_ => random.Next()).Take(random.Next(1, 6)));
            for (int round = 1; round <= 8; round++)
            {
                long now = round * HeartbeatUs;
                HashSet<(Node, Node)> down = [.. nodes.SelectMany(node => node.Upstreams.Select(up => (node, up))).Where(_ => random.Next(5) == 0)];
                Round(nodes, now, (node, upstream) => !down.Contains((node, upstream)), rttUs: 500 + random.Next(20_000));
                foreach (Node node in nodes)
                {
                    if (Paths(node.Tell(now).Advert(0)).Any(path => path.Contains(node.Key) || path.Distinct().Count() < path.Length))
                        Assert.Fail($"trial {trial}, round {round}: {node.Id} advertises a path with a loop");
                    Follow(node, nodes, random, now);
                }
            }
        }
    }

    /// <summary>Passes a request on, as gateways do, until somebody computes it.</summary>
    private static void Follow(Node node, List<Node> nodes, Random random, long nowUs)
    {
        var request = new RequestFrame();
        var seen = new HashSet<Node> { node };
        while (true)
        {
            // A queue of any length: what a node says of itself may be wrong by the time it is read.
            int choice = node.ChooseFor(1 + random.Next(200), random.Next(2_000_000), request, nowUs);
            if (choice == Local) return;
            request.Visited[request.VisitedCount++] = node.Key;
            string next = node.Engine.Candidate(choice).Id;
            node = nodes.Single(other => other.Id == next);
            if (!seen.Add(node)) Assert.Fail($"{node.Id} gets a request for the second time");
        }
    }
}
