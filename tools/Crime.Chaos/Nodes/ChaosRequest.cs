// A request in a gateway, with what its answer needs and what the invariants read.

using System;
using Crime.Chaos.Broker;
using Crime.Chaos.Invariants;
using Crime.Chaos.Models;
using Crime.Gateway.Core.Queueing;

namespace Crime.Chaos.Nodes;

/// <summary>A request of one life of a gateway. Used again and again.</summary>
internal sealed class ChaosRequest : PendingRequest
{
    private bool _isOwned;

    /// <summary>The message that has brought it.</summary>
    public Message Message { get; set; } = null!;

    /// <summary>The gateways that it has been to, this one included.</summary>
    public Visit Visit { get; set; } = null!;

    /// <summary>Topic of its answer.</summary>
    public string ReplyTopic { get; set; } = "";

    /// <summary>The id that it was addressed to.</summary>
    public string AddressedTo { get; set; } = "";

    /// <summary>Its latency budget as it arrived, in µs; 0 for none.</summary>
    public uint ArrivedBudgetUs { get; set; }

    /// <summary>Its arrival in µs of the gateway's clock.</summary>
    public long EnteredUs { get; set; }

    /// <summary>True when its cancellation has come while it waited, here or at an upstream.</summary>
    public bool WasCancelled { get; set; }

    /// <summary>The class that a worker has found.</summary>
    public int Label { get; set; }

    /// <summary>The logits that a worker has computed.</summary>
    public short[] Logits { get; } = new short[TinyModel.ClassCount];

    /// <summary>True while the core owes an answer. See <see cref="RequestBook"/>.</summary>
    public ref bool IsOwned => ref _isOwned;

    /// <summary>Time in µs until the budget is spent; <see cref="long.MaxValue"/> without one.</summary>
    public long LeftUs(long nowUs) => ArrivedBudgetUs == 0 ? long.MaxValue : EnteredUs + ArrivedBudgetUs - nowUs;

    /// <summary>Computes the result as a worker does.</summary>
    public void Compute(ServedTinyModel model) => Label = model.Model.Run(
        model.Engine, Frame.Values.AsMemory(0, Frame.ValueCount), Frame.State.AsSpan(0, Frame.StateCount), Logits);
}
