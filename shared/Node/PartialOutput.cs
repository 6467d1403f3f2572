// The parts of an output that come before its answer. They are shown, and nothing else depends on them.

using System;
using Crime.Frames;
using Crime.Model;

namespace Crime.Node;

/// <summary>
/// Tokens of the last request's output. Thread-safe: the MQTT client's thread delivers frames, the main thread takes tokens. A token is given once; what
/// comes late, twice, after a gap or for another request is ignored.
/// </summary>
public sealed class PartialOutput
{
    private readonly object _lock = new object();
    private readonly OpenRequest _request;
    private readonly PartialFrame _incoming = new PartialFrame();
    private readonly byte[] _tokens = new byte[DecoderSection.MaxOutput];
    private uint _sequence;
    private int _count;
    private int _taken;

    /// <summary>Makes an output without a token.</summary>
    /// <param name="request">The request under way.</param>
    public PartialOutput(OpenRequest request) => _request = request;

    /// <summary>Output tokens of the model, the end included; 0 for a model that writes no sequence: frames are ignored then.</summary>
    public int TokenCount { get; set; }

    /// <summary>Frames that were good, and of no use: late, repeated, after a gap, or of another request.</summary>
    public int Ignored { get; private set; }

    /// <summary>Takes foreign bytes.</summary>
    /// <param name="payload">A frame of the type <see cref="FrameType.Partial"/>.</param>
    /// <param name="hasTokens">True when there are new tokens to take.</param>
    /// <returns>False when the frame is malformed.</returns>
    public bool OnFrame(byte[] payload, out bool hasTokens)
    {
        hasTokens = false;
        if (_incoming.Decode(payload) != FrameError.None) return false;
        lock (_lock)
        {
            if (TokenCount == 0 || !_request.IsAwaited(_incoming.Session, _incoming.Sequence)) return Ignore();
            for (int i = 0; i < _incoming.Count; i++)
                if (_incoming.Tokens[i] >= TokenCount) return false;
            if (_incoming.Sequence != _sequence)
            {
                _sequence = _incoming.Sequence;
                _count = 0;
                _taken = 0;
            }
            if (_incoming.First != _count) return Ignore();
            Array.Copy(_incoming.Tokens, 0, _tokens, _count, _incoming.Count);
            _count += _incoming.Count;
            hasTokens = true;
            return true;
        }
    }

    /// <summary>Takes the next token of the request under way.</summary>
    /// <param name="index">Its place in the output.</param>
    /// <returns>The token; 0 when there is none.</returns>
    public int Take(out int index)
    {
        lock (_lock)
        {
            index = _taken;
            // The rest of a former request is of no use.
            if (_taken == _count || _sequence != _request.Sequence) return 0;
            return _tokens[_taken++];
        }
    }

    private bool Ignore()
    {
        Ignored++;
        return true;
    }
}
