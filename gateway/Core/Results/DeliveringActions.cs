// The answers to requests whose results are wanted behind the gateway go to the delivery, and not to the board.

using Crime.Gateway.Core.Actions;
using Crime.Gateway.Core.Queueing;

namespace Crime.Gateway.Core.Results;

/// <summary>The actions of a gateway, apart from answers to deliveries.</summary>
internal sealed class DeliveringActions : IGatewayActions
{
    private readonly IGatewayActions _actions;

    /// <summary>Makes the actions.</summary>
    /// <param name="actions">Executes all others.</param>
    public DeliveringActions(IGatewayActions actions) => _actions = actions;

    /// <summary>Receives the answers to deliveries; set before the first request.</summary>
    public ResultDelivery Delivery { get; set; } = null!;

    /// <inheritdoc/>
    public int? StatusListenerCount => _actions.StatusListenerCount;

    /// <inheritdoc/>
    public void Reply(PendingRequest request, in Reply reply)
    {
        if (request.Item == null) _actions.Reply(request, reply);
        else Delivery.OnReply(request, reply);
    }

    /// <inheritdoc/>
    public void Drop(PendingRequest request)
    {
        if (request.Item == null) _actions.Drop(request);
        else Delivery.OnDefect(request);
    }

    /// <inheritdoc/>
    public bool TryPassOn(PendingRequest request, in RelayAttempt attempt) => _actions.TryPassOn(request, attempt);

    /// <inheritdoc/>
    public void PassOnCancel(string node, uint session, uint sequence) => _actions.PassOnCancel(node, session, sequence);

    /// <inheritdoc/>
    public void SendPing(string node, uint session, uint sequence) => _actions.SendPing(node, session, sequence);

    /// <inheritdoc/>
    public void PublishStatus(in StatusPublication publication) => _actions.PublishStatus(publication);

    /// <inheritdoc/>
    public void WakeWorker() => _actions.WakeWorker();

    /// <inheritdoc/>
    public void WakeClock() => _actions.WakeClock();

    /// <inheritdoc/>
    public void WakeRelay() => _actions.WakeRelay();
}
