// Inputs of a live signal: the segmenter divides the timesteps of a sensor, or of the application, into sequences.

using Crime.Device.Sensors;
using Crime.Model;
using Crime.Sensing;

namespace Crime.Device.Inputs;

/// <summary>Gives the sequences of an endless stream of timesteps. Nothing is allocated after the constructor.</summary>
public sealed class LiveSource : InputSource
{
    private readonly SampleRing _ring;
    private readonly Segmenter _segmenter;
    private readonly short[] _step;
    private readonly short[] _values;

    /// <summary>Makes a source before its first timestep.</summary>
    /// <param name="ring">Has the timesteps.</param>
    /// <param name="settings">The rules of a sequence, without a problem.</param>
    public LiveSource(SampleRing ring, SegmenterSettings settings)
    {
        _ring = ring;
        _segmenter = new Segmenter(settings, ring.Channels);
        _step = new short[ring.Channels];
        _values = new short[ring.Channels * settings.GreatestLength];
    }

    /// <inheritdoc/>
    public override short[] Values => _values;

    /// <inheritdoc/>
    public override bool IsLive => true;

    /// <summary>Counts sequences that were found, cut, or too short.</summary>
    public Segmenter Segmenter => _segmenter;

    /// <summary>The numbers of the current sequence in the unit of the sensor.</summary>
    public short[] Raw => _segmenter.Values;

    /// <inheritdoc/>
    public override bool Fits(ModelFile model) => model.Input == InputKind.Features && model.InputCount == _ring.Channels;

    /// <inheritdoc/>
    public override InputState Read()
    {
        while (_ring.TryTake(_step))
        {
            // A sequence with missing timesteps is none.
            if (_ring.IsAfterGap) _segmenter.Reset();
            if (!_segmenter.Push(_step, 0, _ring.IsTriggered)) continue;
            Length = _segmenter.Length;
            Sequence++;
            return InputState.Ready;
        }
        return InputState.None;
    }

    /// <inheritdoc/>
    public override void Prepare(InputNormaliser normaliser)
    {
        // Locals: a board executes each read of a property.
        short[] raw = _segmenter.Values, values = _values;
        int channels = _ring.Channels, count = Length * channels, channel = 0;
        for (int i = 0; i < count; i++)
        {
            values[i] = normaliser.Quantise(raw[i], channel);
            if (++channel == channels) channel = 0;
        }
    }
}
