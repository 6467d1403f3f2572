// The samples before a sequence began: a sequence begins earlier than the moment at which it is noticed.

namespace Crime.Sensing;

/// <summary>The last timesteps of a signal. Nothing is allocated after the constructor.</summary>
internal sealed class SampleHistory
{
    private readonly short[] _values;
    private readonly int _channels;
    private readonly int _capacity;
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
        int at = _next * _channels;
        for (int i = 0; i < _channels; i++) _values[at + i] = values[offset + i];
        _next = _next + 1 == _capacity ? 0 : _next + 1;
        if (Count < _capacity) Count++;
    }

    /// <summary>Copies the newest timesteps, the oldest of them first.</summary>
    /// <param name="count">How many, up to <see cref="Count"/>.</param>
    /// <param name="target">Receives them from its beginning.</param>
    public void CopyNewest(int count, short[] target)
    {
        int first = _next - count;
        if (first < 0) first += _capacity;
        for (int step = 0, to = 0; step < count; step++)
        {
            int from = first * _channels;
            for (int i = 0; i < _channels; i++) target[to++] = _values[from + i];
            first = first + 1 == _capacity ? 0 : first + 1;
        }
    }
}
