// The product as a library: an application gives a signal, or sequences, and receives results.

using System;
using System.Collections;
using System.Threading;
using Crime.Device.App;
using Crime.Device.Inputs;
using Crime.Device.Memory;
using Crime.Device.Sensors;
using Crime.Device.Settings;
using Crime.Kernel;
using Crime.Sensing;

namespace Crime.Device.Library;

/// <summary>
/// Classifies each sequence where it costs less: on the board, or at a gateway. It joins the Wi-Fi, keeps the connection, fetches models, prints a line
/// per result on the console, and executes commands. An application has one, made in its Main.
/// </summary>
/// <remarks>
/// Settings come from the file I:\crime.cfg and over the air. Without a broker in the settings the board computes everything.
/// </remarks>
public sealed class CollaborativeClassifier
{
    private readonly PushedInputs _pushed;
    private readonly ResultNotifier _notifier;
    private readonly Board _board;
    private bool _isStarted;

    /// <summary>Makes a classifier whose inputs come from the sensor of the settings, or from a recording.</summary>
    /// <param name="kernels">Compiled kernels that are flashed with the application; null for none.</param>
    public CollaborativeClassifier(CompiledModel[] kernels)
    {
        var remarks = new ArrayList();
        _notifier = new ResultNotifier(this);
        _board = BoardProgram.MakeBoard(SettingsFile.Load(remarks), remarks, kernels);
        _board.Notifier = _notifier;
        SetTokens(_board);
    }

    /// <summary>Makes a classifier whose inputs come from a driver of the application.</summary>
    /// <param name="sensor">The driver.</param>
    /// <param name="kernels">Compiled kernels that are flashed with the application; null for none.</param>
    /// <param name="settings">Settings that hold where the board has none, lines of "key=value"; null for none.</param>
    /// <exception cref="ArgumentNullException">There is no driver.</exception>
    public CollaborativeClassifier(ISensor sensor, CompiledModel[] kernels, string settings)
    {
        if (sensor == null) throw new ArgumentNullException();
        _notifier = new ResultNotifier(this);
        _board = Make(sensor, null, kernels, settings);
    }

    /// <summary>Makes a classifier whose inputs come from <see cref="Push(short[])"/> and <see cref="Classify"/>.</summary>
    /// <param name="channels">Numbers per timestep, 1 to 255; 1 for a model of tokens.</param>
    /// <param name="kernels">Compiled kernels that are flashed with the application; null for none.</param>
    /// <param name="settings">Settings that hold where the board has none, lines of "key=value"; null for none.</param>
    /// <exception cref="ArgumentException">The number of channels is out of its range.</exception>
    public CollaborativeClassifier(int channels, CompiledModel[] kernels, string settings)
    {
        if (channels < 1 || channels > SegmenterSettings.MostChannels) throw new ArgumentException("channels is a number from 1 to 255");
        _pushed = new PushedInputs(channels);
        _notifier = new ResultNotifier(this);
        _board = Make(null, _pushed, kernels, settings);
    }

    /// <summary>
    /// Raised for each result, on the thread of the classifier. It computes nothing until the handler returns. A handler that throws costs a line on
    /// the console, and nothing else.
    /// </summary>
    public event ResultReadyHandler ResultReady
    {
        add => _notifier.Handlers += value;
        remove => _notifier.Handlers -= value;
    }

    /// <summary>
    /// Raised for each token of an output while it is written, with the setting output.stream=on; on the thread of the classifier. The result has the
    /// whole output. From a gateway tokens may be missing at the end, and an output may begin again at index 0 where the board writes it as well.
    /// </summary>
    public event TokenWrittenHandler TokenWritten
    {
        add => _notifier.TokenHandlers += value;
        remove => _notifier.TokenHandlers -= value;
    }

    /// <summary>Starts the classifier on a thread of its own.</summary>
    /// <exception cref="InvalidOperationException">It has been started already.</exception>
    public void Start()
    {
        NoteStart();
        new Thread(_board.Run).Start();
    }

    /// <summary>Runs the classifier on the calling thread. It does not return.</summary>
    /// <exception cref="InvalidOperationException">It has been started already.</exception>
    public void Run()
    {
        NoteStart();
        _board.Run();
    }

    /// <summary>Gives a timestep of a signal. The segmenter of the settings divides the signal into sequences. Any thread may call.</summary>
    /// <param name="sample">Its numbers in the unit of the training data, one per channel. They are copied.</param>
    /// <returns>False when the timestep is lost: the classifier has not opened its inputs yet, or it has too much to do.</returns>
    /// <exception cref="InvalidOperationException">The inputs come from a sensor.</exception>
    public bool Push(short[] sample) => Push(sample, false);

    /// <summary>Gives a timestep of a signal with a trigger, for segment.kind=trigger. Any thread may call.</summary>
    /// <param name="sample">Its numbers in the unit of the training data, one per channel. They are copied.</param>
    /// <param name="isTriggered">True while the trigger is held.</param>
    /// <returns>False when the timestep is lost: the classifier has not opened its inputs yet, or it has too much to do.</returns>
    /// <exception cref="InvalidOperationException">The inputs come from a sensor.</exception>
    public bool Push(short[] sample, bool isTriggered) => Pushed.Push(sample, isTriggered);

    /// <summary>Gives a whole sequence. Its result comes by <see cref="ResultReady"/>. Any thread may call.</summary>
    /// <param name="values">Its numbers, timestep by timestep: in the unit of the training data, or tokens. They are copied.</param>
    /// <param name="length">Its timesteps, 1 to segment.greatest of the settings.</param>
    /// <returns>
    /// False when the sequence is not taken: the one before has no result yet, the classifier has not opened its inputs yet, or the length is out of its
    /// range.
    /// </returns>
    /// <exception cref="InvalidOperationException">The inputs come from a sensor.</exception>
    public bool Classify(short[] values, int length) => Pushed.TryPut(values, length);

    private PushedInputs Pushed => _pushed ?? throw new InvalidOperationException("the inputs come from a sensor");

    private Board Make(ISensor sensor, PushedInputs pushed, CompiledModel[] kernels, string settings)
    {
        var remarks = new ArrayList();
        BoardSettings all = SettingsFile.Load(settings ?? "", true, remarks);
        var board = new Board(all, remarks, kernels ?? new CompiledModel[0], sensor, pushed, new MemoryPlan()) { Notifier = _notifier };
        SetTokens(board);
        return board;
    }

    private void SetTokens(Board board)
    {
        if (board.Tokens != null) board.Tokens.Notifier = _notifier;
    }

    private void NoteStart()
    {
        if (_isStarted) throw new InvalidOperationException("the classifier has been started already");
        _isStarted = true;
    }
}
