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

    private readonly long _reportEveryUs;
    private MappingEngine _engine;
    private long _upAtUs;
    private long _wakeAtUs;

    /// <summary>Makes the schedule of a board without a model.</summary>
    /// <param name="cost">First estimate of what waking the radio costs.</param>
    public RadioSchedule(RadioCost cost) : this(cost, 0, 0)
    {
    }

    /// <summary>Makes the schedule of a board without a model, which reports at an interval.</summary>
    /// <param name="cost">First estimate of what waking the radio costs.</param>
    /// <param name="reportEveryUs">Time in µs from one report to the next; 0 for none.</param>
    /// <param name="firstReportUs">Time in µs of the first report.</param>
    public RadioSchedule(RadioCost cost, long reportEveryUs, long firstReportUs)
    {
        Cost = cost;
        _reportEveryUs = reportEveryUs;
        ReportAtUs = reportEveryUs > 0 ? firstReportUs : long.MaxValue;
    }

    /// <summary>Time in µs of the next report; <see cref="long.MaxValue"/> without reports.</summary>
    public long ReportAtUs { get; private set; }

    /// <summary>The cost of waking the radio. It follows the measured times.</summary>
    public RadioCost Cost { get; }

    /// <summary>True while the radio comes up. The power of that time contains all messages of the connection.</summary>
    public bool IsWaking { get; private set; }

    /// <summary>Start of the last wake in µs.</summary>
    public long WakeAtUs => _wakeAtUs;

    /// <summary>Time in µs at which the last wake gives up.</summary>
    public long UntilUs => _wakeAtUs + WakeLimitUs;

    /// <summary>Returns the energy in µJ of the last wake, which has ended now.</summary>
    /// <param name="nowUs">The time in µs.</param>
    public int WakeUj(long nowUs) => PowerProfile.EnergyUj(Cost.PowerMw, nowUs - _wakeAtUs);

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

    /// <summary>Returns true when a report is due: the radio comes up for it in any case.</summary>
    public bool IsReportDue(long nowUs) => nowUs >= ReportAtUs;

    /// <summary>Notes that the radio was up for a report.</summary>
    public void OnReported(long nowUs)
    {
        if (!IsReportDue(nowUs)) ReportAtUs += _reportEveryUs;
        else while (ReportAtUs <= nowUs) ReportAtUs += _reportEveryUs;
    }

    /// <summary>Sets the time of the next report, where a deep sleep has come between.</summary>
    /// <param name="atUs">Time in µs.</param>
    public void SetReport(long atUs)
    {
        if (_reportEveryUs > 0) ReportAtUs = atUs;
    }

    /// <summary>Notes that the radio is switched on.</summary>
    public void Wake(long nowUs)
    {
        _wakeAtUs = nowUs;
        IsWaking = true;
        _engine.OnRadioUp(nowUs);
    }

    /// <summary>Returns the progress of the wake, and learns its cost once a gateway can get inputs.</summary>
    public WakeState Poll(long nowUs)
    {
        bool isUsable = _engine.HasUsableGateway(nowUs);
        if (!isUsable && nowUs < UntilUs) return WakeState.Waking;
        IsWaking = false;
        if (!isUsable) return WakeState.GivenUp;
        Cost.Observe(nowUs - _wakeAtUs);
        return WakeState.Usable;
    }

    /// <summary>Notes that the radio is switched off.</summary>
    public void OnDown(long nowUs)
    {
        IsWaking = false;
        if (_engine.IsRadioOff) return;
        _engine.OnRadioDown(Cost, nowUs);
        _upAtUs = nowUs;
    }
}
