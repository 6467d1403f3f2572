// When the radio of a duty-cycled board is on: for an input that goes to a gateway, and now and then to learn of new gateways.

using Crime.Costs;
using Crime.Mapping;

namespace Crime.Node;

/// <summary>Progress of a radio that comes up.</summary>
public enum WakeState : byte
{
    /// <summary>No gateway can get inputs yet.</summary>
    Waking = 0,

    /// <summary>A gateway can get inputs.</summary>
    Usable = 1,

    /// <summary>No gateway could get inputs within <see cref="RadioSchedule.WakeLimitUs"/>.</summary>
    GivenUp = 2,
}

/// <summary>The radio of a duty-cycled board. Used by one thread.</summary>
public sealed class RadioSchedule
{
    /// <summary>Longest time in µs to wait for a usable gateway after the radio was switched on: 15 s.</summary>
    public const int WakeLimitUs = 15_000_000;

    /// <summary>The radio comes up at least this often, in µs, to receive the statuses of new gateways: 10 minutes.</summary>
    public const int RefreshUs = 600_000_000;

    private MappingEngine _engine;
    private long _upAtUs;
    private long _wakeAtUs;

    /// <summary>Makes the schedule of a board without a model.</summary>
    /// <param name="cost">First estimate of what waking the radio costs.</param>
    public RadioSchedule(RadioCost cost) => Cost = cost;

    /// <summary>The cost of waking the radio. It follows the measured times.</summary>
    public RadioCost Cost { get; }

    /// <summary>Start of the last wake in µs.</summary>
    public long WakeAtUs => _wakeAtUs;

    /// <summary>Time in µs at which the last wake gives up.</summary>
    public long UntilUs => _wakeAtUs + WakeLimitUs;

    /// <summary>Returns the time in µs since the radio was last on.</summary>
    public long OffUs(long nowUs) => nowUs - _upAtUs;

    /// <summary>Sets the model's engine; null while there is no model.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="upAtUs">Time in µs when the radio was last on, which may have been before a deep sleep.</param>
    public void SetModel(MappingEngine engine, long upAtUs)
    {
        _engine = engine;
        _upAtUs = upAtUs;
    }

    /// <summary>Returns true when the radio was off for so long that it has to come up to learn of new gateways.</summary>
    public bool IsRefreshDue(long nowUs) => OffUs(nowUs) >= RefreshUs;

    /// <summary>Notes that the radio is switched on.</summary>
    public void Wake(long nowUs)
    {
        _wakeAtUs = nowUs;
        _engine.OnRadioUp(nowUs);
    }

    /// <summary>Returns the progress of the wake, and learns its cost once a gateway can get inputs.</summary>
    public WakeState Poll(long nowUs)
    {
        if (!_engine.HasUsableGateway(nowUs)) return nowUs < UntilUs ? WakeState.Waking : WakeState.GivenUp;
        Cost.Observe(nowUs - _wakeAtUs);
        return WakeState.Usable;
    }

    /// <summary>Notes that the radio is switched off.</summary>
    public void OnDown(long nowUs)
    {
        if (_engine.IsRadioOff) return;
        _engine.OnRadioDown(Cost, nowUs);
        _upAtUs = nowUs;
    }
}
