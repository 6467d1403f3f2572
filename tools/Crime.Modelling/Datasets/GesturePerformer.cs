// A person with an accelerometer in the hand, who makes gestures on demand.

using System.Collections.Generic;
using System.Threading;

namespace Crime.Modelling.Datasets;

/// <summary>The stream of <see cref="GestureStream"/> with gestures on demand. Same seed, same person. Thread-safe.</summary>
/// <param name="seed">Seed of everything random.</param>
public sealed class GesturePerformer(int seed)
{
    // The polls of a sensor are closer.
    private const int LongestStep = 100;

    private readonly Lock _lock = new();
    private readonly GestureStream.Stream _stream = new(new SplitMix64((ulong)seed));
    private readonly Queue<string> _wanted = [];
    private int _restLength;

    /// <summary>
    /// Asks for a gesture. It begins after a rest of <see cref="GestureStream.MinPause"/> samples, when the sensor samples next: the hand rests while nobody
    /// reads the sensor for longer than a second.
    /// </summary>
    /// <param name="label">One of <see cref="GestureStream.ClassNames"/>.</param>
    public void Perform(string label)
    {
        lock (_lock) _wanted.Enqueue(label);
    }

    /// <summary>Returns the number of gestures that have been performed, or are being performed.</summary>
    public int PerformedCount
    {
        get
        {
            lock (_lock) return _stream.Marks.Count;
        }
    }

    /// <summary>Returns a sample of the sensor.</summary>
    /// <param name="index">Number of the sample from the start. A gesture that is asked for later does not change it.</param>
    /// <param name="channel">The channel.</param>
    public short At(int index, int channel)
    {
        lock (_lock)
        {
            int unread = index + 1 - _stream.Length;
            if (unread > LongestStep)
            {
                _stream.Rest(unread);
                _restLength += unread;
            }
            while (_stream.Length <= index) Continue();
            return _stream.Value(index, channel);
        }
    }

    private void Continue()
    {
        if (_restLength >= GestureStream.MinPause && _wanted.TryDequeue(out string? label))
        {
            _stream.Move(label);
            _restLength = 0;
            return;
        }
        _stream.Rest(1);
        _restLength++;
    }
}
