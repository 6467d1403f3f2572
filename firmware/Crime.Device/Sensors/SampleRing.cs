// Timesteps on their way from the thread that takes them to the main thread, which may compute meanwhile.

namespace Crime.Device.Sensors;

/// <summary>
/// A bounded queue of timesteps. When it is full, a new timestep is lost: the queue has a gap there. Nothing is allocated after the constructor.
/// Thread-safe.
/// </summary>
internal sealed class SampleRing
{
    private readonly object _lock = new object();
    private readonly short[] _values;

    // Per place: the trigger is held; timesteps are missing before this one.
    private readonly byte[] _flags;
    private readonly int _channels;
    private int _first;
    private int _count;
    private int _gap;

    /// <summary>Largest gap that is counted exactly.</summary>
    public const int MostGap = 127;

    // A byte per timestep: the trigger in bit 0, the timesteps that are missing before it in the others.
    private const byte TriggerFlag = 1;
    private const int GapShift = 1;

    /// <summary>Makes an empty ring.</summary>
    /// <param name="channels">Numbers per timestep.</param>
    /// <param name="capacity">Most timesteps, at least 1.</param>
    public SampleRing(int channels, int capacity)
    {
        _channels = channels;
        _values = new short[channels * capacity];
        _flags = new byte[capacity];
    }

    /// <summary>Numbers per timestep.</summary>
    public int Channels => _channels;

    /// <summary>Timesteps that were lost, because the ring was full or the sensor had lost them.</summary>
    public uint LostCount { get; private set; }

    /// <summary>Timesteps that were added or lost.</summary>
    public uint Count { get; private set; }

    /// <summary>True when the last timestep that was taken had its trigger held.</summary>
    public bool IsTriggered { get; private set; }

    /// <summary>Timesteps that are missing before the last one that was taken, up to <see cref="MostGap"/>.</summary>
    public int Gap { get; private set; }

    /// <summary>Adds a timestep.</summary>
    /// <param name="values">Has its numbers.</param>
    /// <param name="offset">Index of the first one.</param>
    /// <param name="isTriggered">True while the trigger is held.</param>
    /// <returns>False when the ring is full: the timestep is lost.</returns>
    public bool Add(short[] values, int offset, bool isTriggered)
    {
        lock (_lock)
        {
            Count++;
            int capacity = _flags.Length;
            if (_count == capacity)
            {
                LostCount++;
                Widen(1);
                return false;
            }
            int place = _first + _count;
            if (place >= capacity) place -= capacity;
            int at = place * _channels;
            for (int i = 0; i < _channels; i++) _values[at + i] = values[offset + i];
            _flags[place] = (byte)((isTriggered ? TriggerFlag : 0) | _gap << GapShift);
            _gap = 0;
            _count++;
            return true;
        }
    }

    /// <summary>Notes timesteps that are missing.</summary>
    /// <param name="count">How many, at least 1.</param>
    public void AddGap(int count)
    {
        lock (_lock)
        {
            Count += (uint)count;
            LostCount += (uint)count;
            Widen(count);
        }
    }

    /// <summary>Takes the oldest timestep.</summary>
    /// <param name="values">Receives its numbers from index 0.</param>
    /// <returns>False when the ring is empty.</returns>
    public bool TryTake(short[] values)
    {
        lock (_lock)
        {
            if (_count == 0) return false;
            int at = _first * _channels;
            for (int i = 0; i < _channels; i++) values[i] = _values[at + i];
            IsTriggered = (_flags[_first] & TriggerFlag) != 0;
            Gap = _flags[_first] >> GapShift;
            _first++;
            if (_first == _flags.Length) _first = 0;
            _count--;
            return true;
        }
    }

    private void Widen(int count)
    {
        _gap += count;
        if (_gap > MostGap || _gap < 0) _gap = MostGap;
    }
}
