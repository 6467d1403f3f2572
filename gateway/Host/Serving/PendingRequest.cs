// A request from its arrival to its answer.

using System;
using Crime.Frames;
using Crime.Gateway.Models;

namespace Crime.Gateway.Serving;

/// <summary>A request with what the gateway noted about it. Used again and again; see <see cref="RequestQueue"/>.</summary>
public sealed class PendingRequest
{
    /// <summary>
    /// Place in the queue of a request without a budget: as if it had this one, in µs. It bounds how long others can pass it by;
    /// it is never refused for being late.
    /// </summary>
    public const long PatienceUs = 1_000_000;

    /// <summary>The request itself.</summary>
    public RequestFrame Frame { get; } = new();

    /// <summary>Where the answer goes.</summary>
    public ReplyAddress Reply { get; set; } = ReplyAddress.None;

    /// <summary>Whether this gateway has the model, and has worked out what the request would cost here.</summary>
    public bool IsPriced => Model != null;

    /// <summary>The model to run; meaningful once the request has been accepted.</summary>
    public GatewayModel Model { get; set; } = null!;

    /// <summary>Predicted working time that it adds, in µs: its share of a batch as batches are at this time.</summary>
    public double CostUs { get; set; }

    /// <summary>Predicted time to compute it alone, in µs.</summary>
    public double AloneUs { get; set; }

    /// <summary>When it came, in µs of the gateway's clock.</summary>
    public long ArrivedUs { get; set; }

    /// <summary>When its answer must be ready, in µs of the gateway's clock; the queue's order.</summary>
    public long DeadlineUs { get; set; }

    /// <summary>Whether an answer after <see cref="DeadlineUs"/> is of no use.</summary>
    public bool HasDeadline { get; set; }

    /// <summary>Keys of the gateways that have had the request and have not answered it.</summary>
    public NodeKeySet Tried { get; } = new(RequestFrame.MaxVisited);

    /// <summary>Tells whoever delivered it that it has been dealt with; null where nobody wants to know.</summary>
    public Action? Acknowledge { get; set; }

    /// <summary>Its neighbours in the queue, guarded by the queue's lock.</summary>
    internal PendingRequest? Before { get; set; }

    /// <inheritdoc cref="Before"/>
    internal PendingRequest? After { get; set; }

    /// <summary>Notes when it came and until when it may be answered.</summary>
    /// <param name="nowUs">The time, in µs of the gateway's clock.</param>
    public void Arrive(long nowUs)
    {
        ArrivedUs = nowUs;
        Tried.Clear();
        HasDeadline = Frame.BudgetUs != 0;
        DeadlineUs = nowUs + (HasDeadline ? Frame.BudgetUs : PatienceUs);
    }

    /// <summary>Time since it came, in µs, as a frame holds it.</summary>
    public uint WaitUs(long nowUs) => (uint)Math.Clamp(nowUs - ArrivedUs, 0, uint.MaxValue);
}
