// The radio of a duty-cycled board also comes up where no gateway is known to be worth it: for a report, to learn of gateways, and for a probe. A
// probe is an input that would pay if a gateway answered. It takes little more than computing then, and without a gateway the wake is lost.

using Crime.Costs;
using Crime.Mapping;

namespace Crime.Node;

/// <summary>Decides when the radio of a duty-cycled board comes up without a decision for a gateway. Used by one thread.</summary>
public sealed class RadioWakes
{
    private readonly InputMapping _mapping;
    private readonly ConnectionNeed _need;
    private readonly BackgroundEnergy _background;
    private readonly PowerProfile _power;
    private readonly RadioSchedule _radio;
    private MappingEngine _engine;
    private bool _isProbing;

    /// <summary>Makes the wakes of a board without a model.</summary>
    /// <param name="mapping">Maps inputs to places.</param>
    /// <param name="need">Pays for probes.</param>
    /// <param name="background">The energy that no input has caused.</param>
    /// <param name="power">The board's power profile.</param>
    /// <param name="radio">Wakes the radio; null where the radio is always on.</param>
    public RadioWakes(InputMapping mapping, ConnectionNeed need, BackgroundEnergy background, PowerProfile power, RadioSchedule radio)
    {
        _power = power;
        _mapping = mapping;
        _need = need;
        _background = background;
        _radio = radio;
    }

    /// <summary>Returns true when the radio has to come up to report, or to learn of gateways, although no input needs it.</summary>
    /// <param name="nowUs">The time in µs.</param>
    public bool IsDue(long nowUs)
    {
        if (!_engine.IsRadioOff) return false;
        if (_radio.IsReportDue(nowUs)) return true;
        // Where every input goes to a gateway, the inputs themselves bring the radio up. A board that learns from answers probes with an input.
        return _need.LearnsFromAnswers ? !_mapping.NeedsGateway && _need.IsProbeDue(nowUs) : _radio.IsRefreshDue(nowUs);
    }

    /// <summary>Reports the end of a wake that no input needed.</summary>
    /// <param name="nowUs">The time in µs.</param>
    public void OnDone(long nowUs)
    {
        _background.OnWake(nowUs - _radio.WakeAtUs);
        // A report comes in any case: it is no probe.
        if (_radio.IsReportDue(_radio.WakeAtUs)) _radio.OnReported(nowUs);
        else _need.OnProbed(_radio.WakeUj(nowUs), nowUs);
    }

    /// <summary>Sets the model's engine; null while there is no model.</summary>
    internal void SetModel(MappingEngine engine)
    {
        _engine = engine;
        _isProbing = false;
    }

    /// <summary>Returns true when an input that the board would compute goes to a gateway all the same, as a probe.</summary>
    internal bool BeginProbe(int length, long nowUs) => _isProbing = _engine.IsRadioOff && _need.IsProbe(length, nowUs);

    /// <summary>Reports the end of an input: if it was a probe, its energy beyond that of computing is spent.</summary>
    internal void EndProbe(int length, long energyNj, long nowUs)
    {
        if (!_isProbing) return;
        _isProbing = false;
        long computeNj = (long)_power.ComputeMw * _engine.LocalTime.At(length), lossUj = (energyNj - computeNj) / 1000;
        if (lossUj > 0) _need.OnProbed(lossUj, nowUs);
        else _need.OnGained(nowUs);
    }
}
