// What a node knows of the way to another node: the round trip, net of the time that the other node spent, smoothed as
// TCP smooths it; how old that knowledge is; and whether the link is under suspicion after a loss.

namespace Crime.Mapping;

/// <summary>Smoothed round-trip time of one link, with the age of the estimate and the back-off after losses.</summary>
/// <remarks>
/// Smoothing after RFC 6298, section 2: SRTT with gain 1/8, RTTVAR with gain 1/4, first sample R gives SRTT = R and
/// RTTVAR = R/2. A sample that ends a suspicion, or follows a long silence, counts as a first one: the old level says
/// nothing about the new one. All times are the caller's clock in µs. Not thread-safe.
/// </remarks>
public sealed class LinkEstimator
{
    /// <summary>Age from which a good estimate asks to be refreshed by a ping.</summary>
    public const int FreshUs = 5_000_000;

    /// <summary>Age from which the next sample starts the estimate anew.</summary>
    public const int StaleUs = 60_000_000;

    /// <summary>First wait after a loss; doubled with every further one.</summary>
    public const int FirstBackOffUs = 500_000;

    /// <summary>Longest wait between two pings of a suspect link.</summary>
    public const int MaxBackOffUs = 32_000_000;

    /// <summary>As <see cref="FirstBackOffUs"/>, for a node that spares its radio.</summary>
    public const int FirstRareBackOffUs = 5_000_000;

    /// <summary>As <see cref="MaxBackOffUs"/>, for a node that spares its radio: half an hour.</summary>
    public const int MaxRareBackOffUs = 1_800_000_000;

    /// <summary>Samples are clamped to this: 100 s.</summary>
    public const int MaxRttUs = 100_000_000;

    // The bounds of the base give way by 1/64 of what a sample is off.
    private const int BoundBits = 6;

    // The base takes 1/4 of what an answer that came at once is off.
    private const int DirectBits = 2;

    // Samples before the errors of schedule and mean are compared.
    private const int MinBeaconSamples = 4;

    // RTT times 8 and deviation times 4, so that the shifts of the smoothing lose nothing.
    private int _rtt8;
    private int _deviation4;

    // With a beacon schedule: the bounds of the base, and the mean errors of both predictions, times 8.
    private int _lowUs;
    private int _highUs;
    private bool _isLate;
    private int _scheduleError8;
    private int _meanError8;
    private int _beaconSampleCount;
    private long _backOffUs;
    private long _sampledAtUs;
    private long _nextPingUs;

    /// <summary>True when a round trip was ever measured.</summary>
    public bool HasSample { get; private set; }

    /// <summary>True when the last answer failed to come; the link must not carry an input until a ping comes back.</summary>
    public bool IsSuspect { get; private set; }

    /// <summary>True when a round trip was measured since the start: the estimate is not only a restored one.</summary>
    public bool IsMeasured { get; private set; }

    /// <summary>True while the estimate is a prior, see <see cref="RestorePrior"/>: no measurement and no loss has come since.</summary>
    public bool IsPrior { get; private set; }

    /// <summary>True when the link is suspect because of a loss, and not because the connection is new.</summary>
    public bool IsLost => IsSuspect && _backOffUs > 0;

    /// <summary>Smoothed round trip in µs.</summary>
    public int RttUs => _rtt8 >> 3;

    /// <summary>Smoothed mean deviation of the round trip in µs.</summary>
    public int DeviationUs => _deviation4 >> 2;

    /// <summary>The round trip without the wait for the beacon, in µs; only with <see cref="IsScheduleBetter"/>.</summary>
    public int BaseUs => _lowUs + _highUs < 0 ? 0 : (_lowUs + _highUs) >> 1;

    /// <summary>Mean error in µs of the predictions by the beacon schedule.</summary>
    public int ScheduleErrorUs => _scheduleError8 >> 3;

    /// <summary>True when the beacon schedule has predicted round trips better than their mean, by a quarter at least.</summary>
    public bool IsScheduleBetter => _beaconSampleCount >= MinBeaconSamples && _scheduleError8 < _meanError8 - (_meanError8 >> 2);

    /// <summary>True when the link may carry an input.</summary>
    public bool IsUsable => HasSample && !IsSuspect;

    /// <summary>Age of the estimate in µs.</summary>
    public long AgeUs(long nowUs) => nowUs - _sampledAtUs;

    /// <summary>Takes a measured round trip, net of the other node's own time.</summary>
    /// <param name="sampleUs">The round trip; clamped to 0 and <see cref="MaxRttUs"/>.</param>
    /// <param name="nowUs">Time of the answer in µs.</param>
    public void AddSample(long sampleUs, long nowUs)
    {
        int sample = sampleUs < 0 ? 0 : sampleUs > MaxRttUs ? MaxRttUs : (int)sampleUs;
        if (!HasSample || IsSuspect || AgeUs(nowUs) > StaleUs)
        {
            _rtt8 = sample << 3;
            _deviation4 = sample << 1;
        }
        else
        {
            int error = sample - (_rtt8 >> 3);
            _rtt8 += error;
            if (error < 0) error = -error;
            _deviation4 += error - (_deviation4 >> 2);
        }
        HasSample = true;
        IsMeasured = true;
        IsPrior = false;
        IsSuspect = false;
        _backOffUs = 0;
        _sampledAtUs = nowUs;
        _nextPingUs = nowUs + FreshUs;
    }

    /// <summary>Takes a measured round trip on a link whose answers come at beacons; <see cref="AddSample"/> takes it as well.</summary>
    /// <param name="sampleUs">The round trip as measured, net of the other node's own time; clamped as there.</param>
    /// <param name="schedule">The beacons.</param>
    /// <param name="listenUs">Answers faster than this, in µs, arrive at once because the radio still listens; 0 or less where every answer waits.</param>
    /// <param name="isAtBeacon">True when the answer has waited for a beacon.</param>
    /// <param name="nowUs">Time of the answer in µs.</param>
    /// <remarks>
    /// An answer that came at a beacon was ready after the beacon before: the base is at most the sample, and more than the sample
    /// less an interval. Both bounds hold what the last samples say and give way slowly, so that the base may move. A sample beyond
    /// the upper bound counts from the second one on: a message may be lost and sent again. An answer that came at once tells the base
    /// itself, which takes a quarter of what it is off.
    /// </remarks>
    public void AddBeaconSample(long sampleUs, BeaconSchedule schedule, long listenUs, bool isAtBeacon, long nowUs)
    {
        int sample = sampleUs < 0 ? 0 : sampleUs > MaxRttUs ? MaxRttUs : (int)sampleUs;
        int least = sample - schedule.IntervalUs;
        bool isFirst = _beaconSampleCount == 0 || IsSuspect;
        if (isFirst)
        {
            _lowUs = least;
            _highUs = sample;
            _isLate = false;
        }
        if (_beaconSampleCount > 0)
        {
            long readyAtUs = nowUs - sample;
            Judge(ref _scheduleError8, (BaseUs < listenUs ? BaseUs : schedule.RoundUp(readyAtUs, BaseUs)) - sample);
            Judge(ref _meanError8, RttUs - sample);
        }
        if (_beaconSampleCount < MinBeaconSamples) _beaconSampleCount++;
        if (!isAtBeacon)
        {
            _lowUs = _highUs = isFirst ? sample : BaseUs + ((sample - BaseUs) >> DirectBits);
            _isLate = false;
            return;
        }
        if (least > _highUs && !_isLate)
        {
            _isLate = true;
            return;
        }
        _isLate = false;
        _highUs = sample < _highUs ? sample : _highUs + ((sample - _highUs) >> BoundBits);
        _lowUs = least > _lowUs ? least : _lowUs - ((_lowUs - least) >> BoundBits);
        if (_lowUs <= _highUs) return;
        // They contradict each other: the base has moved to where this sample is.
        if (least >= _lowUs) _highUs = _lowUs;
        else _lowUs = _highUs;
    }

    private static void Judge(ref int error8, int error)
    {
        if (error < 0) error = -error;
        error8 += error - (error8 >> 3);
    }

    /// <summary>An answer did not come in time: the link is suspect, and the next ping waits twice as long as the last.</summary>
    /// <param name="nowUs">The time in µs.</param>
    /// <param name="isRare">True for a node that spares its radio: it waits longer.</param>
    public void OnLoss(long nowUs, bool isRare)
    {
        IsSuspect = true;
        IsPrior = false;
        _backOffUs = isRare ? BackOff.Next(_backOffUs, FirstRareBackOffUs, MaxRareBackOffUs) : BackOff.Next(_backOffUs, FirstBackOffUs, MaxBackOffUs);
        _nextPingUs = nowUs + _backOffUs;
    }

    /// <summary>The way to the node was made anew (a reconnect, a restart): forget the back-off and ask at once.</summary>
    public void OnReconnect(long nowUs)
    {
        IsSuspect = true;
        _backOffUs = 0;
        _nextPingUs = nowUs;
    }

    /// <summary>Takes over an estimate that was kept while the node slept. A ping is due at once.</summary>
    /// <param name="rttUs">Smoothed round trip, 0 to <see cref="MaxRttUs"/>.</param>
    /// <param name="deviationUs">Smoothed mean deviation, 0 to <see cref="MaxRttUs"/>.</param>
    /// <param name="nowUs">The time.</param>
    public void Restore(int rttUs, int deviationUs, long nowUs)
    {
        _rtt8 = rttUs << 3;
        _deviation4 = deviationUs << 2;
        HasSample = true;
        IsSuspect = false;
        _backOffUs = 0;
        _sampledAtUs = nowUs;
        _nextPingUs = nowUs;
    }

    /// <summary>Takes over an estimate of before a restart. The next measurement replaces it: it is as old as one that is stale.</summary>
    /// <param name="rttUs">Smoothed round trip, 0 to <see cref="MaxRttUs"/>.</param>
    /// <param name="deviationUs">Mean deviation with what its age adds, 0 to <see cref="MaxRttUs"/>.</param>
    /// <param name="isTrusted">True where the first input may measure the link, see <see cref="TrustPrior"/>.</param>
    /// <param name="nowUs">The time.</param>
    public void RestorePrior(int rttUs, int deviationUs, bool isTrusted, long nowUs)
    {
        Restore(rttUs, deviationUs, nowUs);
        _sampledAtUs = nowUs - StaleUs - 1;
        IsPrior = isTrusted;
        // Until there is a connection, nothing can be sent.
        IsSuspect = true;
    }

    /// <summary>Lets the link carry an input if its estimate is a prior.</summary>
    public void TrustPrior()
    {
        if (IsPrior) IsSuspect = false;
    }

    /// <summary>Time of the next due ping in µs.</summary>
    public long NextPingUs => _nextPingUs;

    /// <summary>True when it is time for a ping.</summary>
    public bool PingIsDue(long nowUs) => nowUs >= _nextPingUs;

    /// <summary>Time to wait for an answer in µs: the expected time and four deviations, at least a margin.</summary>
    /// <param name="expectedUs">Round trip plus the other node's time, as predicted.</param>
    /// <param name="marginUs">Least time beyond the expected: a link that was steady for a while is not steady for ever.</param>
    /// <param name="maxUs">Longest time-out.</param>
    public int TimeoutUs(long expectedUs, int marginUs, int maxUs)
    {
        long timeout = expectedUs + (_deviation4 > marginUs ? _deviation4 : marginUs);
        return timeout > maxUs ? maxUs : (int)timeout;
    }
}
