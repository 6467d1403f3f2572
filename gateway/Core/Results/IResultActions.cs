// The outputs of a gateway that publishes results: a store that outlives the process, receipts, and messages for consumers.

using Crime.Frames;
using Crime.Gateway.Core.Actions;
using Crime.Gateway.Core.Queueing;

namespace Crime.Gateway.Core.Results;

/// <summary>Executes the decisions about results. No call is made while the core holds a lock; calls come from any thread.</summary>
public interface IResultActions
{
    /// <summary>Stores an item. The driver calls <see cref="ResultDelivery.OnStored"/> afterwards, also on failure, and may do so at once.</summary>
    /// <param name="item">The item, with its request or its result.</param>
    void Store(DeliveryItem item);

    /// <summary>Sends a receipt, or the refusal of a result.</summary>
    /// <param name="board">Id of the board.</param>
    /// <param name="session">Session of the frame that is acknowledged.</param>
    /// <param name="sequence">Its sequence number.</param>
    /// <param name="reply">The content.</param>
    void SendReceipt(string board, uint session, uint sequence, in Reply reply);

    /// <summary>Copies label and logits of a computed request into its result.</summary>
    /// <param name="request">The request.</param>
    /// <param name="reply">The content of the answer that it would get.</param>
    /// <param name="result">Receives them.</param>
    void FillResult(PendingRequest request, in Reply reply, ResultFrame result);

    /// <summary>
    /// Publishes a result. The driver calls <see cref="ResultDelivery.OnPublished"/> when the broker has acknowledged it, or
    /// <see cref="ResultDelivery.OnNotPublished"/>.
    /// </summary>
    /// <param name="item">The item.</param>
    /// <param name="payload">The frame.</param>
    void Publish(DeliveryItem item, byte[] payload);

    /// <summary>Notes in the store that the result of an item was published.</summary>
    /// <param name="item">The item.</param>
    void Forget(DeliveryItem item);
}
