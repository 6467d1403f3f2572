// One input, from the decision to the result: decide, compute or offload, and compute when the gateway does not answer. Exactly one result
// comes out in every case. A board that cannot compute the model has no fallback: its caller tries again.

using Crime.Costs;
using Crime.Device.Duty;
using Crime.Device.Energy;
using Crime.Kernel;
using Crime.Device.Offload;
using Crime.Device.Settings;
using Crime.Frames;
using Crime.Mapping;

namespace Crime.Device.Inference;

/// <summary>Runs inferences.</summary>
public sealed class InferenceRunner
{
    private readonly Offloader _offloader;
    private readonly BrokerConnection _connection;
    private readonly IEnergyMeter _meter;
    private readonly RadioTimeline _timeline = new RadioTimeline();
    private readonly Decision _decision = new Decision { IsDetailed = true };
    private readonly Decision _rest = new Decision();
    private IKernel _kernel;
    private MappingEngine _engine;
    private long _startUs;
    private long _pausedAtUs;
    private long _advanceUs;

    /// <summary>Makes a runner without a model.</summary>
    public InferenceRunner(Offloader offloader, BrokerConnection connection, IEnergyMeter meter)
    {
        _offloader = offloader;
        _connection = connection;
        _meter = meter;
    }

    /// <summary>The mapping mode.</summary>
    public MappingMode Mode { get; set; }

    /// <summary>Brings the radio up for an offload; null where the radio is always up.</summary>
    public DutyCycle Duty { get; set; }

    /// <summary>Sets the model to run.</summary>
    /// <param name="kernel">Computes it here; null when the board cannot.</param>
    /// <param name="engine">Decides.</param>
    public void Use(IKernel kernel, MappingEngine engine)
    {
        _kernel = kernel;
        _engine = engine;
    }

    /// <summary>Starts the clock and the meter for one input.</summary>
    public void Begin()
    {
        _timeline.Reset();
        _meter.Start();
        _startUs = Clock.NowUs();
        _pausedAtUs = _startUs;
        _advanceUs = 0;
    }

    /// <summary>Runs the input; after a failure, again. The time in between counts as waiting.</summary>
    /// <param name="values">The sequence, timestep by timestep.</param>
    /// <param name="length">Its timesteps.</param>
    /// <param name="result">Receives everything but the number of the input.</param>
    /// <returns>False when no gateway answered and the board cannot compute it; always true when it can.</returns>
    public bool TryRun(short[] values, int length, InferenceResult result)
    {
        long nowUs = Resume();
        if (_kernel == null && _engine.IsRadioOff)
        {
            // A board that cannot compute needs a gateway, even one that is not in its memory.
            Duty.BringUp(_timeline);
            nowUs = Clock.NowUs();
        }
        Decide(length, nowUs);
        result.Length = length;
        result.Done = 0;
        result.BreakEvenLength = _decision.BreakEvenLength;
        _pausedAtUs = Clock.NowUs();
        _timeline.ComputeUs += _pausedAtUs - nowUs;

        bool isOffload = _decision.IsOffload;
        bool isAnswered = isOffload && EnsureRadioUp(length)
            && _offloader.Offload(_connection, _decision, values, length, _timeline) == OffloadOutcome.Answered;
        if (!isAnswered && _kernel == null)
        {
            if (isOffload) _pausedAtUs = Clock.NowUs();
            return false;
        }
        Complete(isOffload, isAnswered, isAnswered ? _offloader.Response.Label : Compute(values, length), result);
        return true;
    }

    /// <summary>Returns true when the rest of a stream goes to a gateway, after <see cref="Begin"/>.</summary>
    /// <param name="rest">Timesteps that are not computed yet, at least 1.</param>
    /// <param name="isComplete">True when all of them have come.</param>
    public bool IsRestOffloaded(int rest, bool isComplete)
    {
        long nowUs = Resume();
        if (_kernel != null) DecideRest(rest, isComplete, nowUs, _rest);
        _pausedAtUs = Clock.NowUs();
        _timeline.ComputeUs += _pausedAtUs - nowUs;
        return _kernel == null || _rest.IsOffload;
    }

    /// <summary>Computes timesteps of a stream that goes on, after <see cref="Begin"/>. Needs a kernel.</summary>
    /// <param name="values">The stream, timestep by timestep.</param>
    /// <param name="start">Index of the first timestep to take; 0 starts from the zero state.</param>
    /// <param name="count">Number of timesteps.</param>
    public void Advance(short[] values, int start, int count)
    {
        long nowUs = Resume();
        if (start == 0) _kernel.State.Reset();
        _kernel.Advance(values, start, count);
        _pausedAtUs = Clock.NowUs();
        _advanceUs += _pausedAtUs - nowUs;
        _timeline.ComputeUs += _pausedAtUs - nowUs;
    }

    /// <summary>Ends a stream in progress: the rest is computed here, or goes to a gateway together with the state.</summary>
    /// <param name="values">The stream, timestep by timestep.</param>
    /// <param name="done">Timesteps that <see cref="Advance"/> has taken.</param>
    /// <param name="length">All its timesteps; more than are done.</param>
    /// <param name="result">Receives everything but the number of the input.</param>
    public void HandOff(short[] values, int done, int length, InferenceResult result)
    {
        long nowUs = Resume();
        int rest = length - done;
        DecideRest(rest, true, nowUs, _decision);
        bool isOffload = _decision.IsOffload;
        result.Length = length;
        result.Done = isOffload ? done : 0;
        result.BreakEvenLength = _decision.BreakEvenLength;
        _timeline.ComputeUs += Clock.NowUs() - nowUs;
        // The state stays as it is until the answer comes: without one the board continues from it.
        bool isAnswered = isOffload && EnsureRadioUp(rest)
            && _offloader.OffloadRest(_connection, _decision, values, done, rest, _kernel.State, _timeline) == OffloadOutcome.Answered;
        Complete(isOffload, isAnswered, isAnswered ? _offloader.Response.Label : Compute(values, done, rest), result);
    }

    /// <summary>Counts the time since the last work as waiting.</summary>
    private long Resume()
    {
        long nowUs = Clock.NowUs();
        _timeline.WaitUs += nowUs - _pausedAtUs;
        return nowUs;
    }

    private void Complete(bool isOffload, bool isAnswered, int label, InferenceResult result)
    {
        result.Target = isAnswered ? Target.Gateway : isOffload ? Target.Fallback : Target.Local;
        result.Label = label;
        result.TimeUs = Clock.NowUs() - _startUs;
        result.EnergyUj = _meter.Stop(_timeline);
        result.Depth = _decision.IsOffload ? _decision.Gateway.Queue.Depth : _engine.LowestDepth();
    }

    /// <summary>Brings the radio up if it is off. Another gateway may be the fastest then, because loads have changed.</summary>
    private bool EnsureRadioUp(int length)
    {
        if (!_engine.IsRadioOff) return true;
        if (!Duty.BringUp(_timeline)) return false;
        _engine.DecideOffload(length, Clock.NowUs(), Mode == MappingMode.Gateway, _decision);
        return _decision.IsOffload;
    }

    private void Decide(int length, long nowUs)
    {
        // A board that cannot compute has no choice.
        if (_kernel == null || Mode == MappingMode.Gateway) _engine.DecideOffload(length, nowUs, Mode == MappingMode.Gateway, _decision);
        else if (Mode == MappingMode.Local) _engine.DecideLocal(length, nowUs, _decision);
        else _engine.Decide(length, nowUs, _decision);
    }

    private void DecideRest(int rest, bool isComplete, long nowUs, Decision decision)
    {
        if (Mode == MappingMode.Gateway) _engine.DecideOffload(rest, nowUs, true, decision);
        else if (Mode == MappingMode.Local) _engine.DecideLocal(rest, nowUs, decision);
        else _engine.DecideRest(rest, isComplete, nowUs, decision);
    }

    private int Compute(short[] values, int length)
    {
        _kernel.State.Reset();
        return Compute(values, 0, length);
    }

    private int Compute(short[] values, int start, int length)
    {
        long startUs = Clock.NowUs();
        _kernel.Advance(values, start, length);
        int label = _kernel.Classify();
        long elapsedUs = Clock.NowUs() - startUs;
        _timeline.ComputeUs += elapsedUs;
        // Of a stream the board has computed the beginning as well.
        _engine.OnLocal(start + length, _advanceUs + elapsedUs);
        return label;
    }
}
