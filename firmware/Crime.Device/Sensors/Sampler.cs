// Takes the timesteps of a sensor at its rate, whatever the main thread does. The CLR runs each thread for up to 20 ms, so a sensor without a
// buffer of its own is read late while the main thread computes: the lateness is measured.

using System.Threading;
using Crime.Device.Memory;

namespace Crime.Device.Sensors;

/// <summary>Reads a sensor and fills a ring, on a thread of its own. Nothing is allocated after the start.</summary>
internal sealed class Sampler : LastingThread
{
    /// <summary>Most timesteps of one read.</summary>
    public const int MostSteps = 32;

    /// <summary>Time in µs from a failure of the sensor to the next attempt.</summary>
    public const int RetryUs = 1_000_000;

    private const int LateShift = 6;

    private readonly ISensor _sensor;
    private readonly SampleRing _ring;
    private readonly TriggerPin _trigger;
    private readonly short[] _values;
    private long _dueUs;

    // Mean lateness, times 64.
    private long _lateSum;

    /// <summary>Makes a sampler that does not run yet.</summary>
    /// <param name="sensor">The sensor.</param>
    /// <param name="ring">Receives its timesteps.</param>
    /// <param name="trigger">The trigger; null for none.</param>
    /// <param name="memory">Notes where memory ran out.</param>
    public Sampler(ISensor sensor, SampleRing ring, TriggerPin trigger, MemoryPlan memory) : base(memory, Shortage.Background)
    {
        _sensor = sensor;
        _ring = ring;
        _trigger = trigger;
        _values = new short[MostSteps * sensor.Channels];
    }

    /// <summary>Reads of the sensor.</summary>
    public uint ReadCount { get; private set; }

    /// <summary>Reads that the sensor has not answered.</summary>
    public uint FailedCount { get; private set; }

    /// <summary>Reads that were late by more than an interval between two reads: a sensor without a buffer has lost a timestep then.</summary>
    public uint LateCount { get; private set; }

    /// <summary>Mean lateness of a read in µs, over about the last 64 reads.</summary>
    public int MeanLateUs => (int)(_lateSum >> LateShift);

    /// <summary>Greatest lateness of a read in µs.</summary>
    public int MostLateUs { get; private set; }

    /// <summary>Starts the thread.</summary>
    public void Start()
    {
        _dueUs = Clock.NowUs();
        StartThread();
    }

    /// <inheritdoc/>
    protected override void Work()
    {
        long restUs = _dueUs - Clock.NowUs();
        // A sleep of 0 ms gives the processor to another thread. The clock of sleeps has steps of 1 ms.
        if (restUs > 0) Thread.Sleep((int)((restUs + 999) / 1000));
        Take(Clock.NowUs());
    }

    /// <summary>Takes what the sensor has. The next read is due one interval after this one was due.</summary>
    /// <param name="nowUs">The time in µs.</param>
    public void Take(long nowUs)
    {
        int lateUs = (int)(nowUs - _dueUs), pollUs = _sensor.PollUs;
        if (lateUs < 0) return;
        Note(lateUs);
        int count = _sensor.Read(_values, MostSteps);
        ReadCount++;
        if (count < 0)
        {
            FailedCount++;
            _ring.AddGap(1);
            _dueUs = nowUs + RetryUs;
            return;
        }
        bool isTriggered = _trigger != null && _trigger.IsHeld;
        int lost = _sensor.TakeLost();
        if (lateUs > pollUs && pollUs == _sensor.IntervalUs)
        {
            // Reads that were missed are not made up for: their timesteps would have a wrong time.
            int missed = lateUs / pollUs;
            lost += missed;
            _dueUs += (long)missed * pollUs;
        }
        if (lateUs > pollUs) LateCount++;
        if (lost > 0) _ring.AddGap(lost);
        for (int i = 0; i < count; i++) _ring.Add(_values, i * _sensor.Channels, isTriggered);
        // A full buffer has more: it is read again at once.
        if (count < MostSteps) _dueUs += pollUs;
        if (pollUs != _sensor.IntervalUs && nowUs - _dueUs > pollUs) _dueUs = nowUs;
    }

    private void Note(int lateUs)
    {
        if (lateUs > MostLateUs) MostLateUs = lateUs;
        _lateSum += lateUs - (_lateSum >> LateShift);
    }
}
