// A request on its way, with its answer; and other work that only takes time.

using Crime.Frames;
using Crime.Simulation.Inputs;

namespace Crime.Simulation.World;

/// <summary>A request. Used again once it is answered and the answer has arrived or got lost.</summary>
internal sealed class SimRequest
{
    /// <summary>Origin of other work.</summary>
    public const int NoOrigin = int.MinValue;

    /// <summary>Its own number.</summary>
    public int Index;

    /// <summary>The board that asked, or -1 - the gateway that passed it on, or <see cref="NoOrigin"/>.</summary>
    public int Origin;

    /// <summary>Which of its origin's links it came over.</summary>
    public int Slot;

    /// <summary>The number that its origin waits for.</summary>
    public uint Sequence;

    /// <summary>The request that it was passed on for; -1 for a board's.</summary>
    public int Parent;

    /// <summary>Number of the request that it was passed on as; 0 when it was not, or no longer is.</summary>
    public uint RelaySequence;

    /// <summary>Which of the gateway's upstreams it was passed on to.</summary>
    public int RelaySlot;

    /// <summary>Gateway that has to compute it; -1 where the gateways decide.</summary>
    public int Target;

    /// <summary>The input.</summary>
    public LengthCount Input = null!;

    /// <summary>Length that decisions are made with.</summary>
    public int LengthForDecision;

    /// <summary>What will happen to it.</summary>
    public Fate Fate;

    /// <summary>When it left its origin.</summary>
    public long SentUs;

    /// <summary>When it reached the gateway.</summary>
    public long ArrivedUs;

    /// <summary>Time after its arrival at which nobody wants it any more, in µs.</summary>
    public long BudgetUs;

    /// <summary>What the gateway expects it to cost, in µs.</summary>
    public int CostUs;

    /// <summary>What it costs, in µs.</summary>
    public long ServiceUs;

    /// <summary>The answer's code.</summary>
    public ResponseCode Code;

    /// <summary>Time that it waited, as the answer says.</summary>
    public long AnswerWaitUs;

    /// <summary>Time that it took, as the answer says; 0 for a refusal.</summary>
    public long AnswerServiceUs;

    /// <summary>Backlog that the answer tells, in µs.</summary>
    public uint AnswerBacklogUs;

    /// <summary>Depth that the answer tells.</summary>
    public int AnswerDepth;

    /// <summary>Nodes that it was passed on to.</summary>
    public int RelayCount;

    /// <summary>The nodes that it has visited, for the gateway's engine; null until one needs it.</summary>
    public RequestFrame? Frame;
}
