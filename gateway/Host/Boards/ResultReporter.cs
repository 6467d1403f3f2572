// Publishes the results that boards report, one JSON message each, while somebody reads them.

using System;
using System.Threading;
using Crime.Frames;
using Crime.Gateway.Broker;
using Crime.Gateway.Models;

namespace Crime.Gateway.Boards;

/// <summary>Publishes results as JSON. Thread-safe.</summary>
public sealed class ResultReporter
{
    private readonly Lock _lock = new();
    private readonly TelemetryFrame _frame = new();
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
                GatewayModel? model = _models.ById(_boards.ModelIdOf(board, record.ModelTag));
                byte[] json = ResultJson.Write(board, _frame.Session, record, model, _time.GetUtcNow().UtcDateTime);
                _outbox.Send(BoardTopics.Result(board), json, isRetained: false, isOneOfMany: true);
            }
        }
    }
}
