// What a gateway says of itself, retained on its status topic: how long the queue is, how much work waits, and what an
// inference costs it, per model. The same frame with Online = false is its last will.

using Crime.Binary;

namespace Crime.Frames;

/// <summary>A gateway's load and costs.</summary>
public sealed class StatusFrame
{
    /// <summary>Bytes before the models.</summary>
    public const int HeaderSize = 32;

    /// <summary>Bytes per model.</summary>
    public const int ModelSize = 16;

    /// <summary>Most models in one status.</summary>
    public const int MaxModels = 64;

    /// <summary><see cref="Utilisation"/> of workers that are exactly busy.</summary>
    public const int FullUtilisation = 1024;

    /// <summary>False in the last will, and when the gateway has shut down in order.</summary>
    public bool Online;

    /// <summary>Number of workers, 1 to 255.</summary>
    public int Workers;

    /// <summary>Random number that the gateway drew at its start.</summary>
    public uint Session;

    /// <summary>Counts the statuses of a session; a later one replaces an earlier one.</summary>
    public uint Sequence;

    /// <summary>Work that waits or runs, in µs, over all workers.</summary>
    public uint BacklogUs;

    /// <summary>Requests that wait: the count of the bounded queue.</summary>
    public int Depth;

    /// <summary>Most requests that may wait.</summary>
    public int Capacity;

    /// <summary>Work arriving per unit of working time, in 1/1024; above 1024 the queue grows.</summary>
    public int Utilisation;

    /// <summary>TCP port of the model download; 0 when there is none.</summary>
    public int HttpPort;

    /// <summary>Number of models.</summary>
    public int ModelCount;

    /// <summary>Identity of each model.</summary>
    public readonly uint[] ModelId = new uint[MaxModels];

    /// <summary>CRC-32 of the image that a board would download; 0 when boards cannot run the model.</summary>
    public readonly uint[] ImageChecksum = new uint[MaxModels];

    /// <summary>Fitted cost of one timestep, in ns, per model.</summary>
    public readonly uint[] AlphaNs = new uint[MaxModels];

    /// <summary>Fitted cost of a request of length zero, in µs, per model.</summary>
    public readonly uint[] BetaUs = new uint[MaxModels];

    /// <summary>Bytes of the whole frame.</summary>
    public int Size => HeaderSize + ModelSize * ModelCount;

    /// <summary>Writes the frame into a new array.</summary>
    public byte[] Encode()
    {
        var bytes = new byte[Size];
        FrameFormat.WritePrefix(bytes, FrameType.Status);
        bytes[2] = (byte)(Online ? 1 : 0);
        bytes[3] = (byte)Workers;
        LittleEndian.WriteUInt32(bytes, 4, Session);
        LittleEndian.WriteUInt32(bytes, 8, Sequence);
        LittleEndian.WriteUInt32(bytes, 12, BacklogUs);
        LittleEndian.WriteInt16(bytes, 16, Depth > 65535 ? 65535 : Depth);
        LittleEndian.WriteInt16(bytes, 18, Capacity > 65535 ? 65535 : Capacity);
        LittleEndian.WriteInt16(bytes, 20, Utilisation > 65535 ? 65535 : Utilisation);
        LittleEndian.WriteInt16(bytes, 22, HttpPort);
        LittleEndian.WriteInt16(bytes, 24, ModelCount);
        for (int i = 0; i < ModelCount; i++)
        {
            int at = HeaderSize + ModelSize * i;
            LittleEndian.WriteUInt32(bytes, at, ModelId[i]);
            LittleEndian.WriteUInt32(bytes, at + 4, ImageChecksum[i]);
            LittleEndian.WriteUInt32(bytes, at + 8, AlphaNs[i]);
            LittleEndian.WriteUInt32(bytes, at + 12, BetaUs[i]);
        }
        return bytes;
    }

    /// <summary>Reads foreign bytes into this object.</summary>
    /// <returns>Why the frame was refused, or <see cref="FrameError.None"/>. After a refusal the fields are meaningless.</returns>
    public FrameError Decode(byte[] bytes)
    {
        FrameError error = FrameFormat.CheckPrefix(bytes, FrameType.Status, HeaderSize);
        if (error != FrameError.None) return error;
        if (bytes[2] > 1 || bytes[3] < 1) return FrameError.Range;
        Online = bytes[2] == 1;
        Workers = bytes[3];
        Session = LittleEndian.ReadUInt32(bytes, 4);
        Sequence = LittleEndian.ReadUInt32(bytes, 8);
        BacklogUs = LittleEndian.ReadUInt32(bytes, 12);
        Depth = LittleEndian.ReadUInt16(bytes, 16);
        Capacity = LittleEndian.ReadUInt16(bytes, 18);
        Utilisation = LittleEndian.ReadUInt16(bytes, 20);
        HttpPort = LittleEndian.ReadUInt16(bytes, 22);
        ModelCount = LittleEndian.ReadUInt16(bytes, 24);
        if (ModelCount > MaxModels) return FrameError.Range;
        if (bytes.Length < Size) return FrameError.TooShort;
        if (bytes.Length > Size) return FrameError.TooLong;
        for (int i = 0; i < ModelCount; i++)
        {
            int at = HeaderSize + ModelSize * i;
            ModelId[i] = LittleEndian.ReadUInt32(bytes, at);
            ImageChecksum[i] = LittleEndian.ReadUInt32(bytes, at + 4);
            AlphaNs[i] = LittleEndian.ReadUInt32(bytes, at + 8);
            BetaUs[i] = LittleEndian.ReadUInt32(bytes, at + 12);
        }
        return FrameError.None;
    }

    /// <summary>Position of a model in the arrays, or -1.</summary>
    public int IndexOf(uint modelId)
    {
        for (int i = 0; i < ModelCount; i++)
            if (ModelId[i] == modelId) return i;
        return -1;
    }
}
