// Keeps the result of each input for the next request or ping, which carries it to the gateway.

using Crime.Device.Energy;
using Crime.Frames;
using Crime.Node;

namespace Crime.Device.App;

/// <summary>Records results as telemetry. Nothing is allocated after the constructor, but four bytes for a value. Used by the main thread.</summary>
internal sealed class TelemetryRecorder
{
    private readonly TelemetryBuffer _buffer;
    private readonly InputFlow _flow;
    private readonly IEnergyMeter _meter;
    private readonly TelemetryRecord _record = new TelemetryRecord();

    /// <summary>Makes a recorder.</summary>
    /// <param name="buffer">Receives the records.</param>
    /// <param name="flow">Has the result.</param>
    /// <param name="meter">The energy meter: a record has a flag for energy that a sensor measured.</param>
    public TelemetryRecorder(TelemetryBuffer buffer, InputFlow flow, IEnergyMeter meter)
    {
        _buffer = buffer;
        _flow = flow;
        _meter = meter;
    }

    /// <summary>Records the current result.</summary>
    /// <param name="modelId">Id of the model that it is of.</param>
    public void Record(uint modelId)
    {
        InputResult result = _flow.Result;
        _record.Input = result.Input;
        _record.Length = result.Length;
        _record.Label = result.Label;
        _record.ConfidencePerMille = result.ConfidencePerMille;
        // A receipt has no value: the gateway publishes the result.
        _record.HasValue = result.Answer.ValueCount > 0;
        if (_record.HasValue) _record.Value = result.Answer.Value(0);
        _record.Target = result.Target;
        _record.TimeUs = (uint)result.TimeUs;
        _record.TailUs = (int)_flow.Timeline.TailUs;
        _record.EnergyUj = (uint)result.EnergyUj;
        _record.BackgroundUj = (uint)result.BackgroundUj;
        _record.BreakEvenLength = result.BreakEvenLength;
        _record.Depth = result.Depth;
        _record.Done = result.DoneCount;
        _record.Measured = _meter.IsMeasured;
        _record.ModelTag = TelemetryRecord.TagOf(modelId);
        _buffer.Add(_record, Clock.NowUs());
    }
}
