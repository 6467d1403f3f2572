// The upstreams that a request was sent to: a few keys, in memory that is allocated once and reused with the request.

using Crime.Frames;

namespace Crime.Gateway.Core.Queueing;

/// <summary>A small bounded set of node keys; see <see cref="NodeKey"/>. Not thread-safe.</summary>
public sealed class NodeKeySet
{
    private readonly uint[] _keys;

    /// <summary>Makes an empty set.</summary>
    /// <param name="capacity">Most keys, at least 1.</param>
    public NodeKeySet(int capacity) => _keys = new uint[capacity];

    /// <summary>Number of keys.</summary>
    public int Count { get; private set; }

    /// <summary>True when no further key fits.</summary>
    public bool IsFull => Count == _keys.Length;

    /// <summary>Removes all keys.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds a key. Does nothing when the set is full or has the key.</summary>
    public void Add(uint key)
    {
        if (!IsFull && !Contains(key)) _keys[Count++] = key;
    }

    /// <summary>Returns true when the set has the key.</summary>
    public bool Contains(uint key)
    {
        for (int i = 0; i < Count; i++)
            if (_keys[i] == key) return true;
        return false;
    }
}
