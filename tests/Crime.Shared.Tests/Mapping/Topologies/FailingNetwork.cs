// A network of boards and gateways, message by message, in which links and gateways fail and come back while requests are on their way.
// Every node has the real engine, and every frame goes through its bytes; what gateways and boards do with them follows gateway/Upstream
// (RequestRelay, RelayTable), gateway/Serving (RequestReceiver), and the firmware (Offloader).

using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;

namespace Crime.Shared.Tests.Mapping.Topologies;

/// <summary>A way from a node to a gateway that it may send requests to.</summary>
internal sealed class NetworkLink
{
    /// <summary>Who listens to the gateway, and asks it.</summary>
    public required NetworkNode Node { get; init; }

    /// <summary>The gateway.</summary>
    public required NetworkGateway Gateway { get; init; }

    /// <summary>Round trip in µs, without jitter.</summary>
    public required int RttUs { get; init; }

    /// <summary>Whether messages get through.</summary>
    public bool IsUp { get; set; } = true;
}

/// <summary>What happened in networks, to see that a test has met what it is about.</summary>
internal sealed class NetworkCounts
{
    public int Inputs, Here, Answers, Refusals, Timeouts, LateAnswers, RelayTimeouts, RelayLate, TakenBack, HeldByTheDead, DeepestRelay, Deaths, LinkFailures;

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Inputs} inputs: {Here} by choice on boards, {Answers} answered by gateways, up to {DeepestRelay} hops; {Refusals} refused, {Timeouts} given up by boards, "
        + $"{RelayTimeouts} by gateways, {TakenBack} taken back, {HeldByTheDead} held by gateways that died, {LateAnswers} + {RelayLate} late answers; "
        + $"{Deaths} deaths, {LinkFailures} failures of links";
}

/// <summary>A network over simulated time.</summary>
internal sealed class FailingNetwork
{
    // Inputs come, and nodes fail, until then; what is on its way ends by itself.
    private const long EndUs = 8_000_000;
    private const int FailureEveryUs = 200_000;
    private const int LongestOutageUs = 3_000_000;

    private readonly PriorityQueue<Action, (long AtUs, long Order)> _events = new();
    private readonly List<NetworkGateway> _gateways = [];
    private readonly List<NetworkLink> _links = [];
    private readonly List<int> _results = [];
    private long _order;

    /// <summary>Makes a network of up to fifty nodes.</summary>
    public FailingNetwork(int seed, NetworkCounts counts)
    {
        Random = new Random(seed);
        Counts = counts;
        int nodes = 2 + Random.Next(49), gateways = 1 + Random.Next(nodes - 1);
        for (int i = 0; i < gateways; i++) _gateways.Add(new NetworkGateway(this, i));
        foreach (NetworkGateway gateway in _gateways) Connect(gateway, Random.Next(5));
        foreach (NetworkGateway gateway in _gateways) gateway.Start();
        for (int i = gateways; i < nodes; i++)
        {
            var board = new NetworkBoard(this, i);
            Connect(board, 1 + Random.Next(4));
            board.Start();
        }
        After(Random.Next(FailureEveryUs), Fail);
    }

    /// <summary>Decides everything random.</summary>
    public Random Random { get; }

    /// <summary>What happened.</summary>
    public NetworkCounts Counts { get; }

    /// <summary>The time in µs.</summary>
    public long NowUs { get; private set; }

    /// <summary>Whether no new inputs, statuses and pings come any more.</summary>
    public bool IsOver => NowUs >= EndUs;

    /// <summary>Runs until nothing is on its way any more.</summary>
    /// <returns>How many results each input has got.</returns>
    public IReadOnlyList<int> Run()
    {
        while (_events.TryDequeue(out Action? act, out (long AtUs, long Order) when))
        {
            NowUs = when.AtUs;
            act!();
        }
        foreach (NetworkGateway gateway in _gateways)
            if (gateway.IsAlive && gateway.OpenCount != 0) Assert.Fail($"{gateway.Id} owes {gateway.OpenCount} answers");
        return _results;
    }

    /// <summary>Does something later.</summary>
    public void After(long us, Action act) => _events.Enqueue(act, (NowUs + us, _order++));

    /// <summary>Number of a new input.</summary>
    public int NewInput()
    {
        _results.Add(0);
        Counts.Inputs++;
        return _results.Count - 1;
    }

    /// <summary>A board has the result of an input.</summary>
    public void Conclude(int input) => _results[input]++;

    /// <summary>Sends a message either way: one in a hundred is lost, one comes twice, one comes after everybody has given it up.</summary>
    public void Send(NetworkLink link, Action arrive)
    {
        int luck = Random.Next(100);
        if (!link.IsUp || luck == 0) return;
        for (int copy = 0; copy < (luck == 1 ? 2 : 1); copy++)
        {
            int wayUs = link.RttUs / 4 + Random.Next(link.RttUs / 2 + 1) + (luck == 2 ? 2_500_000 : 0);
            After(wayUs, () =>
            {
                if (link.IsUp) arrive();
            });
        }
    }

    /// <summary>Those who listen to a gateway.</summary>
    public IEnumerable<NetworkLink> Listeners(NetworkGateway gateway) => _links.Where(link => link.Gateway == gateway);

    private void Connect(NetworkNode node, int count)
    {
        foreach (NetworkGateway gateway in _gateways.Where(other => other != node).OrderBy(_ => Random.Next()).Take(count))
        {
            var link = new NetworkLink { Node = node, Gateway = gateway, RttUs = 500 + Random.Next(20_000) };
            node.Upstreams.Add(link);
            _links.Add(link);
        }
    }

    private void Fail()
    {
        if (IsOver) return;
        // What has failed comes back after a while, or not before the end.
        int outageUs = 100_000 + Random.Next(LongestOutageUs);
        bool isNoticed = Random.Next(2) == 0;
        NetworkGateway gateway = _gateways[Random.Next(_gateways.Count)];
        NetworkLink? link = _links.Count == 0 ? null : _links[Random.Next(_links.Count)];
        if (Random.Next(2) == 0 && gateway.IsAlive)
        {
            Counts.Deaths++;
            gateway.Die(hasLastWill: isNoticed);
            After(outageUs, gateway.Start);
        }
        else if (link is { IsUp: true })
        {
            Counts.LinkFailures++;
            link.IsUp = false;
            if (isNoticed) link.Node.OnConnectionChanged(link, isConnected: false);
            After(outageUs, () =>
            {
                link.IsUp = true;
                if (isNoticed) link.Node.OnConnectionChanged(link, isConnected: true);
            });
        }
        After(1 + Random.Next(2 * FailureEveryUs), Fail);
    }
}

/// <summary>The nodes that a request has been to, kept beside it and not in its frame.</summary>
internal sealed record Trail(NetworkGateway Gateway, Trail? Before)
{
    /// <summary>Number of gateways.</summary>
    public int Length => 1 + (Before?.Length ?? 0);

    /// <summary>A request has come to a gateway: for the first time, or the test fails.</summary>
    public static Trail Extend(Trail? before, NetworkGateway gateway)
    {
        for (Trail? at = before; at != null; at = at.Before)
            if (at.Gateway == gateway) Assert.Fail($"{gateway.Id} gets a request for the second time");
        return new Trail(gateway, before);
    }
}
