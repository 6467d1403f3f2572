// What it costs to bring a radio up that was off: the largest term an offload can have, and zero while the station is
// associated.

namespace Crime.Costs;

/// <summary>Time and energy from a radio that is off to a gateway that answers: T_radio_up and E_radio_up.</summary>
public sealed class RadioCost
{
    /// <summary>Longest time that is believed: 60 s.</summary>
    public const int MaxUs = 60_000_000;

    private readonly int _powerMw;

    /// <summary>Makes an estimate.</summary>
    /// <param name="timeUs">Time in µs.</param>
    /// <param name="powerMw">Mean power meanwhile in mW.</param>
    public RadioCost(int timeUs, int powerMw)
    {
        TimeUs = timeUs;
        _powerMw = powerMw;
    }

    /// <summary>Time in µs.</summary>
    public int TimeUs { get; private set; }

    /// <summary>Energy in µJ.</summary>
    public int EnergyUj => PowerProfile.EnergyUj(_powerMw, TimeUs);

    /// <summary>Mean power in mW.</summary>
    public int PowerMw => _powerMw;

    /// <summary>Takes what it took this time, with a gain of 1/4.</summary>
    /// <param name="timeUs">The measured time; clamped to 0 and <see cref="MaxUs"/>.</param>
    public void Observe(long timeUs)
    {
        int sample = timeUs < 0 ? 0 : timeUs > MaxUs ? MaxUs : (int)timeUs;
        TimeUs += (sample - TimeUs) / 4;
    }

    /// <summary>Takes over an estimate that was kept.</summary>
    /// <param name="timeUs">Time in µs; clamped as in <see cref="Observe"/>.</param>
    public void Restore(int timeUs) => TimeUs = timeUs < 0 ? 0 : timeUs > MaxUs ? MaxUs : timeUs;
}
