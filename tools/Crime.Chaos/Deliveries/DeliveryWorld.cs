// The fault test of results that are wanted behind the gateway: a small world of its own, whose messages, receipts and acknowledgements get lost,
// and whose gateways die with everything but their journal.

using System;
using System.Collections.Generic;
using Crime.Simulation.Events;

namespace Crime.Chaos.Deliveries;

/// <summary>A defect that a run is made with.</summary>
internal enum DeliveryFault
{
    /// <summary>None: the product as it is.</summary>
    None,

    /// <summary>A gateway that is killed loses its journal.</summary>
    JournalLost,

    /// <summary>A gateway gives receipts before an input is stored.</summary>
    ReceiptBeforeStore,

    /// <summary>A board gives an input a new number when it repeats it.</summary>
    KeyChanged,
}

/// <summary>Counts that show that a run has met every kind of trouble.</summary>
internal sealed class DeliveryCounts
{
    /// <summary>Messages that were lost.</summary>
    public int Lost;

    /// <summary>Messages that came twice.</summary>
    public int Doubled;

    /// <summary>Gateways that were killed.</summary>
    public int Kills;

    /// <summary>Boards that have slept deeply.</summary>
    public int Sleeps;

    /// <summary>Repeats that boards have sent.</summary>
    public int Repeats;

    /// <summary>Own results that boards have sent.</summary>
    public int OwnResults;

    /// <summary>Results with the flag.</summary>
    public int Flagged;

    /// <summary>Own results that boards had no room for.</summary>
    public int NoRoom;

    /// <summary>Adds the counts of another run.</summary>
    public void Add(DeliveryCounts other)
    {
        Lost += other.Lost;
        Doubled += other.Doubled;
        Kills += other.Kills;
        Sleeps += other.Sleeps;
        Repeats += other.Repeats;
        OwnResults += other.OwnResults;
        Flagged += other.Flagged;
        NoRoom += other.NoRoom;
    }
}

/// <summary>Time, random draws and the network.</summary>
internal sealed class DeliveryWorld
{
    private readonly PriorityQueue<Action, (long AtUs, int Order)> _events = new();
    private RandomStream _random;
    private int _order;

    /// <summary>Makes a world in which nothing is scheduled.</summary>
    /// <param name="seed">Decides everything random.</param>
    /// <param name="planted">A defect that the run is made with.</param>
    public DeliveryWorld(int seed, DeliveryFault planted)
    {
        _random = new RandomStream((ulong)seed, StreamPurpose.Messages, 0);
        Planted = planted;
        LossPerMille = OneIn(4) ? 0 : Below(300);
    }

    /// <summary>A defect that the run is made with.</summary>
    public DeliveryFault Planted { get; }

    /// <summary>Counts of the run.</summary>
    public DeliveryCounts Counts { get; } = new();

    /// <summary>Messages of 1000 that are lost, or come twice.</summary>
    public int LossPerMille { get; private set; }

    /// <summary>True once the faults have ended.</summary>
    public bool IsHealing { get; private set; }

    /// <summary>The time in µs.</summary>
    public long NowUs { get; private set; }

    /// <summary>A number from 0 to below a limit.</summary>
    public int Below(int limit) => _random.NextBelow(limit);

    /// <summary>True once in so many times.</summary>
    public bool OneIn(int count) => Below(count) == 0;

    /// <summary>True when a message is lost.</summary>
    public bool Loses()
    {
        if (Below(1000) >= LossPerMille) return false;
        Counts.Lost++;
        return true;
    }

    /// <summary>Ends all faults.</summary>
    public void Heal()
    {
        IsHealing = true;
        LossPerMille = 0;
    }

    /// <summary>Schedules an event.</summary>
    public void After(long us, Action action) => _events.Enqueue(action, (NowUs + us, ++_order));

    /// <summary>Sends a message, which may be lost, come twice, or overtake others.</summary>
    public void Send(Action deliver)
    {
        if (!Loses()) After(WayUs(), deliver);
        if (Below(1000) >= LossPerMille) return;
        Counts.Doubled++;
        After(WayUs(), deliver);
    }

    /// <summary>Runs events until a time.</summary>
    public void RunUntil(long untilUs)
    {
        while (_events.TryPeek(out _, out var at) && at.AtUs <= untilUs)
        {
            Action action = _events.Dequeue();
            NowUs = at.AtUs;
            action();
        }
        NowUs = untilUs;
    }

    private long WayUs() => 1000 + Below(OneIn(8) && !IsHealing ? 3_000_000 : 5000);
}
