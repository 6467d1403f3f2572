// Parts of outputs while a worker still writes the rest. They are bounded in number and in rate, and a lost one is not sent again.

using System;
using System.Collections.Generic;
using System.Threading;
using Crime.Frames;
using Crime.Gateway.Broker;
using Crime.Gateway.Core.Queueing;
using Crime.Gateway.Inference;
using Crime.Gateway.Timing;

namespace Crime.Gateway.Serving;

/// <summary>The parts of all outputs that are being written. Thread-safe.</summary>
/// <param name="outbox">Sends to boards.</param>
/// <param name="time">The clock.</param>
public sealed class PartialAnswers(Outbox outbox, TimeProvider time)
{
    /// <summary>Least time in µs from a frame to the next one of the same request, unless the frame is full.</summary>
    public const int IntervalUs = 20_000;

    private readonly Lock _lock = new();
    private readonly List<PartialAnswer> _live = [];

    /// <summary>Starts the parts of an output.</summary>
    /// <param name="request">A request that a worker is about to compute.</param>
    /// <param name="model">Its model.</param>
    /// <returns>
    /// Null where there are none: the board does not ask, the model writes no sequence, a beam search decides at the end only, a gateway has passed the
    /// request on, or the result goes elsewhere.
    /// </returns>
    public PartialAnswer? Begin(BoardRequest request, FloatModel model)
    {
        RequestFrame frame = request.Frame;
        if ((frame.Sequence & PartialFrame.AskingBit) == 0 || model.Decoder is not { BeamWidth: 1 } || frame.WantsReceipt || frame.VisitedCount > 0) return null;
        var answer = new PartialAnswer(request, outbox, time);
        lock (_lock) _live.Add(answer);
        return answer;
    }

    /// <summary>Ends the parts of an output: its answer follows.</summary>
    /// <param name="answer">The parts; null for none.</param>
    public void End(PartialAnswer? answer)
    {
        if (answer == null) return;
        answer.Stop();
        lock (_lock) _live.Remove(answer);
    }

    /// <summary>Ends the parts of a request that its sender has cancelled.</summary>
    /// <param name="isMeant">Returns true for the request.</param>
    public void Cancel(Predicate<PendingRequest> isMeant)
    {
        lock (_lock)
            foreach (PartialAnswer answer in _live)
                if (isMeant(answer.Request)) answer.Stop();
    }
}

/// <summary>The parts of one output. Its worker writes it; any thread may stop it.</summary>
public sealed class PartialAnswer
{
    private readonly PartialFrame _frame;
    private readonly Outbox _outbox;
    private readonly TimeProvider _time;
    private int _frameCount;
    private long _sentUs;
    private volatile bool _isStopped;

    /// <summary>Starts an output.</summary>
    /// <param name="request">The request.</param>
    /// <param name="outbox">Sends to boards.</param>
    /// <param name="time">The clock.</param>
    public PartialAnswer(BoardRequest request, Outbox outbox, TimeProvider time)
    {
        Request = request;
        _frame = new PartialFrame { Session = request.Frame.Session, Sequence = request.Frame.Sequence };
        _outbox = outbox;
        _time = time;
    }

    /// <summary>The request.</summary>
    public BoardRequest Request { get; }

    /// <summary>Takes the next token.</summary>
    /// <param name="token">The token, not the end.</param>
    public void Add(byte token)
    {
        if (_isStopped) return;
        _frame.Tokens[_frame.Count++] = token;
        long nowUs = _time.NowUs();
        if (_frameCount > 0 && nowUs - _sentUs < PartialAnswers.IntervalUs && _frame.Count < PartialFrame.MaxTokens) return;
        _outbox.Send(Request.Reply.Topic, _frame.Encode(), isRetained: false);
        _frame.First += _frame.Count;
        _frame.Count = 0;
        _sentUs = nowUs;
        if (++_frameCount == PartialFrame.MaxFrames) _isStopped = true;
    }

    /// <summary>Sends nothing from now on.</summary>
    public void Stop() => _isStopped = true;
}
