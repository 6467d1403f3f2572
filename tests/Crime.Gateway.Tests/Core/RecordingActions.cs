// A driver of the gateway's core that records: tests of the core need no thread, clock or network.

using System.Collections.Generic;
using Crime.Frames;
using Crime.Gateway.Core.Actions;
using Crime.Gateway.Core.Load;
using Crime.Gateway.Core.Models;
using Crime.Gateway.Core.Queueing;

namespace Crime.Gateway.Tests.Core;

/// <summary>Records every action.</summary>
internal sealed class RecordingActions : IGatewayActions
{
    private readonly Queue<(PendingRequest Request, Reply Reply)> _replies = new();

    /// <summary>Statuses published, oldest first.</summary>
    public List<StatusFrame> Statuses { get; } = [];

    /// <summary>Statuses of the group published, oldest first.</summary>
    public List<StatusFrame> GroupStatuses { get; } = [];

    public List<(string Topic, StatusFrame Status)> Regimes { get; } = [];

    /// <summary>Requests passed on, oldest first.</summary>
    public List<RelayAttempt> PassedOn { get; } = [];

    /// <summary>Pings sent: node, session, sequence.</summary>
    public List<(string Node, uint Session, uint Sequence)> Pings { get; } = [];

    /// <summary>Cancellations passed on: node, session, sequence.</summary>
    public List<(string Node, uint Session, uint Sequence)> Cancels { get; } = [];

    public List<PendingRequest> Dropped { get; } = [];

    public int WorkerWakeUps { get; private set; }

    public int ClockWakeUps { get; private set; }

    /// <summary>True when upstreams are connected.</summary>
    public bool CanPassOn { get; set; } = true;

    public int? StatusListenerCount { get; set; } = 0;

    public int ReplyCount => _replies.Count;

    public (PendingRequest Request, Reply Reply) NextReply() => _replies.Dequeue();

    public void Reply(PendingRequest request, in Reply reply) => _replies.Enqueue((request, reply));

    public void Drop(PendingRequest request) => Dropped.Add(request);

    public bool TryPassOn(PendingRequest request, in RelayAttempt attempt)
    {
        PassedOn.Add(attempt);
        return CanPassOn;
    }

    public void SendPing(string node, uint session, uint sequence) => Pings.Add((node, session, sequence));

    public void PassOnCancel(string node, uint session, uint sequence) => Cancels.Add((node, session, sequence));

    public void PublishStatus(in StatusPublication publication)
    {
        Statuses.Add(Copy(publication.Status));
        if (publication.GroupStatus is { } group) GroupStatuses.Add(Copy(group));
        if (publication.Regime is { } regime) Regimes.Add((publication.RegimeTopic, Copy(regime)));
    }

    public void WakeWorker() => WorkerWakeUps++;

    public void WakeClock() => ClockWakeUps++;

    public void WakeRelay()
    {
    }

    private static StatusFrame Copy(StatusFrame status)
    {
        var copy = new StatusFrame();
        NUnit.Framework.Assert.That(copy.Decode(status.Encode()), NUnit.Framework.Is.EqualTo(FrameError.None));
        return copy;
    }
}

/// <summary>A request without a sender.</summary>
internal sealed class TestRequest : PendingRequest
{
}

/// <summary>A model that is only a cost. Requests with one number per timestep fit it.</summary>
internal sealed class CostModel(uint id, double alphaUs, double betaUs, uint imageChecksum = 0)
    : ServedModel(id, imageChecksum, longestLength: 100, new ServiceCost(alphaUs, betaUs))
{
    public override bool Fits(RequestFrame frame) => frame.ValuesPerStep == 1;
}

/// <summary>A fixed set of models.</summary>
internal sealed class ModelSet(params ServedModel[] models) : IServedModels
{
    public IReadOnlyList<ServedModel> Served => models;

    public ServedModel? ById(uint id) => System.Array.Find(models, model => model.Id == id);
}
