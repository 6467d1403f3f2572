// Inputs from the code of the application: timesteps of a signal, or whole sequences. The application calls from its own threads.

using Crime.Device.Sensors;

namespace Crime.Device.Inputs;

/// <summary>Takes inputs from an application. Thread-safe.</summary>
internal sealed class PushedInputs
{
    private readonly object _lock = new object();
    private SampleRing _ring;
    private short[] _values;
    private int _length;
    private int _mostLength;
    private bool _isTaken;

    /// <summary>Makes inputs that are not taken yet.</summary>
    /// <param name="channels">Numbers per timestep.</param>
    public PushedInputs(int channels) => Channels = channels;

    /// <summary>Numbers per timestep.</summary>
    public int Channels { get; }

    /// <summary>The numbers of the sequence that <see cref="TryTake"/> took.</summary>
    public short[] Values => _values;

    /// <summary>Begins to take inputs.</summary>
    /// <param name="ring">Receives the timesteps.</param>
    /// <param name="mostLength">Timesteps of the longest sequence.</param>
    public void Open(SampleRing ring, int mostLength)
    {
        lock (_lock)
        {
            _mostLength = mostLength;
            _ring = ring;
        }
    }

    /// <summary>Adds a timestep of the signal.</summary>
    /// <param name="sample">Its numbers, one per channel.</param>
    /// <param name="isTriggered">True while the trigger is held.</param>
    /// <returns>False when it is lost, because the board is not ready or has too much to do.</returns>
    public bool Push(short[] sample, bool isTriggered)
    {
        SampleRing ring;
        lock (_lock)
        {
            ring = _ring;
        }
        return ring != null && ring.Add(sample, 0, isTriggered);
    }

    /// <summary>Puts a whole sequence. The memory for it is allocated at the first one, and for a longer one.</summary>
    /// <param name="values">Its numbers, timestep by timestep. They are copied.</param>
    /// <param name="length">Its timesteps.</param>
    /// <returns>False when the sequence before has no result yet, when the board is not ready, or when the length is below 1 or above the longest.</returns>
    public bool TryPut(short[] values, int length)
    {
        if (length < 1 || length > values.Length / Channels) return false;
        lock (_lock)
        {
            if (_ring == null || _length > 0 || length > _mostLength) return false;
            int count = length * Channels;
            if (_values == null || _values.Length < count) _values = new short[count];
            for (int i = 0; i < count; i++) _values[i] = values[i];
            _length = length;
            return true;
        }
    }

    /// <summary>Takes the sequence that was put. The one that was taken before has its result.</summary>
    /// <returns>Its timesteps; 0 when there is none.</returns>
    public int TryTake()
    {
        lock (_lock)
        {
            if (_isTaken) _length = 0;
            _isTaken = _length > 0;
            return _length;
        }
    }
}
