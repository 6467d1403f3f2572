// One input, from the decision to the result: decide, compute here or send away, and fall back to computing here when the
// gateway does not answer. Whatever happens, exactly one result comes out.

using Crime.Firmware.Duty;
using Crime.Firmware.Energy;
using Crime.Firmware.Kernel;
using Crime.Firmware.Mapping;
using Crime.Firmware.Offload;
using Crime.Firmware.Settings;
using Crime.Frames;
using Crime.Mapping;

namespace Crime.Firmware.Inference;

/// <summary>Runs inferences.</summary>
public sealed class InferenceRunner
{
    private readonly IKernel _kernel;
    private readonly MappingEngine _engine;
    private readonly Offloader _offloader;
    private readonly BrokerConnection _connection;
    private readonly IEnergyMeter _meter;
    private readonly Activity _activity = new Activity();

    /// <summary>Makes a runner for one model.</summary>
    public InferenceRunner(IKernel kernel, MappingEngine engine, Offloader offloader, BrokerConnection connection, IEnergyMeter meter)
    {
        _kernel = kernel;
        _engine = engine;
        _offloader = offloader;
        _connection = connection;
        _meter = meter;
    }

    /// <summary>Who decides.</summary>
    public MappingMode Mode { get; set; }

    /// <summary>Brings the radio up for an input that is sent away; null where the radio is always up.</summary>
    public DutyCycle Duty { get; set; }

    /// <summary>Runs one input.</summary>
    /// <param name="values">The sequence, timestep by timestep.</param>
    /// <param name="length">Its timesteps.</param>
    /// <param name="result">Receives everything but the number of the input.</param>
    public void Run(short[] values, int length, InferenceResult result)
    {
        _activity.Reset();
        _meter.Start();
        long startUs = Clock.NowUs();
        int choice = Choose(length, startUs);
        result.Length = length;
        result.BreakEvenLength = _engine.BreakEvenLength();
        long decidedUs = Clock.NowUs();
        _activity.ComputeUs += decidedUs - startUs;

        if (choice == DecisionTable.Local)
        {
            result.Target = Target.Local;
            result.Label = Compute(values, length);
        }
        else if (Reach(ref choice, length) && _offloader.Offload(_connection, choice, values, length, _activity) == OffloadOutcome.Answered)
        {
            result.Target = Target.Gateway;
            result.Label = _offloader.Response.Label;
        }
        else
        {
            result.Target = Target.Fallback;
            result.Label = Compute(values, length);
        }

        result.TimeUs = Clock.NowUs() - startUs;
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
        switch (Mode)
        {
            case MappingMode.Local: return DecisionTable.Local;
            case MappingMode.Gateway: return _engine.ChooseGateway(length, nowUs);
            default: return _engine.Choose(length, nowUs);
        }
    }

    private int Compute(short[] values, int length)
    {
        long startUs = Clock.NowUs();
        _kernel.State.Reset();
        _kernel.Advance(values, 0, length);
        int label = _kernel.Classify();
        _activity.ComputeUs += Clock.NowUs() - startUs;
        return label;
    }
}
