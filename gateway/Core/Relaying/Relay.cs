// Passes requests on to the gateways behind this one when they are expected to answer sooner, and returns the answers hop by hop. A
// request that does not come back in time, or comes back refused, is computed here: every request gets exactly one answer.

using System;
using System.Collections.Generic;
using System.Threading;
using Crime.Frames;
using Crime.Gateway.Core.Actions;
using Crime.Gateway.Core.Admission;
using Crime.Gateway.Core.Queueing;
using Crime.Gateway.Core.Status;
using Crime.Mapping;

namespace Crime.Gateway.Core.Relaying;

/// <summary>The relay's decisions. Thread-safe.</summary>
public sealed class Relay
{
    // Part of the latency budget that is kept for the way of the answer back to the sender.
    private const int ReturnUs = 10_000;

    [ThreadStatic]
    private static Decision? s_decision;

    private readonly RelayTable _table;
    private readonly RelayEngines _engines;
    private readonly AdmissionControl _admission;
    private readonly LoadReporter _load;
    private readonly StatusSchedule _schedule;
    private readonly IGatewayActions _actions;
    private uint _sequence;
    private long _passedOnCount;
    private long _fallbackCount;
    private long _lateCount;
    private volatile bool _isStopping;

    /// <summary>Makes a relay with no request in flight and no upstream.</summary>
    /// <param name="capacity">Most requests in flight.</param>
    /// <param name="engines">Decide.</param>
    /// <param name="admission">Queues the requests that come back.</param>
    /// <param name="load">The load of this gateway.</param>
    /// <param name="schedule">Learns that load or costs have changed.</param>
    /// <param name="actions">Sends.</param>
    public Relay(int capacity, RelayEngines engines, AdmissionControl admission, LoadReporter load, StatusSchedule schedule, IGatewayActions actions)
    {
        _table = new RelayTable(capacity);
        _engines = engines;
        _admission = admission;
        _load = load;
        _schedule = schedule;
        _actions = actions;
    }

    /// <summary>Requests in flight.</summary>
    public int InFlightCount => _table.Count;

    /// <summary>Requests that were passed on since the start.</summary>
    public long PassedOnCount => Interlocked.Read(ref _passedOnCount);

    /// <summary>Those of them that came back without an answer, or not in time.</summary>
    public long FallbackCount => Interlocked.Read(ref _fallbackCount);

    /// <summary>Answers of upstreams that arrived too late and were dropped.</summary>
    public long LateCount => Interlocked.Read(ref _lateCount);

    /// <summary>Begins nothing new: a request that comes back is not passed on again.</summary>
    public void StopAccepting() => _isStopping = true;

    /// <summary>Passes a request on if an upstream is expected to answer it sooner than this gateway.</summary>
    /// <param name="request">A valid request; it has a model if this gateway can compute it.</param>
    /// <param name="nowUs">The time.</param>
    /// <returns>False when it has to be computed or refused here; otherwise it belongs to the relay.</returns>
    public bool TryPassOn(PendingRequest request, long nowUs)
    {
        RequestFrame frame = request.Frame;
        if (_engines.Of(frame.ModelId) is not { } engine || RelayRules.HasVisited(frame, _engines.Upstreams.NodeKey)) return false;
        Decision decision = s_decision ??= new Decision();
        while (_table.HasRoom)
        {
            int waitUs = LocalWaitUs(nowUs);
            engine.Rules.Decide(frame.Length, waitUs, frame, request.Tried, nowUs, decision);
            if (decision.Gateway is not { } gateway) return false;
            request.Tried.Add(gateway.Key);
            long giveUpUs = GiveUpUs(request, engine.Rules, decision, waitUs, nowUs);
            if (giveUpUs <= nowUs) return false;
            if (TrySend(request, engine, gateway, nowUs, giveUpUs)) return true;
            if (request.IsPriced) return false;
        }
        return false;
    }

    /// <summary>Passes a request on to a given upstream, whatever the engine would decide: for policies that a simulation compares with.</summary>
    /// <param name="request">A valid request.</param>
    /// <param name="node">Id of the upstream.</param>
    /// <param name="nowUs">The time.</param>
    /// <returns>As of <see cref="TryPassOn"/>.</returns>
    public bool TryPassOnTo(PendingRequest request, string node, long nowUs)
    {
        if (_engines.Of(request.Frame.ModelId) is not { } engine) return false;
        Decision decision = s_decision ??= new Decision();
        for (int i = 0; i < engine.Mapping.CandidateCount; i++)
        {
            GatewayCandidate gateway = engine.Mapping.Candidate(i);
            if (gateway.Id != node) continue;
            engine.Mapping.Estimate(gateway, request.Frame.Length, nowUs, decision);
            request.Tried.Add(gateway.Key);
            long giveUpUs = nowUs + (decision.IsOffload ? decision.TimeoutUs : RelayEngine.MaxWaitUs);
            if (request.HasDeadline) giveUpUs = Math.Min(giveUpUs, request.DeadlineUs);
            return giveUpUs > nowUs && TrySend(request, engine, gateway, nowUs, giveUpUs);
        }
        return false;
    }

    /// <summary>Takes the status of an upstream.</summary>
    /// <param name="node">Its id.</param>
    /// <param name="status">The decoded frame; only read.</param>
    /// <param name="nowUs">The time.</param>
    public void OnStatus(string node, StatusFrame status, long nowUs)
    {
        _engines.OnStatus(node, status, nowUs);
        // An upstream that went offline answers nothing any more.
        if (!status.Online) FallBackAll(relayed => relayed.Upstream.Node == node, ResponseCode.TooLate, nowUs);
        _actions.WakeRelay();
        _schedule.OnChange();
    }

    /// <summary>Takes an answer or a refusal of an upstream.</summary>
    /// <param name="link">Number of the connection that it came by.</param>
    /// <param name="response">The decoded frame; changed by this call.</param>
    /// <param name="nowUs">The time.</param>
    public void OnResponse(int link, ResponseFrame response, long nowUs)
    {
        RelayedRequest? relayed = _table.Take(link, response.Session, response.Sequence);
        if (relayed == null)
        {
            Interlocked.Increment(ref _lateCount);
            return;
        }
        ResponseCode code = response.Code;
        if (code == ResponseCode.Ok) Return(relayed.Request, response, nowUs);
        RecordOutcome(relayed, response, nowUs);
        if (code != ResponseCode.Ok) FallBack(relayed, code, nowUs);
        _schedule.OnChange();
    }

    /// <summary>Takes the answer to a ping.</summary>
    /// <param name="pong">The decoded frame.</param>
    /// <param name="nowUs">The time.</param>
    public void OnPong(PongFrame pong, long nowUs)
    {
        _engines.OnPong(pong, nowUs);
        _schedule.OnChange();
    }

    /// <summary>A connection to upstreams is new, or has ended: requests that went by it fall back.</summary>
    /// <param name="link">Number of the connection.</param>
    /// <param name="isConnected">True when it exists now.</param>
    /// <param name="nowUs">The time.</param>
    public void OnConnectionChanged(int link, bool isConnected, long nowUs)
    {
        _engines.OnConnectionChanged(nowUs);
        if (!isConnected) FallBackAll(relayed => relayed.Upstream.Link == link, ResponseCode.TooLate, nowUs);
        _actions.WakeRelay();
        _schedule.OnChange();
    }

    /// <summary>Passes a cancellation on to the upstream that has the request. Its answer, or its time-out, still ends the request.</summary>
    /// <param name="isMeant">Returns true for the request.</param>
    public void Cancel(Predicate<PendingRequest> isMeant)
    {
        if (_table.Cancel(isMeant) is { } relayed) _actions.PassOnCancel(relayed.Upstream.Node, relayed.Engine.Session, relayed.Sequence);
    }

    /// <summary>Gives up the requests that were not answered in time, and sends the pings that are due.</summary>
    /// <param name="nowUs">The time.</param>
    public void OnClock(long nowUs)
    {
        IReadOnlyList<RelayedRequest> late = _table.TakeAll(relayed => relayed.GiveUpUs <= nowUs);
        foreach (RelayedRequest relayed in late) OnTimeout(relayed, nowUs);
        _engines.SendDuePings(_actions, nowUs);
        if (late.Count > 0) _schedule.OnChange();
    }

    /// <summary>Gives up one request, for a driver that has a timer for each.</summary>
    /// <param name="sequence">Its sequence number.</param>
    /// <param name="nowUs">The time, at least the time at which the request is given up.</param>
    public void GiveUp(uint sequence, long nowUs)
    {
        if (_table.Take(sequence) is not { } relayed) return;
        OnTimeout(relayed, nowUs);
        _schedule.OnChange();
    }

    /// <summary>Answers everything in flight without waiting any longer, because the gateway shuts down.</summary>
    /// <param name="nowUs">The time.</param>
    public void Abandon(long nowUs) => FallBackAll(_ => true, ResponseCode.Stopping, nowUs);

    /// <summary>Returns the time until which this gateway waits for the answer to an attempt.</summary>
    /// <remarks>
    /// It waits as long as an answer can be expected, and only so long that the request can still be computed here. A request that cannot
    /// be computed here waits for the longest time, unless another upstream can still be tried.
    /// </remarks>
    private static long GiveUpUs(PendingRequest request, RelayRules rules, Decision decision, int localWaitUs, long nowUs)
    {
        int expectedUs = decision.ExpectedTimeUs, timeoutUs = decision.TimeoutUs;
        long lastUs = request.HasDeadline ? request.DeadlineUs : long.MaxValue;
        if (!request.IsPriced)
        {
            rules.Decide(request.Frame.Length, localWaitUs, request.Frame, request.Tried, nowUs, decision);
            return Math.Min(nowUs + (decision.IsOffload ? timeoutUs : RelayEngine.MaxWaitUs), lastUs);
        }
        if (!request.HasDeadline) return nowUs + timeoutUs;
        // A request whose answer cannot be back in time is not passed on; the queue refuses it at once.
        if (nowUs + expectedUs > request.DeadlineUs) return nowUs;
        lastUs -= ReturnUs + localWaitUs + (long)request.AloneUs;
        // If there is time for only one of both, the upstream is tried, because it is expected to be sooner.
        if (lastUs < nowUs + expectedUs) lastUs = request.DeadlineUs;
        return Math.Min(nowUs + timeoutUs, lastUs);
    }

    private bool TrySend(PendingRequest request, RelayEngine engine, GatewayCandidate gateway, long nowUs, long giveUpUs)
    {
        int length = request.Frame.Length;
        var relayed = new RelayedRequest(
            request, length, engine, gateway, _engines.Upstreams.Of(gateway.Id), Interlocked.Increment(ref _sequence), nowUs, giveUpUs);
        var attempt = new RelayAttempt(
            relayed.Upstream.Node, engine.Session, relayed.Sequence, (uint)Math.Max(giveUpUs - nowUs - gateway.Link.RttUs, 1), giveUpUs, _engines.Upstreams.NodeKey);
        // The entry precedes the message, so that the answer finds it. The message may be lost, and the entry be taken by another thread.
        if (!_table.TryAdd(relayed)) return false;
        engine.Mapping.OnSent(gateway, length, nowUs);
        if (!_actions.TryPassOn(request, attempt))
        {
            if (_table.Take(relayed.Sequence) == null) return true;
            engine.Mapping.OnTimeout(gateway, nowUs);
            return false;
        }
        Interlocked.Increment(ref _passedOnCount);
        _actions.WakeRelay();
        return true;
    }

    /// <summary>Predicted wait of a request on this gateway, in µs.</summary>
    private int LocalWaitUs(long nowUs) => (int)Math.Min(_load.StartDelayUs(nowUs), RelayEngine.MaxWaitUs);

    /// <summary>Returns an upstream's answer. The time that was not spent computing counts as waiting.</summary>
    private void Return(PendingRequest request, ResponseFrame response, long nowUs)
    {
        uint sinceArrivalUs = request.WaitUs(nowUs), serviceUs = response.ServiceUs;
        ReportedLoad load = _load.Read(request.IsForGroup, nowUs);
        _actions.Reply(request, new Reply(ResponseCode.Ok, sinceArrivalUs - Math.Min(serviceUs, sinceArrivalUs), serviceUs, load) { Upstream = response });
    }

    private static void RecordOutcome(RelayedRequest relayed, ResponseFrame response, long nowUs)
    {
        // A wrong input is no fault of the upstream: only the link learns from the refusal.
        if (response.Code == ResponseCode.WrongInput) (response.Code, response.RelayCount) = (ResponseCode.Ok, 1);
        relayed.Engine.Mapping.OnResponse(relayed.Gateway, response, relayed.Length, nowUs - relayed.SentUs, nowUs);
    }

    private void OnTimeout(RelayedRequest relayed, long nowUs)
    {
        relayed.Engine.Mapping.OnTimeout(relayed.Gateway, nowUs);
        FallBack(relayed, ResponseCode.TooLate, nowUs);
    }

    private void FallBackAll(Predicate<RelayedRequest> condition, ResponseCode code, long nowUs)
    {
        foreach (RelayedRequest relayed in _table.TakeAll(condition)) FallBack(relayed, code, nowUs);
    }

    /// <summary>
    /// Queues a request that came back if this gateway can compute it, and else passes it on to the next upstream, or refuses it. A cancelled request
    /// ends here.
    /// </summary>
    private void FallBack(RelayedRequest relayed, ResponseCode code, long nowUs)
    {
        Interlocked.Increment(ref _fallbackCount);
        PendingRequest request = relayed.Request;
        if (request.IsCancelled) code = ResponseCode.Cancelled;
        else if (request.IsPriced) code = _admission.Enqueue(request, nowUs);
        // A stopping gateway begins nothing new, and a wrong input is wrong at every gateway.
        else if (!_isStopping && code != ResponseCode.WrongInput && TryPassOn(request, nowUs)) return;
        if (code == ResponseCode.Ok) return;
        _actions.Reply(request, new Reply(code, request.WaitUs(nowUs), 0, _load.Read(request.IsForGroup, nowUs)));
    }
}
