// What every frame has in common. SPEC.md, "Frames", is the text to these numbers.

namespace Crime.Frames;

/// <summary>Constants of the wire format.</summary>
public static class FrameFormat
{
    /// <summary>The version this code speaks: the first byte of every frame but a status, see <see cref="StatusFrame.Version"/>.</summary>
    public const byte Version = 1;

    /// <summary>Longest sequence in timesteps that a request may carry.</summary>
    public const int MaxLength = 4096;

    /// <summary>Most numbers per timestep that a request may carry.</summary>
    public const int MaxValuesPerStep = 255;

    /// <summary>Largest frame in bytes; a receiver drops anything larger unread.</summary>
    public const int MaxFrameSize = 64 * 1024;

    /// <summary>Writes the two bytes that start a frame.</summary>
    internal static void WritePrefix(byte[] bytes, FrameType type)
    {
        bytes[0] = Version;
        bytes[1] = (byte)type;
    }

    /// <summary>Checks length and prefix of foreign bytes.</summary>
    internal static FrameError CheckPrefix(byte[] bytes, FrameType type, int minimumSize) => CheckPrefix(bytes, type, Version, minimumSize);

    /// <summary>Checks length and prefix of foreign bytes of a type that has a version of its own.</summary>
    internal static FrameError CheckPrefix(byte[] bytes, FrameType type, byte version, int minimumSize) =>
        CheckPrefix(bytes, 0, bytes == null ? 0 : bytes.Length, type, version, minimumSize);

    /// <summary>Checks length and prefix of a frame within foreign bytes.</summary>
    internal static FrameError CheckPrefix(byte[] bytes, int start, int size, FrameType type, byte version, int minimumSize)
    {
        if (bytes == null || size < 2) return FrameError.TooShort;
        if (bytes[start] != version) return FrameError.Version;
        if (bytes[start + 1] != (byte)type) return FrameError.Type;
        if (size < minimumSize) return FrameError.TooShort;
        return size > MaxFrameSize ? FrameError.TooLong : FrameError.None;
    }

    /// <summary>Type of a frame of this version, or <see cref="FrameType.None"/>.</summary>
    public static FrameType TypeOf(byte[] bytes) => TypeOf(bytes, 0, bytes == null ? 0 : bytes.Length);

    /// <summary>Type of a frame within a larger array.</summary>
    public static FrameType TypeOf(byte[] bytes, int start, int size)
    {
        if (bytes == null || size < 2 || bytes[start] != Version) return FrameType.None;
        return bytes[start + 1] <= (byte)FrameType.Partial ? (FrameType)bytes[start + 1] : FrameType.None;
    }
}

/// <summary>The second byte of a frame.</summary>
public enum FrameType : byte
{
    /// <summary>Not a frame of this version.</summary>
    None = 0,

    /// <summary>A sequence to be classified, board to gateway.</summary>
    Request = 1,

    /// <summary>The answer to a request.</summary>
    Response = 2,

    /// <summary>A gateway's load and costs, retained.</summary>
    Status = 3,

    /// <summary>Finished inferences of a board, published by its gateway.</summary>
    Telemetry = 4,

    /// <summary>A board's birth or last will, retained.</summary>
    Presence = 5,

    /// <summary>A few bytes that measure the link.</summary>
    Ping = 6,

    /// <summary>The answer to a ping.</summary>
    Pong = 7,

    /// <summary>A request that is no longer wanted.</summary>
    Cancel = 8,

    /// <summary>A request whose result is wanted behind the gateway, board to gateway; see <see cref="RequestFrame.WantsReceipt"/>.</summary>
    Delivery = 9,

    /// <summary>The result of an input: board to gateway, and gateway to all.</summary>
    Result = 10,

    /// <summary>The models that boards can download from a gateway, retained.</summary>
    Models = 11,

    /// <summary>A part of an output, before the answer.</summary>
    Partial = 12,
}

/// <summary>Why a frame was refused.</summary>
public enum FrameError
{
    /// <summary>The frame is good.</summary>
    None = 0,

    /// <summary>Shorter than its type needs, or than its own counts say.</summary>
    TooShort = 1,

    /// <summary>Longer than its own counts say, or than any frame may be.</summary>
    TooLong = 2,

    /// <summary>Another version of the wire format.</summary>
    Version = 3,

    /// <summary>Another type of frame than expected here.</summary>
    Type = 4,

    /// <summary>A field outside its range.</summary>
    Range = 5,
}

/// <summary>Texts for <see cref="FrameError"/>.</summary>
public static class FrameErrors
{
    /// <summary>One clause for a log line.</summary>
    public static string Describe(FrameError error)
    {
        switch (error)
        {
            case FrameError.None: return "no error";
            case FrameError.TooShort: return "too short";
            case FrameError.TooLong: return "too long";
            case FrameError.Version: return "unknown version";
            case FrameError.Type: return "unexpected type";
            case FrameError.Range: return "a field is out of range";
            default: return "unknown reason";
        }
    }
}
