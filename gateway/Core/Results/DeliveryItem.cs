// An accepted input: from its receipt to its published result.

using Crime.Frames;
using Crime.Gateway.Core.Queueing;

namespace Crime.Gateway.Core.Results;

/// <summary>Progress of an accepted input.</summary>
public enum DeliveryState
{
    /// <summary>The driver stores it; there is no receipt yet.</summary>
    Storing,

    /// <summary>Stored; it waits for room in the queue.</summary>
    Waiting,

    /// <summary>In the queue, at a worker, or passed on.</summary>
    Computing,

    /// <summary>Its result waits for the broker.</summary>
    Ready,

    /// <summary>The broker has its result and has not acknowledged it.</summary>
    Publishing,
}

/// <summary>An accepted input. Guarded by the lock of <see cref="ResultDelivery"/>, apart from what never changes.</summary>
public sealed class DeliveryItem
{
    /// <summary>Makes an item that is to be stored.</summary>
    /// <param name="key">Its identity.</param>
    /// <param name="sizeBytes">Bytes that count for the bound.</param>
    public DeliveryItem(ResultKey key, int sizeBytes)
    {
        Key = key;
        SizeBytes = sizeBytes;
    }

    /// <summary>Its identity.</summary>
    public ResultKey Key { get; }

    /// <summary>Bytes that count for the bound.</summary>
    public int SizeBytes { get; }

    /// <summary>The request; null when the board has computed the result, and after the computation.</summary>
    public PendingRequest? Request { get; set; }

    /// <summary>The result; null until there is one.</summary>
    public ResultFrame? Result { get; set; }

    /// <summary>Arrival at the gateway in µs of its clock.</summary>
    public long ArrivedUs { get; set; }

    /// <summary>Time in ms from the arrival of the input at the board until the arrival at the gateway.</summary>
    public uint AgeMs { get; set; }

    /// <summary>True when a result of this key may have been published before.</summary>
    public bool IsRepeat { get; set; }

    /// <summary>True when the board asked the gateway's group.</summary>
    public bool IsForGroup { get; init; }

    /// <summary>Its progress.</summary>
    public DeliveryState State { get; set; }

    /// <summary>Session of the last frame that waits for the receipt.</summary>
    public uint Session { get; internal set; }

    /// <summary>Sequence number of that frame.</summary>
    internal uint Sequence { get; set; }

    /// <summary>Computations that have ended with a defect.</summary>
    internal int FailureCount { get; set; }
}
