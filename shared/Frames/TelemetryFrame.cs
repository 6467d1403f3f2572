// What each inference cost a board. A board publishes no telemetry of its own: two small writes in a row meet Nagle's algorithm and the
// peer's delayed acknowledgement, and the second one waits about 40 ms. Its records travel at the end of its next request or ping instead,
// which the gateway answers at once. The gateway publishes them as a telemetry frame.

using System;
using Crime.Binary;

namespace Crime.Frames;

/// <summary>Where an inference ran.</summary>
public enum Target : byte
{
    /// <summary>On the board: the mapping chose it.</summary>
    Local = 0,

    /// <summary>On a gateway.</summary>
    Gateway = 1,

    /// <summary>On the board although the decision was a gateway: it refused, did not answer in time, or was later than the board.</summary>
    Fallback = 2,
}

/// <summary>One finished inference.</summary>
public sealed class TelemetryRecord
{
    /// <summary>Size of a record in bytes.</summary>
    public const int Size = 32;

    /// <summary>Resolution of <see cref="TailUs"/>.</summary>
    public const int TailStepUs = 100;

    private const int ValueFlag = 128;
    private const int AnomalyFlag = 64;

    /// <summary>Number of the input within the session.</summary>
    public uint Input;

    /// <summary>Length of the input in timesteps.</summary>
    public int Length;

    /// <summary>Index of the class.</summary>
    public int Label;

    /// <summary>Where it ran.</summary>
    public Target Target;

    /// <summary>Time from the decision to the result, in µs.</summary>
    public uint TimeUs;

    /// <summary>Time in µs for which the radio listens after the result; in steps of <see cref="TailStepUs"/>, up to 6.5 s.</summary>
    public int TailUs;

    /// <summary>Energy above the idle baseline in <see cref="TimeUs"/> and <see cref="TailUs"/>, in µJ.</summary>
    public uint EnergyUj;

    /// <summary>Background energy since the record before, in µJ: what no input has caused.</summary>
    public uint BackgroundUj;

    /// <summary>Length from which the board would have offloaded, in timesteps; 65535 for never.</summary>
    public int BreakEvenLength;

    /// <summary>Queue depth of the gateway, as last published.</summary>
    public int Depth;

    /// <summary>Timesteps that the board had computed when it sent the rest of a stream to a gateway; 0 when no stream was handed off.</summary>
    public int Done;

    /// <summary>Softmax of the class in per mille, 1 to 1000; 0 when it is not known.</summary>
    public int ConfidencePerMille;

    /// <summary>True when the answer is values: <see cref="Value"/> is there, and label and confidence are not, but for the class of an anomaly.</summary>
    public bool HasValue;

    /// <summary>The first value in its unit, or the score of an anomaly.</summary>
    public float Value;

    /// <summary>True when a sensor measured the energy; false when it was computed from the board's profile.</summary>
    public bool Measured;

    /// <summary>Lowest seven bits of the model's id: they distinguish the models before and after a change.</summary>
    public int ModelTag;

    /// <summary>Returns the tag of a model.</summary>
    /// <param name="modelId">Id of the model.</param>
    public static int TagOf(uint modelId) => (int)(modelId & 0x7F);

    internal void Write(byte[] bytes, int at)
    {
        bytes[at] = (byte)((int)Target | (HasValue ? ValueFlag | (Label == 1 ? AnomalyFlag : 0) : 0));
        bytes[at + 1] = (byte)((Measured ? 1 : 0) | ModelTag << 1);
        LittleEndian.WriteInt16(bytes, at + 2, Length);
        LittleEndian.WriteUInt32(bytes, at + 4, Input);
        LittleEndian.WriteUInt32(bytes, at + 8, TimeUs);
        LittleEndian.WriteUInt32(bytes, at + 12, EnergyUj);
        LittleEndian.WriteInt16(bytes, at + 16, Label);
        LittleEndian.WriteInt16(bytes, at + 18, BreakEvenLength);
        LittleEndian.WriteInt16(bytes, at + 20, Depth);
        LittleEndian.WriteInt16(bytes, at + 22, Done);
        LittleEndian.WriteUInt32(bytes, at + 24, BackgroundUj);
        int tail = TailUs / TailStepUs;
        LittleEndian.WriteInt16(bytes, at + 28, tail > ushort.MaxValue ? ushort.MaxValue : tail);
        LittleEndian.WriteInt16(bytes, at + 30, ConfidencePerMille);
        if (!HasValue) return;
        byte[] value = BitConverter.GetBytes(Value);
        for (int i = 0; i < 2; i++)
        {
            bytes[at + 16 + i] = value[i];
            bytes[at + 30 + i] = value[i + 2];
        }
    }

    internal FrameError Read(byte[] bytes, int at)
    {
        int flags = bytes[at] & (ValueFlag | AnomalyFlag);
        Target = (Target)(bytes[at] - flags);
        HasValue = (flags & ValueFlag) != 0;
        if (Target > Target.Fallback || flags == AnomalyFlag) return FrameError.Range;
        Measured = (bytes[at + 1] & 1) == 1;
        ModelTag = bytes[at + 1] >> 1;
        Length = LittleEndian.ReadUInt16(bytes, at + 2);
        Input = LittleEndian.ReadUInt32(bytes, at + 4);
        TimeUs = LittleEndian.ReadUInt32(bytes, at + 8);
        EnergyUj = LittleEndian.ReadUInt32(bytes, at + 12);
        Label = LittleEndian.ReadUInt16(bytes, at + 16);
        BreakEvenLength = LittleEndian.ReadUInt16(bytes, at + 18);
        Depth = LittleEndian.ReadUInt16(bytes, at + 20);
        Done = LittleEndian.ReadUInt16(bytes, at + 22);
        BackgroundUj = LittleEndian.ReadUInt32(bytes, at + 24);
        TailUs = LittleEndian.ReadUInt16(bytes, at + 28) * TailStepUs;
        ConfidencePerMille = LittleEndian.ReadUInt16(bytes, at + 30);
        Value = 0;
        if (HasValue)
        {
            Value = BitConverter.ToSingle(new[] { bytes[at + 16], bytes[at + 17], bytes[at + 30], bytes[at + 31] }, 0);
            Label = flags >> 6 & 1;
            ConfidencePerMille = 0;
            if (float.IsNaN(Value) || float.IsInfinity(Value)) return FrameError.Range;
        }
        return ConfidencePerMille <= 1000 ? FrameError.None : FrameError.Range;
    }
}

/// <summary>Records of finished inferences of one board, as a gateway publishes them.</summary>
public sealed class TelemetryFrame
{
    /// <summary>Size of the frame without its records, in bytes.</summary>
    public const int HeaderSize = 8;

    /// <summary>Largest number of records in a frame, a request or a ping.</summary>
    public const int MaxRecords = 16;

    /// <summary>The board's session.</summary>
    public uint Session;

    /// <summary>Number of records, 1 to <see cref="MaxRecords"/>.</summary>
    public int Count;

    /// <summary>The records, of which the first <see cref="Count"/> are valid.</summary>
    public readonly TelemetryRecord[] Records = new TelemetryRecord[MaxRecords];

    /// <summary>Makes an empty frame.</summary>
    public TelemetryFrame()
    {
        for (int i = 0; i < Records.Length; i++) Records[i] = new TelemetryRecord();
    }

    /// <summary>Writes the frame into a new array.</summary>
    public byte[] Encode()
    {
        byte[] bytes = Start(Session, Count);
        for (int i = 0; i < Count; i++) Records[i].Write(bytes, HeaderSize + i * TelemetryRecord.Size);
        return bytes;
    }

    /// <summary>Makes a frame of the records at the end of a request or a ping.</summary>
    /// <param name="session">The board's session.</param>
    /// <param name="bytes">Holds the records.</param>
    /// <param name="offset">Index of the first byte of the first record.</param>
    /// <param name="count">Number of records.</param>
    public static byte[] Wrap(uint session, byte[] bytes, int offset, int count)
    {
        byte[] frame = Start(session, count);
        Array.Copy(bytes, offset, frame, HeaderSize, count * TelemetryRecord.Size);
        return frame;
    }

    /// <summary>Reads foreign bytes into this object.</summary>
    /// <returns>Why the frame was refused, or <see cref="FrameError.None"/>. After a refusal the fields are meaningless.</returns>
    public FrameError Decode(byte[] bytes)
    {
        FrameError error = FrameFormat.CheckPrefix(bytes, FrameType.Telemetry, HeaderSize);
        if (error != FrameError.None) return error;
        Count = bytes[2];
        if (Count < 1 || Count > MaxRecords || bytes[3] != 0) return FrameError.Range;
        int size = HeaderSize + Count * TelemetryRecord.Size;
        if (bytes.Length < size) return FrameError.TooShort;
        if (bytes.Length > size) return FrameError.TooLong;
        Session = LittleEndian.ReadUInt32(bytes, 4);
        for (int i = 0; i < Count && error == FrameError.None; i++) error = Records[i].Read(bytes, HeaderSize + i * TelemetryRecord.Size);
        return error;
    }

    private static byte[] Start(uint session, int count)
    {
        var bytes = new byte[HeaderSize + count * TelemetryRecord.Size];
        FrameFormat.WritePrefix(bytes, FrameType.Telemetry);
        bytes[2] = (byte)count;
        LittleEndian.WriteUInt32(bytes, 4, session);
        return bytes;
    }
}
