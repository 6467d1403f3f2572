// The results of a simulated gateway that are wanted behind it: a store that takes some time, receipts, and consumers that receive everything.

using System.Collections.Generic;
using Crime.Frames;
using Crime.Gateway.Core.Actions;
using Crime.Gateway.Core.Queueing;
using Crime.Gateway.Core.Results;
using Crime.Simulation.Events;

namespace Crime.Simulation.World;

internal sealed partial class GatewayDriver : IResultActions
{
    // Items are stored in their order, all in the same time.
    private readonly Queue<DeliveryItem> _storing = new();

    // Carry the receipts back to their boards.
    private readonly Dictionary<(uint Session, uint Sequence), SimRequest> _carriers = [];

    /// <summary>The oldest item is stored.</summary>
    public void OnStored() => _core.Results.OnStored(_storing.Dequeue(), isStored: true, NowUs);

    /// <inheritdoc/>
    public void Store(DeliveryItem item)
    {
        _world.OwedResults++;
        _storing.Enqueue(item);
        _world.Events.Add(NowUs + SimulationRun.StoreUs, EventKind.Stored, Index);
    }

    /// <inheritdoc/>
    public void SendReceipt(string board, uint session, uint sequence, in Reply reply)
    {
        if (TakeCarrier(session, sequence) is not { } carrier) return;
        carrier.RelayCount = 0;
        carrier.Answer = reply;
        _world.SendBack(carrier, ResponseFrame.HeaderSize, EventKind.Answer);
    }

    /// <inheritdoc/>
    public void FillResult(PendingRequest request, in Reply reply, ResultFrame result)
    {
        // A simulated network has no classes.
    }

    /// <inheritdoc/>
    public void Publish(DeliveryItem item, byte[] payload)
    {
        _world.OnPublished(item.Key);
        _core.Results.OnPublished(item, NowUs);
    }

    /// <inheritdoc/>
    public void Forget(DeliveryItem item)
    {
        // The store of a simulation has no end.
    }

    private void ExpectReceipt(SimRequest request)
    {
        SimRequest carrier = _world.Rent(request.Origin, request.Slot, request.Session, request.Sequence, request.Draws);
        carrier.Input = request.Input;
        carrier.SentUs = request.SentUs;
        carrier.SizeBytes = request.SizeBytes;
        _carriers[(request.Session, request.Sequence)] = carrier;
    }

    private SimRequest? TakeCarrier(uint session, uint sequence) => _carriers.Remove((session, sequence), out SimRequest? carrier) ? carrier : null;
}
