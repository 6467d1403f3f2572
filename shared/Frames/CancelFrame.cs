// A board that has its result before the answer takes its request back, so that no gateway computes it for nothing.

using Crime.Binary;

namespace Crime.Frames;

/// <summary>Cancels a request, on the topic of the request. Sender, session and sequence number identify it.</summary>
public sealed class CancelFrame
{
    /// <summary>Size of the frame in bytes.</summary>
    public const int Size = 12;

    /// <summary>Session of the request.</summary>
    public uint Session;

    /// <summary>Sequence number of the request.</summary>
    public uint Sequence;

    /// <summary>Writes the frame into a new array.</summary>
    public byte[] Encode()
    {
        var bytes = new byte[Size];
        FrameFormat.WritePrefix(bytes, FrameType.Cancel);
        LittleEndian.WriteUInt32(bytes, 4, Session);
        LittleEndian.WriteUInt32(bytes, 8, Sequence);
        return bytes;
    }

    /// <summary>Reads foreign bytes into this object.</summary>
    /// <returns>Why the frame was refused, or <see cref="FrameError.None"/>. After a refusal the fields are meaningless.</returns>
    public FrameError Decode(byte[] bytes)
    {
        FrameError error = FrameFormat.CheckPrefix(bytes, FrameType.Cancel, Size);
        if (error != FrameError.None) return error;
        if (bytes.Length > Size) return FrameError.TooLong;
        if (bytes[2] != 0 || bytes[3] != 0) return FrameError.Range;
        Session = LittleEndian.ReadUInt32(bytes, 4);
        Sequence = LittleEndian.ReadUInt32(bytes, 8);
        return FrameError.None;
    }
}
