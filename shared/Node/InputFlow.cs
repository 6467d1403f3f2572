// One input, from its arrival to its result: decide, compute or offload, and compute when no gateway answers. Exactly one result comes out
// in every case. A board that cannot compute the model has no fallback: it asks again until a gateway answers.

using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;

namespace Crime.Node;

/// <summary>
/// State machine of an input. Each report returns the next action; the driver does it and reports its outcome. Nothing is allocated after the
/// constructor. Used by one thread.
/// </summary>
public sealed class InputFlow
{
    /// <summary>Most timesteps of a stream from one decision to the next: a gateway that comes up is noticed before the rest is computed.</summary>
    public const int MaxSteps = 8;

    /// <summary>First time in µs to wait after a failure of a board that cannot compute; doubled up to <see cref="MaxBackOffUs"/>.</summary>
    public const int FirstBackOffUs = 1_000_000;

    /// <summary>Longest time in µs to wait between two attempts of a board that cannot compute.</summary>
    public const int MaxBackOffUs = 30_000_000;

    private readonly InputSteps _steps = new InputSteps();
    private MappingEngine _engine;
    private bool _isFallback;
    private bool _isRepeated;
    private long _backOffUs;
    private long _startUs;
    private long _sentAtUs;
    private int _sentCount;
    private int _extraAirUs;
    private long _listensUntilUs;
    private long _stepsUs;

    /// <summary>Makes the flow of a board without a model.</summary>
    /// <param name="power">The board's power profile.</param>
    /// <param name="mapping">Maps inputs to places.</param>
    /// <param name="radio">Wakes the radio; null where the radio is always on.</param>
    public InputFlow(PowerProfile power, InputMapping mapping, RadioSchedule radio)
    {
        Power = power;
        Hedge = new Hedge(this);
        Mapping = mapping;
        Radio = radio;
        Background = new BackgroundEnergy(power, radio);
        Need = new ConnectionNeed(mapping, Background, radio);
        Wakes = new RadioWakes(mapping, Need, Background, power, radio);
    }

    /// <summary>The action that is in progress.</summary>
    public InputAction Action { get; private set; }

    /// <summary>First timestep of <see cref="InputAction.Compute"/>, or of <see cref="InputAction.Send"/>; 0 starts from the zero state.</summary>
    public int StepStart => _steps.Done;

    /// <summary>Timesteps of <see cref="InputAction.Compute"/> or <see cref="InputAction.Send"/>.</summary>
    public int StepCount { get; private set; }

    /// <summary>True when <see cref="InputAction.Compute"/> ends the input: the driver classifies after it.</summary>
    public bool IsFinal { get; private set; }

    /// <summary>True once a request of the input was sent: a further one is a repeat.</summary>
    public bool WasSent { get; private set; }

    /// <summary>Time of the input's arrival in µs.</summary>
    public long ArrivedUs { get; private set; }

    /// <summary>True when results are wanted behind the gateway.</summary>
    public bool ResultsAtGateway => Mapping.ResultsAtGateway;

    /// <summary>Deadline in µs of an action that waits.</summary>
    public long UntilUs { get; private set; }

    /// <summary>The decision: gateway, time-out and latency budget of <see cref="InputAction.Send"/>.</summary>
    public Decision Decision { get; } = new Decision();

    /// <summary>Time per state of the board for this input.</summary>
    public RadioTimeline Timeline { get; } = new RadioTimeline();

    /// <summary>Energy of the board that no input has caused.</summary>
    public BackgroundEnergy Background { get; }

    /// <summary>Decides whether the board is connected.</summary>
    public ConnectionNeed Need { get; }

    /// <summary>Decides when the radio comes up without a decision for a gateway.</summary>
    public RadioWakes Wakes { get; }

    /// <summary>The result, after <see cref="InputAction.Complete"/>.</summary>
    public InputResult Result { get; } = new InputResult();

    /// <summary>Computes while a request is open; off unless enabled.</summary>
    public Hedge Hedge { get; }

    /// <summary>Counts of requests and answers since the start.</summary>
    public OffloadCounters Counters { get; } = new OffloadCounters();

    /// <summary>The board's power profile.</summary>
    public PowerProfile Power { get; }

    /// <summary>The engine of the board's model; null while there is none.</summary>
    internal MappingEngine Engine => _engine;

    /// <summary>True when the board computes the model itself.</summary>
    internal bool CanCompute { get; private set; }

    /// <summary>Maps inputs to places.</summary>
    internal InputMapping Mapping { get; }

    /// <summary>Wakes the radio; null where the radio is always on.</summary>
    public RadioSchedule Radio { get; }

    /// <summary>Sets the model's engine. An input in progress starts again: its state belongs to the former model.</summary>
    /// <param name="engine">The engine; null while there is no model.</param>
    /// <param name="canCompute">True when the board computes the model itself.</param>
    public void SetModel(MappingEngine engine, bool canCompute)
    {
        _engine = engine;
        Hedge.Reset();
        Hedge.Forget();
        Need.SetModel(engine);
        Wakes.SetModel(engine);
        CanCompute = canCompute;
        _steps.Done = 0;
        if (Action == InputAction.None || Action == InputAction.Complete) return;
        Action = InputAction.AwaitRetry;
        UntilUs = 0;
    }

    /// <summary>Starts an input.</summary>
    /// <param name="length">Its timesteps, at least 1.</param>
    /// <param name="arrived">Timesteps that have come, 0 to <paramref name="length"/>.</param>
    /// <param name="nowUs">The time in µs.</param>
    public InputAction Begin(int length, int arrived, long nowUs)
    {
        _steps.Begin(length, arrived);
        Reset(nowUs, nowUs);
        return Next(nowUs);
    }

    /// <summary>Starts an input that was kept and that the board computes now. Needs a board that can.</summary>
    /// <param name="length">Its timesteps, at least 1.</param>
    /// <param name="arrivedUs">Time of its arrival in µs.</param>
    /// <param name="nowUs">The time in µs.</param>
    public InputAction BeginLocal(int length, long arrivedUs, long nowUs)
    {
        _steps.Begin(length, length);
        Reset(arrivedUs, nowUs);
        _engine.DecideLocal(length, nowUs, Decision);
        return Compute(length, true);
    }

    /// <summary>
    /// Starts a stream whose length is not known yet. The usual length of streams stands for it: that of the former ones, of which the last counts a quarter.
    /// </summary>
    /// <param name="arrived">Timesteps that have come, at least 1.</param>
    /// <param name="nowUs">The time in µs.</param>
    public InputAction BeginStream(int arrived, long nowUs)
    {
        _steps.BeginOpen(arrived);
        Reset(nowUs, nowUs);
        return Next(nowUs);
    }

    /// <summary>Reports the end of a stream, during <see cref="InputAction.AwaitSteps"/>. The time of its result counts from now on.</summary>
    /// <param name="length">Its timesteps, at least those that had come.</param>
    /// <param name="nowUs">The time in µs.</param>
    public InputAction OnEnd(int length, long nowUs)
    {
        _steps.End(length);
        ArrivedUs = nowUs;
        return Next(nowUs);
    }

    /// <summary>Reports that a stream, during <see cref="InputAction.AwaitSteps"/>, is no input: it has no result. Its energy counts as background.</summary>
    public void Abandon(long nowUs)
    {
        Timeline.AddWait(nowUs);
        Background.Add(Timeline);
        Action = InputAction.None;
    }

    /// <summary>Notes the timesteps that have come by now, during another action than <see cref="InputAction.AwaitSteps"/>.</summary>
    public void OnArrived(int arrived) => _steps.Arrive(arrived);

    /// <summary>Reports the timesteps that have come by now, during <see cref="InputAction.AwaitSteps"/>.</summary>
    public InputAction OnSteps(int arrived, long nowUs)
    {
        _steps.Arrive(arrived);
        return Next(nowUs);
    }

    /// <summary>Reports the end of <see cref="InputAction.Compute"/>.</summary>
    /// <param name="label">The class, when <see cref="IsFinal"/>.</param>
    /// <param name="startUs">Start of the computation in µs, after the decision.</param>
    /// <param name="nowUs">Its end in µs.</param>
    public InputAction OnComputed(int label, long startUs, long nowUs)
    {
        Timeline.AddCompute(nowUs);
        _stepsUs += nowUs - startUs;
        _steps.Done += StepCount;
        bool isFinal = IsFinal;
        if (Hedge.IsRunning)
        {
            if (Hedge.EndSlice(nowUs)) return Action;
            if (!isFinal) return Hedge.IsRunning ? Slice() : FallBack(nowUs);
        }
        if (!isFinal) return Next(nowUs);
        // The line counts whole inputs; the board has computed the beginning of a stream as well.
        _engine.OnLocal(_steps.Length, _stepsUs, Result.Answer.OutputSteps);
        return Complete(_isFallback ? Target.Fallback : Target.Local, label, nowUs);
    }

    /// <summary>Reports a change of the link, or the deadline, during <see cref="InputAction.WakeRadio"/> and <see cref="InputAction.AwaitRadio"/>.</summary>
    public InputAction OnRadio(long nowUs)
    {
        WakeState state = Radio.Poll(nowUs);
        if (state == WakeState.Waking) return Action = InputAction.AwaitRadio;
        Timeline.WakeUs += nowUs - Radio.WakeAtUs;
        Timeline.Skip(nowUs);
        if (state == WakeState.Usable) Mapping.DecideAfterWake(_engine, _steps.Rest, nowUs, Decision);
        return state == WakeState.Usable && Decision.IsOffload ? Send() : FallBack(nowUs);
    }

    /// <summary>Adds the background energy since the result before to the result.</summary>
    public void AddBackground() => Result.BackgroundUj = Background.TakeUj();

    /// <summary>Reports that the request was handed to the MQTT client.</summary>
    /// <param name="encodeStartUs">Start of writing it in µs.</param>
    /// <param name="sentUs">End of writing it in µs.</param>
    /// <param name="extraSizeBytes">Bytes of the request beyond header and timesteps: telemetry, and the state of a stream.</param>
    public InputAction OnSent(long encodeStartUs, long sentUs, int extraSizeBytes)
    {
        Counters.Requests++;
        WasSent = true;
        Timeline.AddCompute(sentUs);
        _sentAtUs = sentUs;
        _extraAirUs = (int)((long)extraSizeBytes * Power.TransmitNsPerByte / 1000);
        _engine.OnEncoded(StepCount, sentUs - encodeStartUs);
        _engine.OnSent(Decision.Gateway, StepCount, sentUs);
        Background.OnInputListening(sentUs + _engine.TransmitUs(StepCount) + _extraAirUs + Power.MinActiveUs);
        _sentCount = StepCount;
        UntilUs = MayHedge ? Hedge.Plan(StepCount, _steps.Done > 0 ? encodeStartUs : ArrivedUs, sentUs, _extraAirUs) : sentUs + Decision.TimeoutUs;
        return Action = InputAction.AwaitAnswer;
    }

    /// <summary>Reports that the deadline of <see cref="InputAction.AwaitAnswer"/> has passed without an answer, where <see cref="Hedge.IsPlanned"/>.</summary>
    public InputAction OnHedge(long nowUs)
    {
        if (Action != InputAction.AwaitAnswer || nowUs < UntilUs) return Action;
        bool isRepeated = Hedge.TryRepeat(Mapping, _sentCount, _steps.Done > 0, nowUs);
        if (!isRepeated && nowUs < Hedge.WaitUntilUs)
        {
            UntilUs = Hedge.WaitUntilUs;
            return Action;
        }
        EndRequest(nowUs, false);
        if (isRepeated) return Send();
        Counters.Hedges++;
        _isFallback = !Hedge.IsLocalChoice;
        Hedge.Start(RadioTimeline.ListenTimeUs(nowUs - _sentAtUs - TransmitUs, Power.MinActiveUs, false));
        return Slice();
    }

    /// <summary>Reports that the request could not be sent: there is no connection.</summary>
    public InputAction OnNotSent(long nowUs)
    {
        Timeline.AddCompute(nowUs);
        _engine.OnConnectionChanged(nowUs);
        return FallBack(nowUs);
    }

    /// <summary>Reports the answer of the gateway, which may be a refusal.</summary>
    /// <param name="response">The answer to the request under way; see <see cref="OpenRequest"/>.</param>
    /// <param name="answeredAtUs">Time of its arrival in µs.</param>
    /// <param name="nowUs">The time in µs.</param>
    public InputAction OnAnswer(ResponseFrame response, long answeredAtUs, long nowUs)
    {
        bool isEarlier = Hedge.TakeEarlier(response, answeredAtUs), isOk = response.Code == ResponseCode.Ok || response.Code == ResponseCode.Accepted;
        if (isOk) Counters.Answers++;
        else Counters.Refusals++;
        if (isEarlier && !isOk) return Action;
        // The answer to the earlier request may come while the repetition is written.
        if (isEarlier && answeredAtUs < _sentAtUs + TransmitUs) answeredAtUs = _sentAtUs + TransmitUs;
        EndRequest(answeredAtUs, true);
        _listensUntilUs = answeredAtUs + Power.MinActiveUs;
        Background.OnInputListening(_listensUntilUs);
        if (!isEarlier) _engine.OnResponse(Decision.Gateway, response, _sentCount, answeredAtUs - _sentAtUs - _extraAirUs, answeredAtUs);
        if (!isOk) return FallBack(nowUs);
        Hedge.OnCompleted(isEarlier, nowUs);
        Result.Answer.TakeGateway(response, Result.DoneCount, _sentCount);
        _engine.OnOutput(_steps.Length, Result.Answer.OutputSteps);
        return Complete(Target.Gateway, response.Code == ResponseCode.Ok ? response.Label : InputResult.NoLabel, nowUs);
    }

    /// <summary>Reports that the deadline of <see cref="InputAction.AwaitAnswer"/> has passed without an answer.</summary>
    public InputAction OnTimeout(long nowUs)
    {
        Counters.Timeouts++;
        EndRequest(nowUs, false);
        _engine.OnTimeout(Decision.Gateway, nowUs);
        // Only the receipt may be lost. The gateway recognises the repeat, which takes less energy than computing.
        bool repeats = Mapping.ResultsAtGateway && !_isRepeated && _engine.Objective.Kind == ObjectiveKind.Energy;
        _isRepeated = true;
        return repeats ? Send() : FallBack(nowUs);
    }

    /// <summary>Reports a look during <see cref="InputAction.AwaitRetry"/>: the input goes on after the deadline, once there is a gateway or a kernel.</summary>
    public InputAction OnRetry(long nowUs)
    {
        bool isReady = _engine != null && (CanCompute || (nowUs >= UntilUs && _engine.HasUsableGateway(nowUs)));
        return isReady ? Next(nowUs) : Action;
    }

    /// <summary>
    /// Sets the break-even length of the result after <see cref="InputAction.Complete"/>. It takes as long as several decisions and nothing
    /// depends on it, so it belongs to no input's time and energy.
    /// </summary>
    /// <param name="nowUs">The time in µs.</param>
    public void AddBreakEvenLength(long nowUs) => Result.AddBreakEvenLength(_engine, nowUs);

    private void Reset(long arrivedUs, long nowUs)
    {
        Hedge.Reset();
        Timeline.Start(nowUs);
        Result.Begin();
        _isFallback = _isRepeated = WasSent = false;
        _backOffUs = 0;
        _stepsUs = 0;
        _listensUntilUs = 0;
        ArrivedUs = arrivedUs;
        _startUs = nowUs;
    }

    private InputAction Next(long nowUs)
    {
        Timeline.AddWait(nowUs);
        return _steps.IsComplete ? NextOfWhole(nowUs) : NextOfStream(nowUs);
    }

    /// <summary>Computes the timesteps that have come, and holds them where the rest goes to a gateway; decided again with every timestep.</summary>
    private InputAction NextOfStream(long nowUs)
    {
        int count = _steps.Arrived - _steps.Done;
        if (count == 0 || !CanCompute) return Action = InputAction.AwaitSteps;
        if (!_steps.StayHere(_engine, nowUs, Decision)) Mapping.DecideRest(_engine, _steps.Rest, false, nowUs, Decision);
        return Decision.IsOffload ? Action = InputAction.AwaitSteps : Compute(count < MaxSteps ? count : MaxSteps, false);
    }

    private InputAction NextOfWhole(long nowUs)
    {
        int rest = _steps.Rest;
        // All timesteps are computed: only the class is missing.
        if (rest == 0) return Compute(0, true);
        if (CanCompute && _steps.StayHere(_engine, nowUs, Decision)) return _steps.Done > 0 && rest > MaxSteps ? Compute(MaxSteps, false) : Compute(rest, true);
        // A board that cannot compute needs a gateway, even one that is not in its memory.
        if (!CanCompute && _engine.IsRadioOff) return Wake(nowUs);
        if (_steps.Done > 0 && rest > MaxSteps)
        {
            Mapping.DecideRest(_engine, rest, true, nowUs, Decision);
            if (!Decision.IsOffload) return Compute(MaxSteps, false);
        }
        if (_steps.Done > 0) Mapping.DecideRest(_engine, rest, true, nowUs, Decision);
        else Mapping.Decide(_engine, _steps.Length, CanCompute, nowUs, Decision);
        if (_steps.Done == 0 && MayHedge && Mapping.MayOffload) Hedge.Race(_steps.Length, nowUs);
        if (Decision.IsOffload) return _engine.IsRadioOff ? Wake(nowUs) : Send();
        if (_steps.Done == 0 && CanCompute && Wakes.BeginProbe(_steps.Length, nowUs)) return Wake(nowUs);
        return CanCompute ? Compute(rest, true) : Retry(nowUs);
    }

    private InputAction Compute(int count, bool isFinal)
    {
        StepCount = count;
        IsFinal = isFinal;
        return Action = InputAction.Compute;
    }

    private InputAction Send()
    {
        StepCount = _steps.Rest;
        Result.DoneCount = _steps.Done;
        return Action = InputAction.Send;
    }

    private InputAction Wake(long nowUs)
    {
        // The break-even length is that of a radio that is off. The association takes far longer than its computation.
        AddBreakEvenLength(nowUs);
        Radio.Wake(nowUs);
        UntilUs = Radio.UntilUs;
        return Action = InputAction.WakeRadio;
    }

    /// <summary>Continues on the board from the state that it has. The state of a stream stays as it is until an answer comes.</summary>
    private InputAction FallBack(long nowUs)
    {
        _isFallback = !Hedge.IsLocalChoice;
        Hedge.CloseEarlier();
        return CanCompute ? Compute(_steps.Rest, true) : Retry(nowUs);
    }

    private InputAction Retry(long nowUs)
    {
        _backOffUs = BackOff.Next(_backOffUs, FirstBackOffUs, MaxBackOffUs);
        UntilUs = nowUs + _backOffUs;
        return Action = InputAction.AwaitRetry;
    }

    // A result that is wanted behind the gateway has one author: the gateway that gave the receipt, or the board.
    private bool MayHedge => CanCompute && !Mapping.NeedsGateway && !Mapping.ResultsAtGateway;

    private int TransmitUs => _engine.TransmitUs(_sentCount) + _extraAirUs;

    /// <summary>Counts the times of a request up to its end.</summary>
    internal void EndRequest(long endUs, bool isAnswered)
    {
        if (Hedge.IsRunning)
        {
            Timeline.ListenUs += Hedge.End(Power.MinActiveUs, endUs, isAnswered);
            return;
        }
        Timeline.AddRequest(Power, TransmitUs, endUs - _sentAtUs - TransmitUs, isAnswered);
        Timeline.Skip(endUs);
    }

    /// <summary>The next slice while the request is open.</summary>
    private InputAction Slice()
    {
        int rest = _steps.Rest;
        return Compute(rest < Hedge.MaxSteps ? rest : Hedge.MaxSteps, rest <= Hedge.MaxSteps);
    }

    private InputAction Complete(Target target, int label, long nowUs)
    {
        Result.Target = target;
        Result.Label = label;
        Result.Length = _steps.Length;
        Result.TimeUs = nowUs - ArrivedUs;
        if (_listensUntilUs > nowUs) Timeline.TailUs = _listensUntilUs - nowUs;
        Result.ActiveUs = nowUs - _startUs + Timeline.TailUs;
        long energyNj = Timeline.EnergyNj(Power);
        Need.OnInput(energyNj);
        Wakes.EndProbe(_steps.Length, energyNj, nowUs);
        Result.Depth = Decision.IsOffload ? Decision.Gateway.Queue.Depth : _engine.LowestDepth();
        return Action = InputAction.Complete;
    }
}
