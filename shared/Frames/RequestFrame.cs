// A sequence on its way to a gateway. The id (board, session, sequence number) makes a request idempotent: a gateway that
// sees it twice may answer twice, and the board counts the second answer as a duplicate and drops it.

using Crime.Binary;

namespace Crime.Frames;

/// <summary>How the numbers of a sequence are written.</summary>
public enum SequenceEncoding : byte
{
    /// <summary>Features, 16 bits signed each, with the request's fraction bits.</summary>
    Int16 = 0,

    /// <summary>Token numbers, 8 bits unsigned each.</summary>
    Token8 = 1,

    /// <summary>Token numbers, 16 bits unsigned each.</summary>
    Token16 = 2,
}

/// <summary>A request to classify one sequence.</summary>
public sealed class RequestFrame
{
    /// <summary>Bytes before the visited nodes, the state and the sequence.</summary>
    public const int HeaderSize = 28;

    /// <summary>Bytes between header and visited nodes of a request with <see cref="WantsReceipt"/>.</summary>
    public const int DeliverySize = 16;

    /// <summary>Most nodes that a request may have visited.</summary>
    public const int MaxVisited = CostAdvert.MaxPathNodes + 1;

    /// <summary>Most numbers of a carried state: eight layers of 1024 units, h and c of two numbers each.</summary>
    public const int MaxStateCount = 24_576;

    /// <summary>Random number that a board draws at every start.</summary>
    public uint Session;

    /// <summary>Counts the requests of a session.</summary>
    public uint Sequence;

    /// <summary>The model that the sequence is meant for.</summary>
    public uint ModelId;

    /// <summary>Timesteps, 1 to <see cref="FrameFormat.MaxLength"/>.</summary>
    public int Length;

    /// <summary>Numbers per timestep, 1 to <see cref="FrameFormat.MaxValuesPerStep"/>.</summary>
    public int ValuesPerStep;

    /// <summary>How the numbers are written.</summary>
    public SequenceEncoding Encoding;

    /// <summary>Fraction bits of the numbers, 0 to 15; 0 for tokens.</summary>
    public int FractionBits;

    /// <summary>Time in µs from arrival after which the board no longer wants an answer; 0 means no limit.</summary>
    public uint BudgetUs;

    /// <summary>The numbers, timestep by timestep; at least <see cref="FirstValue"/> + <see cref="ValueCount"/> long. Tokens above 32767 are negative here.</summary>
    public short[] Values;

    /// <summary>Index in <see cref="Values"/> of the first number that is written; what is read begins at 0.</summary>
    public int FirstValue;

    /// <summary>Number of gateways that have passed the request on, 0 to <see cref="MaxVisited"/>; 0 from a board.</summary>
    public int VisitedCount;

    /// <summary>Keys of those gateways, the first one first: none of them may get the request again.</summary>
    public readonly uint[] Visited = new uint[MaxVisited];

    /// <summary>Numbers of the state that the sequence goes on from; 0 when it starts from zero.</summary>
    public int StateCount;

    /// <summary>The state, layer by layer h then (LSTM) c, as the board exports it; at least <see cref="StateCount"/> long.</summary>
    public short[] State;

    /// <summary>Number of telemetry records at the end of the frame, 0 to <see cref="TelemetryFrame.MaxRecords"/>.</summary>
    public int TelemetryCount;

    /// <summary>Index of the first byte of the telemetry records in the array that was decoded.</summary>
    public int TelemetryOffset;

    /// <summary>True for a frame of the type <see cref="FrameType.Delivery"/>: the board waits for a receipt, and the gateway publishes the result.</summary>
    public bool WantsReceipt;

    /// <summary>Session of the start that has read the input: with <see cref="Input"/> its identity, which no repeat changes.</summary>
    public uint Origin;

    /// <summary>Number of the input within <see cref="Origin"/>.</summary>
    public uint Input;

    /// <summary>Time in ms since the arrival of the input at the board.</summary>
    public uint AgeMs;

    /// <summary>True when the board has sent the input before, and has no receipt.</summary>
    public bool IsRepeat;

    /// <summary>Numbers in the sequence.</summary>
    public int ValueCount => Length * ValuesPerStep;

    /// <summary>Bytes of one number.</summary>
    public static int ValueSize(SequenceEncoding encoding) => encoding == SequenceEncoding.Token8 ? 1 : 2;

    /// <summary>
    /// Most timesteps of a sequence that a request can carry, whatever else is in the frame: a delivery, visited nodes, a carried state, telemetry.
    /// </summary>
    /// <param name="bytesPerStep">Bytes of a timestep; 0 where they are not known, which bounds nothing.</param>
    /// <param name="stateSize">Bytes of a carried state, at most those of <see cref="MaxStateCount"/>.</param>
    /// <returns>At most <see cref="FrameFormat.MaxLength"/>; 0 where a timestep has more than <see cref="FrameFormat.MaxValuesPerStep"/> numbers.</returns>
    public static int LongestLength(int bytesPerStep, int stateSize)
    {
        // A number takes two bytes at most; a token takes one or two, and is alone in its timestep.
        if (bytesPerStep > 2 * FrameFormat.MaxValuesPerStep) return 0;
        if (bytesPerStep < 1) return FrameFormat.MaxLength;
        int others = HeaderSize + DeliverySize + 4 * MaxVisited + stateSize + TelemetryFrame.MaxRecords * TelemetryRecord.Size;
        int most = (FrameFormat.MaxFrameSize - others) / bytesPerStep;
        return most < FrameFormat.MaxLength ? most : FrameFormat.MaxLength;
    }

    /// <summary>Size of the frame without telemetry, in bytes.</summary>
    public int Size => HeaderSize + (WantsReceipt ? DeliverySize : 0) + 4 * VisitedCount + 2 * StateCount + ValueCount * ValueSize(Encoding);

    /// <summary>Writes the frame without telemetry.</summary>
    /// <returns>A new array of <see cref="Size"/> bytes: the device's MQTT client sends whole arrays only.</returns>
    public byte[] Encode() => Encode(0);

    /// <summary>Writes the frame, and moves all records of a buffer to its end.</summary>
    /// <param name="telemetry">The buffer; null for none.</param>
    public byte[] Encode(TelemetryBuffer telemetry)
    {
        if (telemetry == null) return Encode(0);
        lock (telemetry.Lock)
        {
            byte[] bytes = Encode(telemetry.SizeBytes);
            bytes[25] = (byte)telemetry.MoveTo(bytes);
            return bytes;
        }
    }

    private byte[] Encode(int telemetrySizeBytes)
    {
        var bytes = new byte[Size + telemetrySizeBytes];
        FrameFormat.WritePrefix(bytes, WantsReceipt ? FrameType.Delivery : FrameType.Request);
        bytes[2] = (byte)Encoding;
        bytes[3] = (byte)FractionBits;
        LittleEndian.WriteUInt32(bytes, 4, Session);
        LittleEndian.WriteUInt32(bytes, 8, Sequence);
        LittleEndian.WriteUInt32(bytes, 12, ModelId);
        LittleEndian.WriteUInt32(bytes, 16, BudgetUs);
        LittleEndian.WriteInt16(bytes, 20, Length);
        LittleEndian.WriteInt16(bytes, 22, ValuesPerStep);
        bytes[24] = (byte)VisitedCount;
        LittleEndian.WriteInt16(bytes, 26, StateCount);
        int at = HeaderSize;
        if (WantsReceipt)
        {
            LittleEndian.WriteUInt32(bytes, at, Origin);
            LittleEndian.WriteUInt32(bytes, at + 4, Input);
            LittleEndian.WriteUInt32(bytes, at + 8, AgeMs);
            bytes[at + 12] = (byte)(IsRepeat ? 1 : 0);
            at += DeliverySize;
        }
        for (int i = 0; i < VisitedCount; i++, at += 4) LittleEndian.WriteUInt32(bytes, at, Visited[i]);
        for (int i = 0; i < StateCount; i++, at += 2) LittleEndian.WriteInt16(bytes, at, State[i]);
        short[] values = Values;
        int first = FirstValue, end = first + ValueCount;
        if (Encoding == SequenceEncoding.Token8)
        {
            for (int i = first; i < end; i++) bytes[at++] = (byte)values[i];
            return bytes;
        }
        // Not LittleEndian.WriteInt16: this loop is the board's cost per timestep, and a call is the dearest part of it.
        for (int i = first; i < end; i++)
        {
            int value = values[i];
            bytes[at] = (byte)value;
            bytes[at + 1] = (byte)(value >> 8);
            at += 2;
        }
        return bytes;
    }

    /// <summary>Reads foreign bytes into this object; <see cref="Values"/> is reused when long enough.</summary>
    /// <returns>Why the frame was refused, or <see cref="FrameError.None"/>. After a refusal the fields are meaningless.</returns>
    public FrameError Decode(byte[] bytes) => Decode(bytes, 0, bytes == null ? 0 : bytes.Length);

    /// <summary>Reads a frame that lies within a larger array, so that a gateway need not copy it.</summary>
    /// <param name="bytes">Foreign bytes.</param>
    /// <param name="start">Index of the frame's first byte.</param>
    /// <param name="size">Bytes of the frame.</param>
    /// <returns>Why the frame was refused, or <see cref="FrameError.None"/>. After a refusal the fields are meaningless.</returns>
    public FrameError Decode(byte[] bytes, int start, int size)
    {
        WantsReceipt = size > 1 && bytes[start + 1] == (byte)FrameType.Delivery;
        FrameError error = FrameFormat.CheckPrefix(
            bytes, start, size, WantsReceipt ? FrameType.Delivery : FrameType.Request, FrameFormat.Version,
            WantsReceipt ? HeaderSize + DeliverySize : HeaderSize);
        if (error != FrameError.None) return error;
        if (bytes[start + 2] > (byte)SequenceEncoding.Token16 || bytes[start + 3] > 15) return FrameError.Range;
        Encoding = (SequenceEncoding)bytes[start + 2];
        FractionBits = bytes[start + 3];
        Session = LittleEndian.ReadUInt32(bytes, start + 4);
        Sequence = LittleEndian.ReadUInt32(bytes, start + 8);
        ModelId = LittleEndian.ReadUInt32(bytes, start + 12);
        BudgetUs = LittleEndian.ReadUInt32(bytes, start + 16);
        Length = LittleEndian.ReadUInt16(bytes, start + 20);
        ValuesPerStep = LittleEndian.ReadUInt16(bytes, start + 22);
        if (Length < 1 || Length > FrameFormat.MaxLength) return FrameError.Range;
        if (ValuesPerStep < 1 || ValuesPerStep > FrameFormat.MaxValuesPerStep) return FrameError.Range;
        if (Encoding != SequenceEncoding.Int16 && ValuesPerStep != 1) return FrameError.Range;
        VisitedCount = bytes[start + 24];
        StateCount = LittleEndian.ReadUInt16(bytes, start + 26);
        TelemetryCount = bytes[start + 25];
        if (VisitedCount > MaxVisited || TelemetryCount > TelemetryFrame.MaxRecords || StateCount > MaxStateCount) return FrameError.Range;
        TelemetryOffset = start + Size;
        int telemetrySize = TelemetryCount * TelemetryRecord.Size;
        if (size < Size + telemetrySize) return FrameError.TooShort;
        if (size > Size + telemetrySize) return FrameError.TooLong;

        int at = start + HeaderSize;
        if (WantsReceipt)
        {
            Origin = LittleEndian.ReadUInt32(bytes, at);
            Input = LittleEndian.ReadUInt32(bytes, at + 4);
            AgeMs = LittleEndian.ReadUInt32(bytes, at + 8);
            if (LittleEndian.ReadUInt32(bytes, at + 12) > 1) return FrameError.Range;
            IsRepeat = bytes[at + 12] == 1;
            at += DeliverySize;
        }
        for (int i = 0; i < VisitedCount; i++, at += 4) Visited[i] = LittleEndian.ReadUInt32(bytes, at);
        if (StateCount > 0 && (State == null || State.Length < StateCount)) State = new short[StateCount];
        for (int i = 0; i < StateCount; i++, at += 2) State[i] = LittleEndian.ReadInt16(bytes, at);
        FirstValue = 0;
        int count = ValueCount;
        if (Values == null || Values.Length < count) Values = new short[count];
        for (int i = 0; i < count; i++)
            Values[i] = Encoding == SequenceEncoding.Token8 ? bytes[at + i] : LittleEndian.ReadInt16(bytes, at + 2 * i);
        return FrameError.None;
    }
}
