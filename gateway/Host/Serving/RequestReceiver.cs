// Decodes the frames of boards, and reports them to the gateway's core.

using System;
using System.Threading;
using Crime.Frames;
using Crime.Gateway.Boards;
using Crime.Gateway.Broker;
using Crime.Gateway.Core;
using Crime.Gateway.Core.Actions;
using Crime.Gateway.Core.Queueing;
using Crime.Gateway.Counting;
using Crime.Gateway.Timing;

namespace Crime.Gateway.Serving;

/// <summary>Processes the frames of the request topics. Implementations are thread-safe: with the embedded broker every connection has a thread.</summary>
public interface IRequestHandler
{
    /// <summary>Takes a frame of a node.</summary>
    /// <param name="reply">Receiver of the answer.</param>
    /// <param name="bytes">Foreign bytes; not kept.</param>
    /// <param name="acknowledge">Called once: when a request has been answered, and at once for other frames; null without acknowledgement.</param>
    void Receive(ReplyAddress reply, ArraySegment<byte> bytes, Action? acknowledge = null);
}

/// <summary>Takes requests, cancellations and pings.</summary>
public sealed class RequestReceiver : IRequestHandler
{
    // Guards the frames of pings and pongs.
    private readonly Lock _ponging = new();
    private readonly PingFrame _ping = new();
    private readonly PongFrame _pong = new();
    private readonly GatewayCore _core;
    private readonly RequestPool _pool;
    private readonly Outbox _outbox;
    private readonly ResultReporter _results;
    private readonly PartialAnswers _partials;
    private readonly GatewayCounters _counters;
    private readonly TimeProvider _time;

    /// <summary>Makes a receiver.</summary>
    /// <param name="core">Decides.</param>
    /// <param name="pool">Unused request objects.</param>
    /// <param name="outbox">Sends pongs and telemetry.</param>
    /// <param name="results">Publishes telemetry as JSON.</param>
    /// <param name="partials">The parts of outputs, which a cancellation ends.</param>
    /// <param name="counters">Count frames.</param>
    /// <param name="time">The clock.</param>
    public RequestReceiver(
        GatewayCore core, RequestPool pool, Outbox outbox, ResultReporter results, PartialAnswers partials, GatewayCounters counters, TimeProvider time)
    {
        _core = core;
        _pool = pool;
        _outbox = outbox;
        _results = results;
        _partials = partials;
        _counters = counters;
        _time = time;
    }

    /// <inheritdoc/>
    public void Receive(ReplyAddress reply, ArraySegment<byte> bytes, Action? acknowledge = null)
    {
        FrameType type = FrameFormat.TypeOf(bytes.Array, bytes.Offset, bytes.Count);
        if (type is FrameType.Request or FrameType.Delivery)
        {
            OnRequest(reply, bytes, acknowledge);
            return;
        }
        if (type == FrameType.Ping) OnPing(reply, bytes.ToArray());
        else if (type == FrameType.Cancel) OnCancel(reply, bytes.ToArray());
        else if (type == FrameType.Result) OnResult(reply, bytes.ToArray());
        else _counters.MalformedFrames.Increment();
        acknowledge?.Invoke();
    }

    private void OnPing(ReplyAddress reply, byte[] bytes)
    {
        lock (_ponging)
        {
            if (_ping.Decode(bytes) != FrameError.None)
            {
                _counters.MalformedFrames.Increment();
                return;
            }
            if (_ping.TelemetryCount > 0) PublishTelemetry(reply, _ping.Session, bytes, PingFrame.Size, _ping.TelemetryCount);
            ReportedLoad load = _core.Load.Read(reply.IsGroup, _time.NowUs());
            _pong.Session = _ping.Session;
            _pong.Sequence = _ping.Sequence;
            _pong.Depth = load.Depth;
            _pong.BacklogUs = load.BacklogUs;
            _outbox.Send(reply.Topic, _pong.Encode(), isRetained: false);
        }
        _counters.Pings.Increment();
    }

    private void OnCancel(ReplyAddress reply, byte[] bytes)
    {
        var cancel = new CancelFrame();
        if (cancel.Decode(bytes) != FrameError.None)
        {
            _counters.MalformedFrames.Increment();
            return;
        }
        // A delivery has its receipt, or will have it: its result is published in any case.
        bool IsMeant(PendingRequest request) => request.Frame.Session == cancel.Session && request.Frame.Sequence == cancel.Sequence
            && !request.Frame.WantsReceipt && ((BoardRequest)request).Reply.Topic == reply.Topic;
        _core.OnCancel(IsMeant, _time.NowUs());
        _partials.Cancel(IsMeant);
    }

    private void OnResult(ReplyAddress reply, byte[] bytes)
    {
        // The core keeps it until it is published.
        var result = new ResultFrame();
        // A board sends its own results, without logits.
        if (result.Decode(bytes) != FrameError.None || result.Target == Target.Gateway || result.ClassCount > 0) _counters.MalformedFrames.Increment();
        else _core.Results.OnResult(reply.Board, reply.IsGroup, result, _time.NowUs());
    }

    private void OnRequest(ReplyAddress reply, ArraySegment<byte> bytes, Action? acknowledge)
    {
        BoardRequest request = _pool.Rent();
        request.Acknowledge = acknowledge;
        bool isRead = false;
        try
        {
            isRead = TryRead(request, reply, bytes);
        }
        finally
        {
            // A request that is not for the core is acknowledged at once, whatever has gone wrong with it.
            if (!isRead) _pool.Return(request);
        }
        if (isRead) _core.OnRequest(request, _time.NowUs());
    }

    private bool TryRead(BoardRequest request, ReplyAddress reply, ArraySegment<byte> bytes)
    {
        RequestFrame frame = request.Frame;
        if (frame.Decode(bytes.Array, bytes.Offset, bytes.Count) != FrameError.None)
        {
            _counters.MalformedFrames.Increment();
            return false;
        }
        _counters.Requests.Increment();
        if (frame.TelemetryCount > 0) PublishTelemetry(reply, frame.Session, bytes.Array!, frame.TelemetryOffset, frame.TelemetryCount);
        request.Reply = reply;
        request.Sender = reply.Board;
        request.IsForGroup = reply.IsGroup;
        return true;
    }

    /// <summary>Publishes the records that a request or a ping carries. The gateway counts them when it receives its own message.</summary>
    private void PublishTelemetry(ReplyAddress reply, uint session, byte[] bytes, int offset, int count)
    {
        byte[] telemetry = TelemetryFrame.Wrap(session, bytes, offset, count);
        _outbox.Send(reply.TelemetryTopic, telemetry, isRetained: false, isOneOfMany: true);
        _results.Report(reply.Board, telemetry);
    }
}
