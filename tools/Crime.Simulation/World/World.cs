// One network of boards and gateways over simulated time. Everything that happens is an event; nothing is drawn from a clock
// or from another network, so that the same seed gives the same run to the byte, whatever runs beside it.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;
using Crime.Simulation.Events;
using Crime.Simulation.Inputs;
using Crime.Simulation.Results;
using Crime.Simulation.Scenarios;

namespace Crime.Simulation.World;

/// <summary>A network that runs.</summary>
internal sealed partial class SimWorld
{
    /// <summary>Identity of the model of the boards.</summary>
    public const uint ModelId = 0x43524D45;

    // Boards connect within this time, and have their first input after the next.
    private const double ConnectUs = 2_000_000;
    private const double WarmUpUs = SimulationRun.FirstInputUs;
    private const int CheckEvents = 0xFFFF;

    private readonly EventQueue _events = new();
    private readonly List<SimRequest> _requests = [];
    private readonly Stack<SimRequest> _unused = new();
    private readonly ResponseFrame _response = new();
    private readonly PongFrame _pong = new();
    private readonly GatewayDriver[] _gateways;
    private readonly SimBoard[] _boards;
    private readonly int[] _listeners;
    private readonly int[][] _nextHop;
    private readonly Scenario _scenario;
    private readonly InputSet _set;
    private readonly Policy _policy;
    private readonly Goal _goal;
    private readonly Replay? _replay;
    private readonly IReadOnlyList<double>? _hostMs;
    private readonly double _statusIl;
    private readonly Safeguards _safeguards;
    private readonly RunTally _tally;
    private readonly int _meanLength;
    private readonly long _endUs;
    private readonly ulong _seed;
    private int _activeBoards;
    private long _nowUs;

    /// <summary>Builds a network.</summary>
    /// <param name="run">The run.</param>
    /// <param name="seed">Seed of this network.</param>
    public SimWorld(SimulationRun run, ulong seed)
    {
        _scenario = run.Scenario;
        _set = run.Set;
        _policy = run.Policy;
        _goal = run.Goal;
        _replay = run.Replay;
        _hostMs = run.HostMs;
        _statusIl = run.StatusIl ?? run.Policy.HeardStatusIl;
        _safeguards = run.Safeguards;
        _seed = seed;
        _meanLength = (int)Math.Round(_set.Lengths.MeanLength);
        _endUs = (long)(_scenario.DurationS * 1e6);
        _tally = new RunTally(_set.Lengths.MaxLength, _endUs);
        FixedStatusIntervalMs = run.StatusIntervalMs;
        _listeners = _scenario.Gateways.Select((_, i) => ListenersIn(_scenario, i)).ToArray();
        int links = 0;
        _gateways = new GatewayDriver[_scenario.Gateways.Count];
        for (int i = 0; i < _gateways.Length; i++) _gateways[i] = NewGateway(i, ref links);
        foreach (GatewayDriver gateway in _gateways)
            foreach (NodeLink upstream in gateway.Node.Upstreams) _gateways[upstream.Gateway].AddDownstream(gateway);
        var boards = new List<SimBoard>();
        foreach (BoardGroup group in _scenario.Boards)
        {
            var costs = new BoardCosts(group, _set);
            EngineSetup setup = SetupOf(costs);
            for (int i = 0; i < group.Count; i++) boards.Add(NewBoard(boards.Count, group, costs, setup, ref links));
        }
        _boards = boards.ToArray();
        _activeBoards = _boards.Length;
        _nextHop = NextHops(_scenario.Gateways);
    }

    /// <summary>The scenario.</summary>
    public Scenario Scenario => _scenario;

    /// <summary>Network and inputs.</summary>
    public InputSet Set => _set;

    /// <summary>Seed of this network.</summary>
    public ulong Seed => _seed;

    /// <summary>Measures that are on.</summary>
    public Safeguards Safeguards => _safeguards;

    /// <summary>Shortest time between two statuses, in ms; null for the interval that gateways choose themselves.</summary>
    public int? FixedStatusIntervalMs { get; }

    /// <summary>The events to come.</summary>
    public EventQueue Events => _events;

    /// <summary>The time, in µs.</summary>
    public long NowUs => _nowUs;

    /// <summary>Counts of the run.</summary>
    public RunTally Tally => _tally;

    private HerdMeasures EngineMeasures => (HerdMeasures)_safeguards & HerdMeasures.All;

    /// <summary>Runs until every input that is due before the end has its result.</summary>
    public RunTally Run(CancellationToken cancellation)
    {
        foreach (GatewayDriver gateway in _gateways) gateway.Start();
        foreach (SimBoard board in _boards) StartBoard(board);
        while (_activeBoards > 0)
        {
            SimEvent next = _events.Take();
            _nowUs = next.AtUs;
            if ((++_tally.Events & CheckEvents) == 0) cancellation.ThrowIfCancellationRequested();
            Dispatch(next);
        }
        return _tally;
    }

    private void Dispatch(in SimEvent next)
    {
        switch (next.Kind)
        {
            case EventKind.Input: OnInput(_boards[next.Node]); break;
            case EventKind.Tick: OnTick(_boards[next.Node]); break;
            case EventKind.LocalDone: OnLocalDone(_boards[next.Node]); break;
            case EventKind.RadioUp: OnRadioUp(_boards[next.Node], next.Sequence); break;
            case EventKind.Request: _gateways[next.Node].OnRequest(_requests[next.Subject]); break;
            case EventKind.Served: _gateways[next.Node].OnServed(next.Subject); break;
            case EventKind.Publish: _gateways[next.Node].OnPublish(); break;
            case EventKind.Background: _gateways[next.Node].OnBackground(); break;
            case EventKind.GatewayTick: _gateways[next.Node].OnTick(); break;
            case EventKind.UpstreamStatus: _gateways[next.Node].OnUpstreamStatus(); break;
            case EventKind.Ping: OnPing(_gateways[next.Node], _requests[next.Subject]); break;
            case EventKind.Pong:
                if (next.Node >= 0) OnPong(_boards[next.Node], _requests[next.Subject]);
                else _gateways[-1 - next.Node].OnUpstreamPong(_requests[next.Subject]);
                break;
            case EventKind.Answer:
                if (next.Node >= 0) OnAnswer(_boards[next.Node], _requests[next.Subject]);
                else _gateways[-1 - next.Node].OnUpstreamAnswer(_requests[next.Subject]);
                break;
            default:
                if (next.Node >= 0) OnTimeout(_boards[next.Node], next.Sequence);
                else _gateways[-1 - next.Node].OnGiveUp(next.Sequence);
                break;
        }
    }

    /// <summary>A request object that is not in use.</summary>
    public SimRequest Rent()
    {
        if (!_unused.TryPop(out SimRequest? request))
        {
            request = new SimRequest { Index = _requests.Count };
            _requests.Add(request);
        }
        request.Target = -1;
        request.RelayCount = 0;
        request.Frame.VisitedCount = 0;
        return request;
    }

    /// <summary>Takes a request object back.</summary>
    public void Return(SimRequest request) => _unused.Push(request);

    /// <summary>A request by its number.</summary>
    public SimRequest RequestAt(int index) => _requests[index];

    /// <summary>A gateway by its number.</summary>
    public GatewayDriver GatewayAt(int index) => _gateways[index];

    /// <summary>Boards that receive the statuses of a gateway.</summary>
    public int ListenersOf(int gateway) => _listeners[gateway];

    /// <summary>The upstream by which a gateway reaches another, or -1.</summary>
    public int NextHop(int from, int to) => _nextHop[from][to];

    private static int ListenersIn(Scenario scenario, int gateway) =>
        scenario.Boards.Where(group => group.Links.Any(link => link.Gateway == gateway)).Sum(group => group.Count);

    private GatewayDriver NewGateway(int index, ref int links)
    {
        GatewayNode node = _scenario.Gateways[index];
        int first = links;
        var upstreams = new SimLink[node.Upstreams.Count];
        for (int i = 0; i < upstreams.Length; i++) upstreams[i] = new SimLink(node.Upstreams[i].Kind, _seed, links++, _hostMs);
        return new GatewayDriver(this, index, new GatewayCosts(node.Kind, _set), upstreams, first);
    }

    private EngineSetup SetupOf(BoardCosts costs) => new()
    {
        ModelId = ModelId,
        LongestLength = _set.Lengths.MaxLength,
        LocalTime = costs.LocalLine,
        EncodeTime = costs.EncodeLine,
        BytesPerStep = _set.BytesPerStep,
        Power = costs.Power,
        Goal = _goal,
        BeaconIntervalUs = EngineSetup.StandardBeaconUs,
        Measures = EngineMeasures,
    };

    private SimBoard NewBoard(int index, BoardGroup group, BoardCosts costs, EngineSetup setup, ref int links)
    {
        var nature = new RandomStream(_seed, StreamPurpose.Board, index);
        var board = new SimBoard
        {
            Index = index,
            Group = group,
            Costs = costs,
            BeaconPhaseUs = nature.NextUniform() * costs.BeaconUs,
            FirstLink = links,
            Links = new SimLink[group.Links.Count],
            Readers = new StatusReader[group.Links.Count],
            LastRttUs = new double[group.Links.Count],
            Inputs = new RandomStream(_seed, StreamPurpose.Inputs, index),
            Noise = new RandomStream(_seed, StreamPurpose.Noise, index),
            Upkeep = new RandomStream(_seed, StreamPurpose.Upkeep, index),
            Dice = new RandomStream(_seed, StreamPurpose.Dice, index),
        };
        for (int i = 0; i < board.Links.Length; i++) board.Links[i] = new SimLink(group.Links[i].Kind, _seed, links++, _hostMs);
        Array.Fill(board.LastRttUs, -1);
        board.Engine = new MappingEngine(setup, unchecked((uint)nature.NextBits()));
        return board;
    }

    /// <summary>Per gateway and goal: the upstream to pass a request on to, or -1 where none leads there.</summary>
    private static int[][] NextHops(IReadOnlyList<GatewayNode> gateways)
    {
        // Upstreams stand below: the last gateway is done first.
        var hops = new int[gateways.Count][];
        for (int i = gateways.Count - 1; i >= 0; i--)
        {
            hops[i] = new int[gateways.Count];
            Array.Fill(hops[i], -1);
            for (int slot = gateways[i].Upstreams.Count - 1; slot >= 0; slot--)
            {
                int next = gateways[i].Upstreams[slot].Gateway;
                for (int goal = 0; goal < gateways.Count; goal++)
                    if (goal == next || hops[next][goal] >= 0) hops[i][goal] = slot;
            }
        }
        return hops;
    }
}
