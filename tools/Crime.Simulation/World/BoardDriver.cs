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
    private readonly BoardBatches? _batches;
    private readonly BoardConnection _connection;
    private RandomStream _urgency;
    private RandomStream _noise;
    private long _computeFromUs;
    private uint _wakes;
    private bool _isRefreshing;
    private bool _isDelayed;
    private bool _isUrgent;
    private bool _isKeptInput;
    private bool _isComputingOrSending;
    private uint _looks;
    private long _lastReportUs;
    private bool _hasEnded;
    private bool _isDone;

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
        bool keeps = costs.Group.ResultWithinS > 0 && world.Setup.Policy.Defers;
        _request = new OpenRequest((uint)index, keeps ? OpenRequest.MostOpen : 1);
        _decisionUs = (int)(world.Setup.Policy.DecisionIl * costs.UsPerIl);
        if (costs.Group.Radio == RadioKind.Off)
        {
            long reportEveryUs = (long)(costs.Group.ReportEveryS * 1e6);
            // The reports of the boards are spread over the interval.
            long firstReportUs = _arrivals.FirstReportUs ?? (reportEveryUs > 0 ? (long)(nature.NextUniform() * reportEveryUs) : 0);
            _radio = new RadioSchedule(new RadioCost((int)costs.AssociateUs, costs.Power.WakeMw), reportEveryUs, firstReportUs);
            _radio.SetModel(Engine, 0);
        }
        InputMapping mapping = Mappings.Of(world, this);
        _directed = mapping as DirectedMapping;
        _flow = new InputFlow(costs.Power, mapping, _radio);
        _flow.SetModel(Engine, canCompute: true);
        Links = new BoardLinks(world, costs, Engine, _flow.Background, beaconPhaseUs, firstLink);
        _connection = new BoardConnection(world, this, _flow.Background, _request.Session);
        _urgency = new RandomStream(world.Seed, StreamPurpose.Urgency, index);
        if (keeps) _batches = new BoardBatches(world, this, _flow, _request, _connection);
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
        _connection.ScheduleTick(_arrivals.DrawUs(ConnectUs));
        ScheduleInput();
        if (_radio == null) return;
        _isRefreshing = _flow.Need.IsProbeDue(NowUs);
        if (_isRefreshing) Refresh(_radio);
        else Continue();
    }

    /// <summary>Adds the counts of the board to the run's.</summary>
    public void AddTo(RunTally tally)
    {
        tally.Timeouts += _flow.Counters.Timeouts;
        tally.Refusals += _flow.Counters.Refusals;
        tally.LateAnswers += _flow.Counters.LateAnswers;
        tally.ReportUj += _connection.ReportUj;
        // The oracle has its knowledge for nothing. Its reports have a price all the same.
        tally.BackgroundUj += _world.Setup.Policy.HasFreeKnowledge ? _connection.ReportUj : _flow.Background.EnergyUj;
    }

    /// <summary>An input arrives.</summary>
    public void OnInput()
    {
        if (IsBusy)
        {
            // The radio comes up to receive statuses, or the board serves kept inputs: the input waits.
            _world.Events.Add(NowUs + LinkFlow.TickUs, EventKind.Input, Index);
            return;
        }
        LengthCount input = _arrivals.Start(NowUs);
        var draws = new Draws(_noise.NextBits());
        _isUrgent = Costs.Group.UrgentShare > 0 && _urgency.NextUniform() < Costs.Group.UrgentShare;
        _world.Tally.Started++;
        if (!_isUrgent && _batches != null && _batches.TryKeep(input, draws))
        {
            ScheduleInput();
            Continue();
            return;
        }
        Input = input;
        Draws = draws;
        _isKeptInput = false;
        _isComputingOrSending = true;
        if (_connection.IsUp) Links.ReceiveStatuses();
        InputAction action = _flow.Begin(Input.Length, Input.Length, NowUs);
        _world.Tally.AddDecision(Input.Length, _flow.Decision.IsOffload, NowUs);
        Do(action, NowUs + _decisionUs);
    }

    /// <summary>A duty-cycled board looks for what is due.</summary>
    /// <param name="look">Number of the look.</param>
    public void OnLook(uint look)
    {
        if (look != _looks) return;
        if (IsBusy) _world.Events.Add(NowUs + LinkFlow.TickUs, EventKind.Look, Index, 0, look);
        else Continue();
    }

    /// <summary>Computes an input that was kept.</summary>
    public void ComputeKept(LengthCount input, Draws draws, long arrivedUs)
    {
        Input = input;
        Draws = draws;
        _isUrgent = false;
        _isKeptInput = true;
        _isComputingOrSending = true;
        Do(_flow.BeginLocal(input.Length, arrivedUs, NowUs), NowUs + _decisionUs);
    }

    /// <summary>Counts a result.</summary>
    /// <param name="length">Length of the input.</param>
    /// <param name="isOffload">True when a gateway computed an input that was kept.</param>
    /// <param name="timeUs">Time in µs from its arrival to its result.</param>
    /// <param name="isUrgent">True when the result was urgent.</param>
    public void Count(int length, bool isOffload, long timeUs, bool isUrgent)
    {
        RunTally tally = _world.Tally;
        tally.Finished++;
        tally.TimeUs += timeUs;
        double withinS = isUrgent ? Costs.Group.UrgentWithinS : Costs.Group.ResultWithinS;
        if (withinS > 0 && timeUs > withinS * 1e6) tally.MissedDeadlines++;
        if (isOffload) tally.AddDecision(length, true, NowUs);
    }

    /// <summary>A batch has ended.</summary>
    public void OnBatchEnd() => Continue();

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
        if (_batches is { IsBusy: true })
        {
            _batches.OnAnswers();
            return;
        }
        Links.MeasuredRttUs[slot] = Math.Max(linkUs, 0);
        InputAction action = _flow.OnAnswer(_request.Answer, NowUs, NowUs);
        Do(action, NowUs);
    }

    /// <summary>The time to wait for an answer ends.</summary>
    /// <param name="sequence">Number of the request.</param>
    public void OnTimeout(uint sequence)
    {
        if (sequence != _request.Sequence) return;
        if (_batches is { IsBusy: true })
        {
            _batches.OnTimeout();
            return;
        }
        if (!_request.Close()) return;
        Links.ReceiveStatuses();
        InputAction action = _flow.OnTimeout(NowUs);
        _connection.SendPings();
        Do(action, NowUs);
    }

    /// <summary>The radio has come up.</summary>
    /// <param name="wake">Number of the wake.</param>
    public void OnRadioUp(uint wake)
    {
        if (wake == _wakes) _connection.ConnectAndPing();
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
        if (NowUs != _connection.NextTickUs) return;
        UpdateConnection();
        if (_connection.IsUp) _connection.Measure();
    }

    /// <summary>A pong arrives.</summary>
    public void OnPong(SimRequest ping)
    {
        if (_connection.TakePong(ping)) OnLinkChanged();
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
        Transmit(Input, Draws, slot, sequence, _flow.Decision.BudgetUs, sentUs, sentUs + (Costs.PublishUs + Costs.AirUs(sizeBytes)), true);
    }

    /// <summary>Sends a request on its way.</summary>
    /// <param name="input">The input.</param>
    /// <param name="draws">Its random draws.</param>
    /// <param name="slot">The link.</param>
    /// <param name="sequence">Sequence number of the request.</param>
    /// <param name="budgetUs">Its latency budget in µs.</param>
    /// <param name="sentUs">Time in µs at which the MQTT client had it.</param>
    /// <param name="leftUs">Time in µs at which the radio has transmitted it.</param>
    /// <param name="isDirected">True when the policy names the gateway that has to compute.</param>
    public void Transmit(LengthCount input, Draws draws, int slot, uint sequence, int budgetUs, long sentUs, double leftUs, bool isDirected)
    {
        // The message is lost, and the board waits for its time-out.
        if (Links.IsDown(slot)) return;
        SimRequest request = _world.Rent(Index, slot, _request.Session, sequence, draws);
        request.Input = input;
        request.SentUs = sentUs;
        request.Frame.ModelId = SimWorld.ModelId;
        request.Frame.Length = input.Length;
        request.Frame.BudgetUs = (uint)budgetUs;
        if (isDirected) _directed?.Direct(request);
        double wayUs = Links.WayUs(slot, _world.RequestSize(input.Length), draws);
        _world.Events.Add((long)(leftUs + wayUs), EventKind.Request, Links.GatewayAt(slot).Index, request.Index);
    }

    private void Complete()
    {
        RunTally tally = _world.Tally;
        Count(Input.Length, false, _flow.Result.TimeUs, _isUrgent);
        if (_isKeptInput) tally.AddDecision(Input.Length, false, NowUs);
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
        _isComputingOrSending = false;
        if (!_isKeptInput) ScheduleInput();
        if (_radio != null) Continue();
        else UpdateConnection();
    }

    private bool IsBusy => _isRefreshing || _isComputingOrSending || _batches is { IsBusy: true };

    private void ScheduleInput()
    {
        if (_arrivals.NextUs(NowUs) is { } dueUs)
        {
            _world.Events.Add(dueUs, EventKind.Input, Index);
            return;
        }
        if (_radio == null)
        {
            _world.OnBoardDone();
            return;
        }
        // A board that reports ends with the report after its last input, so that every policy has the same reports.
        _hasEnded = true;
        _lastReportUs = _radio.ReportAtUs;
    }

    /// <summary>Serves kept inputs and reports of a duty-cycled board, or switches its radio off.</summary>
    private void Continue()
    {
        if (_radio == null || (_batches != null && _batches.Step())) return;
        SwitchRadioOff(_radio);
        if (_isRefreshing) return;
        long lookUs = Math.Min(_batches?.NextUs ?? long.MaxValue, _radio.ReportAtUs);
        if (_hasEnded && _batches is null or { IsEmpty: true } && (_lastReportUs == long.MaxValue || _radio.ReportAtUs > _lastReportUs))
        {
            if (!_isDone) _world.OnBoardDone();
            _isDone = true;
            return;
        }
        if (lookUs < long.MaxValue) _world.Events.Add(Math.Max(lookUs, NowUs), EventKind.Look, Index, 0, ++_looks);
    }

    /// <summary>Switches the radio of a duty-cycled board off, or on when a refresh is due.</summary>
    private void SwitchRadioOff(RadioSchedule radio)
    {
        _isRefreshing = _flow.IsRefreshDue(NowUs);
        if (_isRefreshing)
        {
            Refresh(radio);
            return;
        }
        radio.OnDown(NowUs);
        _connection.Leave();
        _wakes++;
    }

    /// <summary>Brings the radio up to report, or to learn of gateways.</summary>
    private void Refresh(RadioSchedule radio)
    {
        if (radio.IsReportDue(NowUs)) _connection.BeginReport();
        radio.Wake(NowUs);
        Wake(NowUs, _connection.NextDraws());
    }

    /// <summary>Schedules the time at which the radio comes up.</summary>
    /// <param name="fromUs">Time in µs at which it is switched on.</param>
    /// <param name="draws">Random draws of the input that needs it.</param>
    public void Wake(long fromUs, Draws draws)
    {
        _wakes++;
        double us = Costs.AssociateUs * draws.Factor(Draws.RadioUp, _world.Setup.AssociateNoiseSigma) + Links.ConnectUs();
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
            _isRefreshing = false;
            _connection.EndReport();
            Continue();
        }
        else if (_batches is { IsWaking: true })
        {
            _batches.OnRadio();
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
        bool isNeeded = _flow.Need.IsConnectionNeeded(_connection.IsUp, NowUs);
        if (!isNeeded) _connection.Leave();
        else if (!_connection.IsUp) _connection.ConnectAndPing();
    }
}
