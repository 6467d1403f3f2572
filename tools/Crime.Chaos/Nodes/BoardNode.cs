// A board: it drives the product's state machines of a board as the firmware does, with events instead of threads.

using System;
using Crime.Chaos.Broker;
using Crime.Chaos.Invariants;
using Crime.Chaos.Models;
using Crime.Chaos.Planting;
using Crime.Chaos.Worlds;
using Crime.Costs;
using Crime.Frames;
using Crime.Kernel;
using Crime.Mapping;
using Crime.Node;

namespace Crime.Chaos.Nodes;

/// <summary>Drives the cores of one board.</summary>
internal sealed partial class BoardNode : ChaosNode
{
    private const int InputKind = 0;
    private const int StepKind = 1;
    private const int ComputedKind = 2;
    private const int EncodedKind = 3;
    private const int FlowKind = 4;
    private const int LinkKind = 5;
    private const int JoinedKind = 6;
    private const int RestartKind = 7;

    private const int RetryLookUs = 500_000;

    private readonly BoardTraits _traits;
    private readonly EnergyBook _book;
    private readonly int _firstModel;
    private ChaosInput? _input;

    // Made anew with every life.
    private TinyModel _model = TinyModel.All[0];
    private NetworkKernel? _kernel;
    private MappingEngine _engine = null!;
    private OpenRequest _request = null!;
    private InputFlow _flow = null!;
    private RadioSchedule? _radio;
    private BoardInbox _inbox = null!;
    private TrustWatch _trust = null!;
    private bool _isRunning;
    private int _arrived;
    private long _startedUs;
    private int _timer;

    /// <summary>Makes a board that is off.</summary>
    /// <param name="world">The world of the run.</param>
    /// <param name="broker">The broker.</param>
    /// <param name="index">Its number among all nodes.</param>
    public BoardNode(World world, BrokerModel broker, int index)
        : base(world, $"board-{index}", index)
    {
        _traits = new BoardTraits(world);
        _book = new EnergyBook(Id, _traits.Power);
        _firstModel = world.Below(TinyModel.All.Length);
        _client = broker.NewClient(Id, index, Link, this);
        Clients = [_client];
    }

    /// <inheritdoc/>
    public override BrokerClient[] Clients { get; }

    /// <summary>True while it has an input without a result.</summary>
    public bool HasInput => _input != null;

    /// <summary>True while the board may get another model.</summary>
    public bool MaySwap => IsUp && (!_isRunning || _flow.Action is InputAction.AwaitRetry or InputAction.AwaitSteps);

    /// <summary>True when the board sleeps deeply between its inputs.</summary>
    public bool MaySleep => IsUp && !_isRunning && _traits.IsDutyCycled && _engine.IsRadioOff;

    /// <inheritdoc/>
    public override string NameOf(int kind) => kind switch
    {
        InputKind => "input",
        StepKind => "timesteps",
        ComputedKind => "computed steps",
        EncodedKind => "request written",
        FlowKind => "timer of the input",
        LinkKind => "timer of the link",
        JoinedKind => "Wi-Fi",
        _ => "start",
    };

    /// <summary>Starts.</summary>
    /// <param name="delayUs">After so many µs.</param>
    public void StartAfter(long delayUs) => After(delayUs, RestartKind);

    /// <summary>Starts at once if it is off.</summary>
    public void Heal()
    {
        if (!IsUp) Start();
    }

    /// <summary>Loses its power, and comes back after a while. Its sensor keeps the input that has no result yet.</summary>
    /// <param name="isNoticed">True when the broker notices at once.</param>
    /// <param name="outageUs">Time in µs until it starts.</param>
    public void Kill(bool isNoticed, long outageUs)
    {
        EndLife();
        _isRunning = false;
        _client.Abandon(isNoticed);
        After(outageUs, RestartKind);
    }

    /// <summary>Sleeps deeply between two inputs, and starts with what it knew of its gateways.</summary>
    public void Sleep(long us)
    {
        _memory = new byte[CandidateMemory.Size];
        _engine.Save(_memory, 0, NowUs);
        Kill(isNoticed: false, us);
    }

    /// <summary>Gets another model. An input that waits starts again with it.</summary>
    /// <param name="index">Index of the model.</param>
    public void Swap(int index)
    {
        SetModel(index);
        if (_isRunning) Do(_flow.Action);
    }

    /// <inheritdoc/>
    public override bool IsWanted(int kind, int number) => kind switch
    {
        FlowKind => number == _timer && _isRunning,
        LinkKind => number == _linkTimer,
        _ => true,
    };

    /// <inheritdoc/>
    public override void OnEvent(int kind, int number, object? content)
    {
        switch (kind)
        {
            case RestartKind:
                if (!IsUp) Start();
                break;
            case InputKind: OnInput(); break;
            case StepKind: OnStep(); break;
            case ComputedKind: OnComputed(number); break;
            case EncodedKind: OnEncoded(); break;
            case FlowKind: OnTimer(); break;
            case JoinedKind: OnJoined(); break;
            default: RunLink(); break;
        }
    }

    /// <inheritdoc/>
    public override void Check()
    {
        if (!IsUp) return;
        if (World.Planted == PlantedFault.ExpiryForgotten) ForgetExpiry();
        if (!_engine.IsRadioOff) _trust.Check(_engine, NowUs);
        bool isAwaited = _flow.Action == InputAction.AwaitAnswer || _flow.Hedge.IsRunning || (_flow.Hedge.IsRepeated && _flow.Action == InputAction.Send);
        if (_request.IsOpen && !isAwaited) throw new InvariantException($"{Id}: a request is open, and nothing waits for it");
    }

    /// <inheritdoc/>
    protected override void OnJump()
    {
        After(0, FlowKind, _timer);
        After(0, LinkKind, _linkTimer);
    }

    private void ForgetExpiry()
    {
        for (int i = 0; i < _engine.CandidateCount; i++)
        {
            GatewayCandidate gateway = _engine.Candidate(i);
            if (gateway.IsServing && gateway.Link.IsUsable) gateway.StatusUntilUs = long.MaxValue;
        }
    }

    private void Start()
    {
        BeginLife();
        uint session = World.NextBits();
        _request = new OpenRequest(session);
        _telemetry = _traits.HasTelemetry ? new TelemetryBuffer() : null;
        var cost = new RadioCost(World.Between(50_000, 2_000_000), _traits.Power.WakeMw);
        _radio = _traits.IsDutyCycled ? new RadioSchedule(cost) : null;
        _flow = new InputFlow(_traits.Power, new ModeMapping { Mode = _traits.Mode }, _radio);
        if (_traits.HedgeQuantile > 0) _flow.Hedge.Enable(_request, _traits.HedgeQuantile, _traits.Races);
        _link = new LinkFlow(_request, _telemetry, _flow);
        _inbox = new BoardInbox(_request, _flow);
        _trust = new TrustWatch(Id);
        _frame = new RequestFrame { Session = session, ValuesPerStep = TinyModel.Width, Encoding = SequenceEncoding.Int16 };
        _isJoining = _isConnecting = false;
        SetModel(_firstModel);
        if (_memory != null) Remember(_memory);
        _memory = null;
        RunLink();
        if (_input != null || !World.IsHealing) After(World.Below(_traits.PauseUs), InputKind);
    }

    private void Remember(byte[] memory)
    {
        _engine.Restore(memory, 0, _radio!.Cost, NowUs);
        // The restored round trips were measured before the sleep.
        for (int i = 0; i < _engine.CandidateCount; i++) _trust.Of(_engine.Candidate(i).Id).MeasuredAtUs = NowUs;
        _link.SetWanted(false);
    }

    private void SetModel(int index)
    {
        _model = TinyModel.All[index];
        _modelIndex = index;
        _engine = _traits.NewEngine(Id, _model);
        _trust = new TrustWatch(Id);
        _kernel = _traits.IsStreaming ? _model.NewKernel() : null;
        _frame.ModelId = _model.Id;
        _frame.FractionBits = _model.File.InputFractionBits;
        _inbox.SetModel(_model.Id, _engine);
        _link.SetModel(_engine);
        _flow.SetModel(_engine, _traits.CanCompute);
        if (_radio == null) return;
        _radio.SetModel(_engine, NowUs);
        if (_link.IsOff) _radio.OnDown(NowUs);
    }

    private void OnInput()
    {
        if (_isRunning) return;
        if (_input == null)
        {
            if (World.IsHealing) return;
            _input = World.Inputs.Add(Id, World.Below(TinyModel.SequenceCount), World.Between(1, TinyModel.LongestLength));
        }
        _isRunning = true;
        _isAnswerUnread = false;
        _arrived = _traits.IsStreaming ? 0 : _input.Length;
        _startedUs = NowUs;
        _book.Begin(NowUs);
        if (_traits.IsStreaming) After(_traits.StepPeriodUs, StepKind);
        Do(_flow.Begin(_input.Length, _arrived, NowUs));
    }

    private void OnStep()
    {
        if (!_isRunning || _arrived >= _input!.Length) return;
        // Several timesteps may come at once.
        _arrived = Math.Min(_arrived + World.Between(1, 4), _input.Length);
        if (_arrived < _input.Length) After(_traits.StepPeriodUs, StepKind);
        if (_flow.Action == InputAction.AwaitSteps) Do(_flow.OnSteps(_arrived, NowUs));
        else _flow.OnArrived(_arrived);
    }

    /// <summary>Does what the input needs next.</summary>
    private void Do(InputAction action)
    {
        _timer++;
        switch (action)
        {
            case InputAction.AwaitSteps: _book.Enter(BoardState.Waits, NowUs); break;
            case InputAction.Compute: Compute(); break;
            case InputAction.WakeRadio:
                _book.Enter(BoardState.Wakes, NowUs);
                _link.SetWanted(true);
                RunLink();
                AtOwn(_flow.UntilUs, FlowKind, _timer);
                break;
            case InputAction.AwaitRadio: AtOwn(_flow.UntilUs, FlowKind, _timer); break;
            case InputAction.Send:
                _book.Enter(BoardState.Computes, NowUs);
                _startedUs = NowUs;
                After(World.Between(50, 500), EncodedKind);
                break;
            case InputAction.AwaitAnswer: AtOwn(_flow.UntilUs, FlowKind, _timer); break;
            case InputAction.AwaitRetry:
                World.Tally.Add(Outcome.Retried);
                _book.Enter(BoardState.Waits, NowUs);
                AtOwn(Math.Max(_flow.UntilUs, NowUs + RetryLookUs), FlowKind, _timer);
                break;
            default: Complete(); break;
        }
    }

    private void Compute()
    {
        _book.Enter(BoardState.Computes, NowUs);
        _startedUs = NowUs;
        // Now and then something else keeps the board busy.
        int us = 50 + _traits.StepUs * _flow.StepCount;
        After(World.OneIn(20) ? 4 * us : us, ComputedKind, _flow.StepCount);
    }

    private void OnComputed(int count)
    {
        if (_kernel != null)
        {
            if (_flow.StepStart == 0) _kernel.State.Reset();
            _kernel.Advance(TinyModel.Values(_input!.Sequence), _flow.StepStart, count);
        }
        int label = 0;
        if (_flow.IsFinal) label = _kernel?.Classify() ?? _model.BoardLabel(_input!.Sequence, _input.Length);
        bool isHedging = _flow.Hedge.IsRunning;
        InputAction next = _flow.OnComputed(label, _startedUs, NowUs);
        if (isHedging && !_flow.Hedge.IsRunning) _book.EndHedge(_request.HasAnswer, _request.HasAnswer ? _request.AnsweredAtUs : NowUs);
        Do(next);
    }

    private void OnTimer()
    {
        switch (_flow.Action)
        {
            case InputAction.AwaitRadio or InputAction.WakeRadio: Do(_flow.OnRadio(NowUs)); break;
            case InputAction.AwaitRetry: Do(_flow.OnRetry(NowUs)); break;
            case InputAction.AwaitAnswer when NowUs < _flow.UntilUs && !_request.HasAnswer: Do(InputAction.AwaitAnswer); break;
            case InputAction.AwaitAnswer when _flow.Hedge.IsPlanned:
                if (_isAnswerUnread) ReadAnswer();
                else if (!_request.HasAnswer) StartHedge();
                break;
            // An answer that came while the last request was written.
            case InputAction.AwaitAnswer when _isAnswerUnread: ReadAnswer(); break;
            // An answer that has come is being handled.
            case InputAction.AwaitAnswer when _request.Close():
                World.Tally.Add(Outcome.TimedOut);
                _book.EndRequest(_airUs, false, NowUs);
                Do(_flow.OnTimeout(NowUs));
                break;
        }
    }

    private void StartHedge()
    {
        InputAction next = _flow.OnHedge(NowUs);
        if (next != InputAction.AwaitAnswer)
        {
            World.Tally.Add(next == InputAction.Send ? Outcome.Repeated : Outcome.Hedged);
            _book.StartHedge(_airUs, NowUs);
            if (next == InputAction.Send) _book.EndHedge(false, NowUs);
        }
        Do(next);
    }

    private void Complete()
    {
        ChaosInput input = _input!;
        InputResult result = _flow.Result;
        _book.Check(_flow.Timeline, result, NowUs);
        World.Tally.Add(result.Target switch { Target.Local => Outcome.Local, Target.Gateway => Outcome.Gateway, _ => Outcome.Fallback });
        if (result.Target != Target.Gateway) CheckComputed(input, result.Label);
        else if (result.DoneCount > 0) World.Inputs.MovedCount++;
        if (_flow.Hedge.HasCancel) Cancel();
        if (_telemetry != null) AddRecord(result);
        _isRunning = false;
        _input = null;
        World.Inputs.OnResult(input);
        if (_radio != null) TakeDown(_radio);
        if (!World.IsHealing) After(1 + World.Below(_traits.PauseUs), InputKind);
    }

    private void CheckComputed(ChaosInput input, int label)
    {
        bool isRight = label == _model.BoardLabel(input.Sequence, input.Length);
        if (_kernel != null)
        {
            var state = new short[_model.StateCount];
            _kernel.State.CopyTo(state);
            isRight &= _model.StateAfter(input.Sequence, input.Length).SequenceEqual(state)
                && _model.BoardLogits(input.Sequence, input.Length).SequenceEqual(_kernel.Logits);
        }
        if (!isRight) throw new InvariantException($"{Id}: input {input.Number} does not end as it does without an interruption");
    }

    private void AddRecord(InputResult result)
    {
        _flow.AddBreakEvenLength(NowUs);
        _telemetry!.Add(
            new TelemetryRecord
            {
                Length = result.Length, Label = result.Label, Target = result.Target, TimeUs = (uint)Math.Min(result.TimeUs, uint.MaxValue),
                BreakEvenLength = result.BreakEvenLength, Depth = result.Depth, Done = result.DoneCount,
            },
            NowUs);
    }

    /// <summary>Switches the radio off, or on for the statuses of new gateways: then it stays on until the next result.</summary>
    private void TakeDown(RadioSchedule radio)
    {
        bool isRefreshDue = _flow.Wakes.IsDue(NowUs);
        if (isRefreshDue) radio.Wake(NowUs);
        else radio.OnDown(NowUs);
        _link.SetWanted(isRefreshDue);
        RunLink();
    }
}
