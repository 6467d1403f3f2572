// One input, from the decision to the result: decide, compute here or send away, and fall back to computing here when the
// gateway does not answer. Whatever happens, exactly one result comes out. A board that cannot compute the model itself has
// nothing to fall back to: its caller tries again.

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
    private readonly Activity _activity = new Activity();
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

    /// <summary>Who decides.</summary>
    public MappingMode Mode { get; set; }

    /// <summary>Brings the radio up for an input that is sent away; null where the radio is always up.</summary>
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
        _activity.Reset();
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
            // Whoever cannot compute needs a gateway, even one that is not remembered.
            Duty.BringUp(_activity);
            nowUs = Clock.NowUs();
        }
        int choice = Choose(length, nowUs);
        result.Length = length;
        result.Done = 0;
        result.BreakEvenLength = _engine.BreakEvenLength();
        _pausedAtUs = Clock.NowUs();
        _activity.ComputeUs += _pausedAtUs - nowUs;

        bool isAnswered = choice != DecisionTable.Local && Reach(ref choice, length)
            && _offloader.Offload(_connection, choice, values, length, WorthUs(length), _activity) == OffloadOutcome.Answered;
        if (!isAnswered && _kernel == null)
        {
            if (choice != DecisionTable.Local) _pausedAtUs = Clock.NowUs();
            return false;
        }
        Conclude(choice, isAnswered, isAnswered ? _offloader.Response.Label : Compute(values, length), result);
        return true;
    }

    /// <summary>Whether the rest of a stream is for a gateway, after <see cref="Begin"/>.</summary>
    /// <param name="rest">Timesteps that are not computed yet, at least 1.</param>
    /// <param name="isComplete">Whether all of them are here.</param>
    public bool GoesAway(int rest, bool isComplete)
    {
        long nowUs = Resume();
        bool goesAway = _kernel == null || ChooseRest(rest, isComplete, nowUs) != DecisionTable.Local;
        _pausedAtUs = Clock.NowUs();
        _activity.ComputeUs += _pausedAtUs - nowUs;
        return goesAway;
    }

    /// <summary>Computes timesteps of a stream that goes on, after <see cref="Begin"/>. Needs a kernel.</summary>
    /// <param name="values">The stream, timestep by timestep.</param>
    /// <param name="start">Index of the first timestep to take; 0 starts from the zero state.</param>
    /// <param name="count">How many timesteps to take.</param>
    public void Advance(short[] values, int start, int count)
    {
        long nowUs = Resume();
        if (start == 0) _kernel.State.Reset();
        _kernel.Advance(values, start, count);
        _pausedAtUs = Clock.NowUs();
        _advanceUs += _pausedAtUs - nowUs;
        _activity.ComputeUs += _pausedAtUs - nowUs;
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
        int choice = ChooseRest(rest, true, nowUs);
        result.Length = length;
        result.Done = choice == DecisionTable.Local ? 0 : done;
        result.BreakEvenLength = _engine.BreakEvenLength();
        _activity.ComputeUs += Clock.NowUs() - nowUs;
        // The state stays as it is until the answer is there: without one the board goes on from it.
        bool isAnswered = choice != DecisionTable.Local && Reach(ref choice, rest)
            && _offloader.OffloadRest(_connection, choice, values, done, rest, _kernel.State, WorthUs(rest), _activity) == OffloadOutcome.Answered;
        Conclude(choice, isAnswered, isAnswered ? _offloader.Response.Label : Compute(values, done, rest), result);
    }

    /// <summary>What has passed since the last work was waiting.</summary>
    private long Resume()
    {
        long nowUs = Clock.NowUs();
        _activity.WaitUs += nowUs - _pausedAtUs;
        return nowUs;
    }

    private void Conclude(int choice, bool isAnswered, int label, InferenceResult result)
    {
        result.Target = isAnswered ? Target.Gateway : choice == DecisionTable.Local ? Target.Local : Target.Fallback;
        result.Label = label;
        result.TimeUs = Clock.NowUs() - _startUs;
        result.EnergyUj = _meter.Stop(_activity);
        result.Depth = choice == DecisionTable.Local ? _engine.LowestDepth() : _engine.Candidate(choice).Queue.Depth;
    }

    /// <summary>Brings the radio up where it is off; which gateway it will be then may change, for their loads have.</summary>
    private bool Reach(ref int choice, int length)
    {
        if (!_engine.IsRadioOff) return true;
        if (!Duty.BringUp(_activity)) return false;
        int reached = _engine.ChooseGateway(length, Clock.NowUs());
        if (reached == DecisionTable.Local) return false;
        choice = reached;
        return true;
    }

    private int Choose(int length, long nowUs)
    {
        // Whoever cannot compute has no choice.
        if (_kernel == null) return _engine.ChooseGateway(length, nowUs);
        switch (Mode)
        {
            case MappingMode.Local: return DecisionTable.Local;
            case MappingMode.Gateway: return _engine.ChooseGateway(length, nowUs);
            default: return _engine.Choose(length, nowUs);
        }
    }

    /// <summary>Where the gateway was ordered, it may take its time.</summary>
    private int WorthUs(int length) => Mode == MappingMode.Auto ? _engine.WorthUs(length) : int.MaxValue;

    private int ChooseRest(int rest, bool isComplete, long nowUs)
    {
        switch (Mode)
        {
            case MappingMode.Local: return DecisionTable.Local;
            case MappingMode.Gateway: return _engine.ChooseGateway(rest, nowUs);
            default: return _engine.ChooseRest(rest, isComplete, nowUs);
        }
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
        _activity.ComputeUs += elapsedUs;
        // Of a stream the board has computed the beginning as well.
        _engine.OnLocal(start + length, _advanceUs + elapsedUs);
        return label;
    }
}
