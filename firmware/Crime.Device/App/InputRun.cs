// Takes inputs from their source to their results: read, keep or decide, compute or offload. The board has the steps' order, and polls commands
// and models between them.

using System.Threading;
using Crime.Device.Duty;
using Crime.Device.Inference;
using Crime.Device.Inputs;
using Crime.Device.Keeping;
using Crime.Device.Settings;
using Crime.Model;
using Crime.Node;

namespace Crime.Device.App;

/// <summary>The inputs of a board. Used by the main thread.</summary>
internal sealed class InputRun
{
    // Time from one look at a live signal to the next. A sequence is complete a hang-over after its end, so this delays no result noticeably.
    private const int LivePollMs = 10;

    private readonly BoardSettings _settings;
    private readonly Report _report;
    private readonly InputFlow _flow;
    private readonly InputDriver _driver;
    private readonly KeptInputDriver _kept;
    private readonly DutyCycle _duty;
    private readonly ModelSlot _slot;
    private InputSource _source;
    private long _startUs;
    private bool _isWaitReported;
    private bool _isAtEnd;

    // The input in progress that the board computes; its number among those of the source, and its timesteps that the flow knows.
    private bool _isStreaming;
    private uint _streamNumber;
    private int _streamLength;

    // Of the format that the current input is in; null for one of the format of the model.
    private InputNormaliser _normaliser;

    /// <summary>Makes a run without a source.</summary>
    /// <param name="settings">The board's settings.</param>
    /// <param name="report">Receives a line about each input that has no result.</param>
    /// <param name="flow">Decides.</param>
    /// <param name="driver">Executes the decisions.</param>
    /// <param name="kept">Keeps inputs; null where results do not wait.</param>
    /// <param name="duty">Switches the radio; null where it is always on.</param>
    /// <param name="slot">The model.</param>
    public InputRun(
        BoardSettings settings, Report report, InputFlow flow, InputDriver driver, KeptInputDriver kept, DutyCycle duty, ModelSlot slot)
    {
        _settings = settings;
        _report = report;
        _flow = flow;
        _driver = driver;
        _kept = kept;
        _duty = duty;
        _slot = slot;
    }

    /// <summary>Number of the next input.</summary>
    public uint InputCount { get; set; }

    /// <summary>The source; null before <see cref="Open"/>.</summary>
    public InputSource Source => _source;

    /// <summary>True when the model takes the inputs of the source.</summary>
    public bool IsFitting => _slot.Model != null && _source.Fits(_slot.Model);

    /// <summary>True after <see cref="ServeKept"/> when kept inputs wait for a gateway at the end of the inputs.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>Opens the source.</summary>
    /// <param name="source">The inputs.</param>
    /// <param name="saved">The state of before a deep sleep; null when there is none.</param>
    public void Open(InputSource source, SavedState saved)
    {
        _source = source;
        OpenKept(saved);
        if (saved != null && IsFitting) _source.Resume(saved.Sequence, saved.Position);
    }

    /// <summary>Makes the store of kept inputs, once there is a model.</summary>
    /// <param name="saved">The state of before a deep sleep; null when there is none.</param>
    public void OpenKept(SavedState saved)
    {
        if (_kept != null) _kept.Open(saved != null, _slot.Model);
    }

    /// <summary>Reads the next input.</summary>
    /// <returns>The next step.</returns>
    public BoardStep Read()
    {
        _startUs = Clock.NowUs();
        switch (_source.Read())
        {
            case InputState.Ready:
                _flow.Result.Input = InputCount++;
                return BoardStep.Begin;
            case InputState.None: return CanStream ? BeginStream() : BoardStep.AwaitInput;
            default:
                // The inputs end once no kept input is left.
                _isAtEnd = true;
                return _kept == null ? BoardStep.End : BoardStep.ServeKept;
        }
    }

    /// <summary>Waits for an input of a live signal. The radio of a duty-cycled board comes up for a report that is due.</summary>
    public void AwaitInput()
    {
        Thread.Sleep(LivePollMs);
        if (_duty != null && _slot.Engine != null && _flow.Wakes.IsDue(Clock.NowUs())) _duty.TakeDown();
    }

    /// <summary>Starts the input, or keeps it. Needs a model that it fits.</summary>
    /// <returns>The next step.</returns>
    public BoardStep Begin()
    {
        _isWaitReported = false;
        Prepare(_source.Length);
        if (_kept != null && _kept.TryKeep(_source, _flow.Result.Input, _slot.Model))
        {
            _report.Kept(_flow.Result.Input, _source.Length, _kept.Kept);
            return BoardStep.ServeKept;
        }
        _driver.Begin(_source.Length);
        return BoardStep.Infer;
    }

    /// <summary>Does the next action of the input.</summary>
    /// <returns>The next step.</returns>
    public BoardStep Infer()
    {
        // A model that has come during the input may have another format.
        if (_normaliser != null && _slot.Model != null && _slot.Normaliser != _normaliser) Prepare(_isStreaming ? _streamLength : _source.Length);
        if (_isStreaming && _flow.Action == InputAction.AwaitSteps) return ReadStream();
        if (_driver.Step(_source.Values))
        {
            if (_flow.ResultsAtGateway && _flow.Result.Label != InputResult.NoLabel && !_kept.TryKeepResult(_flow))
                _report.Text("results: one is lost, because no gateway has taken the former ones");
            return BoardStep.Count;
        }
        if (_flow.Action != InputAction.AwaitRetry) return BoardStep.Infer;
        if (!_isWaitReported && _slot.Model != null) _report.Text("waiting: no gateway for " + _slot.Model.Name);
        _isWaitReported = true;
        return BoardStep.Infer;
    }

    /// <summary>Takes a step for the kept inputs that are due before the next input.</summary>
    /// <returns>The next step.</returns>
    public BoardStep ServeKept()
    {
        IsWaiting = false;
        if (_kept == null) return BoardStep.WaitForNextInput;
        switch (_kept.Step(_source.Values, LookUs))
        {
            case KeptStep.Working: return BoardStep.ServeKept;
            case KeptStep.Result: return BoardStep.Count;
            case KeptStep.Compute:
                _normaliser = null;
                _driver.BeginKept(_kept.Length, _kept.ArrivedUs);
                return BoardStep.Infer;
            case KeptStep.Lost:
                _report.Text("inputs: a kept input is damaged and has no result");
                return BoardStep.ServeKept;
            default:
                if (!_isAtEnd) return BoardStep.WaitForNextInput;
                if (_kept.Kept.Count > 0)
                {
                    // No gateway has answered. A board that cannot compute tries again.
                    IsWaiting = true;
                    return BoardStep.ServeKept;
                }
                if (_duty != null) _duty.TakeDown();
                return BoardStep.End;
        }
    }

    /// <summary>Switches the radio off after an input, and waits until the next one may come.</summary>
    /// <returns>Time in ms for which the board may sleep; 0 when it need not wait.</returns>
    public int Rest()
    {
        if (!_source.IsLive && _settings.InputIntervalMs == 0) return 0;
        if (_duty != null && _slot.Model != null && !(_source.IsLive && _slot.Engine.IsRadioOff)) _duty.TakeDown();
        if (_source.IsLive) return 0;
        int restMs = _settings.InputIntervalMs - (int)((Clock.NowUs() - _startUs) / 1000);
        return restMs > 0 ? restMs : 0;
    }

    /// <summary>
    /// True when an input is in progress whose timesteps the board may compute as they come. A board that keeps inputs, or whose radio comes up for
    /// single inputs, decides by the whole length.
    /// </summary>
    private bool CanStream =>
        _source.SettledLength > 0 && _settings.StreamsInputs && _kept == null && _duty == null && _slot.Kernel != null && IsFitting;

    private BoardStep BeginStream()
    {
        _isWaitReported = false;
        _isStreaming = true;
        _streamNumber = _source.Begun;
        _streamLength = _source.SettledLength;
        Prepare(_streamLength);
        _driver.BeginStream(_streamLength);
        return BoardStep.Infer;
    }

    private void Prepare(int length)
    {
        _normaliser = _slot.Normaliser;
        _source.Prepare(length, _normaliser);
    }

    /// <summary>Takes the timesteps of the input in progress that have come.</summary>
    private BoardStep ReadStream()
    {
        InputState state = _source.Read();
        bool isSame = _source.Begun == _streamNumber;
        int length = state == InputState.Ready ? _source.Length : isSame ? _source.SettledLength : 0;
        if (length == 0 || !isSame)
        {
            // It was too short, or has a gap. The next one may be complete already.
            _isStreaming = false;
            _driver.Abandon();
            if (state != InputState.Ready) return BoardStep.AwaitInput;
            _flow.Result.Input = InputCount++;
            return BoardStep.Begin;
        }
        if (state != InputState.Ready && length == _streamLength)
        {
            Thread.Sleep(LivePollMs);
            return BoardStep.Infer;
        }
        _streamLength = length;
        Prepare(length);
        if (state != InputState.Ready)
        {
            _flow.OnSteps(length, Clock.NowUs());
            return BoardStep.Infer;
        }
        _isStreaming = false;
        _flow.Result.Input = InputCount++;
        _flow.OnEnd(length, Clock.NowUs());
        return BoardStep.Infer;
    }

    // Time of the next look at the kept inputs.
    private long LookUs => _isAtEnd ? long.MaxValue : _startUs + (_source.IsLive ? LivePollMs : _settings.InputIntervalMs) * 1000L;
}
