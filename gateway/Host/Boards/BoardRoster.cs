// What boards have said of themselves. Names and number of boards come from the network, so the memory for them is bounded.

using System.Collections.Concurrent;
using System.Threading;
using Crime.Frames;
using Crime.Gateway.Counting;

namespace Crime.Gateway.Boards;

/// <summary>Knows the last presence of each board. Thread-safe.</summary>
public sealed class BoardRoster
{
    /// <summary>Most boards that are remembered. Beyond it a new board is not known; one that goes offline makes room.</summary>
    public const int MaxCount = 16384;

    private readonly ConcurrentDictionary<string, ModelIds> _models = new();
    private readonly Lock _lock = new();
    private readonly PresenceFrame _frame = new();
    private readonly GatewayCounters _counters;

    /// <summary>Makes an empty roster.</summary>
    /// <param name="counters">Count malformed frames.</param>
    public BoardRoster(GatewayCounters counters) => _counters = counters;

    /// <summary>Takes a presence.</summary>
    /// <param name="board">Id of the board.</param>
    /// <param name="bytes">Foreign bytes; empty where the broker removes a retained presence.</param>
    public void Receive(string board, byte[] bytes)
    {
        lock (_lock)
        {
            if (bytes.Length == 0) _models.TryRemove(board, out _);
            else if (_frame.Decode(bytes) != FrameError.None) _counters.MalformedFrames.Increment();
            else if (!_frame.Online) _models.TryRemove(board, out _);
            else if (_models.TryGetValue(board, out ModelIds known)) _models[board] = known.With(_frame.ModelId);
            else if (_models.Count < MaxCount) _models[board] = new ModelIds(_frame.ModelId, 0);
        }
    }

    /// <summary>Returns the id of the model that a board runs, or ran before; 0 when it is not known.</summary>
    /// <param name="board">Id of the board.</param>
    /// <param name="tag">Tag of the model, as <see cref="TelemetryRecord.TagOf"/> makes it.</param>
    public uint ModelIdOf(string board, int tag)
    {
        _models.TryGetValue(board, out ModelIds ids);
        return TelemetryRecord.TagOf(ids.Current) == tag ? ids.Current : TelemetryRecord.TagOf(ids.Former) == tag ? ids.Former : 0;
    }

    private readonly record struct ModelIds(uint Current, uint Former)
    {
        public ModelIds With(uint id) => id == Current ? this : new ModelIds(id, Current);
    }
}
