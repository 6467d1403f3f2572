// The outputs of a gateway's behaviour. The host sends messages and wakes threads; the simulator schedules events.

using System;
using Crime.Frames;
using Crime.Gateway.Core.Queueing;

namespace Crime.Gateway.Core.Actions;

/// <summary>A load as it is written into answers.</summary>
/// <param name="Depth">Requests that wait.</param>
/// <param name="BacklogUs">Published backlog in µs over all workers.</param>
public readonly record struct ReportedLoad(int Depth, uint BacklogUs);

/// <summary>The content of an answer, apart from the result.</summary>
/// <param name="Code">Outcome of the request.</param>
/// <param name="WaitUs">Time in µs that the request waited.</param>
/// <param name="ServiceUs">Time in µs that the request was computed; 0 for a refusal.</param>
/// <param name="Load">Load of the gateway, or of its group.</param>
public readonly record struct Reply(ResponseCode Code, uint WaitUs, uint ServiceUs, ReportedLoad Load)
{
    /// <summary>The answer of the gateway that computed the request; null when this gateway computed or refused it. Valid during the call.</summary>
    public ResponseFrame? Upstream { get; init; }

    /// <summary>Nodes that the request was passed on to, 0 to <see cref="CostAdvert.MaxPathNodes"/>.</summary>
    public int RelayCount => Upstream == null ? 0 : Math.Min(Upstream.RelayCount + 1, CostAdvert.MaxPathNodes);
}

/// <summary>A request that is to be passed on, with the fields that differ in the frame to the upstream.</summary>
/// <param name="Node">Id of the upstream.</param>
/// <param name="Session">Session of the frame.</param>
/// <param name="Sequence">Sequence number of the frame.</param>
/// <param name="BudgetUs">Latency budget of the frame, in µs.</param>
/// <param name="GiveUpUs">Time at which the relay stops waiting for the answer.</param>
/// <param name="VisitedKey">Key of this gateway, to be appended to the visited nodes.</param>
public readonly record struct RelayAttempt(string Node, uint Session, uint Sequence, uint BudgetUs, long GiveUpUs, uint VisitedKey);

/// <summary>The statuses that a gateway publishes at a time. The frames are valid during the call.</summary>
/// <param name="Topic">Topic of the gateway's status.</param>
/// <param name="Status">The gateway's status.</param>
/// <param name="GroupTopic">Topic of the group's status.</param>
/// <param name="GroupStatus">The group's status; null when this gateway does not publish it.</param>
public readonly record struct StatusPublication(string Topic, StatusFrame Status, string GroupTopic, StatusFrame? GroupStatus)
{
    /// <summary>Topic of the slow status.</summary>
    public required string RegimeTopic { get; init; }

    /// <summary>The slow status; null when none is due.</summary>
    public StatusFrame? Regime { get; init; }
}

/// <summary>Executes the decisions of the gateway core. No call is made while the core holds a lock; calls come from any thread.</summary>
public interface IGatewayActions
{
    /// <summary>Nodes that receive the status; null when their number is not known.</summary>
    int? StatusListenerCount { get; }

    /// <summary>Sends the answer to a request. The request belongs to the driver again.</summary>
    /// <param name="request">The request.</param>
    /// <param name="reply">The content of the answer. With <see cref="ResponseCode.Ok"/> the driver adds the result that it computed.</param>
    void Reply(PendingRequest request, in Reply reply);

    /// <summary>Ends a request without an answer, because of a defect. The request belongs to the driver again.</summary>
    /// <param name="request">The request.</param>
    void Drop(PendingRequest request);

    /// <summary>Sends a request to an upstream. The request still belongs to the core.</summary>
    /// <param name="request">The request.</param>
    /// <param name="attempt">The upstream, and the fields of its frame.</param>
    /// <returns>False when there is no connection, or a connection that does not keep up.</returns>
    bool TryPassOn(PendingRequest request, in RelayAttempt attempt);

    /// <summary>Sends a ping to an upstream; it may be lost.</summary>
    /// <param name="node">Id of the upstream.</param>
    /// <param name="session">Session of the ping.</param>
    /// <param name="sequence">Sequence number of the ping.</param>
    void SendPing(string node, uint session, uint sequence);

    /// <summary>Sends a cancellation to an upstream; it may be lost.</summary>
    /// <param name="node">Id of the upstream.</param>
    /// <param name="session">Session of the request that was passed on.</param>
    /// <param name="sequence">Sequence number of that request.</param>
    void PassOnCancel(string node, uint session, uint sequence);

    /// <summary>Publishes the gateway's status, and the group's where this gateway is the leader of its group.</summary>
    /// <param name="publication">The statuses and their topics.</param>
    void PublishStatus(in StatusPublication publication);

    /// <summary>Requests wait and a worker is idle: an idle worker has to call the core for a batch.</summary>
    void WakeWorker();

    /// <summary>The next status may be due earlier than the driver knows.</summary>
    void WakeClock();

    /// <summary>The relay has requests in flight or links to measure: its clock may have to tick sooner than the driver knows.</summary>
    void WakeRelay();
}
