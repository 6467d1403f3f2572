// Chooses the inputs of a board by its settings: a sensor, or a recording. An application may give them by itself.

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
    private readonly PushedInputs _pushed;
    private readonly MemoryPlan _memory;

    /// <summary>Makes inputs that are not open.</summary>
    /// <param name="settings">The board's settings.</param>
    /// <param name="sensor">Gives the inputs; null for none.</param>
    /// <param name="pushed">Has the inputs of the application; null for none. Without both, a recording is replayed.</param>
    /// <param name="memory">Notes where memory ran out.</param>
    public BoardInputs(BoardSettings settings, ISensor sensor, PushedInputs pushed, MemoryPlan memory)
    {
        _settings = settings;
        _sensor = sensor;
        _pushed = pushed;
        _memory = memory;
    }

    /// <summary>The live signal; null before it is opened, and without a sensor.</summary>
    public LiveInputs Live { get; private set; }

    /// <summary>True where a sensor or the application gives the inputs, in the unit of the training data.</summary>
    public bool AreLive => _sensor != null || _pushed != null;

    /// <summary>Opens the inputs.</summary>
    /// <param name="problem">Why there are none, when null is returned.</param>
    public InputSource Open(out string problem)
    {
        if (AreLive)
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
        if (!AreLive) return _settings.HasSensor ? UnusableSensor : "inputs come from a recording; set sensor=";
        if (Live == null) Live = new LiveInputs(_settings.Segment ?? new SegmentSettings(), _sensor, _pushed, _memory);
        return Live.Start();
    }
}
