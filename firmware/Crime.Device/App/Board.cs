// The board as a whole: puts the parts together and takes them through a run. Data flows one way: input, decision, kernel or
// offload, result, console. Work is done in steps that can be repeated, so that a step that was refused memory is tried again.

using System;
using System.Collections;
using System.Threading;
using Crime.Costs;
using Crime.Device.Duty;
using Crime.Device.Energy;
using Crime.Device.Inference;
using Crime.Device.Inputs;
using Crime.Device.Keeping;
using Crime.Device.Memory;
using Crime.Device.Models;
using Crime.Device.Offload;
using Crime.Device.Results;
using Crime.Device.Sensors;
using Crime.Device.Settings;
using Crime.Device.Terminal;
using Crime.Frames;
using Crime.Kernel;
using Crime.Model;
using Crime.Node;
using Crime.Sensing;
using nanoFramework.Hardware.Esp32;
using nanoFramework.Runtime.Native;

namespace Crime.Device.App;

/// <summary>A board that classifies sequences.</summary>
internal sealed class Board : LastingThread, IBoardCommands
{
    /// <summary>Least time between two restarts that the board makes by itself, in µs: 30 s.</summary>
    public const long RestartIntervalUs = 30_000_000;

    /// <summary>Shortages in sequence after which the board restarts.</summary>
    public const int ShortagesUntilRestart = 20;

    private const int IdleMs = 50;

    /// <summary>Times that a model is installed in vain before a restart.</summary>
    private const int InstallsUntilRestart = 3;
    private const int InstallPauseMs = 1000;

    private readonly BoardSettings _settings;
    private readonly MemoryPlan _memory;
    private readonly SerialConsole _console;
    private readonly Report _report;
    private readonly Commands _commands;
    private readonly SettingsKeeper _sent;
    private readonly IEnergyMeter _meter;
    private readonly ModeMapping _mapping = new ModeMapping();
    private readonly InputFlow _flow;
    private readonly TelemetryRecorder _telemetry;
    private readonly BrokerConnection _connection;
    private readonly LinkKeeper _link;
    private readonly ModelUpdater _updater;
    private readonly DutyCycle _duty;
    private readonly InputDriver _driver;
    private readonly KeptInputDriver _kept;
    private readonly PriorFile _priors;
    private readonly ModelSlot _slot;
    private readonly InferenceTotals _totals = new InferenceTotals();
    private readonly InputRun _run;
    private readonly BoardInputs _inputs;
    private readonly Recorder _recorder;
    private readonly PinActions _actions;
    private ResultJudge _judge;
    private SavedState _saved;
    private BoardStep _step;
    private bool _isRestartNeeded;
    private int _failedInstalls;

    /// <summary>Puts the board together.</summary>
    /// <param name="settings">Its settings.</param>
    /// <param name="remarks">What was wrong with the settings file, a string per line.</param>
    /// <param name="flashedKernels">The compiled kernels that are flashed with the application; empty for none.</param>
    /// <param name="sensor">Gives the inputs; null for none.</param>
    /// <param name="pushed">Has the inputs of the application; null for none. Without both, a recording is replayed.</param>
    /// <param name="memory">Notes where memory ran out.</param>
    public Board(BoardSettings settings, ArrayList remarks, CompiledModel[] flashedKernels, ISensor sensor, PushedInputs pushed, MemoryPlan memory)
        : base(memory, Shortage.Application)
    {
        _settings = settings;
        _inputs = new BoardInputs(settings, sensor, pushed, memory);
        _memory = memory;
        _console = new SerialConsole(_settings.ConsolePort, _settings.ConsoleBaud, _settings.ConsoleTxPin, _settings.ConsoleRxPin);
        _report = new Report(_console);
        _report.Greet(_settings.BoardId, remarks);
        PowerProfile power = _settings.Power();
        _meter = MeterFactory.Create(_settings, power, _console, _memory);

        // On the ESP32 this is the hardware's generator: two starts do not share a session.
        uint session = (uint)new Random().Next();
        var request = new OpenRequest(session, _settings.UsesKeptInputs ? OpenRequest.MostOpen : 1);
        TelemetryBuffer telemetry = _settings.Telemetry ? new TelemetryBuffer() : null;
        _mapping.Mode = _settings.Mapping;
        _mapping.ResultsAtGateway = _settings.ResultsAtGateway;
        var radio = _settings.IsDutyCycled ? _settings.Schedule(power, Clock.NowUs()) : null;
        _flow = new InputFlow(power, _mapping, radio);
        if (_settings.Hedges || _settings.Races) _flow.Hedge.Enable(request, _settings.HedgeQuantile, _settings.Races);
        var inbox = new Inbox(request, _flow, _settings.ModelName);
        _connection = new BrokerConnection(_settings, _console, inbox, _flow.Counters, _memory);
        _recorder = new Recorder(_inputs, _console, _connection, _flow.Background, _settings.BoardId);
        _sent = new SettingsKeeper(_settings, this, _report, _connection, inbox, _flow.Background);
        _commands = new Commands(_console, _report, this, _recorder, _sent);
        if (_settings.HasSensor || _inputs.AreLive) inbox.TakeCommands(Topics.Command(_settings.BoardId), _recorder.Remote);
        var network = new LinkFlow(request, telemetry, _flow);
        _link = new LinkKeeper(_settings, _console, _connection, network, _memory);
        _updater = new ModelUpdater(_settings, _console, _link, _memory, inbox);
        if (radio != null) _duty = new DutyCycle(_settings, _link, _flow);
        var sender = new RequestSender(_settings, _connection, inbox, network);
        _driver = new InputDriver(
            _flow, sender, inbox, _link, _meter, _settings.TimestepIntervalMs > 0 ? new TimestepArrivals(_settings.TimestepIntervalMs) : null);
        _priors = new PriorFile(_settings, _console, _flow);
        if (_settings.UsesKeptInputs) _kept = new KeptInputDriver(_settings, _flow, sender, inbox, _link, _meter);
        _slot = new ModelSlot(_settings, _report, _memory, flashedKernels, _driver, sender) { NeedsNormaliser = _inputs.AreLive };
        if (_settings.StreamsOutput) _driver.Tokens = Tokens = new TokenReport(_flow.Result, inbox, _report);
        _run = new InputRun(_settings, _report, _flow, _driver, _kept, _duty, _slot);
        ResultSettings results = _settings.Results;
        SetCertainty(results);
        if (results != null && results.Rules.Count > 0) _actions = new PinActions(results.Rules, _memory);
        if (telemetry != null) _telemetry = new TelemetryRecorder(telemetry, _flow, _meter);
    }

    /// <summary>Receives each result; null for none. Set before the start.</summary>
    public ResultNotifier Notifier { get; set; }

    /// <summary>Hands out the tokens of outputs as they are written; null where no setting asks for it.</summary>
    public TokenReport Tokens { get; }

    /// <summary>Runs the board. It does not return.</summary>
    public void Run()
    {
        if (!TryStart()) Restart();
        RunForEver();
    }

    /// <summary>Takes one step. A step that is refused memory changes nothing before it is done, so it is taken again.</summary>
    protected override void Work()
    {
        if (_slot.IsInterrupted && !_isRestartNeeded) Finish(_slot.Recover(), null);
        if (_slot.Kernel != null && _memory.TakeNeedToShrink()) Finish(_slot.Shrink(), null);
        _step = TakeStep();
    }

    /// <inheritdoc/>
    protected override void OnShortage(int count)
    {
        if (count >= ShortagesUntilRestart && Clock.NowUs() >= RestartIntervalUs) Restart();
    }

    /// <inheritdoc/>
    public void ReportStatus()
    {
        if (_slot.Model == null) _report.Text("status: no model yet");
        else _report.Status(_slot.Engine, _totals, _flow, _slot.Kernel == null ? null : _slot.Kernel.Saturations, _connection.IsConnected, _memory);
        if (_inputs.Live != null) _report.Live(_inputs.Live);
    }

    /// <inheritdoc/>
    public void ReportTable()
    {
        if (_slot.Model == null) _report.Text("table: no model yet");
        else _report.Table(_slot.Engine, _slot.LongestLength);
    }

    /// <inheritdoc/>
    public void SetObjective(Objective objective)
    {
        _settings.Objective = objective;
        if (_slot.Engine != null) _slot.Engine.SetObjective(objective);
    }

    /// <inheritdoc/>
    public void SetMapping(MappingMode mode)
    {
        _settings.Mapping = mode;
        _mapping.Mode = mode;
    }

    /// <inheritdoc/>
    public void SetCertainty(ResultSettings results)
    {
        _judge = results == null ? new ResultJudge(0, 1, 1) : new ResultJudge(results.LeastConfidence, results.Votes, results.VotesOf);
        if (_slot.Model != null) _judge.SetModel(_slot.Model.ClassNames);
    }

    /// <inheritdoc/>
    public void ResetCounters()
    {
        _totals.Reset();
        if (_slot.Kernel != null) _slot.Kernel.Saturations.Reset();
    }

    private bool TryStart()
    {
        try
        {
            Start();
            return true;
        }
        catch (OutOfMemoryException)
        {
            return false;
        }
    }

    private void Start()
    {
        if (_duty != null && Sleep.GetWakeupCause() == Sleep.WakeupCause.Timer) _saved = SavedState.Take();
        ModelFile stored = _slot.LoadStored(_saved == null);
        if (_saved != null && (stored == null || _saved.ModelId != stored.Id)) _saved = null;
        // The kernel comes before the network: its weights are read and given back while nothing else needs the heap.
        if (stored != null) Finish(_slot.SetModel(stored, _saved), _saved);
        else _updater.SetModel(_slot.StoredChecksum, 0);
        stored = null;
        bool isGatewayKnown = _saved != null || _priors.Restore(_slot.Engine, _slot.Model);
        bool isLinkWanted = _saved == null && (_duty == null || _slot.Model == null || (!isGatewayKnown && _flow.Need.IsStartDue(Clock.NowUs())));
        if (isLinkWanted && _duty != null && _slot.Model != null) _duty.OnStart();
        _link.SetWanted(isLinkWanted);
        _link.Start();
        _updater.Start();
        if (_actions == null) return;
        if (_actions.Problem != null) _report.Text("rules: " + _actions.Problem);
        _actions.Start();
    }

    /// <summary>Takes the current step.</summary>
    /// <returns>The step after it.</returns>
    private BoardStep TakeStep()
    {
        switch (_step)
        {
            case BoardStep.AwaitModel:
                if (_slot.Model == null) Wait();
                if (_recorder.IsOn) return BoardStep.RecordSequences;
                return _slot.Model == null ? BoardStep.AwaitModel : BoardStep.AwaitLink;
            case BoardStep.AwaitLink:
                if (_saved == null) WaitForLink();
                return BoardStep.Open;
            case BoardStep.Open: return Open() ? BoardStep.Read : BoardStep.Idle;
            case BoardStep.Read: return _recorder.IsOn ? BoardStep.RecordSequences : _run.Read();
            case BoardStep.RecordSequences:
                _recorder.Step();
                Poll();
                return _recorder.IsOn ? BoardStep.RecordSequences : _run.Source == null ? BoardStep.AwaitModel : BoardStep.Read;
            case BoardStep.AwaitInput:
                _run.AwaitInput();
                Poll();
                return BoardStep.ServeKept;
            case BoardStep.Begin: return Begin();
            case BoardStep.Infer: return Infer();
            case BoardStep.Count:
                _slot.OnResult();
                _totals.Add(_flow.Result);
                _judge.Judge(_flow.Result.Answer.HasClass ? _flow.Result.Label : InputResult.NoLabel, _flow.Result.ConfidencePerMille);
                // Before the line: the console takes several ms for it.
                if (_actions != null && _judge.Decision != null) _actions.Fire(_judge.Decision);
                if (Notifier != null) Notifier.Notify(_flow.Result, _judge, _report);
                return BoardStep.Report;
            case BoardStep.Report:
                _report.Inference(_flow.Result, _judge.Name, _meter);
                return _telemetry == null ? BoardStep.ServeKept : BoardStep.Record;
            case BoardStep.Record:
                // A shortage may have emptied the slot meanwhile.
                _telemetry.Record(_slot.Model == null ? 0 : _slot.Model.Id);
                return BoardStep.ServeKept;
            case BoardStep.ServeKept: return ServeKept();
            case BoardStep.WaitForNextInput:
                Poll();
                WaitForNextInput();
                return BoardStep.Read;
            case BoardStep.End:
                _flow.AddBackground();
                _totals.BackgroundUj += _flow.Result.BackgroundUj;
                _report.End(_totals);
                return BoardStep.Idle;
            default:
                Wait();
                if (_isRestartNeeded || _slot.IsRestartDue) RestartWhenDue();
                return _recorder.IsOn ? BoardStep.RecordSequences : BoardStep.Idle;
        }
    }

    private void Wait()
    {
        Thread.Sleep(IdleMs);
        Poll();
    }

    /// <summary>Executes console commands, and installs a model or a kernel that has arrived. Called between two inferences.</summary>
    private void Poll()
    {
        _commands.Poll();
        _sent.Poll();
        _slot.Poll();
        if (_updater.TakeNewModel()) Finish(_slot.TakeNew(), null);
        else if (_updater.TakeNewKernel()) Finish(_slot.UseNewKernel(), null);
        _priors.Poll(_slot.Engine, _slot.Model);
        // Without a model in use a restart loses nothing.
        if (_isRestartNeeded && _slot.Model == null || _sent.IsRestartDue && IsBetweenInputs) RestartWhenDue();
    }

    /// <summary>True when a restart loses no input.</summary>
    private bool IsBetweenInputs =>
        _step != BoardStep.Infer && !_recorder.IsOn && (_kept == null || _settings.KeepOnFlash || _kept.Kept == null || _kept.Kept.Count == 0);

    /// <summary>Continues with the model that the slot has now.</summary>
    private void Finish(bool isInstalled, SavedState saved)
    {
        if (!isInstalled)
        {
            // The shortage may pass. The flash has the model, so the board installs it again before a restart.
            if (!_slot.IsOnTrial && ++_failedInstalls >= InstallsUntilRestart) _isRestartNeeded = true;
            else Thread.Sleep(InstallPauseMs);
            return;
        }
        _failedInstalls = 0;
        if (saved != null) Resume(saved);
        if (_slot.Model != null) SetClasses(_slot.Model.ClassNames);
        if (_slot.Model != null) _updater.SetModel(_slot.Model.Checksum, _slot.PackageRoomSizeBytes);
    }

    private void SetClasses(string[] classNames)
    {
        _judge.SetModel(classNames);
        string missing = _actions == null ? null : _actions.MissingClass(classNames);
        if (missing != null) _report.Text("rules: on." + missing + " never fires, because the model has no such class");
    }

    /// <summary>Restarts the board, at the earliest <see cref="RestartIntervalUs"/> after its start: a restart loop would make it useless.</summary>
    private void RestartWhenDue()
    {
        if (Clock.NowUs() < RestartIntervalUs) return;
        _report.Text(_sent.IsRestartDue ? "restart: the settings have changed"
            : _isRestartNeeded ? "restart: the model needs the memory of a fresh start" : "restart: another kernel replaces the loaded one");
        Restart();
    }

    private static void Restart()
    {
        while (Clock.NowUs() < RestartIntervalUs) Thread.Sleep(IdleMs);
        Power.RebootDevice();
    }

    /// <summary>Restores the totals, the settings and the link estimates of before a deep sleep.</summary>
    private void Resume(SavedState saved)
    {
        saved.Restore(_totals, _slot.Engine, _flow, _kept == null ? null : _kept.Kept);
        _priors.Schedule.Restore(saved.PriorsRestS, Clock.NowUs());
        _run.InputCount = saved.InputCount;
        if (_kept != null) _kept.Origin = saved.Origin;
        SetObjective(saved.Objective);
        SetMapping(saved.Mapping);
    }

    private void SaveForSleep(int restMs)
    {
        var state = new SavedState
        {
            ModelId = _slot.Model.Id, InputCount = _run.InputCount, Origin = _kept == null ? 0 : _kept.Origin,
            Sequence = _run.Source.Sequence, Position = _run.Source.Position,
            Mapping = _settings.Mapping, Objective = _settings.Objective, LocalTime = _slot.Engine.InputTime, EncodeTime = _slot.Engine.EncodeTime,
            Output = _slot.Engine.Output, OutputDeviation = _slot.Engine.OutputDeviation,
            RadioUpUs = _flow.Radio.Cost.TimeUs, RadioOffUs = _flow.Radio.OffUs(Clock.NowUs()) + restMs * 1000L,
            PriorsRestS = _priors.Schedule.RestS(Clock.NowUs() + restMs * 1000L),
        };
        state.Write(_totals, _slot.Engine, _flow, _kept == null ? null : _kept.Kept, restMs);
    }

    private void WaitForLink()
    {
        if (_settings.BrokerHost.Length == 0 || _settings.Mapping == MappingMode.Local) return;
        // A board that learns from answers may not connect before its inputs show that it can gain.
        if (!_flow.Need.IsStartDue(Clock.NowUs()))
        {
            // The first input of a duty-cycled board is kept, or wakes the radio, as any other. The radio may be on, because the model was fetched.
            if (_duty != null) _duty.TakeDown();
            return;
        }
        long deadlineUs = Clock.NowUs() + _settings.WaitForLinkMs * 1000L;
        while (_slot.Model != null && !_slot.Engine.HasUsableGateway(Clock.NowUs()) && Clock.NowUs() < deadlineUs && !_recorder.IsOn) Wait();
        if (_duty != null) _duty.OnStarted();
    }

    /// <returns>True when there are inputs.</returns>
    private bool Open()
    {
        InputSource source = _inputs.Open(out string problem);
        if (source != null) _run.Open(source, _saved);
        else _report.Text("inputs: " + problem);
        return source != null;
    }

    private BoardStep Begin()
    {
        if (!_run.IsFitting) return AwaitFittingModel();
        _run.OpenKept(_saved);
        return _run.Begin();
    }

    /// <summary>Does the next action of the input. Commands are answered meanwhile. A new model is installed only while no gateway answers.</summary>
    private BoardStep Infer()
    {
        if (_slot.Model != null && !_run.IsFitting) return AwaitFittingModel();
        BoardStep next = _run.Infer();
        if (next != BoardStep.Infer) return next;
        if (_flow.Action == InputAction.AwaitSteps) _commands.Poll();
        else if (_flow.Action == InputAction.AwaitRetry) Poll();
        return next;
    }

    private BoardStep ServeKept()
    {
        BoardStep next = _run.ServeKept();
        if (_run.IsWaiting) Wait();
        return next;
    }

    private BoardStep AwaitFittingModel()
    {
        if (_slot.Model == null)
        {
            Wait();
            return _recorder.IsOn ? BoardStep.RecordSequences : BoardStep.Begin;
        }
        if (_inputs.Live == null)
        {
            _report.Text("inputs: the recording does not fit the model");
            return BoardStep.Idle;
        }
        // The sensor goes on, and the next model may take its inputs.
        _report.Text("inputs: the model takes other inputs than the sensor gives");
        return BoardStep.Read;
    }

    private void WaitForNextInput()
    {
        int restMs = _run.Rest();
        if (restMs == 0) return;
        if (_duty == null || _slot.Model == null)
        {
            Thread.Sleep(restMs);
            return;
        }
        if (_settings.Sleep == SleepMode.Deep) SaveForSleep(restMs);
        _duty.Rest(restMs);
    }
}
