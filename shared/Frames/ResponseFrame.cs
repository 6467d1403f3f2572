// The answer to a request. It carries the gateway's own times, so that the board can tell the link from the server, and
// the queue's depth, so that the board's picture of the load is as fresh as its last answer.

using Crime.Binary;
using Crime.FixedPoint;

namespace Crime.Frames;

/// <summary>What became of a request.</summary>
public enum ResponseCode : byte
{
    /// <summary>Classified; label and logits are valid.</summary>
    Ok = 0,

    /// <summary>Refused: the queue is full.</summary>
    QueueFull = 1,

    /// <summary>Refused: the answer could not be ready within the request's budget.</summary>
    TooLate = 2,

    /// <summary>Refused: the gateway does not have that model.</summary>
    UnknownModel = 3,

    /// <summary>Refused: the sequence does not fit the model (numbers per timestep, encoding, or an unknown token).</summary>
    WrongInput = 4,

    /// <summary>Refused: the gateway is shutting down.</summary>
    Stopping = 5,

    /// <summary>Not computed: its sender has cancelled it while it waited.</summary>
    Cancelled = 6,

    /// <summary>The receipt of a delivery or of a result: the gateway will publish the result.</summary>
    Accepted = 7,

    /// <summary>Refused: the gateway keeps no results, or has no room for a further one.</summary>
    NoDelivery = 8,
}

/// <summary>The answer to a <see cref="RequestFrame"/>.</summary>
public sealed class ResponseFrame
{
    /// <summary>Bytes before the logits.</summary>
    public const int HeaderSize = 32;

    /// <summary>Session of the request.</summary>
    public uint Session;

    /// <summary>Sequence number of the request.</summary>
    public uint Sequence;

    /// <summary>What became of the request.</summary>
    public ResponseCode Code;

    /// <summary>Index of the class; 0 when refused.</summary>
    public int Label;

    /// <summary>Time in µs that the request waited: in the queue or, when it was passed on, on links and in queues beyond.</summary>
    public uint WaitUs;

    /// <summary>Time in µs that it was computed.</summary>
    public uint ServiceUs;

    /// <summary>Requests still waiting when the answer was sent.</summary>
    public int Depth;

    /// <summary>Work still waiting in µs, over all workers.</summary>
    public uint BacklogUs;

    /// <summary>Fraction bits of the logits, 0 to 15.</summary>
    public int FractionBits;

    /// <summary>Number of logits; 0 when refused. For an anomaly they are the threshold and the score.</summary>
    public int ClassCount;

    /// <summary>Nodes that the request was passed on to, 0 to <see cref="CostAdvert.MaxPathNodes"/>; 0 when the gateway itself answered.</summary>
    public int RelayCount;

    /// <summary>The logits; at least <see cref="ClassCount"/> long.</summary>
    public short[] Logits;

    /// <summary>Number of labels: one for each timestep of the request, or one for each token of an answer; 0 for an answer without them.</summary>
    public int LabelCount;

    /// <summary>The labels in the order of the timesteps; at least <see cref="LabelCount"/> long.</summary>
    public byte[] Labels;

    /// <summary>Softmax of <see cref="Label"/> in per mille, 1 to 1000; 0 without logits.</summary>
    public int ConfidencePerMille => ClassCount == 0 ? 0 : Confidence.PerMille(Logits, Label, ClassCount, FractionBits);

    /// <summary>Bytes of the whole frame.</summary>
    public int Size => HeaderSize + 2 * ClassCount + StepLabels.SizeOf(LabelCount);

    /// <summary>Writes the frame into a new array.</summary>
    public byte[] Encode()
    {
        var bytes = new byte[Size];
        FrameFormat.WritePrefix(bytes, FrameType.Response);
        bytes[2] = (byte)Code;
        bytes[3] = (byte)FractionBits;
        LittleEndian.WriteUInt32(bytes, 4, Session);
        LittleEndian.WriteUInt32(bytes, 8, Sequence);
        LittleEndian.WriteUInt32(bytes, 12, WaitUs);
        LittleEndian.WriteUInt32(bytes, 16, ServiceUs);
        LittleEndian.WriteUInt32(bytes, 20, BacklogUs);
        LittleEndian.WriteInt16(bytes, 24, Depth > 65535 ? 65535 : Depth);
        LittleEndian.WriteInt16(bytes, 26, Label);
        LittleEndian.WriteInt16(bytes, 28, ClassCount);
        bytes[30] = (byte)RelayCount;
        bytes[31] = (byte)(LabelCount > 0 ? 1 : 0);
        for (int i = 0; i < ClassCount; i++) LittleEndian.WriteInt16(bytes, HeaderSize + 2 * i, Logits[i]);
        StepLabels.Write(bytes, HeaderSize + 2 * ClassCount, Labels, LabelCount);
        return bytes;
    }

    /// <summary>Reads foreign bytes into this object; <see cref="Logits"/> is reused when long enough.</summary>
    /// <returns>Why the frame was refused, or <see cref="FrameError.None"/>. After a refusal the fields are meaningless.</returns>
    public FrameError Decode(byte[] bytes)
    {
        FrameError error = FrameFormat.CheckPrefix(bytes, FrameType.Response, HeaderSize);
        if (error != FrameError.None) return error;
        if (bytes[2] > (byte)ResponseCode.NoDelivery || bytes[3] > 15) return FrameError.Range;
        Code = (ResponseCode)bytes[2];
        FractionBits = bytes[3];
        Session = LittleEndian.ReadUInt32(bytes, 4);
        Sequence = LittleEndian.ReadUInt32(bytes, 8);
        WaitUs = LittleEndian.ReadUInt32(bytes, 12);
        ServiceUs = LittleEndian.ReadUInt32(bytes, 16);
        BacklogUs = LittleEndian.ReadUInt32(bytes, 20);
        Depth = LittleEndian.ReadUInt16(bytes, 24);
        Label = LittleEndian.ReadUInt16(bytes, 26);
        ClassCount = LittleEndian.ReadUInt16(bytes, 28);
        RelayCount = bytes[30];
        if (RelayCount > CostAdvert.MaxPathNodes) return FrameError.Range;
        if (ClassCount > Model.ModelFormat.MaxClasses) return FrameError.Range;
        if (Code == ResponseCode.Ok ? Label >= ClassCount : ClassCount != 0) return FrameError.Range;
        error = StepLabels.Read(bytes, HeaderSize + 2 * ClassCount, bytes[31], ClassCount, ref Labels, out LabelCount);
        if (error != FrameError.None) return error;
        if (Logits == null || Logits.Length < ClassCount) Logits = new short[ClassCount];
        for (int i = 0; i < ClassCount; i++) Logits[i] = LittleEndian.ReadInt16(bytes, HeaderSize + 2 * i);
        return FrameError.None;
    }
}
