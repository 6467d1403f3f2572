// A radio in modem sleep hears only at beacons: whatever is sent to it waits at the access point for the next one, up to 102 ms.
// So everything arrives on a grid in time, and whoever knows the grid knows to the beacon when an answer will come, where a mean
// would only say "in 50 ms, give or take 30". Our own idea, not the paper's.

namespace Crime.Mapping;

/// <summary>Learns from arrival times where the beacons lie, and whether arrivals keep to them at all. Not thread-safe.</summary>
public sealed class BeaconGrid
{
    /// <summary>Arrivals before the grid is believed.</summary>
    public const int MinArrivals = 8;

    // Arrivals keep to the grid when they are within 1/16 of its interval on average; at random it would be 1/4.
    private const int ClusterBits = 4;

    // The last arrivals count 1/8 in the phase, and 1/8 in the deviation.
    private const int PhaseBits = 3;
    private const int DeviationBits = 3;

    // Clocks drift: a phase that was not confirmed for a minute is not relied on.
    private const long FreshUs = 60_000_000;

    // Beacons are counted by multiplication with 2^40 / interval, for up to 35 minutes from the last one known.
    private const int ReciprocalBits = 40;
    private const long MaxSpanUs = int.MaxValue;
    private const int HeadStartCount = 256;

    private readonly int _intervalUs;
    private readonly long _reciprocal;

    // Beacons are counted from so long before the phase: an answer that has just come was ready before it.
    private readonly long _headStartUs;

    // A time at which arrivals come, near the last one.
    private long _phaseUs;
    private int _deviation8;
    private int _count;

    /// <summary>Makes a grid of unknown phase.</summary>
    /// <param name="intervalUs">Time between two beacons in µs, 1024 to 2^20.</param>
    public BeaconGrid(int intervalUs)
    {
        _intervalUs = intervalUs;
        _reciprocal = (1L << ReciprocalBits) / intervalUs;
        _headStartUs = (long)HeadStartCount * intervalUs;
        // As if at random.
        _deviation8 = intervalUs >> 2 << DeviationBits;
    }

    /// <summary>Time between two beacons in µs.</summary>
    public int IntervalUs => _intervalUs;

    /// <summary>How far arrivals are from the grid on average, in µs.</summary>
    public int DeviationUs => _deviation8 >> DeviationBits;

    /// <summary>Whether arrivals keep to the grid, and the last one is recent.</summary>
    public bool IsKnown(long nowUs) => _count >= MinArrivals && DeviationUs < _intervalUs >> ClusterBits && nowUs - _phaseUs < FreshUs;

    /// <summary>Takes the arrival of any message.</summary>
    public void OnArrival(long nowUs)
    {
        if (_count == 0)
        {
            _phaseUs = nowUs;
            _count = 1;
            return;
        }
        // The nearest point of the grid, and how far off it the arrival is; floor division, also before the phase.
        long since = nowUs - _phaseUs + (_intervalUs >> 1);
        long beacons = since / _intervalUs;
        if (since < 0 && beacons * _intervalUs != since) beacons--;
        int off = (int)(since - beacons * _intervalUs) - (_intervalUs >> 1);
        // The first few count as many as they are, so that the phase is found at once and no single one is trusted for long.
        int shift = _count < 2 ? 1 : _count < 4 ? 2 : PhaseBits;
        _phaseUs += beacons * _intervalUs + (off >> shift);
        if (off < 0) off = -off;
        _deviation8 += off - (_deviation8 >> DeviationBits);
        if (_count < MinArrivals) _count++;
    }

    /// <summary>When something arrives that would without a grid.</summary>
    /// <param name="nowUs">The time.</param>
    /// <param name="spanUs">How long it would take from now, at least 0.</param>
    /// <returns>How long it takes: until the first beacon that is not before.</returns>
    public int RoundUp(long nowUs, int spanUs)
    {
        long since = nowUs + spanUs - _phaseUs + _headStartUs;
        if (since < 0 || since > MaxSpanUs) return spanUs;
        // The reciprocal is rounded down, and its product at most one short.
        int rest = (int)(since - ((since * _reciprocal) >> ReciprocalBits) * _intervalUs);
        if (rest >= _intervalUs) rest -= _intervalUs;
        return rest == 0 ? spanUs : spanUs + _intervalUs - rest;
    }
}
