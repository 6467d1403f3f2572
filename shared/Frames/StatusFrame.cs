// What a gateway says of itself, retained on its status topic: how long the queue is, how much work waits, and what an
// inference costs with it, per model. The same frame with Online = false is its last will.

using Crime.Binary;

namespace Crime.Frames;

/// <summary>A gateway's load and costs.</summary>
public sealed class StatusFrame
{
    /// <summary>The version of this frame: its first byte. Version 1 had no paths.</summary>
    public const byte Version = 2;

    /// <summary>Bytes before the models.</summary>
    public const int HeaderSize = 32;

    // Identity and checksum; the advert follows.
    private const int ModelSize = 8;

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
    public readonly uint[] ModelId;

    /// <summary>CRC-32 of the image that a board would download; 0 when boards cannot run the model.</summary>
    public readonly uint[] ImageChecksum;

    private readonly CostAdvert[] _adverts;
    private readonly bool _isForOne;
    private readonly uint _onlyModel;

    /// <summary>Makes a frame that holds every model.</summary>
    public StatusFrame()
    {
        ModelId = new uint[MaxModels];
        ImageChecksum = new uint[MaxModels];
        _adverts = new CostAdvert[MaxModels];
    }

    /// <summary>Makes a frame that keeps of what it reads one model only: a board has one, and little memory.</summary>
    /// <param name="onlyModel">Identity of the model.</param>
    public StatusFrame(uint onlyModel)
    {
        ModelId = new uint[1];
        ImageChecksum = new uint[1];
        _adverts = new CostAdvert[] { new CostAdvert() };
        _isForOne = true;
        _onlyModel = onlyModel;
    }

    /// <summary>What a model costs.</summary>
    /// <param name="index">0 to <see cref="ModelCount"/> - 1.</param>
    public CostAdvert Advert(int index) => _adverts[index];

    /// <summary>Appends a model.</summary>
    /// <returns>Its advert, still empty, to be filled.</returns>
    public CostAdvert Add(uint modelId, uint imageChecksum)
    {
        ModelId[ModelCount] = modelId;
        ImageChecksum[ModelCount] = imageChecksum;
        if (_adverts[ModelCount] == null) _adverts[ModelCount] = new CostAdvert();
        CostAdvert advert = _adverts[ModelCount++];
        advert.Clear();
        advert.Version = 0;
        advert.RelayWaitUs = 0;
        return advert;
    }

    /// <summary>Bytes of the whole frame.</summary>
    public int Size
    {
        get
        {
            int size = HeaderSize;
            for (int i = 0; i < ModelCount; i++) size += ModelSize + _adverts[i].Size;
            return size;
        }
    }

    /// <summary>Writes the frame into a new array.</summary>
    public byte[] Encode()
    {
        var bytes = new byte[Size];
        FrameFormat.WritePrefix(bytes, FrameType.Status);
        bytes[0] = Version;
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
        int at = HeaderSize;
        for (int i = 0; i < ModelCount; i++)
        {
            LittleEndian.WriteUInt32(bytes, at, ModelId[i]);
            LittleEndian.WriteUInt32(bytes, at + 4, ImageChecksum[i]);
            at = _adverts[i].Encode(bytes, at + ModelSize);
        }
        return bytes;
    }

    /// <summary>Reads foreign bytes into this object.</summary>
    /// <returns>Why the frame was refused, or <see cref="FrameError.None"/>. After a refusal the fields are meaningless.</returns>
    public FrameError Decode(byte[] bytes)
    {
        FrameError error = FrameFormat.CheckPrefix(bytes, FrameType.Status, Version, HeaderSize);
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
        int count = LittleEndian.ReadUInt16(bytes, 24);
        if (count > MaxModels) return FrameError.Range;
        ModelCount = 0;
        int at = HeaderSize;
        for (int i = 0; i < count; i++)
        {
            error = ReadModel(bytes, ref at);
            if (error != FrameError.None) return error;
        }
        return at < bytes.Length ? FrameError.TooLong : FrameError.None;
    }

    private FrameError ReadModel(byte[] bytes, ref int at)
    {
        if (bytes.Length - at < ModelSize) return FrameError.TooShort;
        int start = at;
        at += ModelSize;
        FrameError error = CostAdvert.Check(bytes, ref at);
        if (error != FrameError.None) return error;
        uint modelId = LittleEndian.ReadUInt32(bytes, start);
        // A model that is listed twice counts once.
        if (_isForOne && (modelId != _onlyModel || ModelCount == 1)) return FrameError.None;
        Add(modelId, LittleEndian.ReadUInt32(bytes, start + 4)).Decode(bytes, start + ModelSize);
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
