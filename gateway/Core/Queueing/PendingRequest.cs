// The state of a request from its arrival to its answer.

using System;
using Crime.Frames;
using Crime.Gateway.Core.Models;
using Crime.Mapping;

namespace Crime.Gateway.Core.Queueing;

/// <summary>A request in a gateway. A driver derives from it, adds the data that its answer needs, and reuses the objects.</summary>
public abstract class PendingRequest
{
    /// <summary>
    /// Substitute for the missing latency budget of a request, in µs. It gives the request its place in the queue, and so bounds how long
    /// later requests can overtake it. Such a request is never refused as late.
    /// </summary>
    public const long PatienceUs = 1_000_000;

    /// <summary>The request itself.</summary>
    public RequestFrame Frame { get; } = new();

    /// <summary>Id of the node that sent it; set by the driver. Needed for requests that want a receipt.</summary>
    public string Sender { get; set; } = "";

    /// <summary>The accepted input that it computes; null when the sender waits for the answer.</summary>
    internal object? Item { get; set; }

    /// <summary>True when the request was addressed to the gateway's group. Its answer then carries the load of the group.</summary>
    public bool IsForGroup { get; set; }

    /// <summary>True when this gateway has the model, and has predicted the cost of the request here.</summary>
    public bool IsPriced => Model != null;

    /// <summary>The model to run; null until admission control has found it.</summary>
    public ServedModel? Model { get; set; }

    /// <summary>Predicted working time that the request adds, in µs: its share of a batch at the present batch sizes.</summary>
    public double CostUs { get; set; }

    /// <summary>Predicted time to compute the request in a batch of one, in µs.</summary>
    public double AloneUs { get; set; }

    /// <summary>Arrival in µs of the gateway's clock.</summary>
    public long ArrivedUs { get; set; }

    /// <summary>Deadline of the answer in µs of the gateway's clock; the queue is sorted by it.</summary>
    public long DeadlineUs { get; set; }

    /// <summary>True when an answer after <see cref="DeadlineUs"/> is useless.</summary>
    public bool HasDeadline { get; set; }

    /// <summary>True when its sender has cancelled it while an upstream had it.</summary>
    public bool IsCancelled { get; internal set; }

    /// <summary>Keys of the upstreams that the request was passed on to without an answer.</summary>
    public NodeKeySet Tried { get; } = new(DecisionTable.MaxCandidates);

    /// <summary>Its neighbours in the queue, guarded by the queue's lock.</summary>
    internal PendingRequest? Before { get; set; }

    /// <inheritdoc cref="Before"/>
    internal PendingRequest? After { get; set; }

    /// <summary>Sets arrival and deadline.</summary>
    /// <param name="nowUs">The time, in µs of the gateway's clock.</param>
    /// <param name="usesBudget">False to treat the request as one without a latency budget.</param>
    public void Arrive(long nowUs, bool usesBudget = true)
    {
        ArrivedUs = nowUs;
        Model = null;
        Tried.Clear();
        IsCancelled = false;
        HasDeadline = usesBudget && Frame.BudgetUs != 0;
        DeadlineUs = nowUs + (HasDeadline ? Frame.BudgetUs : PatienceUs);
    }

    /// <summary>Predicts the cost of the request with a model.</summary>
    /// <param name="model">The model that will compute it.</param>
    public void SetModel(ServedModel model)
    {
        Model = model;
        AloneUs = model.Cost.AloneUs(Frame.Length);
        CostUs = AloneUs * model.Cost.CurrentShare;
    }

    /// <summary>Time since the arrival in µs, limited to the range of a frame.</summary>
    /// <param name="nowUs">The time, in µs of the gateway's clock.</param>
    public uint WaitUs(long nowUs) => (uint)Math.Clamp(nowUs - ArrivedUs, 0, uint.MaxValue);
}
