// A board: its engine, its links, and the input it is working on.

using Crime.Costs;
using Crime.Mapping;
using Crime.Simulation.Events;
using Crime.Simulation.Inputs;
using Crime.Simulation.Scenarios;

namespace Crime.Simulation.World;

/// <summary>What a board is doing.</summary>
internal enum BoardState : byte
{
    /// <summary>Nothing.</summary>
    Idle,

    /// <summary>It computes an input.</summary>
    Computing,

    /// <summary>It brings its radio up to send an input away.</summary>
    BringingUp,

    /// <summary>It waits for an answer.</summary>
    Waiting,

    /// <summary>It brings its radio up to hear of gateways.</summary>
    Refreshing,
}

/// <summary>State of a board.</summary>
internal sealed class SimBoard
{
    /// <summary>Its number.</summary>
    public int Index;

    /// <summary>Its group.</summary>
    public BoardGroup Group = null!;

    /// <summary>What inputs cost it.</summary>
    public BoardCosts Costs = null!;

    /// <summary>Decides.</summary>
    public MappingEngine Engine = null!;

    /// <summary>Links to its gateways, by slot.</summary>
    public SimLink[] Links = [];

    /// <summary>What was heard of each gateway, by slot.</summary>
    public StatusReader[] Readers = [];

    /// <summary>When it last looked what had been heard, in µs.</summary>
    public long LookedAtUs;

    /// <summary>Numbers of its links in fates.</summary>
    public int FirstLink;

    /// <summary>When its access point's first beacon is, in µs.</summary>
    public double BeaconPhaseUs;

    /// <summary>Round trip as last measured, by slot, in µs; below zero when never.</summary>
    public double[] LastRttUs = [];

    /// <summary>Lengths and moments of its inputs.</summary>
    public RandomStream Inputs;

    /// <summary>Fates of its inputs.</summary>
    public RandomStream Noise;

    /// <summary>Fates of its pings.</summary>
    public RandomStream Upkeep;

    /// <summary>Decisions of the policy that throws dice.</summary>
    public RandomStream Dice;

    /// <summary>What bringing its radio up costs, as it has learnt; null where the radio stays up.</summary>
    public RadioCost? RadioUp;

    /// <summary>When its radio was last up.</summary>
    public long RadioUpAtUs;

    /// <summary>What it is doing.</summary>
    public BoardState State;

    /// <summary>Number of the step that it waits for; events with another are stale.</summary>
    public uint Sequence;

    /// <summary>True when what it heard while computing was added to the time of that.</summary>
    public bool IsDelayed;

    /// <summary>Inputs of a recording that it has begun.</summary>
    public int ReplayedCount;

    /// <summary>When its input is due, or was.</summary>
    public long InputDueUs;

    /// <summary>The input.</summary>
    public LengthCount Input = null!;

    /// <summary>The input's fate.</summary>
    public Fate Fate;

    /// <summary>When work on the input began.</summary>
    public long StartUs;

    /// <summary>The decision about the input.</summary>
    public readonly Decision Decision = new();

    /// <summary>Slot that the input was sent over.</summary>
    public int Slot;

    /// <summary>Gateway that has to compute the input; -1 where they decide.</summary>
    public int Target;

    /// <summary>Time from the arrival of its request to the answer at the gateway, in µs, as the oracle knows it.</summary>
    public long TrueAnswerUs;

    /// <summary>When the request was handed to the MQTT client.</summary>
    public long SentUs;

    /// <summary>When the radio was asked to come up.</summary>
    public long BringUpUs;

    /// <summary>Energy spent on the input so far, in µJ.</summary>
    public double EnergyUj;

    /// <summary>True when the input came back unanswered.</summary>
    public bool IsFallback;

    /// <summary>When it looks after its links next; ticks at another time are stale.</summary>
    public long NextTickUs;
}
