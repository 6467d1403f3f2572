// A ping measures the link without spending a real input: a few bytes there, a few bytes back, answered before the queue.

using Crime.Binary;

namespace Crime.Frames;

/// <summary>A question about the link, on the request topic.</summary>
public sealed class PingFrame
{
    /// <summary>Size of the frame without telemetry, in bytes. The telemetry records follow.</summary>
    public const int Size = 12;

    /// <summary>Number of telemetry records at the end of the frame, 0 to <see cref="TelemetryFrame.MaxRecords"/>.</summary>
    public int TelemetryCount;

    /// <summary>The board's session.</summary>
    public uint Session;

    /// <summary>Counts the pings of a session.</summary>
    public uint Sequence;

    /// <summary>Writes the frame without telemetry into a new array.</summary>
    public byte[] Encode() => Encode(0);

    /// <summary>Writes the frame into a new array, and moves all records of a buffer to its end.</summary>
    /// <param name="telemetry">The buffer; null for none.</param>
    public byte[] Encode(TelemetryBuffer telemetry)
    {
        if (telemetry == null) return Encode(0);
        lock (telemetry.Lock)
        {
            byte[] bytes = Encode(telemetry.SizeBytes);
            bytes[2] = (byte)telemetry.MoveTo(bytes);
            return bytes;
        }
    }

    private byte[] Encode(int telemetrySizeBytes)
    {
        var bytes = new byte[Size + telemetrySizeBytes];
        FrameFormat.WritePrefix(bytes, FrameType.Ping);
        LittleEndian.WriteUInt32(bytes, 4, Session);
        LittleEndian.WriteUInt32(bytes, 8, Sequence);
        return bytes;
    }

    /// <summary>Reads foreign bytes into this object.</summary>
    public FrameError Decode(byte[] bytes)
    {
        FrameError error = FrameFormat.CheckPrefix(bytes, FrameType.Ping, Size);
        if (error != FrameError.None) return error;
        TelemetryCount = bytes[2];
        if (TelemetryCount > TelemetryFrame.MaxRecords || bytes[3] != 0) return FrameError.Range;
        int size = Size + TelemetryCount * TelemetryRecord.Size;
        if (bytes.Length < size) return FrameError.TooShort;
        if (bytes.Length > size) return FrameError.TooLong;
        Session = LittleEndian.ReadUInt32(bytes, 4);
        Sequence = LittleEndian.ReadUInt32(bytes, 8);
        return FrameError.None;
    }
}

/// <summary>The answer to a <see cref="PingFrame"/>, on the board's response topic.</summary>
public sealed class PongFrame
{
    /// <summary>Bytes of the frame.</summary>
    public const int Size = 20;

    /// <summary>Session of the ping.</summary>
    public uint Session;

    /// <summary>Sequence number of the ping.</summary>
    public uint Sequence;

    /// <summary>Work that waits or runs at the gateway, in µs, over all workers.</summary>
    public uint BacklogUs;

    /// <summary>Requests that wait at the gateway.</summary>
    public int Depth;

    /// <summary>Writes the frame into a new array.</summary>
    public byte[] Encode()
    {
        var bytes = new byte[Size];
        FrameFormat.WritePrefix(bytes, FrameType.Pong);
        LittleEndian.WriteUInt32(bytes, 4, Session);
        LittleEndian.WriteUInt32(bytes, 8, Sequence);
        LittleEndian.WriteUInt32(bytes, 12, BacklogUs);
        LittleEndian.WriteInt16(bytes, 16, Depth > 65535 ? 65535 : Depth);
        return bytes;
    }

    /// <summary>Reads foreign bytes into this object.</summary>
    public FrameError Decode(byte[] bytes)
    {
        FrameError error = FrameFormat.CheckPrefix(bytes, FrameType.Pong, Size);
        if (error != FrameError.None) return error;
        if (bytes.Length > Size) return FrameError.TooLong;
        Session = LittleEndian.ReadUInt32(bytes, 4);
        Sequence = LittleEndian.ReadUInt32(bytes, 8);
        BacklogUs = LittleEndian.ReadUInt32(bytes, 12);
        Depth = LittleEndian.ReadUInt16(bytes, 16);
        return FrameError.None;
    }
}
