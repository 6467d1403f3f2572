// The one request of a board that waits for an answer. An answer that comes after the time-out, twice, or to another start of the board is
// recognised by its session and its sequence number, and dropped.

using Crime.Frames;

namespace Crime.Node;

/// <summary>The request under way and its answer. Thread-safe: the MQTT client's thread delivers answers, the main thread waits for them.</summary>
public sealed class OpenRequest
{
    private readonly object _lock = new object();
    private bool _isOpen;

    // Two responses in turn: the MQTT client's thread fills one, the main thread reads the other.
    private ResponseFrame _incoming = new ResponseFrame();
    private ResponseFrame _answer = new ResponseFrame();

    /// <summary>Makes a board without a request under way.</summary>
    /// <param name="session">Random number of this start of the board.</param>
    public OpenRequest(uint session) => Session = session;

    /// <summary>Session of the requests.</summary>
    public uint Session { get; }

    /// <summary>Sequence number of the last request.</summary>
    public uint Sequence { get; private set; }

    /// <summary>True while a request waits for its answer.</summary>
    public bool IsOpen => _isOpen;

    /// <summary>The frame that the next response is decoded into, before <see cref="TryAccept"/>. Used by the thread that delivers answers.</summary>
    public ResponseFrame Incoming => _incoming;

    /// <summary>The last accepted answer. It stays until the next request is opened.</summary>
    public ResponseFrame Answer => _answer;

    /// <summary>Time of the last accepted answer in µs.</summary>
    public long AnsweredAtUs { get; private set; }

    /// <summary>Time in µs at which the last request was opened.</summary>
    public long OpenedAtUs { get; private set; }

    /// <summary>Opens the next request.</summary>
    /// <param name="nowUs">The time in µs.</param>
    /// <returns>Its sequence number.</returns>
    public uint Open(long nowUs)
    {
        lock (_lock)
        {
            _isOpen = true;
            OpenedAtUs = nowUs;
            return ++Sequence;
        }
    }

    /// <summary>Closes the request: an answer from now on is late.</summary>
    /// <returns>True when the request had no answer yet.</returns>
    public bool Close()
    {
        lock (_lock)
        {
            bool wasOpen = _isOpen;
            _isOpen = false;
            return wasOpen;
        }
    }

    /// <summary>Accepts <see cref="Incoming"/> when it answers the request under way, which is closed then.</summary>
    /// <param name="nowUs">Time of its arrival in µs.</param>
    /// <returns>False when it answers another request, or one that was given up.</returns>
    public bool TryAccept(long nowUs)
    {
        lock (_lock)
        {
            if (!_isOpen || _incoming.Session != Session || _incoming.Sequence != Sequence) return false;
            ResponseFrame answer = _incoming;
            _incoming = _answer;
            _answer = answer;
            AnsweredAtUs = nowUs;
            _isOpen = false;
            return true;
        }
    }
}
