// The account of a sensor's own buffer. A sensor reports that samples were lost, not their number. The number follows from the time.

namespace Crime.Device.Sensors;

/// <summary>Counts lost timesteps by the time, and notices a sensor that has stopped.</summary>
internal sealed class FifoClock
{
    /// <summary>
    /// Longest time in µs between two reads. A buffer would allow more at a low rate, but a timestep in it has not been classified:
    /// this bounds the latency that the buffer adds.
    /// </summary>
    public const int LongestPollUs = 200_000;

    private readonly int _intervalUs;
    private readonly int _silenceUs;
    private long _readUs;
    private int _left;
    private int _lost;

    /// <summary>Makes the account of a buffer.</summary>
    /// <param name="intervalUs">Time in µs from one timestep to the next.</param>
    /// <param name="capacity">Timesteps that the buffer holds.</param>
    public FifoClock(int intervalUs, int capacity)
    {
        _intervalUs = intervalUs;
        int halfUs = capacity / 2 * intervalUs, leastUs = 2 * intervalUs;
        PollUs = halfUs < LongestPollUs ? halfUs : leastUs > LongestPollUs ? leastUs : LongestPollUs;
        // A sensor gives a timestep in each interval. Four without one, after a poll that came on time, are a sensor that has stopped.
        _silenceUs = PollUs + 4 * intervalUs;
    }

    /// <summary>Time in µs from one read to the next: half of the buffer, at most <see cref="LongestPollUs"/>, and at least two timesteps.</summary>
    public int PollUs { get; }

    /// <summary>The buffer is empty now, and the sensor has started.</summary>
    public void Restart(long nowUs)
    {
        _readUs = nowUs;
        _left = 0;
    }

    /// <summary>Samples were lost since the last read.</summary>
    /// <param name="nowUs">The time in µs.</param>
    /// <param name="kept">Timesteps that are in the buffer, or 0 when it was emptied.</param>
    public void OnOverrun(long nowUs, int kept)
    {
        long lost = _left + (nowUs - _readUs) / _intervalUs - kept;
        _lost += lost < 1 ? 1 : (int)lost;
    }

    /// <summary>Timesteps were taken from the buffer and thrown away.</summary>
    public void OnDropped(int steps) => _lost += steps;

    /// <summary>Timesteps were read.</summary>
    /// <param name="nowUs">The time in µs at which the buffer's length was read.</param>
    /// <param name="left">Timesteps that stay in the buffer.</param>
    public void OnRead(long nowUs, int left)
    {
        _readUs = nowUs;
        _left = left;
    }

    /// <summary>Returns true when the sensor should have had a timestep long ago.</summary>
    /// <param name="nowUs">The time in µs.</param>
    public bool IsSilent(long nowUs) => nowUs - _readUs > _silenceUs;

    /// <summary>Returns the lost timesteps, and counts from 0 again.</summary>
    public int TakeLost()
    {
        int lost = _lost;
        _lost = 0;
        return lost;
    }
}
