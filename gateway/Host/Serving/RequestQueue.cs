// The requests that wait. The count of this queue is the queue depth that boards are told: there is no other place where a
// request could wait unseen.

using System;
using System.Collections.Generic;
using System.Threading;
using Crime.Gateway.Core;
using Crime.Frames;

namespace Crime.Gateway.Serving;

/// <summary>A bounded queue, the earliest deadline first, and the pool its requests come from. Thread-safe.</summary>
public sealed class RequestQueue
{
    // How far behind its head a batch looks for company: beyond that lies work for later batches.
    private const int MaxScanned = 256;

    private readonly object _lock = new();
    private readonly Stack<PendingRequest> _unused = new();
    private PendingRequest? _first;
    private PendingRequest? _last;
    private int _count;
    private int _idleTakerCount;
    private double _waitingUs;
    private bool _isEntranceClosed;
    private bool _isClosed;

    /// <summary>Makes an empty queue.</summary>
    /// <param name="capacity">Most requests that may wait.</param>
    public RequestQueue(int capacity) => Capacity = capacity;

    /// <summary>Most requests that may wait.</summary>
    public int Capacity { get; }

    /// <summary>Requests that wait.</summary>
    public int Depth
    {
        get { lock (_lock) return _count; }
    }

    /// <summary>Predicted work of the requests that wait, in µs.</summary>
    public long WaitingUs
    {
        get { lock (_lock) return (long)Math.Round(_waitingUs); }
    }

    /// <summary>A request object to fill; to be given back by <see cref="Return"/> once it is answered.</summary>
    public PendingRequest Rent()
    {
        lock (_lock) return _unused.TryPop(out PendingRequest? request) ? request : new PendingRequest();
    }

    /// <summary>Takes a request object back: the request has been answered, or never will be.</summary>
    public void Return(PendingRequest request)
    {
        request.Acknowledge?.Invoke();
        request.Acknowledge = null;
        request.Model = null!;
        lock (_lock) _unused.Push(request);
    }

    /// <summary>Puts a request in its place, whatever that means for the others' deadlines.</summary>
    /// <returns>False when the queue is full or closed, or its entrance is.</returns>
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
    /// Puts a request in its place if it can be answered in time there, and everybody behind it still can. One without a deadline that
    /// would make others late goes behind those instead: it may have been at another gateway first, and its place be long past.
    /// </summary>
    /// <param name="request">The request, priced and with its deadline.</param>
    /// <param name="nowUs">The time.</param>
    /// <param name="leftUs">Work left per worker in µs, 0 for an idle one; sorted in place.</param>
    /// <returns><see cref="ResponseCode.Ok"/>, or why it is refused.</returns>
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
                before = GiveWay(request);
            }
            Insert(request, before);
            return ResponseCode.Ok;
        }
    }

    /// <summary>Takes the most urgent request and such that can be computed together with it; waits while there is none.</summary>
    /// <param name="batch">An empty batch to fill.</param>
    /// <param name="time">The clock.</param>
    /// <returns>False when the queue is closed, or empty with its entrance closed; the batch is empty then.</returns>
    public bool Take(Batch batch, TimeProvider time)
    {
        lock (_lock)
        {
            _idleTakerCount++;
            while (_count == 0 && !_isEntranceClosed) Monitor.Wait(_lock);
            _idleTakerCount--;
            if (_isClosed || _count == 0) return false;

            // Workers that have nothing to do get their part of what is there.
            int most = (_count + _idleTakerCount) / (1 + _idleTakerCount);
            PendingRequest? request = _first;
            batch.Begin(request!, time.NowUs());
            for (int scanned = 0; request != null && scanned < MaxScanned && batch.Count < most && !batch.IsFull; scanned++)
            {
                PendingRequest? next = request.After;
                if (batch.TryAdd(request)) Remove(request);
                request = next;
            }
            if (_count > 0 && _idleTakerCount > 0) Monitor.Pulse(_lock);
            return true;
        }
    }

    /// <summary>Lets nothing in any more; what waits can still be taken.</summary>
    public void CloseEntrance()
    {
        lock (_lock)
        {
            _isEntranceClosed = true;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Lets nothing in or out any more, and wakes those who wait.</summary>
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
            Monitor.PulseAll(_lock);
            return left;
        }
    }

    /// <summary>
    /// The request that it has to stand behind, or null for none. The search begins at the end, where most requests belong.
    /// </summary>
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

    /// <summary>Lets all that have a deadline go before a request that has none, of whom there is at least one behind its place.</summary>
    /// <returns>The request that it has to stand behind.</returns>
    private PendingRequest? GiveWay(PendingRequest request)
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
        if (_idleTakerCount > 0) Monitor.Pulse(_lock);
    }

    private void Remove(PendingRequest request)
    {
        if (request.Before == null) _first = request.After;
        else request.Before.After = request.After;
        if (request.After == null) _last = request.Before;
        else request.After.Before = request.Before;
        request.Before = request.After = null;
        _count--;
        // What rounding leaves behind must not add up.
        _waitingUs = _count == 0 ? 0 : _waitingUs - request.CostUs;
    }
}
