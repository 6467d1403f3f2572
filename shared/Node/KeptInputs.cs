// Inputs whose results may wait, in the order of their deadlines. The timesteps themselves are in a store of the driver.

using Crime.Binary;
using Crime.Frames;

namespace Crime.Node;

/// <summary>State of a kept input during a batch.</summary>
public enum KeptState : byte
{
    /// <summary>It waits for a batch, or for its deadline.</summary>
    Kept = 0,

    /// <summary>The batch in progress will send it.</summary>
    ToSend = 1,

    /// <summary>Its request waits for the answer.</summary>
    InFlight = 2,

    /// <summary>A gateway has answered: the result is ready.</summary>
    Answered = 3,
}

/// <summary>Table of kept inputs, sorted by deadline. Allocates nothing after the constructor. Used by one thread.</summary>
public sealed class KeptInputs
{
    /// <summary>Largest capacity.</summary>
    public const int MostCapacity = 64;

    /// <summary>Bytes of an entry in <see cref="Save"/>.</summary>
    public const int EntrySize = 24;

    private const int UsPerMs = 1000;

    // Flags of an entry; the target of a result follows from bit 2 on.
    private const int WasSentFlag = 1;
    private const int HasResultFlag = 2;
    private const int TargetShift = 2;
    private const int NoSlot = -1;

    private readonly long[] _arrivedUs;
    private readonly long[] _deadlineUs;
    private readonly uint[] _input;
    private readonly int[] _length;
    private readonly int[] _slot;
    private readonly int[] _label;
    private readonly short[] _confidence;
    private readonly uint[] _sequence;
    private readonly KeptState[] _state;
    private readonly uint[] _origin;
    private readonly byte[] _flags;

    /// <summary>Makes an empty table.</summary>
    /// <param name="capacity">Most inputs that are kept, 1 to <see cref="MostCapacity"/>.</param>
    public KeptInputs(int capacity)
    {
        Capacity = capacity;
        _arrivedUs = new long[capacity];
        _deadlineUs = new long[capacity];
        _input = new uint[capacity];
        _length = new int[capacity];
        _slot = new int[capacity];
        _label = new int[capacity];
        _confidence = new short[capacity];
        _sequence = new uint[capacity];
        _state = new KeptState[capacity];
        _origin = new uint[capacity];
        _flags = new byte[capacity];
    }

    /// <summary>Origin of inputs that are added: the session of the start that has read them.</summary>
    public uint Origin;

    /// <summary>Most inputs that are kept.</summary>
    public int Capacity { get; }

    /// <summary>Inputs that are kept.</summary>
    public int Count { get; private set; }

    /// <summary>True when no further input can be kept.</summary>
    public bool IsFull => Count == Capacity;

    /// <summary>Time in µs at which an input arrived.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1, by deadline.</param>
    public long ArrivedUs(int index) => _arrivedUs[index];

    /// <summary>Time in µs by which the result is due.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1, by deadline.</param>
    public long DeadlineUs(int index) => _deadlineUs[index];

    /// <summary>Number of an input since the start of the board.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1, by deadline.</param>
    public uint Input(int index) => _input[index];

    /// <summary>Length of an input in timesteps.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1, by deadline.</param>
    public int Length(int index) => _length[index];

    /// <summary>Slot of the store that has the timesteps.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1, by deadline.</param>
    public int Slot(int index) => _slot[index];

    /// <summary>Session of the start that has read an input.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1, by deadline.</param>
    public uint OriginOf(int index) => _origin[index];

    /// <summary>True when a request or a result of an input was sent: the gateway may have it.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1, by deadline.</param>
    public bool WasSent(int index) => (_flags[index] & WasSentFlag) != 0;

    /// <summary>True when the board has computed an input: only its result waits, and it has no slot.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1, by deadline.</param>
    public bool HasResult(int index) => (_flags[index] & HasResultFlag) != 0;

    /// <summary>The place that computed an input with <see cref="HasResult"/>.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1, by deadline.</param>
    public Target Target(int index) => (Target)(_flags[index] >> TargetShift);

    /// <summary>The class, of an input with <see cref="KeptState.Answered"/> or <see cref="HasResult"/>.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1, by deadline.</param>
    public int Label(int index) => _label[index];

    /// <summary>Softmax of the class in per mille, of an input with <see cref="KeptState.Answered"/>; 0 when it is not known.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1, by deadline.</param>
    public int ConfidencePerMille(int index) => _confidence[index];

    /// <summary>State of an input.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1, by deadline.</param>
    public KeptState State(int index) => _state[index];

    /// <summary>Returns a slot of the store that no kept input has; -1 when the table is full.</summary>
    public int FreeSlot()
    {
        for (int slot = 0; slot < Capacity; slot++)
        {
            int i = 0;
            while (i < Count && _slot[i] != slot) i++;
            if (i == Count) return slot;
        }
        return -1;
    }

    /// <summary>Keeps an input. The table must not be full.</summary>
    /// <param name="input">Its number.</param>
    /// <param name="slot">Slot of the store, see <see cref="FreeSlot"/>.</param>
    /// <param name="length">Its timesteps.</param>
    /// <param name="arrivedUs">Time of its arrival in µs.</param>
    /// <param name="deadlineUs">Time in µs by which its result is due.</param>
    /// <returns>Its index.</returns>
    public int Add(uint input, int slot, int length, long arrivedUs, long deadlineUs)
    {
        int index = Count;
        while (index > 0 && _deadlineUs[index - 1] > deadlineUs)
        {
            Copy(index - 1, index);
            index--;
        }
        Count++;
        _arrivedUs[index] = arrivedUs;
        _deadlineUs[index] = deadlineUs;
        _input[index] = input;
        _length[index] = length;
        _slot[index] = slot;
        _state[index] = KeptState.Kept;
        _origin[index] = Origin;
        _flags[index] = 0;
        return index;
    }

    /// <summary>Keeps the result of an input that the board has computed. The table must not be full.</summary>
    /// <param name="origin">Origin of the input.</param>
    /// <param name="result">The result.</param>
    /// <param name="wasSent">True when a request of the input was sent before.</param>
    /// <param name="arrivedUs">Time of its arrival in µs.</param>
    /// <param name="deadlineUs">Time in µs by which the gateway should have it.</param>
    public void AddResult(uint origin, InputResult result, bool wasSent, long arrivedUs, long deadlineUs)
    {
        int index = Add(result.Input, NoSlot, result.Length, arrivedUs, deadlineUs);
        _origin[index] = origin;
        _label[index] = result.Label;
        _flags[index] = (byte)((wasSent ? WasSentFlag : 0) | HasResultFlag | (int)result.Target << TargetShift);
    }

    /// <summary>Notes that an input was found after a reset: a former start may have sent it.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1, by deadline.</param>
    /// <param name="origin">Origin of the input.</param>
    public void SetRecovered(int index, uint origin)
    {
        _origin[index] = origin;
        _flags[index] = WasSentFlag;
    }

    /// <summary>Removes an input: it has its result.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1, by deadline.</param>
    public void RemoveAt(int index)
    {
        Count--;
        for (int i = index; i < Count; i++) Copy(i + 1, i);
    }

    /// <summary>Makes every input due.</summary>
    /// <param name="nowUs">The time in µs.</param>
    public void SetDue(long nowUs)
    {
        for (int i = 0; i < Count; i++)
            if (_deadlineUs[i] > nowUs) _deadlineUs[i] = nowUs;
    }

    /// <summary>Returns the first input in a state; -1 when there is none.</summary>
    public int IndexOf(KeptState state)
    {
        for (int i = 0; i < Count; i++)
            if (_state[i] == state) return i;
        return -1;
    }

    /// <summary>Moves every input from one state to another.</summary>
    public void Change(KeptState from, KeptState to)
    {
        for (int i = 0; i < Count; i++)
            if (_state[i] == from) _state[i] = to;
    }

    /// <summary>Notes the request of an input.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1, by deadline.</param>
    /// <param name="sequence">Sequence number of the request.</param>
    public void SetSent(int index, uint sequence)
    {
        _state[index] = KeptState.InFlight;
        _flags[index] |= WasSentFlag;
        _sequence[index] = sequence;
    }

    /// <summary>Notes the class of an input.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1, by deadline.</param>
    /// <param name="label">The class.</param>
    /// <param name="confidencePerMille">Its softmax in per mille; 0 when it is not known.</param>
    public void SetAnswered(int index, int label, int confidencePerMille)
    {
        _state[index] = KeptState.Answered;
        _label[index] = label;
        _confidence[index] = (short)confidencePerMille;
    }

    /// <summary>Notes that a gateway has refused an input: it stays kept.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1, by deadline.</param>
    public void SetRefused(int index) => _state[index] = KeptState.Kept;

    /// <summary>Returns the input whose request has a sequence number; -1 when none is in flight with it.</summary>
    public int IndexOfRequest(uint sequence)
    {
        for (int i = 0; i < Count; i++)
            if (_state[i] == KeptState.InFlight && _sequence[i] == sequence) return i;
        return -1;
    }

    /// <summary>Writes the entries, with times relative to a wake-up. A deep sleep must not lose them.</summary>
    /// <param name="bytes">Receives <see cref="EntrySize"/> bytes per entry.</param>
    /// <param name="offset">Index of the first byte.</param>
    /// <param name="wakeUpUs">Time of the wake-up in µs.</param>
    public void Save(byte[] bytes, int offset, long wakeUpUs)
    {
        for (int i = 0; i < Count; i++, offset += EntrySize)
        {
            LittleEndian.WriteUInt32(bytes, offset, _input[i]);
            LittleEndian.WriteInt32(bytes, offset + 4, ToMs(_arrivedUs[i] - wakeUpUs));
            LittleEndian.WriteInt32(bytes, offset + 8, ToMs(_deadlineUs[i] - wakeUpUs));
            LittleEndian.WriteInt16(bytes, offset + 12, _length[i]);
            LittleEndian.WriteInt16(bytes, offset + 14, _slot[i]);
            LittleEndian.WriteUInt32(bytes, offset + 16, _origin[i]);
            LittleEndian.WriteInt16(bytes, offset + 20, _label[i]);
            LittleEndian.WriteInt16(bytes, offset + 22, _flags[i]);
        }
    }

    /// <summary>Takes over what <see cref="Save"/> has written. The table must be empty.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="offset">Index of the first byte.</param>
    /// <param name="count">Number of entries; those beyond <see cref="Capacity"/> are left out.</param>
    /// <param name="nowUs">The time in µs, to which the times are relative.</param>
    public void Restore(byte[] bytes, int offset, int count, long nowUs)
    {
        for (int i = 0; i < count && !IsFull; i++, offset += EntrySize)
        {
            int slot = LittleEndian.ReadInt16(bytes, offset + 14), flags = LittleEndian.ReadUInt16(bytes, offset + 22);
            if (slot >= Capacity || (slot < 0 && (flags & HasResultFlag) == 0)) continue;
            int deadlineMs = LittleEndian.ReadInt32(bytes, offset + 8);
            int index = Add(
                LittleEndian.ReadUInt32(bytes, offset), slot, LittleEndian.ReadUInt16(bytes, offset + 12),
                nowUs + (long)LittleEndian.ReadInt32(bytes, offset + 4) * UsPerMs,
                deadlineMs == int.MaxValue ? long.MaxValue : nowUs + (long)deadlineMs * UsPerMs);
            _origin[index] = LittleEndian.ReadUInt32(bytes, offset + 16);
            _label[index] = LittleEndian.ReadUInt16(bytes, offset + 20);
            _flags[index] = (byte)flags;
        }
    }

    private static int ToMs(long timeUs)
    {
        if (timeUs > (long)int.MaxValue * UsPerMs) return int.MaxValue;
        return timeUs < (long)int.MinValue * UsPerMs ? int.MinValue : (int)(timeUs / UsPerMs);
    }

    private void Copy(int from, int to)
    {
        _arrivedUs[to] = _arrivedUs[from];
        _deadlineUs[to] = _deadlineUs[from];
        _input[to] = _input[from];
        _length[to] = _length[from];
        _slot[to] = _slot[from];
        _label[to] = _label[from];
        _confidence[to] = _confidence[from];
        _sequence[to] = _sequence[from];
        _state[to] = _state[from];
        _origin[to] = _origin[from];
        _flags[to] = _flags[from];
    }
}
