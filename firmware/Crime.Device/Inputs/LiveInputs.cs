// A live signal as a whole: sensor and sampling thread, or the application's own code; ring; segmenter.

using Crime.Device.Memory;
using Crime.Device.Sensors;
using Crime.Device.Settings;
using Crime.Sensing;

namespace Crime.Device.Inputs;

/// <summary>The inputs that a sensor, or the application, gives. Used by the main thread.</summary>
internal sealed class LiveInputs
{
    private readonly SegmentSettings _settings;
    private readonly ISensor _sensor;
    private readonly PushedInputs _pushed;
    private readonly MemoryPlan _memory;
    private readonly SampleRing _ring;
    private TriggerPin _trigger;

    /// <summary>Makes inputs that do not come yet.</summary>
    /// <param name="settings">The rules of a sequence.</param>
    /// <param name="sensor">The sensor; null where the application gives the inputs.</param>
    /// <param name="pushed">Has the inputs of the application; null where a sensor gives them.</param>
    /// <param name="memory">Notes where memory ran out.</param>
    public LiveInputs(SegmentSettings settings, ISensor sensor, PushedInputs pushed, MemoryPlan memory)
    {
        _settings = settings;
        _sensor = sensor;
        _pushed = pushed;
        _memory = memory;
        _ring = new SampleRing(sensor == null ? pushed.Channels : sensor.Channels, settings.BufferSteps);
        Source = new LiveSource(_ring, settings.Rules, pushed);
    }

    /// <summary>Gives the sequences.</summary>
    public LiveSource Source { get; }

    /// <summary>Reads the sensor; null before <see cref="Start"/>, and without a sensor.</summary>
    public Sampler Sampler { get; private set; }

    /// <summary>The timesteps that wait.</summary>
    public SampleRing Ring => _ring;

    /// <summary>Timesteps per 1000 s; 0 where the sender decides.</summary>
    public int RateMilliHz => _sensor == null || _sensor.IntervalUs == 0 ? 0 : (1_000_000_000 + _sensor.IntervalUs / 2) / _sensor.IntervalUs;

    /// <summary>Starts the sensor and its thread, or takes the inputs of the application.</summary>
    /// <returns>What is wrong, or null.</returns>
    public string Start()
    {
        if (Sampler != null) return null;
        string problem = _pushed == null ? _settings.Problem() : _settings.Rules.Problem();
        if (problem != null) return problem;
        if (_pushed != null)
        {
            _pushed.Open(_ring, _settings.Rules.GreatestLength);
            return null;
        }
        // A trigger that was opened before a shortage of memory stays open.
        if (_settings.Rules.Kind == SegmentKind.Trigger && _trigger == null)
        {
            _trigger = TriggerPin.TryOpen(_settings.TriggerPin, _settings.IsTriggerLow);
            if (_trigger == null) return "segment.trigger-pin: gpio " + _settings.TriggerPin.ToString() + " is no input of this board, or is in use";
        }
        problem = _sensor.Start();
        if (problem != null) return problem;
        Sampler = new Sampler(_sensor, _ring, _trigger, _memory);
        Sampler.Start();
        return null;
    }
}
