// The samples before a sequence began: a sequence begins earlier than the moment at which it is noticed.

namespace Crime.Sensing;

/// <summary>The last timesteps of a signal. Nothing is allocated after the constructor.</summary>
internal sealed class SampleHistory
{
    private readonly short[] _values;
    private readonly int _channels;
    private readonly int _capacity;

    // Index of the next value.
    private int _next;

    /// <summary>Makes an empty history.</summary>
    /// <param name="channels">Numbers per timestep.</param>
    /// <param name="capacity">Most timesteps, at least 1.</param>
    public SampleHistory(int channels, int capacity)
    {
        _channels = channels;
        _capacity = capacity;
        _values = new short[channels * capacity];
    }

    /// <summary>Timesteps that are kept.</summary>
    public int Count { get; private set; }

    /// <summary>Drops all timesteps.</summary>
    public void Clear()
    {
        _next = 0;
        Count = 0;
    }

    /// <summary>Adds a timestep. The oldest one goes when there is no room.</summary>
    public void Add(short[] values, int offset)
    {
        short[] target = _values;
        int at = _next, end = at + _channels;
        while (at < end) target[at++] = values[offset++];
        _next = end == target.Length ? 0 : end;
        if (Count < _capacity) Count++;
    }

    /// <summary>Copies the newest timesteps, the oldest of them first.</summary>
    /// <param name="count">How many, up to <see cref="Count"/>.</param>
    /// <param name="target">Receives them from its beginning.</param>
    public void CopyNewest(int count, short[] target)
    {
        int length = count * _channels, from = _next - length;
        if (from < 0) from += _values.Length;
        for (int to = 0; to < length; to++)
        {
            target[to] = _values[from++];
            if (from == _values.Length) from = 0;
        }
    }
}
