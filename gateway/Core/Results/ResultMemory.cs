// The keys of published results, so that a repeat is recognised. Bounded: foreign frames must not fill the memory.

using System.Collections.Generic;

namespace Crime.Gateway.Core.Results;

/// <summary>The last published keys of each board. Not thread-safe.</summary>
public sealed class ResultMemory
{
    /// <summary>Most keys of a board. A board has at most 64 kept inputs, and each of its batches repeats all of them.</summary>
    public const int KeysPerBoard = 256;

    /// <summary>Most boards. Beyond it the board that was silent for the longest time is forgotten.</summary>
    public const int MaxBoards = 1024;

    /// <summary>Time in µs after which a silent board is forgotten: 7 days.</summary>
    public const long ExpiryUs = 7 * 86_400L * 1_000_000;

    private readonly Dictionary<string, Window> _byBoard = [];

    /// <summary>Number of boards.</summary>
    public int BoardCount => _byBoard.Count;

    /// <summary>Returns all keys, the oldest of each board first.</summary>
    public IReadOnlyList<ResultKey> Keys()
    {
        var keys = new List<ResultKey>();
        foreach (var (board, window) in _byBoard)
            for (int i = 0; i < window.Count; i++)
            {
                ulong key = window.Keys[(window.Next - window.Count + i + KeysPerBoard) % KeysPerBoard];
                keys.Add(new ResultKey(board, (uint)(key >> 32), (uint)key));
            }
        return keys;
    }

    /// <summary>Returns true when the result of a key was published.</summary>
    public bool Contains(ResultKey key)
    {
        if (!_byBoard.TryGetValue(key.Board, out Window? window)) return false;
        ulong packed = Pack(key);
        for (int i = 0; i < window.Count; i++)
            if (window.Keys[i] == packed) return true;
        return false;
    }

    /// <summary>Adds a key. The oldest one of the board is forgotten when it has too many.</summary>
    /// <param name="key">The key of a published result.</param>
    /// <param name="nowUs">The time.</param>
    public void Add(ResultKey key, long nowUs)
    {
        if (!_byBoard.TryGetValue(key.Board, out Window? window))
        {
            if (_byBoard.Count >= MaxBoards) ForgetBoards(nowUs);
            _byBoard[key.Board] = window = new Window();
        }
        window.LastUs = nowUs;
        window.Keys[window.Next] = Pack(key);
        window.Next = (window.Next + 1) % KeysPerBoard;
        if (window.Count < KeysPerBoard) window.Count++;
    }

    /// <summary>Forgets the boards that have expired, and at least the one that was silent for the longest time.</summary>
    private void ForgetBoards(long nowUs)
    {
        string oldest = "";
        long oldestUs = long.MaxValue;
        var expired = new List<string>();
        foreach (var (board, window) in _byBoard)
        {
            if (nowUs - window.LastUs > ExpiryUs) expired.Add(board);
            if (window.LastUs >= oldestUs) continue;
            (oldest, oldestUs) = (board, window.LastUs);
        }
        foreach (string board in expired) _byBoard.Remove(board);
        _byBoard.Remove(oldest);
    }

    private static ulong Pack(ResultKey key) => (ulong)key.Origin << 32 | key.Input;

    private sealed class Window
    {
        public readonly ulong[] Keys = new ulong[KeysPerBoard];
        public int Next;
        public int Count;
        public long LastUs;
    }
}
