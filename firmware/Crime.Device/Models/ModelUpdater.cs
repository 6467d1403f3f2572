// Looks for a newer model, and for the compiled kernel of the model, in the background: an inference never waits for a download.

using System.IO;
using System.Threading;
using Crime.Device.Memory;
using Crime.Device.Offload;
using Crime.Device.Settings;
using Crime.Device.Terminal;
using Crime.Node;

namespace Crime.Device.Models;

/// <summary>Fetches the board's model when it is missing or older than the gateway's, and then its kernel.</summary>
internal sealed class ModelUpdater : LastingThread
{
    /// <summary>Wait after a failed attempt, in ms.</summary>
    public const int RetryMs = 2000;

    /// <summary>Time between two requests to a gateway that had no newer file, in ms.</summary>
    public const int IntervalMs = 600_000;

    /// <summary>As <see cref="IntervalMs"/>, for a board that spares its radio: a day.</summary>
    public const int RareIntervalMs = 86_400_000;

    private const int NetworkPollMs = 100;

    // The kernel gives way to a model after the first of these attempts in sequence. Where all of them run out of memory, no more will come.
    private const int MostShortAttempts = MemoryPlan.ShortagesUntilShrink + 2;

    private readonly object _lock = new object();
    private readonly BoardSettings _settings;
    private readonly SerialConsole _console;
    private readonly LinkKeeper _link;
    private readonly FileDownload _download;
    private readonly ModelNotice _models;
    private readonly AutoResetEvent _wakeUp;
    private bool _hasNewModel;
    private bool _hasNewKernel;
    private int _kernelRoomSizeBytes;
    private string _lastProblem;
    private int _shortAttempts;
    private long _checkedAtUs;

    /// <summary>Makes the updater; <see cref="Start"/> starts its thread.</summary>
    /// <param name="settings">The board's settings.</param>
    /// <param name="console">Receives lines about problems.</param>
    /// <param name="link">Knows when the network is up.</param>
    /// <param name="memory">Notes where memory ran out.</param>
    /// <param name="inbox">Wakes the thread when a gateway has published another version of the model.</param>
    public ModelUpdater(BoardSettings settings, SerialConsole console, LinkKeeper link, MemoryPlan memory, Inbox inbox)
        : base(memory, Shortage.Download)
    {
        _settings = settings;
        _console = console;
        _link = link;
        _download = new FileDownload(settings, memory);
        _models = inbox.Models;
        _wakeUp = inbox.ModelPublished;
        _models.Rejected = ModelStore.RejectedChecksum();
    }

    /// <summary>Starts the thread, unless downloads are switched off.</summary>
    public void Start()
    {
        if (_settings.HttpPort > 0 && _settings.BrokerHost.Length > 0) StartThread();
    }

    /// <summary>Sets the model in use, and the room for its kernel package.</summary>
    /// <param name="checksum">Checksum of the model's image.</param>
    /// <param name="roomSizeBytes">Largest package in bytes that the heap has room for; 0 when none is needed.</param>
    public void SetModel(uint checksum, int roomSizeBytes)
    {
        _models.Rejected = ModelStore.RejectedChecksum();
        lock (_lock)
            if (!_hasNewModel) _models.Current = checksum;
        _kernelRoomSizeBytes = roomSizeBytes > KernelStore.MaxSizeBytes ? KernelStore.MaxSizeBytes : roomSizeBytes;
        _wakeUp.Set();
    }

    /// <summary>Returns whether a model has arrived since the last call. <see cref="ModelStore.TakeNew"/> puts it in its place.</summary>
    public bool TakeNewModel()
    {
        lock (_lock)
        {
            bool hasNew = _hasNewModel;
            _hasNewModel = false;
            return hasNew;
        }
    }

    /// <summary>Returns whether a kernel package has arrived since the last call.</summary>
    public bool TakeNewKernel()
    {
        lock (_lock)
        {
            bool hasNew = _hasNewKernel;
            _hasNewKernel = false;
            return hasNew;
        }
    }

    /// <inheritdoc/>
    protected override void Work()
    {
        if (!_link.IsNetworkUp || !IsDue)
        {
            Thread.Sleep(NetworkPollMs);
            return;
        }
        _checkedAtUs = Clock.NowUs();
        uint published = _models.Published;
        bool isAsking = !_hasNewModel;
        string problem = Update();
        _shortAttempts = _download.RanOut ? _shortAttempts + 1 : 0;
        bool isSettled = problem == null || _download.IsFinal || _shortAttempts == MostShortAttempts;
        if (isSettled) _shortAttempts = 0;
        if (isAsking && isSettled) _models.OnAsked(published);
        _link.OnModelCheck(_checkedAtUs);
        // Repeated every few seconds, the same line would hide the readings.
        if (problem != null && problem != _lastProblem) _console.WriteLine(problem);
        _lastProblem = problem;
        _wakeUp.WaitOne(isSettled ? IntervalMs : RetryMs, false);
    }

    /// <summary>
    /// False while the board spares its radio, lacks nothing, and no gateway has published a newer model: then it asks once a day, for the first time
    /// a day after its start.
    /// </summary>
    private bool IsDue => _models.Current == 0 || _models.IsDue || !_link.SparesRadio || Clock.NowUs() - _checkedAtUs >= RareIntervalMs * 1000L
        || (_kernelRoomSizeBytes > 0 && _checkedAtUs == 0);

    /// <inheritdoc/>
    protected override void OnShortage(int count) => Thread.Sleep(RetryMs);

    /// <returns>Reason why the download failed; null when it succeeded, or when the gateway has no newer file.</returns>
    private string Update()
    {
        try
        {
            // The file of a model that waits to be taken must not change.
            if (!_hasNewModel && _download.Fetch(
                    ".crime", _models.Current, _models.Rejected, ModelStore.NewPath, ModelStore.MaxSizeBytes, Shortage.Download))
                return AcceptModel();
            if (_download.Problem != null) return "model: " + _download.Problem;
            return _hasNewModel ? null : UpdateKernel();
        }
        catch (IOException e)
        {
            return "model: the flash cannot be read: " + e.Message;
        }
    }

    private string AcceptModel()
    {
        uint checksum = ModelStore.NewChecksum();
        if (checksum == 0)
        {
            FlashFile.Delete(ModelStore.NewPath);
            return "model: the download is damaged, the old model stays";
        }
        lock (_lock)
        {
            _models.Current = checksum;
            _hasNewModel = true;
        }
        return null;
    }

    private string UpdateKernel()
    {
        int roomSizeBytes = _kernelRoomSizeBytes;
        if (roomSizeBytes <= 0 || _hasNewKernel) return null;
        if (_download.Fetch(".kernel", KernelStore.Checksum(), 0, KernelStore.NewPath, roomSizeBytes, Shortage.Package))
        {
            lock (_lock) _hasNewKernel = true;
            return null;
        }
        // A gateway need not have a kernel for every model.
        return _download.Problem == null || _download.IsMissing ? null : "kernel: " + _download.Problem;
    }
}
