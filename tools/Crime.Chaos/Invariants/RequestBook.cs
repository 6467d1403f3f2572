// The requests that a gateway owes an answer, counted where they enter and leave its core and not inside it.

namespace Crime.Chaos.Invariants;

/// <summary>The books of one life of a gateway.</summary>
internal sealed class RequestBook
{
    private readonly string _gateway;
    private readonly int _capacity;

    /// <summary>Opens the books.</summary>
    /// <param name="gateway">Id of the gateway.</param>
    /// <param name="capacity">Most requests that may wait, and most that may be passed on, as configured.</param>
    public RequestBook(string gateway, int capacity)
    {
        _gateway = gateway;
        _capacity = capacity;
    }

    /// <summary>Requests that have entered the core and have not left it.</summary>
    public int OwnedCount { get; private set; }

    /// <summary>Requests that workers compute.</summary>
    public int RunningCount { get; set; }

    /// <summary>A request enters.</summary>
    /// <param name="isOwned">The mark that is kept beside the request.</param>
    public void OnEnter(ref bool isOwned)
    {
        isOwned = true;
        OwnedCount++;
    }

    /// <summary>A request is answered, or dropped because of a defect.</summary>
    /// <param name="isOwned">The mark that is kept beside the request.</param>
    /// <exception cref="InvariantException">It was answered before.</exception>
    public void OnLeave(ref bool isOwned)
    {
        if (!isOwned) throw new InvariantException($"{_gateway}: a request is answered twice");
        isOwned = false;
        OwnedCount--;
    }

    /// <summary>Checks that every request has an owner, and that queue and relay keep their bounds.</summary>
    /// <param name="depth">Requests that wait, as the gateway counts them.</param>
    /// <param name="inFlight">Requests that were passed on, as the gateway counts them.</param>
    /// <exception cref="InvariantException">The counts differ, or one is beyond its bound.</exception>
    public void Check(int depth, int inFlight)
    {
        int waiting = OwnedCount - RunningCount - inFlight;
        if (waiting != depth)
        {
            throw new InvariantException(
                $"{_gateway}: a request has no owner: of {OwnedCount} {depth} wait, {RunningCount} are computed and {inFlight} are passed on");
        }
        if (waiting > _capacity) throw new InvariantException($"{_gateway}: {waiting} requests wait; the capacity is {_capacity}");
        if (inFlight > _capacity) throw new InvariantException($"{_gateway}: {inFlight} requests are passed on; the capacity is {_capacity}");
    }
}
