// What a worker computes at a time: requests that go well together.

using System;
using Crime.Gateway.Models;

namespace Crime.Gateway.Serving;

/// <summary>
/// A batch while it is put together: one model and version, similar lengths, and no more than can be ready by the earliest
/// deadline. Each worker has one, which it fills again and again.
/// </summary>
/// <remarks>
/// Nothing waits for a batch to fill: a worker that is free takes what is there, and while all are busy the queue fills by
/// itself. A request is thus delayed by the batches that already run, and by no timer.
/// </remarks>
public sealed class Batch
{
    /// <summary>Most requests in a batch; the engine's cost per sequence is flat from about eight on.</summary>
    public const int MaxCount = 32;

    /// <summary>Longest a batch of several may take by prediction, in µs: what comes meanwhile has to wait for its end.</summary>
    public const long MaxDurationUs = 10_000;

    // A short sequence is answered when the longest of its batch is ready. It shall not wait for more than half as much again.
    private const int LengthSlack = 8;

    private readonly PendingRequest[] _requests = new PendingRequest[MaxCount];
    private int _shortest;
    private int _longest;
    private double _aloneUs;
    private long _startUs;
    private long _deadlineUs;

    /// <summary>Requests in it.</summary>
    public int Count { get; private set; }

    /// <summary>Whether there is no room for another.</summary>
    public bool IsFull => Count == MaxCount;

    /// <summary>The model of all its requests; meaningful while there are any.</summary>
    public GatewayModel Model => _requests[0].Model;

    /// <summary>Its requests, in the queue's order.</summary>
    public ReadOnlySpan<PendingRequest> Requests => _requests.AsSpan(0, Count);

    /// <summary>Predicted times of its requests if each were alone, in µs.</summary>
    public double AloneUs => _aloneUs;

    /// <summary>Predicted time to compute it, in µs.</summary>
    public long PredictedUs => Count == 0 ? 0 : Duration(Count, _aloneUs, Model);

    /// <summary>Starts anew around the most urgent request, which is not added yet.</summary>
    /// <param name="head">The request that decides what may come along.</param>
    /// <param name="nowUs">When computing begins.</param>
    public void Begin(PendingRequest head, long nowUs)
    {
        Clear();
        _shortest = _longest = head.Frame.Length;
        _startUs = nowUs;
        _deadlineUs = long.MaxValue;
    }

    /// <summary>Adds a request if it goes well with those that are in.</summary>
    /// <param name="request">Not more urgent than any of them.</param>
    public bool TryAdd(PendingRequest request)
    {
        if (IsFull) return false;
        int length = request.Frame.Length;
        int shortest = Math.Min(_shortest, length), longest = Math.Max(_longest, length);
        long deadlineUs = request.HasDeadline ? Math.Min(_deadlineUs, request.DeadlineUs) : _deadlineUs;
        if (Count > 0)
        {
            if (request.Model != Model || longest > shortest + shortest / 2 + LengthSlack) return false;
            long durationUs = Duration(Count + 1, _aloneUs + request.AloneUs, request.Model);
            if (durationUs > MaxDurationUs || _startUs + durationUs > deadlineUs) return false;
        }
        (_shortest, _longest, _deadlineUs) = (shortest, longest, deadlineUs);
        _aloneUs += request.AloneUs;
        _requests[Count++] = request;
        return true;
    }

    /// <summary>Takes a request out that is not to be computed after all.</summary>
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
        Count = 0;
        _aloneUs = 0;
    }

    private static long Duration(int count, double aloneUs, GatewayModel model) => (long)(aloneUs * model.Cost.ShareOf(count));
}
