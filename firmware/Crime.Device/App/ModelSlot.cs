// The model that the board runs, with its kernel and its mapping engine. Putting another one in its place is where a board needs the most
// memory, so what was refused memory here is tried again with less.

using System;
using Crime.Costs;
using Crime.Device.Duty;
using Crime.Device.Inference;
using Crime.Device.Keeping;
using Crime.Device.Memory;
using Crime.Device.Models;
using Crime.Device.Offload;
using Crime.Device.Settings;
using Crime.Frames;
using Crime.Kernel;
using Crime.Mapping;
using Crime.Model;

namespace Crime.Device.App;

/// <summary>Holds the model in use. Used by the main thread.</summary>
internal sealed class ModelSlot
{
    private readonly BoardSettings _settings;
    private readonly Report _report;
    private readonly MemoryPlan _memory;
    private readonly KernelLoader _loader;
    private readonly KernelBuilder _kernels;
    private readonly InputDriver _driver;
    private readonly RequestSender _sender;
    private readonly ModelTrial _trial = new ModelTrial();
    private uint _fixedPointChecksum;
    private bool _hasNewerPackage;

    /// <summary>Makes a slot without a model.</summary>
    /// <param name="settings">The board's settings.</param>
    /// <param name="report">Receives a line about each kernel and model.</param>
    /// <param name="memory">Notes where memory ran out.</param>
    /// <param name="flashedKernels">The compiled kernels that are flashed with the application; empty for none.</param>
    /// <param name="driver">Receives each model with its kernel and engine.</param>
    /// <param name="sender">Receives each model. Once it is connected, the plan reserves no more memory for the network.</param>
    public ModelSlot(
        BoardSettings settings, Report report, MemoryPlan memory, CompiledModel[] flashedKernels, InputDriver driver, RequestSender sender)
    {
        _settings = settings;
        _report = report;
        _memory = memory;
        _loader = new KernelLoader(memory);
        _kernels = new KernelBuilder(flashedKernels, _loader);
        _driver = driver;
        _sender = sender;
    }

    /// <summary>The model, without its weights; null when there is none.</summary>
    public ModelFile Model { get; private set; }

    /// <summary>Computes the model on the board; null when the board cannot.</summary>
    public IKernel Kernel { get; private set; }

    /// <summary>True where inputs come in the unit of a sensor.</summary>
    public bool NeedsNormaliser { get; set; }

    /// <summary>Brings inputs into the format of the model; null where they have it already, and for a model of tokens.</summary>
    public InputNormaliser Normaliser { get; private set; }

    /// <summary>Decides; null when there is no model.</summary>
    public MappingEngine Engine { get; private set; }

    /// <summary>Largest kernel package that the heap has room for, in bytes; 0 when the model needs none.</summary>
    public int PackageRoomSizeBytes { get; private set; }

    /// <summary>True when memory ran out between two models. The slot is empty until the call of <see cref="Recover"/>.</summary>
    public bool IsInterrupted { get; private set; }

    /// <summary>True while the model is on trial: the slot tries it again by itself, or puts the model before back.</summary>
    public bool IsOnTrial => _trial.IsOn;

    /// <summary>Checksum of the image that the flash had at the last look; 0 when it had no good one.</summary>
    public uint StoredChecksum { get; private set; }

    /// <summary>True when a restart gives the board a better kernel or frees memory.</summary>
    public bool IsRestartDue => Model != null && (_hasNewerPackage || _loader.IsOutdated(_fixedPointChecksum));

    /// <summary>Longest sequence that the model is used with, in timesteps.</summary>
    public int LongestLength => LongestOf(Model);

    /// <summary>Releases model, kernel and engine. The heap may not hold the old ones beside the new ones.</summary>
    public void Clear()
    {
        IsInterrupted = true;
        _driver.Release();
        Model = null;
        Kernel = null;
        Engine = null;
    }

    /// <summary>Reads the model of the flash. One on trial that has failed too often gives way to the model before.</summary>
    /// <param name="isCounted">False when the board wakes up from a deep sleep, which is no attempt.</param>
    /// <returns>The model, with its weights; null when there is none, or when the heap does not hold it.</returns>
    public ModelFile LoadStored(bool isCounted)
    {
        ModelStore.Settle();
        if (!_trial.TryStart(isCounted)) PutBack("the new model has failed " + ModelTrial.MostAttempts.ToString() + " times");
        ModelFile model = ModelStore.Load(out string problem);
        if (problem != null) _report.Text("model: " + problem);
        // The file of the one on trial was damaged: another one is in its place.
        if (problem != null && model != null) _trial.End();
        // Without the model the board would wait for another one. One on trial is tried again instead.
        if (model == null && _trial.IsOn) IsInterrupted = true;
        StoredChecksum = model != null ? model.Checksum : _trial.IsOn ? ModelStore.Checksum() : 0;
        return model;
    }

    /// <summary>Puts the downloaded model in the place of the one in use.</summary>
    /// <returns>False as of <see cref="SetModel(ModelFile, SavedState)"/>.</returns>
    public bool TakeNew()
    {
        bool needsKernel = Kernel != null;
        Clear();
        string problem = ModelStore.TakeNew(needsKernel);
        if (problem != null) _report.Text("model: " + problem);
        return Reload(FirstKind(), true);
    }

    /// <summary>Counts a result for the trial of a new model.</summary>
    public void OnResult()
    {
        if (_trial.IsOn && Model != null && (Kernel != null || !_trial.NeedsKernel || !Model.HasFixedPoint)) _trial.OnResult();
    }

    /// <summary>Ends the trial of a model that has run for long enough.</summary>
    public void Poll()
    {
        if (Model != null) _trial.Poll();
    }

    /// <summary>Replaces the model.</summary>
    /// <param name="model">The model, with its weights.</param>
    /// <param name="saved">The state of before a deep sleep; null when there is none.</param>
    /// <returns>False when even a board without a kernel runs out of memory: only a restart helps.</returns>
    public bool SetModel(ModelFile model, SavedState saved) => TryInstall(model, FirstKind(), saved);

    /// <summary>Installs the model of the flash after an interruption.</summary>
    /// <returns>False as of <see cref="SetModel(ModelFile, SavedState)"/>.</returns>
    public bool Recover() => Reload(FirstKind(), true);

    /// <summary>Gives the kernel's memory to the network: the next smaller kernel, or none, takes its place.</summary>
    /// <returns>False as of <see cref="SetModel(ModelFile, SavedState)"/>.</returns>
    public bool Shrink()
    {
        _report.Text("memory: ran out (" + Shortages.NameOf(_memory.LastShortage) + "); the kernel gives way");
        // A table is larger than a compiled kernel in flash. One in the heap is given back by a restart, which must not load it again.
        if (_kernels.Kind == KernelKind.Compiled && _loader.LoadedSizeBytes > 0) _loader.Reject("leaves too little memory");
        return Reload(_kernels.Kind == KernelKind.Compiled ? KernelKind.None : _kernels.Kind + 1, true);
    }

    /// <summary>Uses a kernel package that has arrived: now if it is the first one, otherwise after the next restart.</summary>
    /// <returns>False as of <see cref="SetModel(ModelFile, SavedState)"/>.</returns>
    public bool UseNewKernel()
    {
        _hasNewerPackage = _loader.LoadedSizeBytes > 0;
        return _hasNewerPackage || Reload(FirstKind(), false);
    }

    private KernelKind FirstKind() => _settings.UseCompiledKernel ? KernelKind.Compiled : KernelKind.TokenTable;

    private bool Reload(KernelKind first, bool isCounted)
    {
        Clear();
        ModelFile model = LoadStored(isCounted);
        return model != null && TryInstall(model, first, null);
    }

    private bool TryInstall(ModelFile model, KernelKind first, SavedState saved)
    {
        while (model != null)
        {
            try
            {
                if (Install(model, first, saved)) return true;
                Clear();
                // A model on trial that needs more memory is tried again. One that computes something else is not.
                if (_trial.IsOn) return false;
                model = ModelStore.Load(out _);
                first = FirstKind();
                saved = null;
                continue;
            }
            catch (OutOfMemoryException)
            {
                Clear();
                model = null;
                _memory.OnShortage(Shortage.Model);
            }
            if (first == KernelKind.None) return false;
            first = _kernels.Kind == KernelKind.Compiled || _kernels.Kind == KernelKind.None ? KernelKind.None : _kernels.Kind + 1;
            model = ModelStore.Load(out _);
        }
        return false;
    }

    /// <returns>False when a model on trial does not stand it. One that computes something else has been put back then.</returns>
    private bool Install(ModelFile model, KernelKind first, SavedState saved)
    {
        Clear();
        int freeSize = MemoryPlan.FreeSizeBytes(), reserve = ReserveSizeBytes(model);
        // The weights are given back as soon as the kernel has them.
        int room = freeSize + model.Size - reserve;
        if (room > freeSize - MemoryPlan.SpareSizeBytes) room = freeSize - MemoryPlan.SpareSizeBytes;
        IKernel kernel = _kernels.Build(model, first, room);
        bool needsPackage = model.HasFixedPoint && _settings.UseCompiledKernel && !_kernels.HasFlashed(model);
        _fixedPointChecksum = model.HasFixedPoint ? model.FixedPointChecksum() : 0;
        // The restart that a second package waits for frees the assemblies of the first one.
        int freedSize = _loader.IsOutdated(_fixedPointChecksum) ? _loader.LoadedSizeBytes : 0;
        PackageRoomSizeBytes = needsPackage ? room + freedSize - KernelSize.OfCompiled(model) : 0;
        string message = _loader.TakeMessage();
        if (message != null) _report.Text("kernel: " + message);
        _report.Kernel(model, _kernels, freeSize, reserve);
        if (_trial.IsOn && !Stands(model, kernel)) return false;
        Normaliser = NeedsNormaliser && model.Input == InputKind.Features ? new InputNormaliser(model) : null;
        model.ReleaseNumbers();
        SelfProfile profile = Measure(model, kernel, saved);
        MappingEngine engine = MakeEngine(model, kernel, profile, saved);
        _driver.SetModel(model, kernel, engine, saved == null ? 0 : saved.RadioOffUs);
        Kernel = kernel;
        Engine = engine;
        Model = model;
        IsInterrupted = false;
        _report.Model(model, kernel, engine.LocalTime);
        return true;
    }

    /// <summary>Returns true when a model on trial may be used.</summary>
    private bool Stands(ModelFile model, IKernel kernel)
    {
        // The assemblies of the model before may take the room: only a restart frees them.
        if (kernel == null) return !_trial.NeedsKernel || !model.HasFixedPoint || _loader.IsOutdated(_fixedPointChecksum);
        if (ModelCheck.Passes(model, kernel)) return true;
        PutBack(model.Name + " fails its golden vectors");
        return false;
    }

    private void PutBack(string reason)
    {
        bool isBack = ModelStore.PutBack();
        if (isBack) _trial.End();
        _report.Text("model: " + reason + (isBack ? ", the old model stays" : ", and the old model cannot be put back"));
    }

    /// <summary>Bytes that a kernel must leave free: for the engine, the inputs, the network unless it has its share already, and to spare.</summary>
    private int ReserveSizeBytes(ModelFile model)
    {
        int longest = LongestOf(model), inputs = 2 * sizeof(short) * longest * model.ValuesPerStep;
        // Labels of a stream grow to twice the bytes of its timesteps.
        if (model.Answer == AnswerKind.ClassPerStep) inputs += 2 * longest;
        bool needsNetwork = _settings.BrokerHost.Length > 0 && !_sender.IsConnected;
        return MemoryPlan.EngineSizeBytes + MemoryPlan.SpareSizeBytes + inputs + KeptInputDriver.SizeBytes(_settings)
            + (needsNetwork ? MemoryPlan.NetworkSizeBytes : 0);
    }

    private SelfProfile Measure(ModelFile model, IKernel kernel, SavedState saved)
    {
        _sender.SetModel(model);
        return saved != null ? new SelfProfile(saved.LocalTime, saved.EncodeTime, kernel, model.ValuesPerStep) : new SelfProfile(kernel, _sender, model.ValuesPerStep);
    }

    private MappingEngine MakeEngine(ModelFile model, IKernel kernel, SelfProfile profile, SavedState saved)
    {
        OutputLength output = model.Decoder == null ? null : model.Decoder.Output;
        int outputDeviation = model.Decoder == null ? 0 : model.Decoder.DeviationThousandths;
        if (saved != null && saved.Output != null)
        {
            output = saved.Output;
            outputDeviation = saved.OutputDeviation;
        }
        return new MappingEngine(
            new EngineSetup
            {
                ModelId = model.Id, LongestLength = LongestOf(model), LocalTime = profile.LocalTime, EncodeTime = profile.EncodeTime,
                Output = output, OutputDeviation = outputDeviation,
                OutputStepNs = profile.OutputStepNs, BytesPerStep = _sender.BytesPerStep, StateSize = kernel == null ? 0 : kernel.State.ExportSize,
                Power = _driver.Power, Objective = _settings.Objective, Listening = _settings.Listening, BeaconIntervalUs = EngineSetup.StandardBeaconUs,
                TimeoutMarginUs = _settings.TimeoutMarginMs * 1000, TimeoutMaxUs = _settings.TimeoutMaxMs * 1000,
            },
            NodeKey.Of(_settings.BoardId));
    }

    private static int LongestOf(ModelFile model) => model.LongestLength > 0 ? model.LongestLength : FrameFormat.MaxLength;
}
