// Executes the decisions of the gateway's core: answers, statuses and relayed requests as frames, and wake-ups of threads.

using System;
using Crime.FixedPoint;
using Crime.Frames;
using Crime.Gateway.Broker;
using Crime.Gateway.Core.Actions;
using Crime.Gateway.Core.Queueing;
using Crime.Gateway.Counting;
using Crime.Gateway.Inference;
using Crime.Gateway.Signals;
using Crime.Gateway.Upstream;
using Crime.Model;

namespace Crime.Gateway.Serving;

/// <summary>The outputs of the gateway. Thread-safe.</summary>
public sealed class CoreActions : IGatewayActions
{
    [ThreadStatic]
    private static ResponseFrame? s_frame;

    private readonly Outbox _outbox;
    private readonly GatewayCounters _counters;
    private readonly RequestPool _pool;
    private readonly DriverSignals _signals;
    private readonly UpstreamRoutes _routes;

    /// <summary>Makes the outputs.</summary>
    /// <param name="outbox">Sends to boards.</param>
    /// <param name="counters">Count the answers.</param>
    /// <param name="pool">Receives the answered requests.</param>
    /// <param name="signals">Wake threads.</param>
    /// <param name="routes">Send to upstreams.</param>
    public CoreActions(Outbox outbox, GatewayCounters counters, RequestPool pool, DriverSignals signals, UpstreamRoutes routes)
    {
        _outbox = outbox;
        _counters = counters;
        _pool = pool;
        _signals = signals;
        _routes = routes;
    }

    /// <inheritdoc/>
    public int? StatusListenerCount => _outbox.StatusListenerCount;

    /// <inheritdoc/>
    public void Reply(PendingRequest request, in Reply reply)
    {
        var asked = (BoardRequest)request;
        ResponseFrame frame = s_frame ??= new ResponseFrame { Logits = new short[ModelFormat.MaxClasses] };
        frame.Code = reply.Code;
        frame.Session = request.Frame.Session;
        frame.Sequence = request.Frame.Sequence;
        frame.WaitUs = reply.WaitUs;
        frame.ServiceUs = reply.ServiceUs;
        frame.Depth = reply.Load.Depth;
        frame.BacklogUs = reply.Load.BacklogUs;
        frame.RelayCount = reply.RelayCount;
        bool isComputed = reply is { Code: ResponseCode.Ok, Upstream: null };
        if (reply.Code != ResponseCode.Ok) frame.Label = frame.ClassCount = frame.FractionBits = frame.LabelCount = 0;
        else if (reply.Upstream is { } upstream) CopyResult(frame, upstream);
        else WriteResult(frame, asked);
        _outbox.Send(asked.Reply.Topic, frame.Encode(), isRetained: false, isComputed && asked.IsOneOfMany);
        CounterOf(reply.Code).Increment();
        if (isComputed) _counters.RecordAnswer(reply.WaitUs, reply.ServiceUs);
        _pool.Return(asked);
    }

    /// <inheritdoc/>
    public void Drop(PendingRequest request) => _pool.Return((BoardRequest)request);

    /// <inheritdoc/>
    public bool TryPassOn(PendingRequest request, in RelayAttempt attempt) => _routes.TrySendRequest(attempt.Node, Encode(request.Frame, attempt));

    /// <inheritdoc/>
    public void SendPing(string node, uint session, uint sequence) =>
        _routes.TrySendUnacknowledged(node, new PingFrame { Session = session, Sequence = sequence }.Encode());

    /// <inheritdoc/>
    public void PassOnCancel(string node, uint session, uint sequence) =>
        _routes.TrySendUnacknowledged(node, new CancelFrame { Session = session, Sequence = sequence }.Encode());

    /// <inheritdoc/>
    public void PublishStatus(in StatusPublication publication)
    {
        _outbox.Send(publication.Topic, publication.Status.Encode(), isRetained: true);
        if (publication.GroupStatus is { } group) _outbox.Send(publication.GroupTopic, group.Encode(), isRetained: true);
        if (publication.Regime is { } regime) _outbox.Send(publication.RegimeTopic, regime.Encode(), isRetained: true);
        _counters.Statuses.Increment();
    }

    /// <inheritdoc/>
    public void WakeWorker() => _signals.Workers.Wake();

    /// <inheritdoc/>
    public void WakeClock() => _signals.Status.Set();

    /// <inheritdoc/>
    public void WakeRelay() => _signals.Relay.Set();

    /// <summary>Copies label and logits that a worker has computed.</summary>
    internal static void WriteResult(ResponseFrame frame, BoardRequest request)
    {
        SequenceAnswer answer = request.Answer;
        ReadOnlySpan<float> logits = answer.Numbers.Span;
        float largest = 0;
        foreach (float logit in logits) largest = MathF.Max(largest, MathF.Abs(logit));
        frame.Label = answer.Label;
        frame.Labels = answer.Labels;
        frame.LabelCount = answer.LabelCount;
        frame.ClassCount = logits.Length;
        frame.FractionBits = QFormat.FractionBitsFor(largest);
        for (int i = 0; i < logits.Length; i++) frame.Logits[i] = QFormat.FromFloat(logits[i], frame.FractionBits);
    }

    private static void CopyResult(ResponseFrame frame, ResponseFrame upstream)
    {
        frame.Label = upstream.Label;
        frame.ClassCount = upstream.ClassCount;
        frame.FractionBits = upstream.FractionBits;
        Array.Copy(upstream.Logits, frame.Logits, upstream.ClassCount);
        frame.Labels = upstream.Labels;
        frame.LabelCount = upstream.LabelCount;
    }

    /// <summary>The request as the upstream gets it. Afterwards the frame holds the sender's fields again.</summary>
    private static byte[] Encode(RequestFrame frame, in RelayAttempt attempt)
    {
        (uint session, uint sequence, uint budgetUs) = (frame.Session, frame.Sequence, frame.BudgetUs);
        // This gateway publishes the result: it needs the whole answer.
        bool wantsReceipt = frame.WantsReceipt;
        frame.WantsReceipt = false;
        frame.Visited[frame.VisitedCount++] = attempt.VisitedKey;
        (frame.Session, frame.Sequence, frame.BudgetUs) = (attempt.Session, attempt.Sequence, attempt.BudgetUs);
        byte[] payload = frame.Encode();
        frame.VisitedCount--;
        frame.WantsReceipt = wantsReceipt;
        (frame.Session, frame.Sequence, frame.BudgetUs) = (session, sequence, budgetUs);
        return payload;
    }

    private Counter CounterOf(ResponseCode code) => code switch
    {
        ResponseCode.Ok => _counters.Answered,
        ResponseCode.QueueFull => _counters.QueueFull,
        ResponseCode.TooLate => _counters.TooLate,
        ResponseCode.UnknownModel => _counters.UnknownModel,
        ResponseCode.WrongInput => _counters.WrongInput,
        ResponseCode.Cancelled => _counters.Cancelled,
        ResponseCode.NoDelivery => _counters.NoDelivery,
        _ => _counters.Stopping,
    };
}
