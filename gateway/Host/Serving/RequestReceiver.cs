// Admission: what comes from boards is checked, priced, and either queued or refused at once. A refusal is worth as much as
// an answer: it tells the board in time to compute the input itself.

using System;
using System.Threading;
using Crime.Frames;
using Crime.Gateway.Broker;
using Crime.Gateway.Inference;
using Crime.Gateway.Models;
using Crime.Gateway.Upstream;
using Crime.Model;

namespace Crime.Gateway.Serving;

/// <summary>Takes requests and pings. Thread-safe: with the embedded broker every connection brings its own.</summary>
public sealed class RequestReceiver
{
    // Guards the frames that refusals and pongs are written with.
    private readonly Lock _replying = new();
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
    private readonly RequestRelay? _relay;
    private volatile bool _isStopping;

    /// <summary>Makes a receiver.</summary>
    public RequestReceiver(
        ModelRegistry models, RequestQueue queue, LoadMeter load, StatusPublisher status, Outbox outbox,
        GatewayCounters counters, TimeProvider time, RequestRelay? relay = null)
    {
        _models = models;
        _queue = queue;
        _load = load;
        _status = status;
        _outbox = outbox;
        _counters = counters;
        _time = time;
        _responder = new Responder(load, outbox, counters);
        if (relay is not { IsUsed: true }) return;
        _relay = relay;
        relay.TakeBack = TakeBack;
    }

    /// <summary>From now on every request is refused: the gateway shuts down.</summary>
    public void StopAccepting() => _isStopping = true;

    /// <summary>Takes a frame of a board.</summary>
    /// <param name="reply">Who waits for the answer.</param>
    /// <param name="bytes">Foreign bytes; not kept.</param>
    /// <param name="acknowledge">Called once, when a request has been answered, and at once for anything else; null where nobody wants to know.</param>
    public void Receive(ReplyAddress reply, ArraySegment<byte> bytes, Action? acknowledge = null)
    {
        FrameType type = FrameFormat.TypeOf(bytes.Array, bytes.Offset, bytes.Count);
        if (type == FrameType.Request)
        {
            OnRequest(reply, bytes, acknowledge);
            return;
        }
        if (type == FrameType.Ping) OnPing(reply, bytes.ToArray());
        else _counters.MalformedFrames.Increment();
        acknowledge?.Invoke();
    }

    private void OnPing(ReplyAddress reply, byte[] bytes)
    {
        lock (_replying)
        {
            if (_ping.Decode(bytes) != FrameError.None)
            {
                _counters.MalformedFrames.Increment();
                return;
            }
            if (_ping.TelemetryCount > 0) PublishTelemetry(reply, _ping.Session, bytes, PingFrame.Size, _ping.TelemetryCount);
            _pong.Session = _ping.Session;
            _pong.Sequence = _ping.Sequence;
            _pong.Depth = _load.DepthFor(reply);
            _pong.BacklogUs = _load.BacklogUsFor(reply);
            _outbox.Send(reply.Topic, _pong.Encode(), isRetained: false);
        }
        _counters.Pings.Increment();
    }

    private void OnRequest(ReplyAddress reply, ArraySegment<byte> bytes, Action? acknowledge)
    {
        PendingRequest request = _queue.Rent();
        request.Acknowledge = acknowledge;
        bool isQueued = false;
        try
        {
            if (request.Frame.Decode(bytes.Array, bytes.Offset, bytes.Count) != FrameError.None)
            {
                _counters.MalformedFrames.Increment();
                return;
            }
            _counters.Requests.Increment();
            RequestFrame frame = request.Frame;
            if (frame.TelemetryCount > 0) PublishTelemetry(reply, frame.Session, bytes.Array!, frame.TelemetryOffset, frame.TelemetryCount);
            request.Reply = reply;
            request.Arrive(_time.NowUs());
            ResponseCode code = Judge(request);
            bool mayBePassedOn = _relay != null && code is ResponseCode.Ok or ResponseCode.UnknownModel;
            isQueued = mayBePassedOn && _relay!.TryRelay(request);
            if (isQueued) return;
            if (code == ResponseCode.Ok) code = Enqueue(request, request.ArrivedUs);
            isQueued = code == ResponseCode.Ok;
            if (isQueued) return;
            lock (_replying) _responder.Refuse(request, code, waitUs: 0);
        }
        finally
        {
            // A queued request belongs to a worker now, one that was passed on to the relay.
            if (!isQueued) _queue.Return(request);
        }
    }

    /// <summary>Publishes the records that a request or a ping carries. The gateway counts them when it receives its own message.</summary>
    private void PublishTelemetry(ReplyAddress reply, uint session, byte[] bytes, int offset, int count) =>
        _outbox.Send(reply.TelemetryTopic, TelemetryFrame.Wrap(session, bytes, offset, count), isRetained: false, isOneOfMany: true);

    /// <summary>Checks a request, and prices it if there is nothing wrong with it.</summary>
    /// <returns><see cref="ResponseCode.Ok"/>, or why it cannot be done here.</returns>
    private ResponseCode Judge(PendingRequest request)
    {
        if (_isStopping) return ResponseCode.Stopping;
        GatewayModel? model = _models.ById(request.Frame.ModelId);
        if (model == null) return ResponseCode.UnknownModel;
        model.AskedUs = request.ArrivedUs;
        if (!Fits(request.Frame, model.Weights)) return ResponseCode.WrongInput;
        Price(request, model);
        return ResponseCode.Ok;
    }

    /// <summary>Queues a request.</summary>
    /// <returns><see cref="ResponseCode.Ok"/>, or why it cannot be.</returns>
    private ResponseCode Enqueue(PendingRequest request, long nowUs)
    {
        // A worker may be done with it before this returns.
        double costUs = request.CostUs;
        Span<long> leftUs = stackalloc long[_load.WorkerCount];
        _load.ReadLeftUs(leftUs);
        ResponseCode code = _queue.Admit(request, nowUs, leftUs);
        if (code != ResponseCode.Ok) return code;
        _load.OnArrival(costUs);
        _status.OnChange();
        return ResponseCode.Ok;
    }

    /// <summary>Does here what another gateway has not done, as long as there is time.</summary>
    /// <param name="request">A request that was passed on.</param>
    /// <param name="code">What became of it there.</param>
    private void TakeBack(PendingRequest request, ResponseCode code)
    {
        long nowUs = _time.NowUs();
        if (request.IsPriced) code = Enqueue(request, nowUs);
        if (code == ResponseCode.Ok) return;
        lock (_replying) _responder.Refuse(request, code, request.WaitUs(nowUs));
        _queue.Return(request);
    }

    private static void Price(PendingRequest request, GatewayModel model)
    {
        request.Model = model;
        request.AloneUs = model.Cost.AloneUs(request.Frame.Length);
        request.CostUs = request.AloneUs * model.Cost.CurrentShare;
    }

    private static bool Fits(RequestFrame frame, FloatModel model)
    {
        if (frame.StateCount != 0 && frame.StateCount != model.BoardStateCount) return false;
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
