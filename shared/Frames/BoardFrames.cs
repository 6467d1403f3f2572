// What a board says of itself: that it is there, and what each inference cost it.

using Crime.Binary;
using Crime.Mapping;

namespace Crime.Frames;

/// <summary>Where an inference ran.</summary>
public enum Target : byte
{
    /// <summary>On the board: the mapping chose it.</summary>
    Local = 0,

    /// <summary>On a gateway.</summary>
    Gateway = 1,

    /// <summary>On the board after a gateway did not answer in time or refused.</summary>
    Fallback = 2,
}

/// <summary>One finished inference, as the board saw it.</summary>
public sealed class TelemetryFrame
{
    /// <summary>Bytes of the frame.</summary>
    public const int Size = 32;

    /// <summary>The board's session.</summary>
    public uint Session;

    /// <summary>Number of the input within the session.</summary>
    public uint Input;

    /// <summary>Length of the input in timesteps.</summary>
    public int Length;

    /// <summary>Index of the class found.</summary>
    public int Label;

    /// <summary>Where it ran.</summary>
    public Target Target;

    /// <summary>From the decision to the result, in µs.</summary>
    public uint TimeUs;

    /// <summary>Energy that the board spent in that time, in µJ.</summary>
    public uint EnergyUj;

    /// <summary>Length from which the board would offload at that moment; 65535 for never.</summary>
    public int BreakEvenLength;

    /// <summary>Last known queue depth of the gateway.</summary>
    public int Depth;

    /// <summary>Timesteps that the board had computed when it sent the rest of a stream to a gateway; 0 when no stream was handed off.</summary>
    public int Done;

    /// <summary>Whether the energy was measured by a sensor (true) or computed from the board's profile.</summary>
    public bool Measured;

    /// <summary>Writes the frame into a new array.</summary>
    public byte[] Encode()
    {
        var bytes = new byte[Size];
        FrameFormat.WritePrefix(bytes, FrameType.Telemetry);
        bytes[2] = (byte)Target;
        bytes[3] = (byte)(Measured ? 1 : 0);
        LittleEndian.WriteUInt32(bytes, 4, Session);
        LittleEndian.WriteUInt32(bytes, 8, Input);
        LittleEndian.WriteUInt32(bytes, 12, TimeUs);
        LittleEndian.WriteUInt32(bytes, 16, EnergyUj);
        LittleEndian.WriteInt16(bytes, 20, Length);
        LittleEndian.WriteInt16(bytes, 22, Label);
        LittleEndian.WriteInt16(bytes, 24, BreakEvenLength);
        LittleEndian.WriteInt16(bytes, 26, Depth);
        LittleEndian.WriteInt16(bytes, 28, Done);
        return bytes;
    }

    /// <summary>Reads foreign bytes into this object.</summary>
    public FrameError Decode(byte[] bytes)
    {
        FrameError error = FrameFormat.CheckPrefix(bytes, FrameType.Telemetry, Size);
        if (error != FrameError.None) return error;
        if (bytes.Length > Size) return FrameError.TooLong;
        if (bytes[2] > (byte)Target.Fallback || bytes[3] > 1) return FrameError.Range;
        Target = (Target)bytes[2];
        Measured = bytes[3] == 1;
        Session = LittleEndian.ReadUInt32(bytes, 4);
        Input = LittleEndian.ReadUInt32(bytes, 8);
        TimeUs = LittleEndian.ReadUInt32(bytes, 12);
        EnergyUj = LittleEndian.ReadUInt32(bytes, 16);
        Length = LittleEndian.ReadUInt16(bytes, 20);
        Label = LittleEndian.ReadUInt16(bytes, 22);
        BreakEvenLength = LittleEndian.ReadUInt16(bytes, 24);
        Depth = LittleEndian.ReadUInt16(bytes, 26);
        Done = LittleEndian.ReadUInt16(bytes, 28);
        return FrameError.None;
    }
}

/// <summary>Birth (online) or last will (offline) of a board, retained.</summary>
public sealed class PresenceFrame
{
    /// <summary>Bytes of a birth.</summary>
    public const int OnlineSize = 20;

    /// <summary>
    /// A last will, as the text that the device's MQTT client asks for. Three letters and no zero among them: the board's
    /// CLR ends a string at the first zero.
    /// </summary>
    public const string Will = "\u0001\u0005\u0002";

    private const byte Birth = 1;
    private const byte Gone = 2;

    /// <summary>False in the last will; the other fields are then meaningless.</summary>
    public bool Online;

    /// <summary>What the board minimises.</summary>
    public Goal Goal = Goal.Time;

    /// <summary>The board's session.</summary>
    public uint Session;

    /// <summary>Identity of the board's model, 0 when it has none.</summary>
    public uint ModelId;

    /// <summary>Version of the firmware: major, minor and patch in one byte each, from the highest.</summary>
    public uint FirmwareVersion;

    /// <summary>Writes a birth into a new array.</summary>
    public byte[] Encode()
    {
        var bytes = new byte[OnlineSize];
        FrameFormat.WritePrefix(bytes, FrameType.Presence);
        bytes[2] = Birth;
        bytes[3] = (byte)Goal.Objective;
        LittleEndian.WriteUInt32(bytes, 4, Session);
        LittleEndian.WriteUInt32(bytes, 8, ModelId);
        LittleEndian.WriteUInt32(bytes, 12, FirmwareVersion);
        LittleEndian.WriteInt16(bytes, 16, Goal.Parameter);
        bytes[18] = (byte)Goal.QuantilePercent;
        return bytes;
    }

    /// <summary>Reads foreign bytes into this object.</summary>
    public FrameError Decode(byte[] bytes)
    {
        FrameError error = FrameFormat.CheckPrefix(bytes, FrameType.Presence, Will.Length);
        if (error != FrameError.None) return error;
        Online = bytes[2] == Birth;
        if (bytes[2] == Gone) return bytes.Length == Will.Length ? FrameError.None : FrameError.TooLong;
        if (!Online) return FrameError.Range;
        if (bytes.Length < OnlineSize) return FrameError.TooShort;
        if (bytes.Length > OnlineSize) return FrameError.TooLong;
        if (bytes[3] > (byte)Objective.Deadline) return FrameError.Range;
        Goal = Goal.Of((Objective)bytes[3], LittleEndian.ReadUInt16(bytes, 16), bytes[18]);
        Session = LittleEndian.ReadUInt32(bytes, 4);
        ModelId = LittleEndian.ReadUInt32(bytes, 8);
        FirmwareVersion = LittleEndian.ReadUInt32(bytes, 12);
        return FrameError.None;
    }
}
