// The network of a run: drawn from the seed, with one broker, some gateways that may pass requests on to each other, and some boards.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Chaos.Broker;
using Crime.Chaos.Faults;
using Crime.Chaos.Invariants;
using Crime.Chaos.Nodes;
using Crime.Chaos.Planting;
using Crime.Chaos.Worlds;

namespace Crime.Chaos;

/// <summary>All nodes of a run.</summary>
internal sealed class ChaosNetwork
{
    private const string GroupId = "group";
    private const int EveryModel = 3;
    private const int LongestChain = 9;
    private const int SlowestOfChainUs = 12_800;
    private const int FirstBoard = 16;
    private const int FirstGateway = 2;

    // Small networks are as likely to fail as large ones, and a run of a given length shows more of each node.
    private static readonly int[] s_gatewayCounts = [1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 9];

    private readonly BoardNode[] _boards;
    private readonly GatewayNode[] _gateways;
    private readonly FaultInjector _faults;

    /// <summary>Draws a network in which nothing runs.</summary>
    /// <param name="seed">Decides everything random.</param>
    /// <param name="planted">A defect that the run is made with.</param>
    public ChaosNetwork(int seed, PlantedFault planted)
    {
        World = new World(seed, planted);
        var broker = new BrokerModel(World);
        _gateways = MakeGateways(broker);
        _boards = new BoardNode[World.Between(1, 6)];
        for (int i = 0; i < _boards.Length; i++) _boards[i] = new BoardNode(World, broker, FirstBoard + i);
        _faults = new FaultInjector(World, broker, _boards, _gateways);
    }

    /// <summary>The world of the run.</summary>
    public World World { get; }

    /// <summary>True when every input has its result, and no gateway owes an answer.</summary>
    public bool IsQuiet
    {
        get
        {
            foreach (BoardNode board in _boards)
                if (board.HasInput) return false;
            foreach (GatewayNode gateway in _gateways)
                if (gateway.OwnedCount > 0) return false;
            return true;
        }
    }

    /// <summary>Starts all nodes within two seconds.</summary>
    public void Start()
    {
        foreach (GatewayNode gateway in _gateways) gateway.StartAfter(World.Below(1_000_000));
        foreach (BoardNode board in _boards) board.StartAfter(World.Below(2_000_000));
        _faults.Start();
    }

    /// <summary>Ends all faults.</summary>
    public void Heal() => _faults.Heal();

    /// <summary>Counts what the gateways that run have done.</summary>
    public void CompleteTally()
    {
        foreach (GatewayNode gateway in _gateways) gateway.AddToTally();
    }

    /// <summary>Checks the invariants of all nodes.</summary>
    /// <exception cref="InvariantException">One is broken.</exception>
    public void Check()
    {
        foreach (BoardNode board in _boards) board.Check();
        foreach (GatewayNode gateway in _gateways) gateway.Check();
    }

    private GatewayNode[] MakeGateways(BrokerModel broker)
    {
        int count = s_gatewayCounts[World.Below(s_gatewayCounts.Length)];
        bool isChain = count == LongestChain, isMesh = count > 1 && World.OneIn(2);
        int groupCount = count > 1 && !isChain && World.OneIn(3) ? World.Between(2, count) : 0;
        int meshStepUs = 200 << World.Below(5);
        var gateways = new GatewayNode[count];
        for (int i = 0; i < count; i++)
        {
            bool isMember = i < groupCount;
            // A group offers only the models that all its members have.
            int models = isMember || i == 0 ? EveryModel : World.Below(EveryModel + 1);
            // Requests are passed on to faster gateways, and between gateways of a similar speed where one is busy. Else 5 µs to 10 ms a timestep.
            int stepUs = isChain ? SlowestOfChainUs >> i : isMesh ? meshStepUs << World.Below(2) : 5 << World.Below(12);
            gateways[i] = new GatewayNode(World, broker, FirstGateway + i, new GatewayTraits(World, isMember ? GroupId : "", models, stepUs));
        }
        if (isChain) Chain(gateways);
        else if (isMesh) Connect(gateways);
        return gateways;
    }

    /// <summary>Makes each gateway the upstream of the one before it.</summary>
    private static void Chain(GatewayNode[] gateways)
    {
        for (int i = 1; i < gateways.Length; i++)
            if (gateways[i].PublicId != gateways[i - 1].PublicId) gateways[i - 1].Traits.Upstreams.Add(gateways[i].PublicId);
    }

    private void Connect(GatewayNode[] gateways)
    {
        foreach (GatewayNode gateway in gateways)
        {
            List<string> others = [.. gateways.Select(other => other.PublicId).Where(id => id != gateway.PublicId).Distinct()];
            int count = Math.Min(World.Below(4), others.Count);
            for (int i = 0; i < count; i++)
            {
                int chosen = World.Below(others.Count);
                gateway.Traits.Upstreams.Add(others[chosen]);
                others.RemoveAt(chosen);
            }
        }
    }
}
