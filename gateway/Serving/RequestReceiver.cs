// Admission: what comes from boards is checked, priced, and either queued or refused at once. A refusal is worth as much as
// an answer: it tells the board in time to compute the input itself.

using System;
using Crime.Frames;
using Crime.Gateway.Broker;
using Crime.Gateway.Inference;
using Crime.Gateway.Models;
using Crime.Model;

namespace Crime.Gateway.Serving;

/// <summary>Takes requests and pings. Called by one thread.</summary>
public sealed class RequestReceiver
{
    private readonly PingFrame _ping = new();
    private readonly PongFrame _pong = new();
    private readonly ModelRegistry _models;
    private readonly RequestQueue _queue;
    private readonly LoadMeter _load;
    private readonly StatusPublisher _status;
    private readonly Outbox _outbox;
    private readonly Responder _responder;
    private readonly GatewayCounters _counters;
    private readonly TimeProvider _time;
    private volatile bool _isStopping;

    /// <summary>Makes a receiver.</summary>
    public RequestReceiver(
        ModelRegistry models, RequestQueue queue, LoadMeter load, StatusPublisher status, Outbox outbox,
        GatewayCounters counters, TimeProvider time)
    {
        _models = models;
        _queue = queue;
        _load = load;
        _status = status;
        _outbox = outbox;
        _counters = counters;
        _time = time;
        _responder = new Responder(queue, load, outbox, counters);
    }

    /// <summary>From now on every request is refused: the gateway shuts down.</summary>
    public void StopAccepting() => _isStopping = true;

    /// <summary>Takes a frame of a board.</summary>
    /// <param name="board">Who waits for the answer.</param>
    /// <param name="bytes">Foreign bytes.</param>
    public void Receive(string board, byte[] bytes)
    {
        switch (FrameFormat.TypeOf(bytes))
        {
            case FrameType.Request: OnRequest(board, bytes); return;
            case FrameType.Ping: OnPing(board, bytes); return;
            default: _counters.MalformedFrames.Increment(); return;
        }
    }

    private void OnPing(string board, byte[] bytes)
    {
        if (_ping.Decode(bytes) != FrameError.None)
        {
            _counters.MalformedFrames.Increment();
            return;
        }
        _pong.Session = _ping.Session;
        _pong.Sequence = _ping.Sequence;
        _pong.Depth = _queue.Depth;
        _pong.BacklogUs = _load.BacklogUs;
        _outbox.Send(Topics.Response(board), _pong.Encode(), isRetained: false);
        _counters.Pings.Increment();
    }

    private void OnRequest(string board, byte[] bytes)
    {
        PendingRequest request = _queue.Rent();
        bool isQueued = false;
        try
        {
            if (request.Frame.Decode(bytes) != FrameError.None)
            {
                _counters.MalformedFrames.Increment();
                return;
            }
            _counters.Requests.Increment();
            request.Board = board;
            request.ArrivedAt = _time.GetTimestamp();
            ResponseCode code = Admit(request);
            isQueued = code == ResponseCode.Ok;
            if (!isQueued) _responder.Refuse(request, code, waitUs: 0);
        }
        finally
        {
            // A queued request belongs to a worker now.
            if (!isQueued) _queue.Return(request);
        }
    }

    /// <summary>Queues a request.</summary>
    /// <returns><see cref="ResponseCode.Ok"/>, or why it cannot be.</returns>
    private ResponseCode Admit(PendingRequest request)
    {
        if (_isStopping) return ResponseCode.Stopping;
        GatewayModel? model = _models.ById(request.Frame.ModelId);
        if (model == null) return ResponseCode.UnknownModel;
        if (!Fits(request.Frame, model.Weights)) return ResponseCode.WrongInput;

        int costUs = model.Cost.Line.At(request.Frame.Length);
        if (_queue.Depth == _queue.Capacity) return ResponseCode.QueueFull;
        uint budgetUs = request.Frame.BudgetUs;
        if (budgetUs != 0 && _load.PredictedWaitUs + costUs > budgetUs) return ResponseCode.TooLate;

        request.Model = model;
        request.CostUs = costUs;
        if (!_queue.TryAdd(request)) return _isStopping ? ResponseCode.Stopping : ResponseCode.QueueFull;
        _load.OnArrival(costUs);
        _status.OnChange();
        return ResponseCode.Ok;
    }

    private static bool Fits(RequestFrame frame, FloatModel model)
    {
        if (frame.ValuesPerStep != model.ValuesPerStep) return false;
        bool isTokens = frame.Encoding != SequenceEncoding.Int16;
        if (isTokens != (model.Input == InputKind.Tokens)) return false;
        return !isTokens || frame.FractionBits == 0 && AreTokens(frame.Values.AsSpan(0, frame.ValueCount), model.VocabularyCount);
    }

    private static bool AreTokens(ReadOnlySpan<short> values, int vocabularyCount)
    {
        foreach (short value in values)
            if ((ushort)value >= vocabularyCount) return false;
        return true;
    }
}
