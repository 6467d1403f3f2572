// The boards at the gateway's broker, as they announce themselves: which model each of them runs.

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using Crime.Frames;

namespace Crime.Gateway.Boards;

/// <summary>The last presence of each board. Thread-safe.</summary>
public sealed class BoardList
{
    /// <summary>Most boards in the list; further ones are left out.</summary>
    public const int MaxBoards = 4096;

    private readonly ConcurrentDictionary<string, PresenceFrame> _boards = new();

    /// <summary>The boards by name.</summary>
    public IReadOnlyList<KeyValuePair<string, PresenceFrame>> Boards => [.. _boards.OrderBy(board => board.Key, StringComparer.Ordinal)];

    /// <summary>Takes the presence of a board.</summary>
    /// <param name="board">Its name.</param>
    /// <param name="bytes">Foreign bytes; empty when the broker forgets the board.</param>
    public void Receive(string board, byte[] bytes)
    {
        var frame = new PresenceFrame();
        if (bytes.Length == 0) _boards.TryRemove(board, out _);
        // The roster counts malformed frames.
        else if (frame.Decode(bytes) != FrameError.None) return;
        else if (!frame.Online && _boards.TryGetValue(board, out PresenceFrame? known)) _boards[board] = Gone(known);
        else if (_boards.ContainsKey(board) || _boards.Count < MaxBoards) _boards[board] = frame;
    }

    /// <summary>A board that has left still has its model.</summary>
    private static PresenceFrame Gone(PresenceFrame known) => new()
    {
        Online = false, Objective = known.Objective, Session = known.Session, ModelId = known.ModelId, ImageChecksum = known.ImageChecksum,
        FirmwareVersion = known.FirmwareVersion,
    };
}
