// A radio in modem sleep receives only at beacons: a message for it waits at the access point for the next one, up to 102 ms. So messages
// arrive on a schedule. A node that has learned the schedule predicts an answer to the beacon, where a mean would only say "in 50 ms, give
// or take 30". Our own idea, not the paper's.

using Crime.Costs;

namespace Crime.Mapping;

/// <summary>Learns the times of the beacons (TBTT) from arrivals, and how well arrivals keep to them. Not thread-safe.</summary>
public sealed class BeaconSchedule
{
    /// <summary>Arrivals before the schedule is used.</summary>
    public const int MinArrivals = 8;

    // Arrivals keep to the schedule when they are within 1/16 of its interval on average; at random it would be 1/4.
    private const int ClusterBits = 4;

    // The last arrivals count 1/8 in the phase, and 1/8 in the deviation.
    private const int PhaseBits = 3;
    private const int DeviationBits = 3;

    // Clocks drift: a phase that was not confirmed for a minute is not used.
    private const long FreshUs = 60_000_000;

    // Beacons are counted by multiplication with 2^40 / interval, for up to 35 minutes from the last one known.
    private const int ReciprocalBits = 40;
    private const long MaxSpanUs = int.MaxValue;
    private const int HeadStartCount = 256;

    private readonly int _intervalUs;
    private readonly int _minActiveUs;
    private readonly long _reciprocal;

    // Beacons are counted from so long before the phase: an answer that has just come was ready before it.
    private readonly long _headStartUs;

    // A time at which arrivals come, near the last one.
    private long _phaseUs;
    private int _deviation8;
    private int _count;

    // Until then the radio listens: a message arrives at once, and says nothing of the beacons.
    private long _activeUntilUs;

    /// <summary>Makes a schedule of unknown phase.</summary>
    /// <param name="intervalUs">Time between two beacons in µs, 1024 to 2^20.</param>
    /// <param name="minActiveUs">Time in µs for which the radio listens after it has sent or received; 0 when every message waits.</param>
    public BeaconSchedule(int intervalUs, int minActiveUs)
    {
        _intervalUs = intervalUs;
        _minActiveUs = minActiveUs;
        _reciprocal = (1L << ReciprocalBits) / intervalUs;
        _headStartUs = (long)HeadStartCount * intervalUs;
        // As if at random.
        _deviation8 = intervalUs >> 2 << DeviationBits;
    }

    /// <summary>Time between two beacons in µs.</summary>
    public int IntervalUs => _intervalUs;

    /// <summary>Time in µs for which the radio listens after it has sent or received.</summary>
    public int MinActiveUs => _minActiveUs;

    /// <summary>Mean distance of arrivals from the schedule in µs.</summary>
    public int DeviationUs => _deviation8 >> DeviationBits;

    /// <summary>Returns true when arrivals keep to the schedule, and the last one is recent.</summary>
    public bool IsKnown(long nowUs) => _count >= MinArrivals && DeviationUs < _intervalUs >> ClusterBits && nowUs - _phaseUs < FreshUs;

    /// <summary>Notes that a message is sent: the radio listens until the minimum active time after it.</summary>
    /// <param name="airUs">Air time of the message in µs.</param>
    /// <param name="nowUs">The time in µs.</param>
    public void OnSent(int airUs, long nowUs) => _activeUntilUs = nowUs + airUs + _minActiveUs;

    /// <summary>Takes the arrival of a message.</summary>
    /// <param name="nowUs">The time in µs.</param>
    /// <returns>True when the message has waited for a beacon; only such an arrival moves the schedule.</returns>
    public bool OnReceived(long nowUs)
    {
        if (_minActiveUs > 0)
        {
            bool wasActive = nowUs <= _activeUntilUs;
            _activeUntilUs = nowUs + _minActiveUs;
            if (wasActive) return false;
        }
        OnArrival(nowUs);
        return true;
    }

    /// <summary>Time in µs from a decision until the answer arrives: at once while the radio still listens, and at a beacon later.</summary>
    /// <param name="nowUs">Time of the decision in µs.</param>
    /// <param name="timeUs">Time in µs from the decision until the access point has the answer.</param>
    /// <param name="sendUs">The part of <paramref name="timeUs"/> until the request has left.</param>
    public int AnswerUs(long nowUs, int timeUs, int sendUs) =>
        RadioTimeline.IsImmediate(timeUs - sendUs, _minActiveUs) ? timeUs : RoundUp(nowUs, timeUs);

    /// <summary>Moves the schedule by an arrival that has waited for a beacon.</summary>
    public void OnArrival(long nowUs)
    {
        if (_count == 0)
        {
            _phaseUs = nowUs;
            _count = 1;
            return;
        }
        // The nearest beacon, and the distance of the arrival from it; floor division, also before the phase.
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

    /// <summary>Extends a time span to the next beacon.</summary>
    /// <param name="nowUs">Start of the span in µs.</param>
    /// <param name="spanUs">The span in µs, at least 0.</param>
    /// <returns>The time in µs from the start to the first beacon at or after the end of the span.</returns>
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
