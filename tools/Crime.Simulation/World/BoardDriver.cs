// A simulated board: the behaviour is that of shared/Node, the same that the firmware runs. The driver adds what belongs to a simulation: the
// times of inputs, of computations and of messages, and their random draws.

using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;
using Crime.Node;
using Crime.Simulation.Events;
using Crime.Simulation.Inputs;
using Crime.Simulation.Scenarios;

namespace Crime.Simulation.World;

/// <summary>Drives the state machines of one board.</summary>
internal sealed partial class BoardDriver
{
    // Boards connect within this time in µs.
    private const double ConnectUs = 2_000_000;

    // Executed IL of a look for the answer between two slices: about a hundred instructions of the flow and as many of the driver. Estimate.
    private const double LookIl = 200;

    private readonly SimWorld _world;
    private readonly string _id;
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
    private long _leftUs;
    private uint _wakes;
    private bool _isRefreshing;
    private bool _isDelayed;
    private bool _isUrgent;
    private bool _isKeptInput;
    private bool _isComputingOrSending;
    private uint _looks;
    private long _replayEndUs = long.MaxValue;
    private long _lastReportUs;
    private bool _hasEnded;
    private bool _isDone;
    private uint _inputCount;
    private long _lostResults;

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
        _id = "board-" + index;
        Costs = costs;
        var nature = new RandomStream(world.Seed, StreamPurpose.Board, index);
        double beaconPhaseUs = nature.NextUniform() * costs.BeaconUs;
        Engine = new MappingEngine(setup, unchecked((uint)nature.NextBits()));
        _arrivals = new InputArrivals(world.Setup, world.Seed, index, costs.Group.InputEveryS * 1e6);
        _noise = new RandomStream(world.Seed, StreamPurpose.Noise, index);
        bool keeps = costs.Group.ResultsAtGateway || (costs.Group.ResultWithinS > 0 && world.Setup.Policy.Defers);
        _request = new OpenRequest((uint)index, keeps ? OpenRequest.MostOpen : 1);
        _decisionUs = (int)((world.Setup.Policy.DecisionIl + (world.Setup.Races && world.Setup.Policy.Hedges ? Policy.RaceIl : 0)) * costs.UsPerIl);
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
        // Answers of the simulation have lengths and no tokens.
        if (world.Setup.Set.Lengths.IsWriting) _flow.Result.Answer.SetOutput([], world.Setup.Set.Lengths.MaxOutputLength);
        int quantile = world.Setup.HedgeQuantile;
        if (world.Setup.Policy.Hedges && (quantile > 0 || world.Setup.Races))
            _flow.Hedge.Enable(_request, quantile > 0 ? quantile : Hedge.DefaultQuantilePercent, world.Setup.Races);
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
        tally.Hedges += _flow.Counters.Hedges;
        tally.Repeats += _flow.Counters.Repeats;
        tally.HedgesWon += _flow.Counters.HedgesWon;
        tally.Cancels += _flow.Counters.Cancels;
        tally.ReportUj += _connection.ReportUj;
        tally.LostResults += _lostResults;
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
        _flow.Result.Input = ++_inputCount;
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
        bool isHedging = _flow.Hedge.IsRunning;
        if (isHedging) Links.ReceiveStatuses();
        _flow.Result.Answer.OutputSteps = Input.OutputLength;
        InputAction action = _flow.OnComputed(0, _computeFromUs, NowUs);
        // After a refusal or a time-out, the link is measured anew.
        if (isHedging && action == InputAction.Compute && !_flow.Hedge.IsRunning && _connection.IsUp) _connection.SendPings();
        Do(action, NowUs);
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
        // Slices together take as long as the whole. After each the board looks for the answer.
        int done = _flow.StepStart;
        long sliceUs = (long)(us * (done + _flow.StepCount) / Input.Length) - (long)(us * done / Input.Length);
        if (_flow.Hedge.IsRunning) sliceUs += (long)(LookIl * Costs.UsPerIl);
        _world.Events.Add(fromUs + sliceUs, EventKind.LocalDone, Index);
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
        if (_flow.Hedge.HasCancel) Cancel();
        _isComputingOrSending = false;
        bool isOwnResult = _flow.ResultsAtGateway && _flow.Result.Target != Target.Gateway;
        if (isOwnResult && !_batches!.KeepResult()) _lostResults++;
        if (!_isKeptInput) ScheduleInput();
        if (_radio == null) UpdateConnection();
        Continue();
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
            _hasEnded = true;
            EndAssociated();
            return;
        }
        _hasEnded = true;
        // The firmware ends a replay an interval after its last input, and then serves all that it has kept.
        if (_world.Setup.Replay is { } replay) _replayEndUs = NowUs + replay.IntervalMs * 1000L;
        // A board that reports ends with the report after its last input, so that every policy has the same reports.
        else _lastReportUs = _radio.ReportAtUs;
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
