// From the samples of a sensor to the numbers of a network: the segmenter divides the signal, and each timestep of a sequence is normalised once,
// as soon as it certainly belongs to the sequence.

using Crime.Model;

namespace Crime.Sensing;

/// <summary>The sequences of a signal in the format of a model. Nothing is allocated after the constructor. Used by one thread.</summary>
public sealed class SequenceStream
{
    private readonly Segmenter _segmenter;
    private readonly int _channels;
    private readonly short[] _values;
    private short[] _raw;
    private InputNormaliser _normaliser;

    // Timesteps of the current sequence that are in the format of the model.
    private int _preparedCount;

    /// <summary>Makes a stream before its first sample.</summary>
    /// <param name="settings">The rules of a sequence, without a problem. Not to be changed afterwards.</param>
    /// <param name="channels">Numbers per timestep.</param>
    public SequenceStream(SegmenterSettings settings, int channels)
    {
        _segmenter = new Segmenter(settings, channels);
        _channels = channels;
        _values = new short[channels * settings.GreatestLength];
    }

    /// <summary>Divides the signal.</summary>
    public Segmenter Segmenter => _segmenter;

    /// <summary>The current sequence in the format of the model, as far as <see cref="Prepare"/> has brought it there: [timestep][number].</summary>
    public short[] Values => _values;

    /// <summary>Takes a timestep.</summary>
    /// <param name="sample">Its numbers in the unit of the sensor, one per channel.</param>
    /// <param name="isTriggered">True while the trigger is held; ignored without one.</param>
    /// <returns>True when a sequence is complete.</returns>
    public bool Push(short[] sample, bool isTriggered)
    {
        if (!_segmenter.IsActive) _preparedCount = 0;
        return _segmenter.Push(sample, 0, isTriggered);
    }

    /// <summary>Makes a sequence the current one that does not come from the segmenter.</summary>
    public void Begin() => _preparedCount = 0;

    /// <summary>Brings the first timesteps of the current sequence into the format of a model. Those that have it already are passed over.</summary>
    /// <param name="raw">The sequence in the unit of the sensor.</param>
    /// <param name="length">Timesteps that are needed, at most those of the greatest sequence.</param>
    /// <param name="normaliser">Of the model; null where the sequence has its format, as tokens do.</param>
    public void Prepare(short[] raw, int length, InputNormaliser normaliser)
    {
        // Another sequence, or another model with another format.
        if (normaliser != _normaliser || raw != _raw) _preparedCount = 0;
        _normaliser = normaliser;
        _raw = raw;
        // Locals: a board executes each read of a field.
        short[] values = _values;
        int channels = _channels, end = length * channels, channel = 0;
        for (int i = _preparedCount * channels; i < end; i++)
        {
            values[i] = normaliser == null ? raw[i] : normaliser.Quantise(raw[i], channel);
            if (++channel == channels) channel = 0;
        }
        if (length > _preparedCount) _preparedCount = length;
    }
}
