// The requests that wait. The count of this queue is the queue depth that boards are told: there is no other place where a
// request could wait unseen.

using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Threading;

namespace Crime.Gateway.Serving;

/// <summary>A bounded first-in-first-out queue, and the pool its requests come from. Thread-safe.</summary>
public sealed class RequestQueue
{
    private readonly object _lock = new();
    private readonly PendingRequest[] _ring;
    private readonly Stack<PendingRequest> _unused = new();
    private int _first;
    private int _count;
    private long _waitingUs;
    private bool _isEntranceClosed;
    private bool _isClosed;

    /// <summary>Makes an empty queue.</summary>
    /// <param name="capacity">Most requests that may wait.</param>
    public RequestQueue(int capacity) => _ring = new PendingRequest[capacity];

    /// <summary>Most requests that may wait.</summary>
    public int Capacity => _ring.Length;

    /// <summary>Requests that wait.</summary>
    public int Depth
    {
        get { lock (_lock) return _count; }
    }

    /// <summary>Predicted work of the requests that wait, in µs.</summary>
    public long WaitingUs
    {
        get { lock (_lock) return _waitingUs; }
    }

    /// <summary>A request object to fill; to be given back by <see cref="Return"/> once it is answered.</summary>
    public PendingRequest Rent()
    {
        lock (_lock) return _unused.TryPop(out PendingRequest? request) ? request : new PendingRequest();
    }

    /// <summary>Takes a request object back.</summary>
    public void Return(PendingRequest request)
    {
        lock (_lock) _unused.Push(request);
    }

    /// <summary>Appends a request.</summary>
    /// <returns>False when the queue is full or closed, or its entrance is.</returns>
    public bool TryAdd(PendingRequest request)
    {
        lock (_lock)
        {
            if (_count == _ring.Length || _isEntranceClosed) return false;
            _ring[(_first + _count++) % _ring.Length] = request;
            _waitingUs += request.CostUs;
            Monitor.Pulse(_lock);
            return true;
        }
    }

    /// <summary>Takes the oldest request, and waits for one if there is none.</summary>
    /// <returns>False when the queue is closed, or empty with its entrance closed.</returns>
    public bool TryTake([NotNullWhen(true)] out PendingRequest? request)
    {
        lock (_lock)
        {
            while (_count == 0 && !_isEntranceClosed) Monitor.Wait(_lock);
            request = _isClosed || _count == 0 ? null : TakeFirst();
            return request != null;
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
    /// <returns>The requests that still waited, oldest first.</returns>
    public IReadOnlyList<PendingRequest> Close()
    {
        lock (_lock)
        {
            _isClosed = _isEntranceClosed = true;
            var left = new List<PendingRequest>(_count);
            while (_count > 0) left.Add(TakeFirst());
            Monitor.PulseAll(_lock);
            return left;
        }
    }

    private PendingRequest TakeFirst()
    {
        PendingRequest request = _ring[_first];
        _first = (_first + 1) % _ring.Length;
        _count--;
        _waitingUs -= request.CostUs;
        return request;
    }
}
