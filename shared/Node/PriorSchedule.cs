// When a board compares its knowledge of gateways with the file of priors. Flash wears out, so the file is written rarely.

using Crime.Mapping;

namespace Crime.Node;

/// <summary>
/// Looks once after the first measurement of a start, and then once an hour at most. A look writes only what has changed noticeably: at most 24
/// times a day, and once for each start that is no wake-up from a deep sleep.
/// </summary>
public sealed class PriorSchedule
{
    /// <summary>Least time in µs between two looks: an hour. A block of flash bears 100 000 erasures, which are 11 years at 25 a day.</summary>
    public const long IntervalUs = 3_600_000_000;

    private const long SecondUs = 1_000_000;

    private long _notBeforeUs;

    /// <summary>Returns true when it is time for a look, and a link was measured.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="nowUs">The time in µs.</param>
    public bool IsDue(MappingEngine engine, long nowUs) => nowUs >= _notBeforeUs && PriorMemory.HasMeasured(engine);

    /// <summary>Notes a look.</summary>
    /// <param name="nowUs">The time in µs.</param>
    public void OnLook(long nowUs) => _notBeforeUs = nowUs + IntervalUs;

    /// <summary>Returns the time in s from a wake-up until the next look; 0 when it may follow at once.</summary>
    /// <param name="wakeUpUs">Time of the wake-up in µs.</param>
    public int RestS(long wakeUpUs) => _notBeforeUs <= wakeUpUs ? 0 : (int)((_notBeforeUs - wakeUpUs) / SecondUs);

    /// <summary>Continues after a deep sleep.</summary>
    /// <param name="restS">Time in s until the next look.</param>
    /// <param name="nowUs">The time in µs.</param>
    public void Restore(int restS, long nowUs) => _notBeforeUs = nowUs + restS * SecondUs;
}
