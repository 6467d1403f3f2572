// The enemy of a run: kills and restarts nodes and broker, cuts and heals links, makes clocks jump, swaps models and fills queues.

using System;
using Crime.Chaos.Broker;
using Crime.Chaos.Events;
using Crime.Chaos.Models;
using Crime.Chaos.Nodes;
using Crime.Chaos.Worlds;

namespace Crime.Chaos.Faults;

/// <summary>Draws faults, and ends them.</summary>
internal sealed class FaultInjector : IEventTarget
{
    private const int FaultEvent = 0;
    private const int HealLinkEvent = 1;
    private const int StrangerEvent = 2;
    private const int RestoreEvent = 3;
    private const int AmbushEvent = 4;
    private const int LongestAmbushUs = 5_000;
    private const int LatestStrangerUs = 20_000;
    private const int LongestSwapUs = 500_000;
    private const int LongestOutageUs = 4_000_000;
    private const int LongestLongOutageUs = 40_000_000;

    private static readonly FaultKind[] s_amongStrangers = [FaultKind.ModelSwap, FaultKind.ModelSwap, FaultKind.Stranger];

    private static readonly FaultKind[] s_kinds =
    [
        FaultKind.Cut, FaultKind.Cut, FaultKind.BoardKill, FaultKind.DeepSleep, FaultKind.GatewayKill, FaultKind.GatewayStop, FaultKind.BrokerKill,
        FaultKind.TakeOver, FaultKind.ClockJump, FaultKind.ModelSwap, FaultKind.Flood, FaultKind.Flood, FaultKind.Stranger,
    ];

    private readonly World _world;
    private readonly BrokerModel _broker;
    private readonly BoardNode[] _boards;
    private readonly GatewayNode[] _gateways;
    private readonly Intruder _intruder;
    private readonly int _periodUs;
    private readonly bool _hasStrangers;
    private FaultKind? _ambush;

    /// <summary>Makes an injector; <see cref="Start"/> begins.</summary>
    public FaultInjector(World world, BrokerModel broker, BoardNode[] boards, GatewayNode[] gateways)
    {
        _world = world;
        _broker = broker;
        _boards = boards;
        _gateways = gateways;
        _intruder = new Intruder(world, broker);
        // From a fault every 60 ms to one every 4 s.
        _periodUs = 60_000 << world.Below(7);
        _hasStrangers = world.OneIn(2);
        world.RequestEntered = OnRequestEntered;
    }

    /// <inheritdoc/>
    public string Name => "faults";

    /// <inheritdoc/>
    public int Index => 1;

    /// <inheritdoc/>
    public uint Life => 0;

    /// <inheritdoc/>
    public string NameOf(int kind) => kind switch
    {
        FaultEvent => "fault; the next one after fault",
        AmbushEvent => "fault during a request",
        HealLinkEvent => "heal the link of node",
        StrangerEvent => "stranger",
        _ => "models of node",
    };

    /// <summary>Begins to draw faults.</summary>
    public void Start() => _world.Scheduler.After(_world.Below(2 * _periodUs), this, FaultEvent);

    /// <inheritdoc/>
    public void OnEvent(int kind, int number, object? content)
    {
        if (kind == HealLinkEvent) ((ChaosNode)content!).Link.IsUp = true;
        else if (!_world.IsHealing) OnFault(kind, number, content as GatewayNode);
    }

    private void OnFault(int kind, int number, GatewayNode? gateway)
    {
        switch (kind)
        {
            case RestoreEvent: gateway!.RestoreModels(); break;
            case AmbushEvent: Inject((FaultKind)number, gateway!); break;
            case StrangerEvent:
                _intruder.Appear();
                _world.Faults.Add(FaultKind.Stranger);
                break;
            default:
                FaultKind[] kinds = _hasStrangers && _world.OneIn(3) ? s_amongStrangers : s_kinds;
                FaultKind fault = kinds[_world.Below(kinds.Length)];
                if (_world.OneIn(3)) _ambush = fault;
                else Inject(fault, _gateways[_world.Below(_gateways.Length)]);
                _world.Scheduler.After(1 + _world.Below(2 * _periodUs), this, FaultEvent, (int)fault);
                break;
        }
    }

    /// <summary>Ends all faults: everything runs, and every link is up.</summary>
    public void Heal()
    {
        _world.IsHealing = true;
        _world.Rates.Heal();
        _broker.Restart();
        foreach (GatewayNode gateway in _gateways)
        {
            gateway.Link.IsUp = true;
            gateway.Heal();
        }
        foreach (BoardNode board in _boards)
        {
            board.Link.IsUp = true;
            board.Heal();
        }
    }

    private void Inject(FaultKind fault, GatewayNode gateway)
    {
        if (!TryInject(fault, gateway)) return;
        _world.Faults.Add(fault);
        // A gateway that is offline for a moment loses its slot to one that appears just then.
        bool mayFreeSlot = fault is FaultKind.ModelSwap or FaultKind.TakeOver or FaultKind.GatewayStop or FaultKind.GatewayKill;
        for (int i = 0; mayFreeSlot && _hasStrangers && i < 2; i++) _world.Scheduler.After(_world.Below(LatestStrangerUs), this, StrangerEvent);
    }

    private bool TryInject(FaultKind fault, GatewayNode gateway)
    {
        BoardNode board = _boards[_world.Below(_boards.Length)];
        ChaosNode node = _world.OneIn(2) ? board : gateway;
        switch (fault)
        {
            case FaultKind.Cut: return TryCut(node);
            case FaultKind.BoardKill when board.IsUp: board.Kill(_world.OneIn(2), OutageUs()); return true;
            case FaultKind.DeepSleep when board.MaySleep: board.Sleep(OutageUs()); return true;
            case FaultKind.GatewayKill when gateway.IsUp: gateway.Kill(_world.OneIn(2), OutageUs()); return true;
            case FaultKind.GatewayStop when gateway.IsUp: gateway.Stop(); return true;
            case FaultKind.BrokerKill when _broker.IsUp && _world.OneIn(3): _broker.Kill(_world.OneIn(2), OutageUs()); return true;
            case FaultKind.TakeOver: return _broker.TakeOver(node.Clients[_world.Below(node.Clients.Length)]);
            case FaultKind.ClockJump when node.IsUp: node.Jump(JumpUs()); return true;
            case FaultKind.ModelSwap: return TrySwap(node, board, gateway);
            case FaultKind.Flood: Flood(gateway); return true;
            case FaultKind.Stranger when _hasStrangers: _intruder.Appear(); return true;
            default: return false;
        }
    }

    /// <summary>A request has entered a gateway: a fault that waits for that strikes before the answer is back.</summary>
    private void OnRequestEntered(IEventTarget gateway)
    {
        if (_ambush is not { } fault) return;
        _ambush = null;
        _world.Scheduler.After(_world.Below(LongestAmbushUs), this, AmbushEvent, (int)fault, gateway);
    }

    private bool TryCut(ChaosNode node)
    {
        if (!node.Link.IsUp) return false;
        if (_world.OneIn(2))
        {
            // The node notices at once; the broker does not.
            foreach (BrokerClient client in node.Clients) client.Close();
        }
        node.Link.IsUp = false;
        _world.Scheduler.After(OutageUs(), this, HealLinkEvent, node.Index, node);
        return true;
    }

    private bool TrySwap(ChaosNode node, BoardNode board, GatewayNode gateway)
    {
        if (node == board)
        {
            if (!board.MaySwap) return false;
            board.Swap(_world.Below(TinyModel.All.Length));
            return true;
        }
        if (!gateway.IsUp) return false;
        gateway.Serve(_world.Below(1 << TinyModel.All.Length));
        if (_world.OneIn(2)) _world.Scheduler.After(_world.Below(LongestSwapUs), this, RestoreEvent, gateway.Index, gateway);
        return true;
    }

    /// <summary>Fills one queue, or all at once: then the gateways pass requests on to each other.</summary>
    private void Flood(GatewayNode gateway)
    {
        if (_world.OneIn(2))
        {
            _intruder.Flood(gateway.PublicId, gateway.Traits.Capacity);
            return;
        }
        foreach (GatewayNode one in _gateways) _intruder.Flood(one.PublicId, one.Traits.Capacity);
    }

    private int OutageUs() => 1 + _world.Below(_world.OneIn(8) ? LongestLongOutageUs : LongestOutageUs);

    // From a millisecond to twenty minutes, each power of two as likely as the next.
    private long JumpUs() => 1000L * _world.Between(1, Math.Max(1, 1 << _world.Below(21)));
}
