// Chooses the inputs of a board by its settings: a sensor, or a recording.

using Crime.Device.Inputs;
using Crime.Device.Memory;
using Crime.Device.Sensors;
using Crime.Device.Settings;

namespace Crime.Device.App;

/// <summary>Opens the inputs. Used by the main thread.</summary>
internal sealed class BoardInputs
{
    // The greeting has the reason.
    private const string UnusableSensor = "the set sensor cannot be used";

    private readonly BoardSettings _settings;
    private readonly ISensor _sensor;
    private readonly MemoryPlan _memory;

    /// <summary>Makes inputs that are not open.</summary>
    /// <param name="settings">The board's settings.</param>
    /// <param name="sensor">Gives the inputs; null to replay a recording.</param>
    /// <param name="memory">Notes where memory ran out.</param>
    public BoardInputs(BoardSettings settings, ISensor sensor, MemoryPlan memory)
    {
        _settings = settings;
        _sensor = sensor;
        _memory = memory;
    }

    /// <summary>The live signal; null before it is opened, and without a sensor.</summary>
    public LiveInputs Live { get; private set; }

    /// <summary>Opens the inputs.</summary>
    /// <param name="problem">Why there are none, when null is returned.</param>
    public InputSource Open(out string problem)
    {
        if (_sensor != null)
        {
            problem = OpenLive();
            return problem == null ? Live.Source : null;
        }
        problem = UnusableSensor;
        // The inputs of a recording are not those that the sensor was set for.
        return _settings.HasSensor ? null : RecordingSource.Open(_settings.InputsFile, out problem);
    }

    /// <summary>Starts the sensor; no effect when it runs.</summary>
    /// <returns>What is wrong, or null.</returns>
    public string OpenLive()
    {
        if (_sensor == null) return _settings.HasSensor ? UnusableSensor : "inputs come from a recording; set sensor=";
        if (Live == null) Live = new LiveInputs(_settings.Segment ?? new SegmentSettings(), _sensor, _memory);
        return Live.Start();
    }
}
