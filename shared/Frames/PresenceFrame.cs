// The presence of a board: its birth, and the last will that the broker publishes for it.

using Crime.Costs;
using Crime.Binary;

namespace Crime.Frames;

/// <summary>Birth (online) or last will (offline) of a board, retained.</summary>
public sealed class PresenceFrame
{
    /// <summary>Bytes of a birth.</summary>
    public const int OnlineSize = 24;

    /// <summary>Bytes of a birth of a firmware that does not report its image.</summary>
    public const int EarlierOnlineSize = 20;

    /// <summary>
    /// A last will, as the text that the device's MQTT client asks for. Three letters and no zero among them: the board's
    /// CLR ends a string at the first zero.
    /// </summary>
    public const string Will = "\u0001\u0005\u0002";

    private const byte Birth = 1;
    private const byte Gone = 2;

    /// <summary>False in the last will; the other fields are then meaningless.</summary>
    public bool Online;

    /// <summary>The objective of the board.</summary>
    public Objective Objective = Objective.Time;

    /// <summary>The board's session.</summary>
    public uint Session;

    /// <summary>Identity of the board's model, 0 when it has none.</summary>
    public uint ModelId;

    /// <summary>Checksum of the image of that model; 0 when there is none, or when an earlier firmware does not report it.</summary>
    public uint ImageChecksum;

    /// <summary>Version of the firmware: major, minor and patch in one byte each, from the highest.</summary>
    public uint FirmwareVersion;

    /// <summary>Writes a birth into a new array.</summary>
    public byte[] Encode()
    {
        var bytes = new byte[OnlineSize];
        FrameFormat.WritePrefix(bytes, FrameType.Presence);
        bytes[2] = Birth;
        bytes[3] = (byte)Objective.Kind;
        LittleEndian.WriteUInt32(bytes, 4, Session);
        LittleEndian.WriteUInt32(bytes, 8, ModelId);
        LittleEndian.WriteUInt32(bytes, 12, FirmwareVersion);
        LittleEndian.WriteInt16(bytes, 16, Objective.Parameter);
        bytes[18] = (byte)Objective.QuantilePercent;
        LittleEndian.WriteUInt32(bytes, 20, ImageChecksum);
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
        if (bytes.Length > OnlineSize) return FrameError.TooLong;
        if (bytes.Length != OnlineSize && bytes.Length != EarlierOnlineSize) return FrameError.TooShort;
        if (bytes[3] > (byte)ObjectiveKind.Deadline) return FrameError.Range;
        Objective = Objective.Of((ObjectiveKind)bytes[3], LittleEndian.ReadUInt16(bytes, 16), bytes[18]);
        Session = LittleEndian.ReadUInt32(bytes, 4);
        ModelId = LittleEndian.ReadUInt32(bytes, 8);
        FirmwareVersion = LittleEndian.ReadUInt32(bytes, 12);
        ImageChecksum = bytes.Length == OnlineSize ? LittleEndian.ReadUInt32(bytes, 20) : 0;
        return FrameError.None;
    }
}
