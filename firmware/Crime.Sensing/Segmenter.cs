// Divides an endless stream of samples into sequences of variable length. The driver pushes each timestep and takes the sequence when one is
// complete.

namespace Crime.Sensing;

/// <summary>
/// State machine of a stream of samples. Integer arithmetic; nothing is allocated after the constructor. Used by one thread.
/// </summary>
public sealed class Segmenter
{
    private readonly SegmenterSettings _settings;
    private readonly int _channels;
    private readonly ActivitySignal _activity;
    private readonly SampleHistory _history;
    private readonly short[] _values;
    private long _now = -1;
    private bool _isActive;
    private bool _isIgnored;
    private int _stored;
    private long _start;
    private long _lastMovement;
    private long _roseAt;
    private long _earliest;
    private int _toHop;

    /// <summary>Makes a segmenter before its first sample.</summary>
    /// <param name="settings">The parameters, without a <see cref="SegmenterSettings.Problem"/>. Not to be changed afterwards.</param>
    /// <param name="channels">Numbers per timestep, 1 to <see cref="SegmenterSettings.MostChannels"/>.</param>
    public Segmenter(SegmenterSettings settings, int channels)
    {
        _settings = settings;
        _channels = channels;
        if (settings.Kind == SegmentKind.Activity) _activity = new ActivitySignal(channels, settings.Span);
        _history = new SampleHistory(channels, HistoryLength(settings));
        _values = new short[channels * settings.GreatestLength];
        Reset();
    }

    /// <summary>The last complete sequence: [timestep][channel]. It stays until the next call of <see cref="Push"/>.</summary>
    public short[] Values => _values;

    /// <summary>Its timesteps.</summary>
    public int Length { get; private set; }

    /// <summary>Number of its first timestep, counted from 0 since the start or the last <see cref="Reset"/>.</summary>
    public long Start { get; private set; }

    /// <summary>Number of the next timestep, counted as <see cref="Start"/> is.</summary>
    public long Position => _now + 1;

    /// <summary>True when the sequence was longer than the greatest length. Its end is missing.</summary>
    public bool IsCut { get; private set; }

    /// <summary>True while a sequence is in progress.</summary>
    public bool IsActive => _isActive;

    /// <summary>Number of the first timestep of the sequence in progress, counted as <see cref="Start"/> is.</summary>
    public long CurrentStart => _start;

    /// <summary>
    /// Timesteps of the sequence in progress that belong to it, whatever follows; they may be computed already. 0 while there is none, and for windows.
    /// The sequence may still be dropped, if it stays shorter than the least length.
    /// </summary>
    public int SettledLength
    {
        get
        {
            if (!_isActive) return 0;
            if (_settings.Kind == SegmentKind.Trigger) return _stored;
            // Rest belongs to the sequence only if the movement goes on after it.
            int length = (int)(_lastMovement + 1 - _start);
            return length < 0 ? 0 : length < _stored ? length : _stored;
        }
    }

    /// <summary>Strength of movement at the last timestep: the sum over the channels of the range of the last <see cref="SegmenterSettings.Span"/> samples.</summary>
    /// <remarks>0 for another kind than <see cref="SegmentKind.Activity"/>.</remarks>
    public int Level => _activity == null ? 0 : _activity.Level;

    /// <summary>Complete sequences so far.</summary>
    public int FoundCount { get; private set; }

    /// <summary>Sequences dropped because they were shorter than the least length.</summary>
    public int ShortCount { get; private set; }

    /// <summary>Sequences that were cut at the greatest length.</summary>
    public int CutCount { get; private set; }

    /// <summary>Forgets all samples, after a gap in the stream: a sequence with a gap is none. The counts stay.</summary>
    public void Reset()
    {
        if (_activity != null) _activity.Reset();
        _history.Clear();
        _now = -1;
        _isActive = false;
        _isIgnored = false;
        _stored = 0;
        _lastMovement = -1;
        _roseAt = -1;
        _earliest = 0;
        _toHop = _settings.GreatestLength;
        Length = 0;
    }

    /// <summary>Takes a timestep.</summary>
    /// <param name="values">The samples, one per channel.</param>
    /// <param name="offset">Index of the first one.</param>
    /// <param name="isTriggered">True while the trigger is held. Ignored by the other kinds.</param>
    /// <returns>True when a sequence is complete.</returns>
    public bool Push(short[] values, int offset, bool isTriggered)
    {
        _now++;
        _history.Add(values, offset);
        if (_settings.Kind == SegmentKind.Window) return PushToWindow();
        if (_settings.Kind == SegmentKind.Trigger) return PushWhileHeld(values, offset, isTriggered);
        return PushWhileMoving(values, offset);
    }

    private bool PushWhileMoving(short[] values, int offset)
    {
        ActivitySignal activity = _activity;
        activity.Push(values, offset);
        int level = activity.Level;
        bool isMoving = level >= _settings.EndLevel;
        if (isMoving)
        {
            if (_roseAt < 0) _roseAt = _now;
            // A movement stays in the range for the whole span.
            _lastMovement = _now - _settings.Span + 1;
        }
        if (_isActive)
        {
            Store(values, offset);
            // Rest is counted from the end of the movement.
            if (!isMoving && _now - _lastMovement >= _settings.HangOver) return Finish(_lastMovement + 1);
            // A movement without an end is cut as soon as it is certainly too long, and its rest is ignored.
            if (_lastMovement - _start >= _settings.GreatestLength)
            {
                _isIgnored = true;
                return Finish(_lastMovement + 1);
            }
            return false;
        }
        if (!isMoving)
        {
            _roseAt = -1;
            if (_now - _lastMovement >= _settings.HangOver) _isIgnored = false;
        }
        else if (level >= _settings.StartLevel && !_isIgnored)
        {
            Begin(_roseAt - _settings.PreRoll);
        }
        return false;
    }

    private bool PushWhileHeld(short[] values, int offset, bool isTriggered)
    {
        if (!_isActive)
        {
            // A trigger that is held longer than the greatest length gives one sequence.
            if (!isTriggered) _isIgnored = false;
            else if (!_isIgnored) Begin(_now - _settings.PreRoll);
            return false;
        }
        if (isTriggered && _now - _start < _settings.GreatestLength)
        {
            Store(values, offset);
            return false;
        }
        _isIgnored = isTriggered;
        return Finish(_now);
    }

    private bool PushToWindow()
    {
        if (--_toHop > 0) return false;
        _toHop = _settings.Hop;
        int length = _settings.GreatestLength;
        _history.CopyNewest(length, _values);
        Length = length;
        Start = _now - length + 1;
        IsCut = false;
        FoundCount++;
        return true;
    }

    /// <summary>Begins a sequence with timesteps that have come already, as far as they are kept.</summary>
    private void Begin(long start)
    {
        long oldest = _now - _history.Count + 1;
        if (start < oldest) start = oldest;
        // Sequences do not overlap.
        if (start < _earliest) start = _earliest;
        int count = (int)(_now - start) + 1;
        if (count > _settings.GreatestLength) count = _settings.GreatestLength;
        _history.CopyNewest(count, _values);
        _stored = count;
        _start = _now - count + 1;
        _isActive = true;
    }

    private void Store(short[] values, int offset)
    {
        // A timestep after the greatest length is rest, or the sequence will be cut.
        if (_stored == _settings.GreatestLength) return;
        short[] target = _values;
        int at = _stored * _channels, end = at + _channels;
        while (at < end) target[at++] = values[offset++];
        _stored++;
    }

    /// <summary>Ends a sequence.</summary>
    /// <param name="end">Number of the timestep after its last one.</param>
    private bool Finish(long end)
    {
        _isActive = false;
        _roseAt = -1;
        _earliest = end;
        int length = (int)(end - _start);
        IsCut = length > _settings.GreatestLength || _isIgnored;
        if (length > _stored) length = _stored;
        if (length < _settings.LeastLength)
        {
            ShortCount++;
            return false;
        }
        if (IsCut) CutCount++;
        Length = length;
        Start = _start;
        FoundCount++;
        return true;
    }

    private static int HistoryLength(SegmenterSettings settings)
    {
        if (settings.Kind == SegmentKind.Window) return settings.GreatestLength;
        if (settings.Kind == SegmentKind.Trigger) return settings.PreRoll + 1;
        // A movement is noticed when it reaches the start level, at most a hang-over after it rose above the end level.
        return settings.PreRoll + settings.HangOver + 1;
    }
}
