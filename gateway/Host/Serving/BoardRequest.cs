// A request of a node, with the data that its answer needs.

using System;
using System.Collections.Generic;
using System.Threading;
using Crime.Gateway.Core.Queueing;
using Crime.Gateway.Inference;

namespace Crime.Gateway.Serving;

/// <summary>A request in the host. Used again and again; see <see cref="RequestPool"/>.</summary>
public sealed class BoardRequest : PendingRequest
{
    /// <summary>Receiver of the answer.</summary>
    public ReplyAddress Reply { get; set; } = ReplyAddress.None;

    /// <summary>Called once the request has been answered; null without acknowledgement.</summary>
    public Action? Acknowledge { get; set; }

    /// <summary>The answer that a worker has found.</summary>
    public SequenceAnswer Answer { get; } = new();

    /// <summary>True when its worker has others to answer at the same time.</summary>
    public bool IsOneOfMany { get; set; }
}

/// <summary>The request objects that are not in use. Thread-safe.</summary>
public sealed class RequestPool
{
    private readonly Stack<BoardRequest> _unused = new();
    private readonly Lock _lock = new();

    /// <summary>A request object to fill.</summary>
    public BoardRequest Rent()
    {
        lock (_lock) return _unused.TryPop(out BoardRequest? request) ? request : new BoardRequest();
    }

    /// <summary>Takes a request object back: the request has been answered, or never will be.</summary>
    /// <param name="request">An object of this pool.</param>
    public void Return(BoardRequest request)
    {
        request.Acknowledge?.Invoke();
        request.Acknowledge = null;
        request.Model = null;
        lock (_lock) _unused.Push(request);
    }
}
