// Inputs of a live signal: the segmenter divides the timesteps of a sensor, or of the application, into sequences.

using Crime.Device.Sensors;
using Crime.Model;
using Crime.Sensing;

namespace Crime.Device.Inputs;

/// <summary>Gives the sequences of an endless stream of timesteps. Nothing is allocated after the constructor.</summary>
public sealed class LiveSource : InputSource
{
    /// <summary>
    /// Longest gap in timesteps that the timestep after it stands for. A board of one core that is busy for 20 ms, a quantum of the CLR's threads, loses so
    /// many of a sensor at 100 Hz that has no FIFO.
    /// </summary>
    public const int MostBridged = 3;

    private readonly SampleRing _ring;
    private readonly Segmenter _segmenter;
    private readonly short[] _step;
    private readonly short[] _values;

    // Times that the current timestep goes to the segmenter.
    private int _repeats;

    // A sequence that begins before this timestep is passed by; counted as the segmenter counts.
    private long _earliest;

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

    /// <summary>The numbers of the last timestep that was read, in the unit of the sensor.</summary>
    public short[] Step => _step;

    /// <summary>Passes by the timesteps that wait, and the sequence in progress: the next sequence begins after this call.</summary>
    public void PassBy()
    {
        while (Read() == InputState.Ready)
        {
        }
        _earliest = _segmenter.Position;
    }

    /// <inheritdoc/>
    public override bool Fits(ModelFile model) => model.Input == InputKind.Features && model.InputCount == _ring.Channels;

    /// <inheritdoc/>
    public override InputState Read()
    {
        while (_repeats > 0 || TryTake())
        {
            _repeats--;
            if (!_segmenter.Push(_step, 0, _ring.IsTriggered) || _segmenter.Start < _earliest) continue;
            Length = _segmenter.Length;
            Sequence++;
            return InputState.Ready;
        }
        return InputState.None;
    }

    /// <summary>Takes a timestep. It stands for the few that are missing before it; a sequence with a longer gap is none.</summary>
    private bool TryTake()
    {
        if (!_ring.TryTake(_step)) return false;
        int gap = _ring.Gap;
        if (gap > MostBridged) Reset();
        _repeats = gap > MostBridged ? 1 : gap + 1;
        return true;
    }

    private void Reset()
    {
        _segmenter.Reset();
        _earliest = 0;
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
