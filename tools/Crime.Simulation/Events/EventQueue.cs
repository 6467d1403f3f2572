// What happens next: a 4-ary heap of structs, in order of time and, at the same time, of insertion, so that a run never
// depends on how the heap happens to lie.

using System;

namespace Crime.Simulation.Events;

/// <summary>Kinds of events.</summary>
internal enum EventKind : byte
{
    /// <summary>A board has its next input.</summary>
    Input,

    /// <summary>A board measures its links.</summary>
    Tick,

    /// <summary>A board has computed an input.</summary>
    LocalDone,

    /// <summary>A duty-cycled board's radio is up.</summary>
    RadioUp,

    /// <summary>A duty-cycled board gives up its wait for a usable gateway.</summary>
    WakeLimit,

    /// <summary>A duty-cycled board looks for kept inputs and reports that are due.</summary>
    Look,

    /// <summary>A request reaches a gateway.</summary>
    Request,

    /// <summary>An answer reaches the node that asked.</summary>
    Answer,

    /// <summary>The node that asked gives up.</summary>
    Timeout,

    /// <summary>An answer is later than forecast: the board computes as well.</summary>
    Hedge,

    /// <summary>A cancellation reaches a gateway.</summary>
    Cancel,

    /// <summary>A ping reaches a gateway.</summary>
    Ping,

    /// <summary>A pong reaches the node that pinged.</summary>
    Pong,

    /// <summary>A worker of a gateway has finished.</summary>
    Served,

    /// <summary>A gateway has stored an accepted input.</summary>
    Stored,

    /// <summary>A gateway's next status is due.</summary>
    Publish,

    /// <summary>Other work arrives at a gateway.</summary>
    Background,

    /// <summary>A gateway measures its upstream links.</summary>
    GatewayTick,

    /// <summary>A status of an upstream reaches a gateway.</summary>
    UpstreamStatus,
}

/// <summary>One event.</summary>
internal struct SimEvent
{
    /// <summary>When, in µs.</summary>
    public long AtUs;

    /// <summary>Insertion number.</summary>
    public uint Order;

    /// <summary>What.</summary>
    public EventKind Kind;

    /// <summary>Board or gateway.</summary>
    public int Node;

    /// <summary>Request, worker or ping.</summary>
    public int Subject;

    /// <summary>Number that tells an event that is no longer wanted.</summary>
    public uint Sequence;
}

/// <summary>Priority queue of events. Not thread-safe.</summary>
internal sealed class EventQueue
{
    private SimEvent[] _heap = new SimEvent[1024];
    private uint _inserted;

    /// <summary>Events waiting.</summary>
    public int Count { get; private set; }

    /// <summary>Adds an event.</summary>
    public void Add(long atUs, EventKind kind, int node, int subject = 0, uint sequence = 0)
    {
        if (Count == _heap.Length) Array.Resize(ref _heap, 2 * Count);
        var added = new SimEvent { AtUs = atUs, Order = _inserted++, Kind = kind, Node = node, Subject = subject, Sequence = sequence };
        int at = Count++;
        while (at > 0)
        {
            int parent = (at - 1) >> 2;
            if (!IsBefore(added, _heap[parent])) break;
            _heap[at] = _heap[parent];
            at = parent;
        }
        _heap[at] = added;
    }

    /// <summary>Takes the next event; there must be one.</summary>
    public SimEvent Take()
    {
        SimEvent first = _heap[0], last = _heap[--Count];
        int at = 0;
        while (true)
        {
            int child = 4 * at + 1;
            if (child >= Count) break;
            int least = child, end = Math.Min(child + 4, Count);
            for (int i = child + 1; i < end; i++)
                if (IsBefore(_heap[i], _heap[least])) least = i;
            if (!IsBefore(_heap[least], last)) break;
            _heap[at] = _heap[least];
            at = least;
        }
        _heap[at] = last;
        return first;
    }

    private static bool IsBefore(in SimEvent a, in SimEvent b) => a.AtUs < b.AtUs || a.AtUs == b.AtUs && (int)(a.Order - b.Order) < 0;
}
