// The board as a whole: puts the parts together and turns the crank. Data flows one way: input, decision, kernel or
// offload, result, console.

using System;
using System.Collections;
using System.Threading;
using Crime.Device.Duty;
using Crime.Device.Energy;
using Crime.Device.Inference;
using Crime.Device.Inputs;
using Crime.Device.Memory;
using Crime.Device.Models;
using Crime.Device.Offload;
using Crime.Device.Settings;
using Crime.Device.Terminal;
using Crime.Frames;
using Crime.Kernel;
using Crime.Mapping;
using Crime.Model;
using nanoFramework.Hardware.Esp32;

namespace Crime.Device.App;

/// <summary>A board that classifies sequences.</summary>
public sealed class Board : IBoardCommands
{
    /// <summary>Version of the firmware: major, minor and patch in one byte each, from the highest.</summary>
    public const uint FirmwareVersion = 0x00010000;

    private const int IdleMs = 50;

    private readonly BoardSettings _settings;
    private readonly KernelBuilder _kernels;
    private readonly MemoryPlan _memory = new MemoryPlan();
    private readonly SerialConsole _console;
    private readonly Report _report;
    private readonly Commands _commands;
    private readonly IEnergyMeter _meter;
    private readonly Offloader _offloader;
    private readonly BrokerConnection _connection;
    private readonly LinkKeeper _link;
    private readonly DutyCycle _duty;
    private readonly InferenceRunner _runner;
    private readonly StreamRunner _stream;
    private readonly InferenceResult _result = new InferenceResult();
    private readonly InferenceTotals _totals = new InferenceTotals();
    private readonly TelemetryRecord _record = new TelemetryRecord();
    private SavedState _saved;
    private ModelUpdater _updater;
    private ModelFile _model;
    private IKernel _kernel;
    private MappingEngine _engine;
    private uint _inputCount;

    /// <summary>Puts the board together.</summary>
    /// <param name="settings">Its settings.</param>
    /// <param name="remarks">What was wrong with the settings file, a string per line.</param>
    /// <param name="compiledKernels">The compiled kernels that are flashed with the application; empty for none.</param>
    public Board(BoardSettings settings, ArrayList remarks, CompiledModel[] compiledKernels)
    {
        _settings = settings;
        _kernels = new KernelBuilder(compiledKernels);
        _console = new SerialConsole(_settings.ConsolePort, _settings.ConsoleBaud, _settings.ConsoleTxPin, _settings.ConsoleRxPin);
        _report = new Report(_console);
        _report.Greet(_settings.BoardId, remarks);
        _commands = new Commands(_console, _report, this);
        _meter = MeterFactory.Create(_settings, _console);

        // On the ESP32 this is the hardware's generator: two starts do not share a session.
        uint session = (uint)new Random().Next();
        _offloader = new Offloader(_settings, session);
        _connection = new BrokerConnection(_settings, _console, _offloader, _offloader.Counters, _memory);
        _link = new LinkKeeper(_settings, _console, _connection, _offloader, session, _memory);
        if (_settings.Radio == RadioMode.Duty && _settings.BrokerHost.Length > 0) _duty = new DutyCycle(_settings, _link);
        _runner = new InferenceRunner(_offloader, _connection, _meter) { Mode = _settings.Mapping, Duty = _duty };
        if (_settings.TimestepIntervalMs > 0) _stream = new StreamRunner(_runner, new TimestepArrivals(_settings.TimestepIntervalMs));
    }

    /// <summary>Runs for ever.</summary>
    public void Run()
    {
        ModelFile stored = ModelStore.Load(out string problem);
        if (stored == null) _report.Text("model: " + problem);
        _updater = new ModelUpdater(_settings, _console, _link, _memory, stored);
        if (_duty != null && Sleep.GetWakeupCause() == Sleep.WakeupCause.Timer) _saved = SavedState.Take();
        if (_saved != null && (stored == null || _saved.ModelId != stored.Id)) _saved = null;
        _link.SetWanted(_saved == null);
        // The kernel comes before the network: its weights are read and given back while nothing else needs the heap.
        if (stored != null) Use(stored, FirstKind());
        stored = null;
        _link.Start();
        _updater.Start();
        while (_model == null)
        {
            Thread.Sleep(IdleMs);
            Poll();
        }
        if (_saved == null) WaitForLink();
        Replay();
        while (true)
        {
            Thread.Sleep(IdleMs);
            Poll();
        }
    }

    /// <inheritdoc/>
    public void ReportStatus()
    {
        if (_model == null) _report.Text("status: no model yet");
        else _report.Status(_engine, _totals, _offloader.Counters, _kernel == null ? null : _kernel.Saturations, _connection.IsConnected, _memory);
    }

    /// <inheritdoc/>
    public void ReportTable()
    {
        if (_model == null) _report.Text("table: no model yet");
        else _report.Table(_engine, LongestLength(_model));
    }

    /// <inheritdoc/>
    public void SetGoal(Goal goal)
    {
        _settings.Goal = goal;
        if (_engine != null) _engine.SetGoal(goal);
    }

    /// <inheritdoc/>
    public void SetMapping(MappingMode mode)
    {
        _settings.Mapping = mode;
        _runner.Mode = mode;
    }

    /// <inheritdoc/>
    public void ResetCounters()
    {
        _totals.Reset();
        if (_kernel != null) _kernel.Saturations.Reset();
    }

    /// <summary>Between two inferences: commands that were typed, a model that has arrived.</summary>
    private void Poll()
    {
        _commands.Poll();
        ModelFile newModel = _updater.TakeNewModel();
        if (newModel != null) Use(newModel, FirstKind());
        else if (_kernel != null && _memory.TakeNeedToShrink()) Shrink();
    }

    private KernelKind FirstKind() => _settings.UseCompiledKernel ? KernelKind.Compiled : KernelKind.TokenTable;

    /// <summary>Gives the kernel's memory to the network: the next smaller kernel, or none, takes its place.</summary>
    private void Shrink()
    {
        _report.Text("memory: ran out in " + _memory.LastShortage + "; the kernel gives way");
        ModelFile model = ModelStore.Load(out string problem);
        if (model == null) _report.Text("model: " + problem);
        // A compiled kernel has next to no heap to give: no table is smaller.
        else Use(model, _kernels.Kind == KernelKind.Compiled ? KernelKind.None : _kernels.Kind + 1);
    }

    /// <summary>Runs a model from now on.</summary>
    /// <param name="model">The model, with its weights.</param>
    /// <param name="first">The first kind of kernel to try.</param>
    private void Use(ModelFile model, KernelKind first)
    {
        // The old kernel goes before the new one comes: the heap may not hold both.
        _runner.Use(null, null);
        _kernel = null;
        _engine = null;
        bool isResumed = _saved != null && _model == null;
        _model = null;
        int freeSize = MemoryPlan.FreeSizeBytes(), reserve = ReserveSizeBytes(model);
        // The weights are given back as soon as the kernel has them.
        int room = freeSize + model.Size - reserve;
        if (room > freeSize - MemoryPlan.SpareSizeBytes) room = freeSize - MemoryPlan.SpareSizeBytes;
        _kernel = _kernels.Build(model, first, room);
        _report.Kernel(model, _kernels, freeSize, reserve);
        model.ReleaseNumbers();
        SelfProfile profile = MakeEngine(model, isResumed);
        _offloader.Use(model, _engine);
        _runner.Use(_kernel, _engine);
        _model = model;
        if (_duty != null) _duty.Use(_engine, isResumed ? _saved.RadioOffUs : 0);
        if (isResumed) Resume();
        _link.Use(model.Id, _engine);
        _report.Model(model, _kernel, profile.LocalTime);
    }

    /// <summary>What a kernel has to leave, in bytes: for the engine, the inputs, the network unless it has its share already, and to spare.</summary>
    private int ReserveSizeBytes(ModelFile model)
    {
        int inputs = 2 * sizeof(short) * LongestLength(model) * model.ValuesPerStep;
        bool needsNetwork = _settings.BrokerHost.Length > 0 && !_connection.IsConnected;
        return MemoryPlan.EngineSizeBytes + MemoryPlan.SpareSizeBytes + inputs + (needsNetwork ? MemoryPlan.NetworkSizeBytes : 0);
    }

    private SelfProfile MakeEngine(ModelFile model, bool isResumed)
    {
        _offloader.Use(model, null);
        SelfProfile profile = isResumed
            ? new SelfProfile(_saved.LocalTime, _saved.EncodeTime) : new SelfProfile(_kernel, _offloader, model.ValuesPerStep);
        _engine = new MappingEngine(new EngineSetup
        {
            ModelId = model.Id, LongestLength = LongestLength(model), LocalTime = profile.LocalTime, EncodeTime = profile.EncodeTime,
            BytesPerStep = _offloader.BytesPerStep, StateSize = _kernel == null ? 0 : _kernel.State.ExportSize,
            Power = _settings.Power(), Goal = _settings.Goal, BeaconIntervalUs = EngineSetup.StandardBeaconUs,
        }, NodeKey.Of(_settings.BoardId));
        return profile;
    }

    /// <summary>After a deep sleep: what was counted, decided and known goes on.</summary>
    private void Resume()
    {
        _saved.Restore(_totals, _engine, _duty.RadioUp);
        _inputCount = _saved.InputCount;
        SetGoal(_saved.Goal);
        SetMapping(_saved.Mapping);
    }

    private void SaveForSleep(RecordingSource source, int restMs)
    {
        var state = new SavedState
        {
            ModelId = _model.Id, InputCount = _inputCount, Sequence = source.Sequence, Position = source.Position,
            Mapping = _settings.Mapping, Goal = _settings.Goal, LocalTime = _engine.LocalTime, EncodeTime = _engine.EncodeTime,
            RadioUpUs = _duty.RadioUp.TimeUs, RadioOffUs = _duty.RadioOffUs + restMs * 1000L,
        };
        state.Write(_totals, _engine);
    }

    private static int LongestLength(ModelFile model) => model.LongestLength > 0 ? model.LongestLength : FrameFormat.MaxLength;

    private void WaitForLink()
    {
        if (_settings.BrokerHost.Length == 0 || _settings.Mapping == MappingMode.Local) return;
        long deadlineUs = Clock.NowUs() + _settings.WaitForLinkMs * 1000L;
        while (!_engine.HasUsableGateway(Clock.NowUs()) && Clock.NowUs() < deadlineUs)
        {
            Thread.Sleep(IdleMs);
            Poll();
        }
    }

    private void Replay()
    {
        RecordingSource source = RecordingSource.Open(_settings.InputsFile, out string problem);
        if (source == null)
        {
            _report.Text("inputs: " + problem);
            return;
        }
        if (_saved != null && source.Fits(_model)) source.Resume(_saved.Sequence, _saved.Position);
        while (source.Next())
        {
            long startUs = Clock.NowUs();
            if (!Infer(source))
            {
                _report.Text("inputs: the recording does not fit the model");
                return;
            }
            Poll();
            Pace(source, startUs);
        }
        _report.End(_totals);
    }

    /// <summary>Runs the current input. A board that cannot compute it keeps it until a gateway answers.</summary>
    /// <returns>False when the input does not fit the model.</returns>
    private bool Infer(RecordingSource source)
    {
        _result.Input = _inputCount++;
        _runner.Begin();
        int backOffMs = 0;
        bool isDone = _stream != null && source.Fits(_model) && TryStream(source);
        while (!isDone && source.Fits(_model) && !TryRun(source))
        {
            if (backOffMs == 0) _report.Text("waiting: no gateway for " + _model.Name);
            backOffMs = backOffMs == 0 ? BrokerConnection.FirstBackOffMs : BrokerConnection.NextBackOffMs(backOffMs);
            WaitForGateway(backOffMs);
        }
        if (!source.Fits(_model)) return false;
        _totals.Add(_result);
        _report.Inference(_result, _meter);
        if (_offloader.Telemetry != null) RecordTelemetry();
        return true;
    }

    /// <summary>Runs the current input once. Where memory runs out, a fallback or the next attempt has more of it.</summary>
    private bool TryRun(RecordingSource source)
    {
        try
        {
            return _runner.TryRun(source.Values, source.Length, _result);
        }
        catch (OutOfMemoryException)
        {
            _memory.OnShortage("an inference");
            Poll();
            return false;
        }
    }

    /// <summary>Takes the timesteps of the current input as they come; commands are answered meanwhile, a new model waits.</summary>
    /// <returns>False when all of them are here and none is computed: the input is then one like any other.</returns>
    private bool TryStream(RecordingSource source)
    {
        _stream.Begin(source.Length);
        while (_stream.Turn(source.Values, _result))
        {
            _commands.Poll();
            // A shift for a division: who wakes a little early sleeps once more.
            int restMs = _stream.RestUs == 0 ? 0 : (_stream.RestUs >> 10) + 1;
            if (restMs > 0) Thread.Sleep(restMs < IdleMs ? restMs : IdleMs);
        }
        return _stream.HasResult;
    }

    /// <summary>Waits a time, and then until there is a gateway to ask, or a new model that the board can compute itself.</summary>
    private void WaitForGateway(int timeMs)
    {
        long endUs = Clock.NowUs() + timeMs * 1000L;
        while (_kernel == null && (Clock.NowUs() < endUs || !_engine.HasUsableGateway(Clock.NowUs())))
        {
            Thread.Sleep(IdleMs);
            Poll();
        }
    }

    /// <summary>Keeps the result for the next request or ping, which carries it to the gateway.</summary>
    private void RecordTelemetry()
    {
        _record.Input = _result.Input;
        _record.Length = _result.Length;
        _record.Label = _result.Label;
        _record.Target = _result.Target;
        _record.TimeUs = (uint)_result.TimeUs;
        _record.EnergyUj = (uint)_result.EnergyUj;
        _record.BreakEvenLength = _result.BreakEvenLength;
        _record.Depth = _result.Depth;
        _record.Done = _result.Done;
        _record.Measured = _meter.IsMeasured;
        _offloader.Telemetry.Add(_record, Clock.NowUs());
    }

    private void Pace(RecordingSource source, long startUs)
    {
        if (_settings.InputIntervalMs == 0) return;
        if (_duty != null) _duty.TakeDown();
        int restMs = _settings.InputIntervalMs - (int)((Clock.NowUs() - startUs) / 1000);
        if (restMs <= 0) return;
        if (_duty == null)
        {
            Thread.Sleep(restMs);
            return;
        }
        if (_settings.Sleep == SleepMode.Deep) SaveForSleep(source, restMs);
        _duty.Rest(restMs);
    }
}
