// The requests that wait. A request waits nowhere else, so the published queue depth comes from the count of this queue.

using System;
using System.Collections.Generic;
using System.Threading;
using Crime.Frames;
using Crime.Gateway.Core.Load;

namespace Crime.Gateway.Core.Queueing;

/// <summary>Result of a worker's attempt to take a batch.</summary>
public enum TakeOutcome
{
    /// <summary>The batch holds requests.</summary>
    Taken,

    /// <summary>Nothing waits. The worker counts as waiting until its next attempt.</summary>
    Empty,

    /// <summary>The queue is closed, or it is empty and its entrance is closed: the worker ends.</summary>
    Closed,
}

/// <summary>A bounded queue, earliest deadline first. Thread-safe; no method waits.</summary>
public sealed class RequestQueue
{
    // Requests behind the head that a batch considers; the requests beyond are work for later batches.
    private const int MaxScanned = 256;

    private readonly Lock _lock = new();
    private PendingRequest? _first;
    private PendingRequest? _last;
    private int _count;
    private int _waitingTakerCount;
    private long _takenCount;
    private double _waitingUs;
    private bool _isEntranceClosed;
    private bool _isClosed;

    /// <summary>Makes an empty queue.</summary>
    /// <param name="capacity">Most requests that may wait.</param>
    public RequestQueue(int capacity) => Capacity = capacity;

    /// <summary>Most requests that may wait.</summary>
    public int Capacity { get; }

    /// <summary>Requests that wait.</summary>
    public int Depth => Volatile.Read(ref _count);

    /// <summary>Requests that wait because all workers are busy: <see cref="Depth"/>, or 0 while a worker waits for requests.</summary>
    /// <remarks>An idle worker takes its batch as soon as its thread runs.</remarks>
    public int DepthBehindBusyWorkers
    {
        get { lock (_lock) return _waitingTakerCount > 0 ? 0 : _count; }
    }

    /// <summary>Predicted work of the requests that wait, in µs.</summary>
    public long WaitingUs
    {
        get { lock (_lock) return (long)Math.Round(_waitingUs); }
    }

    /// <summary>Requests that workers have taken since the start.</summary>
    public long TakenCount => Interlocked.Read(ref _takenCount);

    /// <summary>True when requests wait while a worker waits for requests.</summary>
    public bool NeedsTaker => Depth > 0 && Volatile.Read(ref _waitingTakerCount) > 0;

    /// <summary>Inserts a request by its deadline, without regard to the deadlines of others.</summary>
    /// <returns>False when the queue is full or closed, or its entrance is closed.</returns>
    public bool TryAdd(PendingRequest request)
    {
        lock (_lock)
        {
            if (_count >= Capacity || _isEntranceClosed) return false;
            Insert(request, PlaceOf(request, out _));
            return true;
        }
    }

    /// <summary>
    /// Inserts a request by its deadline if it can be answered in time there, and every request behind it still can. A request without a
    /// deadline that would make others late goes behind them instead: it may have been at another gateway first, and its place be past.
    /// </summary>
    /// <param name="request">The request, with its predicted cost and its deadline.</param>
    /// <param name="nowUs">The time.</param>
    /// <param name="leftUs">Remaining work per worker in µs, 0 for an idle worker; sorted in place.</param>
    /// <returns><see cref="ResponseCode.Ok"/>, or the reason of the refusal.</returns>
    public ResponseCode Admit(PendingRequest request, long nowUs, Span<long> leftUs)
    {
        var ahead = new FluidQueue(leftUs);
        lock (_lock)
        {
            if (_isEntranceClosed) return ResponseCode.Stopping;
            if (_count >= Capacity) return ResponseCode.QueueFull;
            PendingRequest? before = PlaceOf(request, out double behindUs);
            ahead.Pour(_waitingUs - behindUs);
            if (request.HasDeadline && nowUs + ahead.StartUs + request.AloneUs > request.DeadlineUs) return ResponseCode.TooLate;
            ahead.Pour(request.CostUs);
            if (!AreInTimeBehind(before, ahead, nowUs))
            {
                if (request.HasDeadline) return ResponseCode.TooLate;
                before = YieldToDeadlines(request);
            }
            Insert(request, before);
            return ResponseCode.Ok;
        }
    }

    /// <summary>Takes the most urgent request, and those that can be computed together with it.</summary>
    /// <param name="batch">An empty batch to fill, the worker's own.</param>
    /// <param name="nowUs">The time.</param>
    /// <returns>True when the batch holds requests now.</returns>
    public TakeOutcome TryTake(Batch batch, long nowUs)
    {
        lock (_lock)
        {
            if (batch.IsWaiting) _waitingTakerCount--;
            batch.IsWaiting = false;
            if (_isClosed) return TakeOutcome.Closed;
            if (_first == null)
            {
                if (_isEntranceClosed) return TakeOutcome.Closed;
                batch.IsWaiting = true;
                _waitingTakerCount++;
                return TakeOutcome.Empty;
            }
            // Waiting workers get their share of the requests.
            int most = (_count + _waitingTakerCount) / (1 + _waitingTakerCount);
            PendingRequest? request = _first;
            batch.Begin(request, nowUs);
            for (int scanned = 0; request != null && scanned < MaxScanned && batch.Count < most && !batch.IsFull; scanned++)
            {
                PendingRequest? next = request.After;
                if (batch.TryAdd(request)) Remove(request);
                request = next;
            }
            _takenCount += batch.Count;
            return TakeOutcome.Taken;
        }
    }

    /// <summary>Removes a request that waits. A request that a worker has taken stays.</summary>
    /// <param name="isMeant">Returns true for the request; called while the queue is locked.</param>
    /// <returns>The request; null when it does not wait.</returns>
    public PendingRequest? TryRemove(Predicate<PendingRequest> isMeant)
    {
        lock (_lock)
        {
            PendingRequest? request = _first;
            while (request != null && !isMeant(request)) request = request.After;
            if (request != null) Remove(request);
            return request;
        }
    }

    /// <summary>Admits no more requests; waiting requests can still be taken.</summary>
    public void CloseEntrance()
    {
        lock (_lock) _isEntranceClosed = true;
    }

    /// <summary>Closes the queue for both sides.</summary>
    /// <returns>The requests that still waited, the most urgent first.</returns>
    public IReadOnlyList<PendingRequest> Close()
    {
        lock (_lock)
        {
            _isClosed = _isEntranceClosed = true;
            var left = new List<PendingRequest>(_count);
            while (_first != null)
            {
                left.Add(_first);
                Remove(_first);
            }
            return left;
        }
    }

    /// <summary>The request that a request has to stand behind, or null for none. The search begins at the end, where most belong.</summary>
    private PendingRequest? PlaceOf(PendingRequest request, out double behindUs)
    {
        PendingRequest? before = _last;
        behindUs = 0;
        while (before != null && before.DeadlineUs > request.DeadlineUs)
        {
            behindUs += before.CostUs;
            before = before.Before;
        }
        return before;
    }

    /// <summary>Moves a request without a deadline behind all that have one; at least one of them stands behind its place.</summary>
    /// <returns>The request that it has to stand behind.</returns>
    private PendingRequest? YieldToDeadlines(PendingRequest request)
    {
        PendingRequest last = _last!;
        while (!last.HasDeadline) last = last.Before!;
        request.DeadlineUs = last.DeadlineUs;
        return PlaceOf(request, out _);
    }

    private bool AreInTimeBehind(PendingRequest? place, FluidQueue ahead, long nowUs)
    {
        for (PendingRequest? waiting = place == null ? _first : place.After; waiting != null; waiting = waiting.After)
        {
            if (waiting.HasDeadline && nowUs + ahead.StartUs + waiting.AloneUs > waiting.DeadlineUs) return false;
            ahead.Pour(waiting.CostUs);
        }
        return true;
    }

    private void Insert(PendingRequest request, PendingRequest? before)
    {
        PendingRequest? after = before == null ? _first : before.After;
        (request.Before, request.After) = (before, after);
        if (before == null) _first = request;
        else before.After = request;
        if (after == null) _last = request;
        else after.Before = request;
        _count++;
        _waitingUs += request.CostUs;
    }

    private void Remove(PendingRequest request)
    {
        if (request.Before == null) _first = request.After;
        else request.Before.After = request.After;
        if (request.After == null) _last = request.Before;
        else request.After.Before = request.Before;
        request.Before = request.After = null;
        _count--;
        // Rounding errors must not accumulate.
        _waitingUs = _count == 0 ? 0 : _waitingUs - request.CostUs;
    }
}
