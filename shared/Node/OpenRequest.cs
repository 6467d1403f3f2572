// The requests of a board that wait for an answer. An answer that comes after the time-out, twice, or to another start of the board is
// recognised by its session and its sequence number, and dropped.

using Crime.Frames;

namespace Crime.Node;

/// <summary>
/// The requests under way and their answers. Thread-safe: the MQTT client's thread delivers answers, the main thread waits for them. A board has one
/// request under way, or a batch of up to <see cref="MostOpen"/>.
/// </summary>
public sealed class OpenRequest
{
    /// <summary>Most requests under way.</summary>
    public const int MostOpen = 8;

    private readonly object _lock = new object();

    // Bit i is set while the request with the sequence number Sequence - i waits for its answer.
    private int _open;

    // The MQTT client's thread fills the incoming frame. Accepted answers wait here for the main thread, the oldest first.
    private readonly ResponseFrame[] _answers;
    private readonly long[] _answeredAtUs;
    private ResponseFrame _incoming = new ResponseFrame();
    private int _first;
    private int _count;

    /// <summary>Makes a board without a request under way.</summary>
    /// <param name="session">Random number of this start of the board.</param>
    public OpenRequest(uint session) : this(session, 1)
    {
    }

    /// <summary>Makes a board without a request under way.</summary>
    /// <param name="session">Random number of this start of the board.</param>
    /// <param name="mostOpen">Most requests under way, 1 to <see cref="MostOpen"/>.</param>
    public OpenRequest(uint session, int mostOpen)
    {
        Session = session;
        _answers = new ResponseFrame[mostOpen];
        _answeredAtUs = new long[mostOpen];
        for (int i = 0; i < mostOpen; i++) _answers[i] = new ResponseFrame();
    }

    /// <summary>Session of the requests.</summary>
    public uint Session { get; }

    /// <summary>Sequence number of the last request.</summary>
    public uint Sequence { get; private set; }

    /// <summary>Asks for parts of outputs: the sequence numbers of all requests have <see cref="PartialFrame.AskingBit"/>. Called before the first request.</summary>
    public void AskForPartials() => Sequence = PartialFrame.AskingBit;

    /// <summary>Returns true while a request waits for its answer.</summary>
    /// <param name="session">Its session.</param>
    /// <param name="sequence">Its sequence number.</param>
    public bool IsAwaited(uint session, uint sequence)
    {
        lock (_lock)
        {
            uint age = Sequence - sequence;
            return session == Session && age <= 31 && (_open >> (int)age & 1) != 0;
        }
    }

    /// <summary>True while a request waits for its answer.</summary>
    public bool IsOpen => _open != 0;

    /// <summary>The frame that the next response is decoded into, before <see cref="TryAccept"/>. Used by the thread that delivers answers.</summary>
    public ResponseFrame Incoming => _incoming;

    /// <summary>True while an accepted answer waits to be read.</summary>
    public bool HasAnswer => _count > 0;

    /// <summary>The oldest accepted answer. It stays until <see cref="Release"/> or <see cref="Open"/>.</summary>
    public ResponseFrame Answer => _answers[_first];

    /// <summary>Time of that answer's arrival in µs.</summary>
    public long AnsweredAtUs => _answeredAtUs[_first];

    /// <summary>Time in µs at which the last request was opened.</summary>
    public long OpenedAtUs { get; private set; }

    /// <summary>Opens the only request: answers to former ones are late from now on.</summary>
    /// <param name="nowUs">The time in µs.</param>
    /// <returns>Its sequence number.</returns>
    public uint Open(long nowUs)
    {
        lock (_lock)
        {
            _open = 0;
            _count = 0;
            return OpenNext(nowUs);
        }
    }

    /// <summary>Opens a further request of a batch.</summary>
    /// <param name="nowUs">The time in µs.</param>
    /// <returns>Its sequence number.</returns>
    public uint OpenFurther(long nowUs)
    {
        lock (_lock) return OpenNext(nowUs);
    }

    /// <summary>Closes the requests: an answer from now on is late.</summary>
    /// <returns>True when a request had no answer yet.</returns>
    public bool Close()
    {
        lock (_lock)
        {
            bool wasOpen = _open != 0;
            _open = 0;
            return wasOpen;
        }
    }

    /// <summary>Closes the last request, which could not be sent.</summary>
    public void CloseLast()
    {
        lock (_lock) _open &= ~1;
    }

    /// <summary>Accepts <see cref="Incoming"/> when it answers a request under way, which is closed then.</summary>
    /// <param name="nowUs">Time of its arrival in µs.</param>
    /// <returns>False when it answers another request, or one that was given up.</returns>
    public bool TryAccept(long nowUs)
    {
        lock (_lock)
        {
            uint age = Sequence - _incoming.Sequence;
            if (_incoming.Session != Session || age > 31 || (_open >> (int)age & 1) == 0 || _count == _answers.Length) return false;
            int last = _first + _count;
            if (last >= _answers.Length) last -= _answers.Length;
            ResponseFrame answer = _incoming;
            _incoming = _answers[last];
            _answers[last] = answer;
            _answeredAtUs[last] = nowUs;
            _count++;
            _open &= ~(1 << (int)age);
            return true;
        }
    }

    /// <summary>Releases <see cref="Answer"/>, which was read: the next one takes its place.</summary>
    public void Release()
    {
        lock (_lock)
        {
            if (_count == 0) return;
            _first = _first + 1 == _answers.Length ? 0 : _first + 1;
            _count--;
        }
    }

    private uint OpenNext(long nowUs)
    {
        _open = _open << 1 | 1;
        OpenedAtUs = nowUs;
        return ++Sequence;
    }
}
