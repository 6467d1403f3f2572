// The batching policy: which waiting requests a worker computes together.

using System;
using Crime.Gateway.Core.Models;

namespace Crime.Gateway.Core.Queueing;

/// <summary>
/// A batch of one model and of similar lengths, no longer than the earliest deadline allows. Every worker has one, and fills it again and
/// again.
/// </summary>
/// <remarks>
/// No batch waits to fill. An idle worker takes the requests that wait, and while all workers are busy the queue fills by itself. So a
/// request is delayed by the batches that already run, and by no timer. Where batches save no time, every request is computed alone.
/// </remarks>
public sealed class Batch
{
    /// <summary>Most requests in a batch; the engine's cost per sequence is constant from about eight on.</summary>
    public const int MaxCount = 32;

    /// <summary>Longest predicted time of a batch of several requests, in µs: later requests have to wait for its end.</summary>
    public const long MaxDurationUs = 10_000;

    // A short sequence is answered when the longest of its batch is ready. It shall not wait for more than half as much again.
    private const int LengthSlack = 8;

    private readonly PendingRequest[] _requests = new PendingRequest[MaxCount];
    private int _shortest;
    private int _longest;
    private double _aloneUs;
    private long _deadlineUs;

    /// <summary>Makes an empty batch.</summary>
    /// <param name="worker">Index of the worker that computes it.</param>
    public Batch(int worker) => Worker = worker;

    /// <summary>Index of the worker that computes it.</summary>
    public int Worker { get; }

    /// <summary>Requests in it.</summary>
    public int Count { get; private set; }

    /// <summary>True when there is no room for another request.</summary>
    public bool IsFull => Count == MaxCount;

    /// <summary>The model of all its requests; meaningful while there are any.</summary>
    public ServedModel Model => _requests[0].Model!;

    /// <summary>Its requests, in the order of the queue.</summary>
    public ReadOnlySpan<PendingRequest> Requests => _requests.AsSpan(0, Count);

    /// <summary>Sum of the predicted times of its requests in batches of one, in µs.</summary>
    public double AloneUs => _aloneUs;

    /// <summary>Start of the computation in µs of the gateway's clock.</summary>
    public long StartedUs { get; private set; }

    /// <summary>Predicted time to compute it, in µs.</summary>
    public long PredictedUs => Count == 0 ? 0 : DurationUs(Count, _aloneUs, Model);

    /// <summary>Requests at its beginning that are answered already; they belong to their driver again.</summary>
    internal int RepliedCount { get; set; }

    /// <summary>True when its worker found the queue empty and waits; guarded by the queue's lock.</summary>
    internal bool IsWaiting { get; set; }

    /// <summary>Starts an empty batch around the most urgent request, which is not added yet.</summary>
    /// <param name="head">The request that decides which others fit.</param>
    /// <param name="nowUs">Start of the computation.</param>
    public void Begin(PendingRequest head, long nowUs)
    {
        Clear();
        _shortest = _longest = head.Frame.Length;
        StartedUs = nowUs;
        _deadlineUs = long.MaxValue;
    }

    /// <summary>Adds a request if it fits the others.</summary>
    /// <param name="request">Not more urgent than any of them, and with a model.</param>
    /// <returns>True when it was added.</returns>
    public bool TryAdd(PendingRequest request)
    {
        if (IsFull) return false;
        int length = request.Frame.Length;
        int shortest = Math.Min(_shortest, length), longest = Math.Max(_longest, length);
        long deadlineUs = request.HasDeadline ? Math.Min(_deadlineUs, request.DeadlineUs) : _deadlineUs;
        if (Count > 0)
        {
            if (request.Model != Model || longest > shortest + shortest / 2 + LengthSlack) return false;
            if (!Model.Cost.GainsFrom(Count + 1)) return false;
            long durationUs = DurationUs(Count + 1, _aloneUs + request.AloneUs, Model);
            if (durationUs > MaxDurationUs || StartedUs + durationUs > deadlineUs) return false;
        }
        (_shortest, _longest, _deadlineUs) = (shortest, longest, deadlineUs);
        _aloneUs += request.AloneUs;
        _requests[Count++] = request;
        return true;
    }

    /// <summary>Removes a request.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1; the later ones move up.</param>
    public void RemoveAt(int index)
    {
        _aloneUs -= _requests[index].AloneUs;
        Count--;
        for (int i = index; i < Count; i++) _requests[i] = _requests[i + 1];
        _requests[Count] = null!;
    }

    /// <summary>Empties it.</summary>
    public void Clear()
    {
        Array.Clear(_requests, 0, Count);
        Count = RepliedCount = 0;
        _aloneUs = 0;
    }

    private static long DurationUs(int count, double aloneUs, ServedModel model) => (long)(aloneUs * model.Cost.ShareOf(count));
}
