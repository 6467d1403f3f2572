// All nodes of a run share the scheduler, the random stream, the rates of the network, the books, and the planted fault.

using System;
using Crime.Chaos.Events;
using Crime.Chaos.Invariants;
using Crime.Chaos.Planting;
using Crime.Simulation.Events;

namespace Crime.Chaos.Worlds;

/// <summary>The world of one run.</summary>
internal sealed class World
{
    private RandomStream _random;
    private int _requestCount;

    /// <summary>Makes a world in which nothing is scheduled.</summary>
    /// <param name="seed">Decides everything random.</param>
    /// <param name="planted">A defect that the run is made with.</param>
    public World(int seed, PlantedFault planted)
    {
        _random = new RandomStream((ulong)seed, StreamPurpose.Draws, 0);
        Planted = planted;
        Rates = new NetworkRates(ref _random);
    }

    /// <summary>The clock and the order of the events.</summary>
    public Scheduler Scheduler { get; } = new();

    /// <summary>Harm to messages.</summary>
    public NetworkRates Rates { get; }

    /// <summary>Faults so far.</summary>
    public FaultCounts Faults { get; } = new();

    /// <summary>Ends of inputs and requests.</summary>
    public RunTally Tally { get; } = new();

    /// <summary>Inputs and results.</summary>
    public InputLedger Inputs { get; } = new();

    /// <summary>The retained messages that the broker has to keep.</summary>
    public RetainedWatch Retained { get; } = new();

    /// <summary>A defect that the run is made with.</summary>
    public PlantedFault Planted { get; }

    /// <summary>Called when the request of a board has entered a gateway; null for nothing.</summary>
    public Action<IEventTarget>? RequestEntered { get; set; }

    /// <summary>True once the faults have ended and no new inputs come.</summary>
    public bool IsHealing { get; set; }

    /// <summary>Most gateways that a request has been to.</summary>
    public int DeepestVisit { get; set; }

    /// <summary>The time in µs.</summary>
    public long NowUs => Scheduler.NowUs;

    /// <summary>Random bits.</summary>
    public uint NextBits() => (uint)_random.NextBits();

    /// <summary>A number from 0 to below a limit.</summary>
    public int Below(int limit) => _random.NextBelow(limit);

    /// <summary>A number within bounds, both included.</summary>
    public int Between(int least, int most) => least + _random.NextBelow(most - least + 1);

    /// <summary>True once in so many times.</summary>
    public bool OneIn(int count) => _random.NextBelow(count) == 0;

    /// <summary>Draws whether something of a rate per thousand happens.</summary>
    public bool Happens(int rate) => NetworkRates.Happens(ref _random, rate);

    /// <summary>Number of a new request.</summary>
    public int NextRequest() => ++_requestCount;
}
