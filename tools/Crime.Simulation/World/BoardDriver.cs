// A simulated board: the behaviour is that of shared/Node, the same that the firmware runs. The driver adds what belongs to a simulation: the
// times of inputs, of computations and of messages, and their random draws.

using System;
using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;
using Crime.Node;
using Crime.Simulation.Events;
using Crime.Simulation.Inputs;
using Crime.Simulation.Scenarios;

namespace Crime.Simulation.World;

/// <summary>Drives the state machines of one board.</summary>
internal sealed class BoardDriver
{
    // Boards connect within this time in µs.
    private const double ConnectUs = 2_000_000;

    private readonly SimWorld _world;
    private readonly InputFlow _flow;
    private readonly RadioSchedule? _radio;
    private readonly OpenRequest _request;
    private readonly DirectedMapping? _directed;
    private readonly InputArrivals _arrivals;
    private readonly int _decisionUs;
    private RandomStream _noise;
    private RandomStream _backgroundNoise;
    private long _computeFromUs;
    private long _nextTickUs;
    private uint _wakes;
    private bool _isConnected;
    private bool _isRefreshing;
    private bool _isDelayed;

    /// <summary>Makes a board.</summary>
    /// <param name="world">Its world.</param>
    /// <param name="index">Its number.</param>
    /// <param name="costs">Its costs.</param>
    /// <param name="setup">Setup of its engine.</param>
    /// <param name="firstLink">Number of its first link among all links of the world.</param>
    public BoardDriver(SimWorld world, int index, BoardCosts costs, EngineSetup setup, int firstLink)
    {
        _world = world;
        Index = index;
        Costs = costs;
        var nature = new RandomStream(world.Seed, StreamPurpose.Board, index);
        double beaconPhaseUs = nature.NextUniform() * costs.BeaconUs;
        Engine = new MappingEngine(setup, unchecked((uint)nature.NextBits()));
        _arrivals = new InputArrivals(world.Setup, world.Seed, index, costs.Group.InputEveryS * 1e6);
        _noise = new RandomStream(world.Seed, StreamPurpose.Noise, index);
        _backgroundNoise = new RandomStream(world.Seed, StreamPurpose.Messages, index);
        _request = new OpenRequest((uint)index);
        _decisionUs = (int)(world.Setup.Policy.DecisionIl * costs.UsPerIl);
        if (costs.Group.Radio == RadioKind.Off)
        {
            _radio = new RadioSchedule(new RadioCost((int)costs.AssociateUs, costs.Power.WakeMw));
            _radio.SetModel(Engine, 0);
        }
        InputMapping mapping = Mappings.Of(world, this);
        _directed = mapping as DirectedMapping;
        _flow = new InputFlow(costs.Power, mapping, _radio);
        _flow.SetModel(Engine, canCompute: true);
        Links = new BoardLinks(world, costs, Engine, _flow.Background, beaconPhaseUs, firstLink);
    }

    /// <summary>Its number.</summary>
    public int Index { get; }

    /// <summary>Its costs.</summary>
    public BoardCosts Costs { get; }

    /// <summary>Its engine.</summary>
    public MappingEngine Engine { get; }

    /// <summary>Its links.</summary>
    public BoardLinks Links { get; }

    /// <summary>The input in progress.</summary>
    public LengthCount Input { get; private set; } = null!;

    /// <summary>Random draws of the input in progress.</summary>
    public Draws Draws { get; private set; }

    private long NowUs => _world.NowUs;

    /// <summary>Connects, unless the board needs no connection yet, and schedules the first input.</summary>
    public void Start()
    {
        if (_radio != null)
        {
            if (_flow.Need.IsProbeDue(NowUs))
            {
                _flow.Background.OnWake((long)Costs.AssociateUs);
                Connect();
            }
            else
            {
                _radio.OnDown(NowUs);
            }
        }
        _nextTickUs = _arrivals.DrawUs(ConnectUs);
        _world.Events.Add(_nextTickUs, EventKind.Tick, Index);
        ScheduleInput();
    }

    /// <summary>Adds the counts of the board to the run's.</summary>
    public void AddTo(RunTally tally)
    {
        tally.Timeouts += _flow.Counters.Timeouts;
        tally.Refusals += _flow.Counters.Refusals;
        tally.LateAnswers += _flow.Counters.LateAnswers;
        if (!_world.Setup.Policy.HasFreeKnowledge) tally.BackgroundUj += _flow.Background.EnergyUj;
    }

    /// <summary>An input arrives.</summary>
    public void OnInput()
    {
        if (_isRefreshing)
        {
            // The radio comes up to receive statuses: the input waits.
            _world.Events.Add(NowUs + LinkFlow.TickUs, EventKind.Input, Index);
            return;
        }
        Input = _arrivals.Start(NowUs);
        Draws = new Draws(_noise.NextBits());
        _world.Tally.Started++;
        if (_isConnected) Links.ReceiveStatuses();
        InputAction action = _flow.Begin(Input.Length, Input.Length, NowUs);
        _world.Tally.AddDecision(Input.Length, _flow.Decision.IsOffload, NowUs);
        Do(action, NowUs + _decisionUs);
    }

    /// <summary>The computation ends, unless statuses that were received meanwhile delay it.</summary>
    public void OnLocalDone()
    {
        if (!_isDelayed && _world.StatusIl > 0)
        {
            _isDelayed = true;
            _world.Events.Add(NowUs + (long)Links.ReceivedStatusUs(_computeFromUs, NowUs), EventKind.LocalDone, Index);
            return;
        }
        _isDelayed = false;
        Do(_flow.OnComputed(0, _computeFromUs, NowUs), NowUs);
    }

    /// <summary>An answer arrives.</summary>
    public void OnAnswer(SimRequest request)
    {
        request.CopyTo(_request.Incoming);
        double airUs = Costs.AirUs(_world.RequestSize(request.Input.Length));
        double linkUs = NowUs - request.SentUs - request.Answer.WaitUs - request.Answer.ServiceUs - airUs;
        int slot = request.Slot;
        _world.Return(request);
        if (!_request.TryAccept(NowUs))
        {
            _flow.Counters.LateAnswers++;
            _flow.Background.OnReceived(1, NowUs, NowUs);
            return;
        }
        Links.ReceiveStatuses();
        Links.MeasuredRttUs[slot] = Math.Max(linkUs, 0);
        InputAction action = _flow.OnAnswer(_request.Answer, NowUs, NowUs);
        Do(action, NowUs);
    }

    /// <summary>The time to wait for an answer ends.</summary>
    /// <param name="sequence">Number of the request.</param>
    public void OnTimeout(uint sequence)
    {
        if (sequence != _request.Sequence || !_request.Close()) return;
        Links.ReceiveStatuses();
        InputAction action = _flow.OnTimeout(NowUs);
        SendPings();
        Do(action, NowUs);
    }

    /// <summary>The radio has come up.</summary>
    /// <param name="wake">Number of the wake.</param>
    public void OnRadioUp(uint wake)
    {
        if (wake != _wakes) return;
        Connect();
        Links.ReceiveStatuses();
        SendPings();
    }

    /// <summary>The time to wait for a usable gateway ends.</summary>
    /// <param name="wake">Number of the wake.</param>
    public void OnWakeLimit(uint wake)
    {
        if (wake == _wakes) OnLinkChanged();
    }

    /// <summary>The links are measured.</summary>
    public void OnTick()
    {
        if (NowUs != _nextTickUs) return;
        UpdateConnection();
        if (!_isConnected) return;
        Links.ReceiveStatuses();
        SendPings();
    }

    /// <summary>A pong arrives.</summary>
    public void OnPong(SimRequest ping)
    {
        _flow.Background.OnReceived(1, NowUs, NowUs);
        if (_isConnected)
        {
            Links.ReceiveStatuses();
            Engine.OnPong(_world.PongOf(ping), NowUs);
            Links.MeasuredRttUs[ping.Slot] = Math.Max(NowUs - ping.SentUs - Costs.AirUs(PingFrame.Size), 0);
            OnLinkChanged();
        }
        _world.Return(ping);
    }

    private void Do(InputAction action, long fromUs)
    {
        switch (action)
        {
            case InputAction.Compute: Compute(fromUs); break;
            case InputAction.WakeRadio: Wake(fromUs, Draws); break;
            case InputAction.Send: Send(fromUs); break;
            case InputAction.Complete: Complete(); break;
        }
    }

    private void Compute(long fromUs)
    {
        _computeFromUs = fromUs;
        double us = Costs.LocalUs(Input) * Draws.Factor(Draws.Local, BoardCosts.LocalNoiseSigma);
        _world.Events.Add(fromUs + (long)us, EventKind.LocalDone, Index);
    }

    private void Send(long fromUs)
    {
        int length = Input.Length, sizeBytes = _world.RequestSize(length), slot = Links.SlotOf(_flow.Decision.Gateway.Id);
        long sentUs = fromUs + (long)Costs.EncodeUs(length);
        uint sequence = _request.Open(fromUs);
        _flow.OnSent(fromUs, sentUs, 0);
        // A board waits in whole ms.
        long waitUs = (_flow.UntilUs - sentUs + 999) / 1000 * 1000;
        _world.Events.Add(sentUs + waitUs, EventKind.Timeout, Index, 0, sequence);
        // The message is lost, and the board waits for its time-out.
        if (Links.IsDown(slot)) return;
        SimRequest request = _world.Rent(Index, slot, _request.Session, sequence, Draws);
        request.Input = Input;
        request.SentUs = sentUs;
        request.Frame.ModelId = SimWorld.ModelId;
        request.Frame.Length = length;
        request.Frame.BudgetUs = (uint)_flow.Decision.BudgetUs;
        _directed?.Direct(request);
        double wayUs = Links.WayUs(slot, sizeBytes, Draws);
        long arrivalUs = sentUs + (long)(Costs.PublishUs + Costs.AirUs(sizeBytes) + wayUs);
        _world.Events.Add(arrivalUs, EventKind.Request, Links.GatewayAt(slot).Index, request.Index);
    }

    private void Complete()
    {
        RunTally tally = _world.Tally;
        tally.Finished++;
        tally.TimeUs += _flow.Result.TimeUs;
        tally.EnergyUj += _flow.Timeline.EnergyNj(Costs.Power) / 1000.0;
        switch (_flow.Result.Target)
        {
            case Target.Local: tally.OnBoards++; break;
            case Target.Fallback: tally.Fallbacks++; break;
            default:
                if (_request.Answer.RelayCount > 0) tally.PassedOn++;
                else tally.AtGateways++;
                break;
        }
        if (_radio != null) SwitchRadioOff(_radio);
        else UpdateConnection();
        ScheduleInput();
    }

    private void ScheduleInput()
    {
        if (_arrivals.NextUs(NowUs) is { } dueUs) _world.Events.Add(dueUs, EventKind.Input, Index);
        else _world.OnBoardDone();
    }

    /// <summary>Switches the radio of a duty-cycled board off, or on when a refresh is due.</summary>
    private void SwitchRadioOff(RadioSchedule radio)
    {
        _isRefreshing = _flow.IsRefreshDue(NowUs);
        if (_isRefreshing)
        {
            radio.Wake(NowUs);
            Wake(NowUs, new Draws(_backgroundNoise.NextBits()));
            return;
        }
        radio.OnDown(NowUs);
        _isConnected = false;
        _wakes++;
    }

    private void Wake(long fromUs, Draws draws)
    {
        _wakes++;
        double us = Costs.AssociateUs * draws.Factor(Draws.RadioUp, BoardCosts.AssociateNoiseSigma);
        _world.Events.Add(fromUs + (long)us, EventKind.RadioUp, Index, 0, _wakes);
        _world.Events.Add(_radio!.UntilUs, EventKind.WakeLimit, Index, 0, _wakes);
    }

    /// <summary>Reports a link that may be usable now, or the end of the wait for one.</summary>
    private void OnLinkChanged()
    {
        if (_isRefreshing)
        {
            if (_radio!.Poll(NowUs) == WakeState.Waking) return;
            _flow.OnRefreshed(NowUs);
            SwitchRadioOff(_radio);
        }
        else if (_flow.Action is InputAction.WakeRadio or InputAction.AwaitRadio)
        {
            // A policy that names a gateway waits for that one.
            if (_directed is { IsReachable: false } && NowUs < _flow.UntilUs) return;
            Do(_flow.OnRadio(NowUs), NowUs);
        }
    }

    /// <summary>Connects or leaves, as the board needs it. A duty-cycled board is connected while its radio is on.</summary>
    private void UpdateConnection()
    {
        if (_radio != null) return;
        bool isNeeded = _flow.Need.IsConnectionNeeded(_isConnected, NowUs);
        if (isNeeded && !_isConnected)
        {
            Connect();
            Links.ReceiveStatuses();
            SendPings();
        }
        _isConnected = isNeeded;
    }

    private void Connect()
    {
        _isConnected = true;
        Engine.OnConnectionChanged(NowUs);
        Links.OnConnected(NowUs + LinkFlow.StatusesUs);
        // The connection of TCP, CONNECT and SUBSCRIBE take a round trip each.
        _flow.Background.OnExchange(BackgroundEnergy.ConnectMessages, NowUs, NowUs + (long)(6 * Links.StatusWayUs(0)));
        if (Engine.LearnsFromAnswers) _flow.Background.OnExchange(1, NowUs, NowUs);
    }

    /// <summary>Sends the pings that are due, and schedules the next look.</summary>
    private void SendPings()
    {
        while (Engine.TakePing(NowUs, isWanted: false, extraSizeBytes: 0, out uint sequence) is { } gateway) SendPing(Links.SlotOf(gateway.Id), sequence);
        long pingUs = Engine.NextPingUs();
        // No statuses come, and no ping is due: the next input looks again.
        if (pingUs == long.MaxValue && !Links.ReceivesStatuses) return;
        _nextTickUs = _world.NextTick(pingUs);
        if (Engine.LearnsFromAnswers && Links.ReceivesStatuses) _nextTickUs = Math.Min(_nextTickUs, NowUs + LinkFlow.StatusesUs + LinkFlow.TickUs);
        _world.Events.Add(_nextTickUs, EventKind.Tick, Index);
    }

    private void SendPing(int slot, uint sequence)
    {
        _world.Tally.Pings++;
        _flow.Background.OnSent(PingFrame.Size, NowUs);
        var draws = new Draws(_backgroundNoise.NextBits());
        if (Links.IsDown(slot)) return;
        SimRequest ping = _world.Rent(Index, slot, _request.Session, sequence, draws);
        double wayUs = Links.WayUs(slot, PingFrame.Size, draws);
        _world.Events.Add(NowUs + (long)(Costs.PublishUs + Costs.AirUs(PingFrame.Size) + wayUs), EventKind.Ping, Links.GatewayAt(slot).Index, ping.Index);
    }
}
