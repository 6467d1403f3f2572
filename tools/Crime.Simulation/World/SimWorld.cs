// One network of boards and gateways over simulated time. Everything that happens is an event; nothing is drawn from a clock
// or from another network, so that the same seed gives the same run to the byte, whatever runs beside it.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Crime.Frames;
using Crime.Gateway.Core.Results;
using Crime.Mapping;
using Crime.Node;
using Crime.Simulation.Events;
using Crime.Simulation.Scenarios;

namespace Crime.Simulation.World;

/// <summary>A network that runs.</summary>
internal sealed class SimWorld
{
    /// <summary>Identity of the model of the boards.</summary>
    public const uint ModelId = 0x43524D45;

    // A node that knows no gateway looks for statuses at this interval in µs.
    private const long SearchUs = 1_000_000;
    private const int CheckEvents = 0xFFFF;

    private readonly List<SimRequest> _requests = [];
    private readonly Stack<SimRequest> _unused = new();
    private readonly PongFrame _pong = new();
    private readonly GatewayDriver[] _gateways;
    private readonly BoardDriver[] _boards;
    private readonly int[] _listeners;
    private readonly int[][] _nextHop;
    private readonly int _requestHeaderSize;
    private readonly HashSet<ResultKey> _published = [];
    private int _activeBoards;

    /// <summary>Builds a network.</summary>
    /// <param name="setup">The run.</param>
    /// <param name="seed">Seed of this network.</param>
    public SimWorld(SimulationRun setup, ulong seed)
    {
        Setup = setup;
        Seed = seed;
        StatusIl = setup.StatusIl ?? setup.Policy.ReceivedStatusIl;
        Scenario scenario = setup.Scenario;
        _requestHeaderSize = RequestFrame.HeaderSize + (scenario.HasResultsAtGateway ? RequestFrame.DeliverySize : 0);
        Tally = new RunTally(setup.Set.Lengths.MaxLength, (long)(scenario.DurationS * 1e6));
        _listeners = scenario.Gateways.Select((_, i) => ListenersIn(scenario, i)).ToArray();
        int links = 0;
        _gateways = new GatewayDriver[scenario.Gateways.Count];
        for (int i = 0; i < _gateways.Length; i++)
        {
            _gateways[i] = new GatewayDriver(this, i, links);
            links += _gateways[i].Links.Count;
        }
        foreach (GatewayDriver gateway in _gateways)
            for (int slot = 0; slot < gateway.Links.Count; slot++) gateway.Links.GatewayAt(slot).AddDownstream(gateway);
        var boards = new List<BoardDriver>();
        foreach (BoardGroup group in scenario.Boards)
        {
            var costs = new BoardCosts(group, setup.Set);
            EngineSetup engine = costs.Setup(
                setup.Objective, (AntiHerding)setup.Safeguards & AntiHerding.All, setup.Listening ?? setup.Policy.ListeningIn(scenario),
                setup.Policy.OutputOf(setup.Set.Lengths), setup.FitsLines && setup.Policy.Kind != PolicyKind.MeanOutput);
            for (int i = 0; i < group.Count; i++)
            {
                boards.Add(new BoardDriver(this, boards.Count, costs, engine, links));
                links += group.Links.Count;
            }
        }
        _boards = boards.ToArray();
        _activeBoards = _boards.Length;
        _nextHop = NextHops(scenario.Gateways);
    }

    /// <summary>The run.</summary>
    public SimulationRun Setup { get; }

    /// <summary>Seed of this network.</summary>
    public ulong Seed { get; }

    /// <summary>Executed IL of a board per status that it receives.</summary>
    public double StatusIl { get; }

    /// <summary>The events to come.</summary>
    public EventQueue Events { get; } = new();

    /// <summary>The time in µs.</summary>
    public long NowUs { get; private set; }

    /// <summary>Counts of the run.</summary>
    public RunTally Tally { get; }

    /// <summary>Accepted inputs without a published result.</summary>
    public int OwedResults { get; set; }

    /// <summary>A gateway has published a result.</summary>
    public void OnPublished(ResultKey key)
    {
        Tally.Published++;
        OwedResults--;
        if (!_published.Add(key)) Tally.PublishedTwice++;
    }

    /// <summary>Runs until every input that is due before the end has its result.</summary>
    public RunTally Run(CancellationToken cancellation)
    {
        foreach (GatewayDriver gateway in _gateways) gateway.Start();
        foreach (BoardDriver board in _boards) board.Start();
        while (_activeBoards > 0 || OwedResults > 0)
        {
            SimEvent next = Events.Take();
            NowUs = next.AtUs;
            if ((++Tally.Events & CheckEvents) == 0) cancellation.ThrowIfCancellationRequested();
            Dispatch(next);
        }
        foreach (BoardDriver board in _boards) board.AddTo(Tally);
        return Tally;
    }

    private void Dispatch(in SimEvent next)
    {
        switch (next.Kind)
        {
            case EventKind.Input: _boards[next.Node].OnInput(); break;
            case EventKind.Tick: _boards[next.Node].OnTick(); break;
            case EventKind.LocalDone: _boards[next.Node].OnLocalDone(); break;
            case EventKind.RadioUp: _boards[next.Node].OnRadioUp(next.Sequence); break;
            case EventKind.WakeLimit: _boards[next.Node].OnWakeLimit(next.Sequence); break;
            case EventKind.Look: _boards[next.Node].OnLook(next.Sequence); break;
            case EventKind.Hedge: _boards[next.Node].OnHedge(next.Sequence); break;
            case EventKind.Cancel: _gateways[next.Node].OnCancel(_requests[next.Subject]); break;
            case EventKind.Request: _gateways[next.Node].OnRequest(_requests[next.Subject]); break;
            case EventKind.Stored: _gateways[next.Node].OnStored(); break;
            case EventKind.Served: _gateways[next.Node].OnServed(next.Subject); break;
            case EventKind.Publish: _gateways[next.Node].OnPublish(); break;
            case EventKind.Background: _gateways[next.Node].OnBackground(); break;
            case EventKind.GatewayTick: _gateways[next.Node].OnTick(); break;
            case EventKind.UpstreamStatus: _gateways[next.Node].OnUpstreamStatus(); break;
            case EventKind.Ping: _gateways[next.Node].OnPing(_requests[next.Subject]); break;
            case EventKind.Pong:
                if (next.Node >= 0) _boards[next.Node].OnPong(_requests[next.Subject]);
                else _gateways[-1 - next.Node].OnUpstreamPong(_requests[next.Subject]);
                break;
            case EventKind.Answer:
                if (next.Node >= 0) _boards[next.Node].OnAnswer(_requests[next.Subject]);
                else _gateways[-1 - next.Node].OnUpstreamAnswer(_requests[next.Subject]);
                break;
            default:
                if (next.Node >= 0) _boards[next.Node].OnTimeout(next.Sequence);
                else _gateways[-1 - next.Node].OnGiveUp(next.Sequence);
                break;
        }
    }

    /// <summary>Returns a request or a ping that is not in use.</summary>
    public SimRequest Rent(int origin, int slot, uint session, uint sequence, Draws draws)
    {
        if (!_unused.TryPop(out SimRequest? request))
        {
            request = new SimRequest { Index = _requests.Count };
            _requests.Add(request);
        }
        request.Origin = origin;
        request.Slot = slot;
        request.Session = session;
        request.Sequence = sequence;
        request.Draws = draws;
        request.SentUs = NowUs;
        request.Target = -1;
        request.Frame.VisitedCount = 0;
        request.Frame.WantsReceipt = false;
        request.Result = null;
        request.SizeBytes = 0;
        return request;
    }

    /// <summary>Takes a request back.</summary>
    public void Return(SimRequest request) => _unused.Push(request);

    /// <summary>A request by its number.</summary>
    public SimRequest RequestAt(int index) => _requests[index];

    /// <summary>A gateway by its number.</summary>
    public GatewayDriver GatewayAt(int index) => _gateways[index];

    /// <summary>Boards that receive the statuses of a gateway.</summary>
    public int ListenersOf(int gateway) => _listeners[gateway];

    /// <summary>The upstream by which a gateway reaches another; -1 when there is none.</summary>
    public int NextHop(int from, int to) => _nextHop[from][to];

    /// <summary>Size of a request in bytes.</summary>
    /// <param name="length">Its timesteps.</param>
    public int RequestSize(int length) => _requestHeaderSize + length * Setup.Set.BytesPerStep;

    /// <summary>Time in µs of a node's next look at its pings: the first interval that ends after the ping is due.</summary>
    /// <param name="dueUs">Time of the next ping; <see cref="long.MaxValue"/> for none.</param>
    public long NextTick(long dueUs)
    {
        if (dueUs == long.MaxValue) return NowUs + SearchUs;
        long ticks = dueUs <= NowUs ? 1 : (dueUs - NowUs + LinkFlow.TickUs - 1) / LinkFlow.TickUs;
        return NowUs + Math.Min(ticks * LinkFlow.TickUs, 10 * SearchUs);
    }

    /// <summary>Sends an answer or a pong over the link that its request came over.</summary>
    /// <param name="request">The request or the ping with its answer.</param>
    /// <param name="sizeBytes">Size of the answer.</param>
    /// <param name="kind">Kind of the event.</param>
    public void SendBack(SimRequest request, int sizeBytes, EventKind kind)
    {
        if (request.Origin >= 0) _boards[request.Origin].Links.Deliver(request, sizeBytes, kind);
        else _gateways[-1 - request.Origin].Deliver(request, sizeBytes, kind);
    }

    /// <summary>Returns the pong to a ping. The frame serves for the next one too.</summary>
    public PongFrame PongOf(SimRequest ping)
    {
        _pong.Session = ping.Session;
        _pong.Sequence = ping.Sequence;
        _pong.BacklogUs = ping.Answer.Load.BacklogUs;
        _pong.Depth = ping.Answer.Load.Depth;
        return _pong;
    }

    /// <summary>Notes that a board has had all its inputs.</summary>
    public void OnBoardDone() => _activeBoards--;

    private static int ListenersIn(Scenario scenario, int gateway) =>
        scenario.Boards.Where(group => group.Links.Any(link => link.Gateway == gateway)).Sum(group => group.Count);

    /// <summary>Per gateway and objective: the upstream to pass a request on to, or -1 where none leads there.</summary>
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
                for (int objective = 0; objective < gateways.Count; objective++)
                    if (objective == next || hops[next][objective] >= 0) hops[i][objective] = slot;
            }
        }
        return hops;
    }
}
