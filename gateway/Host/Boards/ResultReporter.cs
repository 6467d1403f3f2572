// Publishes results as JSON, one message each, while somebody reads them: those that boards report, and those that the gateway publishes for a board.
// A board that leaves its results to the gateway reports the same inputs by telemetry. The source that is sooner has the message.

using System;
using System.Threading;
using Crime.Frames;
using Crime.Gateway.Broker;
using Crime.Gateway.Core.Results;
using Crime.Gateway.Models;
using Crime.Gateway.Timing;

namespace Crime.Gateway.Boards;

/// <summary>Publishes results as JSON. Thread-safe.</summary>
public sealed class ResultReporter
{
    private readonly Lock _lock = new();
    private readonly TelemetryFrame _frame = new();
    private readonly ResultMemory _memory = new();
    private readonly BoardList _boards;
    private readonly ModelRegistry _models;
    private readonly Outbox _outbox;
    private readonly TimeProvider _time;

    /// <summary>Makes a reporter.</summary>
    /// <param name="boards">Knows which model a board runs.</param>
    /// <param name="models">Have the names of classes.</param>
    /// <param name="outbox">Sends the messages.</param>
    /// <param name="time">The clock.</param>
    public ResultReporter(BoardList boards, ModelRegistry models, Outbox outbox, TimeProvider time)
    {
        _boards = boards;
        _models = models;
        _outbox = outbox;
        _time = time;
    }

    /// <summary>Publishes the records of a frame.</summary>
    /// <param name="board">Id of the board.</param>
    /// <param name="telemetry">A telemetry frame that the gateway has made.</param>
    public void Report(string board, byte[] telemetry)
    {
        if (!_outbox.HasBoardListeners) return;
        lock (_lock)
        {
            if (_frame.Decode(telemetry) != FrameError.None) return;
            for (int i = 0; i < _frame.Count; i++)
            {
                TelemetryRecord record = _frame.Records[i];
                // The gateway itself publishes the results that the board does not know.
                if (record.Label == ResultJson.UnknownLabel) continue;
                var key = new ResultKey(board, _frame.Session, record.Input);
                if (_memory.Contains(key)) continue;
                _memory.Add(key, _time.NowUs());
                Send(board, BoardResult.Of(_frame.Session, record), _models.ById(_boards.ModelIdOf(board, record.ModelTag)));
            }
        }
    }

    /// <summary>Publishes a result that the gateway has published in the board's name.</summary>
    /// <param name="item">Its item, with its result.</param>
    public void Report(DeliveryItem item)
    {
        if (!_outbox.HasBoardListeners) return;
        // After a deep sleep the board has a new session, by which its telemetry names the input.
        ResultKey ofTelemetry = item.Key with { Origin = item.Session };
        lock (_lock)
        {
            bool isNew = !_memory.Contains(item.Key) && !_memory.Contains(ofTelemetry);
            _memory.Add(item.Key, _time.NowUs());
            if (ofTelemetry != item.Key) _memory.Add(ofTelemetry, _time.NowUs());
            if (!isNew) return;
            GatewayModel? model = _models.ById(item.Result!.ModelId);
            Send(item.Key.Board, BoardResult.Of(item.Result, model?.Weights.Scale), model);
        }
    }

    private void Send(string board, BoardResult result, GatewayModel? model) => _outbox.Send(
        BoardTopics.Result(board), ResultJson.Write(board, result, model, _time.GetUtcNow().UtcDateTime), isRetained: false, isOneOfMany: true);
}
