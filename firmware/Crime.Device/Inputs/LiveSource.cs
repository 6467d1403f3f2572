// Inputs of a live signal: the segmenter divides the timesteps of a sensor, or of the application, into sequences. An application may also give
// whole sequences.

using Crime.Device.Sensors;
using Crime.Model;
using Crime.Sensing;

namespace Crime.Device.Inputs;

/// <summary>Gives the sequences of an endless stream of timesteps. Nothing is allocated after the constructor.</summary>
internal sealed class LiveSource : InputSource
{
    /// <summary>
    /// Longest gap in timesteps that the timestep after it stands for. A board of one core that is busy for 20 ms, a quantum of the CLR's threads, loses so
    /// many of a sensor at 100 Hz that has no FIFO.
    /// </summary>
    public const int MostBridged = 3;

    private readonly SampleRing _ring;
    private readonly PushedInputs _pushed;
    private readonly SequenceStream _stream;
    private readonly Segmenter _segmenter;
    private readonly short[] _step;
    private short[] _raw;

    // Times that the current timestep goes to the segmenter.
    private int _repeats;

    // A sequence that begins before this timestep is passed by; counted as the segmenter counts.
    private long _earliest;

    /// <summary>Makes a source before its first timestep.</summary>
    /// <param name="ring">Has the timesteps.</param>
    /// <param name="settings">The rules of a sequence, without a problem.</param>
    /// <param name="pushed">Has the whole sequences of the application; null where none gives inputs.</param>
    public LiveSource(SampleRing ring, SegmenterSettings settings, PushedInputs pushed)
    {
        _ring = ring;
        _pushed = pushed;
        _stream = new SequenceStream(settings, ring.Channels);
        _segmenter = _stream.Segmenter;
        _step = new short[ring.Channels];
        _raw = _segmenter.Values;
    }

    /// <inheritdoc/>
    public override short[] Values => _stream.Values;

    /// <inheritdoc/>
    public override bool IsLive => true;

    /// <summary>Counts sequences that were found, cut, or too short.</summary>
    public Segmenter Segmenter => _segmenter;

    /// <summary>The numbers of the current sequence in the unit of the sensor.</summary>
    public short[] Raw => _raw;

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
    public override int SettledLength => _segmenter.CurrentStart < _earliest ? 0 : _segmenter.SettledLength;

    /// <inheritdoc/>
    public override bool Fits(ModelFile model) =>
        model.ValuesPerStep == _ring.Channels && (model.Input == InputKind.Features || _raw != _segmenter.Values);

    /// <inheritdoc/>
    public override InputState Read()
    {
        if (_pushed != null && !_segmenter.IsActive && TryTakeSequence()) return InputState.Ready;
        while (_repeats > 0 || TryTake())
        {
            _repeats--;
            bool wasActive = _segmenter.IsActive;
            bool isComplete = _stream.Push(_step, _ring.IsTriggered);
            if (!wasActive && _segmenter.IsActive)
            {
                Begun++;
                _raw = _segmenter.Values;
            }
            if (!isComplete || _segmenter.Start < _earliest) continue;
            _raw = _segmenter.Values;
            Length = _segmenter.Length;
            Sequence++;
            return InputState.Ready;
        }
        return InputState.None;
    }

    private bool TryTakeSequence()
    {
        int length = _pushed.TryTake();
        if (length == 0) return false;
        _stream.Begin();
        _raw = _pushed.Values;
        Length = length;
        Sequence++;
        return true;
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
    public override void Prepare(int length, InputNormaliser normaliser) => _stream.Prepare(_raw, length, normaliser);
}
