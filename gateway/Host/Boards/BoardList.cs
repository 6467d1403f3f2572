// The boards at the gateway's broker, as they announce themselves: which model each of them runs. Names and number of boards come from the network, so
// the memory for them is bounded.

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Crime.Frames;
using Crime.Gateway.Counting;

namespace Crime.Gateway.Boards;

/// <summary>The last presence of each board. Thread-safe.</summary>
public sealed class BoardList
{
    /// <summary>Most boards in the list. A further one takes the place of one that is offline, or is left out.</summary>
    public const int MaxBoards = 4096;

    private readonly ConcurrentDictionary<string, KnownBoard> _boards = new();
    private readonly Lock _lock = new();
    private readonly GatewayCounters _counters;

    /// <summary>Makes an empty list.</summary>
    /// <param name="counters">Count malformed frames.</param>
    public BoardList(GatewayCounters counters) => _counters = counters;

    /// <summary>The boards by name.</summary>
    public IReadOnlyList<KeyValuePair<string, PresenceFrame>> Boards =>
        [.. _boards.Select(board => KeyValuePair.Create(board.Key, board.Value.Presence)).OrderBy(board => board.Key, StringComparer.Ordinal)];

    /// <summary>Takes the presence of a board.</summary>
    /// <param name="board">Its name.</param>
    /// <param name="bytes">Foreign bytes; empty when the broker forgets the board.</param>
    public void Receive(string board, byte[] bytes)
    {
        var frame = new PresenceFrame();
        lock (_lock)
        {
            if (bytes.Length == 0) _boards.TryRemove(board, out _);
            else if (frame.Decode(bytes) != FrameError.None) _counters.MalformedFrames.Increment();
            else if (_boards.TryGetValue(board, out KnownBoard? known)) _boards[board] = known.With(frame);
            else if (frame.Online && HasRoom()) _boards[board] = new KnownBoard(frame, FormerModelId: 0);
        }
    }

    /// <summary>Returns the id of the model that a board runs, or ran before; 0 when it is not known.</summary>
    /// <param name="board">Name of the board.</param>
    /// <param name="tag">Tag of the model, as <see cref="TelemetryRecord.TagOf"/> makes it.</param>
    public uint ModelIdOf(string board, int tag)
    {
        if (!_boards.TryGetValue(board, out KnownBoard? known)) return 0;
        uint id = known.Presence.ModelId;
        return TelemetryRecord.TagOf(id) == tag ? id : TelemetryRecord.TagOf(known.FormerModelId) == tag ? known.FormerModelId : 0;
    }

    private bool HasRoom()
    {
        if (_boards.Count < MaxBoards) return true;
        string? gone = _boards.FirstOrDefault(board => !board.Value.Presence.Online).Key;
        return gone != null && _boards.TryRemove(gone, out _);
    }

    private sealed record KnownBoard(PresenceFrame Presence, uint FormerModelId)
    {
        public KnownBoard With(PresenceFrame next)
        {
            if (!next.Online) return this with { Presence = Gone(Presence) };
            return new KnownBoard(next, next.ModelId == Presence.ModelId ? FormerModelId : Presence.ModelId);
        }

        /// <summary>A board that has left still has its model.</summary>
        private static PresenceFrame Gone(PresenceFrame known) => new()
        {
            Online = false, Objective = known.Objective, Session = known.Session, ModelId = known.ModelId, ImageChecksum = known.ImageChecksum,
            FirmwareVersion = known.FirmwareVersion,
        };
    }
}
