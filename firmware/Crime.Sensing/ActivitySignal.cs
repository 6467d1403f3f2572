// The strength of movement in a signal of several channels: the range of the last few samples. It does not depend on where the signal rests
// (an accelerometer's gravity), it follows a change of that place at once, and it has no frequency at which a vibration is invisible.

namespace Crime.Sensing;

/// <summary>Sum over the channels of the largest minus the smallest of the last samples. Integer arithmetic. Nothing is allocated after the constructor.</summary>
internal sealed class ActivitySignal
{
    private readonly int _channels;
    private readonly int _span;

    // The last samples: [channel][place]. The extremes are kept with the place that they came from.
    private readonly short[][] _last;
    private readonly short[] _lowest;
    private readonly short[] _highest;
    private readonly int[] _lowestAt;
    private readonly int[] _highestAt;
    private int _place;
    private int _count;

    /// <summary>Makes a signal without samples.</summary>
    /// <param name="channels">Numbers per timestep.</param>
    /// <param name="span">Timesteps of the range.</param>
    public ActivitySignal(int channels, int span)
    {
        _channels = channels;
        _span = span;
        _last = new short[channels][];
        for (int i = 0; i < channels; i++) _last[i] = new short[span];
        _lowest = new short[channels];
        _highest = new short[channels];
        _lowestAt = new int[channels];
        _highestAt = new int[channels];
    }

    /// <summary>Sum of the ranges in units of the samples; at most 65 535 per channel.</summary>
    public int Level { get; private set; }

    /// <summary>Drops all samples.</summary>
    public void Reset()
    {
        _place = 0;
        _count = 0;
        Level = 0;
    }

    /// <summary>Takes a timestep.</summary>
    /// <param name="values">The samples, one per channel.</param>
    /// <param name="offset">Index of the first one.</param>
    public void Push(short[] values, int offset)
    {
        // Fields and elements are read once: a board executes each read.
        int place = _place, level = 0, channels = _channels;
        bool isFirst = _count == 0;
        if (_count < _span) _count++;
        for (int channel = 0; channel < channels; channel++)
        {
            short value = values[offset + channel], highest = _highest[channel], lowest = _lowest[channel];
            _last[channel][place] = value;
            if (isFirst || value >= highest)
            {
                highest = value;
                _highest[channel] = value;
                _highestAt[channel] = place;
            }
            else if (_highestAt[channel] == place)
            {
                highest = FindHighest(channel);
            }
            if (isFirst || value <= lowest)
            {
                lowest = value;
                _lowest[channel] = value;
                _lowestAt[channel] = place;
            }
            else if (_lowestAt[channel] == place)
            {
                lowest = FindLowest(channel);
            }
            level += highest - lowest;
        }
        place++;
        _place = place == _span ? 0 : place;
        Level = level;
    }

    private short FindHighest(int channel)
    {
        short[] last = _last[channel];
        short highest = last[0];
        int at = 0, count = _count;
        for (int i = 1; i < count; i++)
        {
            short value = last[i];
            if (value <= highest) continue;
            highest = value;
            at = i;
        }
        _highest[channel] = highest;
        _highestAt[channel] = at;
        return highest;
    }

    private short FindLowest(int channel)
    {
        short[] last = _last[channel];
        short lowest = last[0];
        int at = 0, count = _count;
        for (int i = 1; i < count; i++)
        {
            short value = last[i];
            if (value >= lowest) continue;
            lowest = value;
            at = i;
        }
        _lowest[channel] = lowest;
        _lowestAt[channel] = at;
        return lowest;
    }
}
