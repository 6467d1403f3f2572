// A request or a ping on its way, with its answer; and other work of a gateway.

using Crime.Frames;
using Crime.Gateway.Core.Actions;
using Crime.Gateway.Core.Queueing;
using Crime.Simulation.Inputs;

namespace Crime.Simulation.World;

/// <summary>A request. The world uses it again once the answer has arrived or is lost.</summary>
internal sealed class SimRequest : PendingRequest
{
    /// <summary>Origin of other work.</summary>
    public const int NoOrigin = int.MinValue;

    private static readonly byte[] s_tokens = new byte[FrameFormat.MaxLength];

    /// <summary>Its own number.</summary>
    public int Index;

    /// <summary>Number of the board that sent it, -1 minus the number of the gateway that did, or <see cref="NoOrigin"/>.</summary>
    public int Origin;

    /// <summary>The link of its origin that it uses.</summary>
    public int Slot;

    /// <summary>Session of its origin.</summary>
    public uint Session;

    /// <summary>Sequence number of its origin.</summary>
    public uint Sequence;

    /// <summary>Gateway that has to compute it; -1 where the gateways decide.</summary>
    public int Target;

    /// <summary>The input.</summary>
    public LengthCount Input = null!;

    /// <summary>Its random draws.</summary>
    public Draws Draws;

    /// <summary>Time in µs at which it left its origin.</summary>
    public long SentUs;

    /// <summary>True service time in µs at the gateway that has it.</summary>
    public long ServiceUs;

    /// <summary>True while it waits in a queue.</summary>
    public bool IsWaiting;

    /// <summary>Bytes of the request; 0 for other work.</summary>
    public int SizeBytes;

    /// <summary>The result that a board has computed and sends; null for a request.</summary>
    public ResultFrame? Result;

    /// <summary>The answer without the frame of an upstream; the load alone for a ping.</summary>
    public Reply Answer;

    /// <summary>Nodes that the request was passed on to.</summary>
    public int RelayCount;

    /// <summary>Writes the answer into a frame.</summary>
    public void CopyTo(ResponseFrame frame)
    {
        frame.Session = Session;
        frame.Sequence = Sequence;
        frame.Code = Answer.Code;
        frame.WaitUs = Answer.WaitUs;
        frame.ServiceUs = Answer.ServiceUs;
        frame.BacklogUs = Answer.Load.BacklogUs;
        frame.Depth = Answer.Load.Depth;
        frame.RelayCount = RelayCount;
        // The end of an output is a step of it, and no token of the answer.
        frame.LabelCount = Answer.Code == ResponseCode.Ok && Input is { OutputLength: > 0 } input ? input.OutputLength - 1 : 0;
        if (frame.LabelCount > 0) frame.Labels = s_tokens;
    }
}
