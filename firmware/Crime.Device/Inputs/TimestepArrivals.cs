// Timesteps that come one by one, as from a sensor that samples at an interval: what of the current input is here already.

namespace Crime.Device.Inputs;

/// <summary>Counts the timesteps of an input as they come. Neither divides nor allocates.</summary>
internal sealed class TimestepArrivals
{
    private readonly int _intervalUs;
    private int _length;
    private long _nextUs;

    /// <summary>Makes a sensor.</summary>
    /// <param name="intervalMs">Time from one timestep to the next in ms, at least 1.</param>
    public TimestepArrivals(int intervalMs) => _intervalUs = intervalMs * 1000;

    /// <summary>Timesteps that are here.</summary>
    public int Count { get; private set; }

    /// <summary>Whether the input has come to its end.</summary>
    public bool IsComplete => Count == _length;

    /// <summary>Begins an input, whose first timestep is here at once.</summary>
    /// <param name="length">Its timesteps, at least 1.</param>
    /// <param name="nowUs">The time.</param>
    public void Begin(int length, long nowUs)
    {
        _length = length;
        Count = 1;
        _nextUs = nowUs + _intervalUs;
    }

    /// <summary>Takes in what has come.</summary>
    public void Update(long nowUs)
    {
        while (Count < _length && _nextUs <= nowUs)
        {
            Count++;
            _nextUs += _intervalUs;
        }
    }

    /// <summary>Time until the next timestep in µs; 0 when the input is complete.</summary>
    /// <param name="nowUs">The time, as given to <see cref="Update"/>.</param>
    public int RestUs(long nowUs) => IsComplete ? 0 : (int)(_nextUs - nowUs);
}
