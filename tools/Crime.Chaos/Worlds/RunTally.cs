// Counts the ends of inputs and requests. They show that the runs have met every kind of trouble.

using System.Collections.Generic;
using System.Linq;

namespace Crime.Chaos.Worlds;

/// <summary>Ends of inputs and requests.</summary>
internal enum Outcome
{
    /// <summary>The board computed the input by choice.</summary>
    Local,

    /// <summary>A gateway computed the input.</summary>
    Gateway,

    /// <summary>The board computed the input after a gateway had refused it or had not answered.</summary>
    Fallback,

    /// <summary>A gateway refused a request of a board.</summary>
    Refused,

    /// <summary>A board gave a request up.</summary>
    TimedOut,

    /// <summary>A board dropped an answer that came late or twice.</summary>
    Late,

    /// <summary>A board had no connection for its request.</summary>
    NotSent,

    /// <summary>A gateway passed a request on.</summary>
    PassedOn,

    /// <summary>A request came back to the gateway that had passed it on, refused or not in time.</summary>
    CameBack,

    /// <summary>A gateway dropped an answer of an upstream that came late or twice.</summary>
    LateRelayed,

    /// <summary>A board waited because it cannot compute and no gateway answered.</summary>
    Retried,

    /// <summary>A board began to compute while its request was open.</summary>
    Hedged,

    /// <summary>A board sent a request to another gateway as well, because the first was late.</summary>
    Repeated,

    /// <summary>A board had another result before the answer, and cancelled the request.</summary>
    Overtaken,

    /// <summary>A gateway did not compute a request, because it was cancelled.</summary>
    Cancelled,
}

/// <summary>Counts outcomes.</summary>
internal sealed class RunTally
{
    private readonly int[] _counts = new int[(int)Outcome.Cancelled + 1];

    /// <summary>Outcomes by name.</summary>
    public IReadOnlyDictionary<string, int> ByName =>
        _counts.Select((count, outcome) => (Outcome: (Outcome)outcome, Count: count)).ToDictionary(entry => entry.Outcome.ToString(), entry => entry.Count);

    /// <summary>Counts outcomes.</summary>
    public void Add(Outcome outcome, int count = 1) => _counts[(int)outcome] += count;
}
