// A request on its way, with its answer; and other work that only takes time.

using Crime.Frames;
using Crime.Gateway.Core.Queueing;
using Crime.Simulation.Inputs;

namespace Crime.Simulation.World;

/// <summary>A request. Used again once it is answered and the answer has arrived or got lost.</summary>
internal sealed class SimRequest : PendingRequest
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

    /// <summary>Session of a relayed request or ping.</summary>
    public uint Session;

    /// <summary>Gateway that has to compute it; -1 where the gateways decide.</summary>
    public int Target;

    /// <summary>The input.</summary>
    public LengthCount Input = null!;

    /// <summary>What will happen to it.</summary>
    public Fate Fate;

    /// <summary>When it left its origin.</summary>
    public long SentUs;

    /// <summary>True service time at the gateway where it is, in µs.</summary>
    public long ServiceUs;

    /// <summary>True when it waits in a queue.</summary>
    public bool IsWaiting;

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
}
