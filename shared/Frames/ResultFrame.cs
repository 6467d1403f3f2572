// The result of an input that is wanted behind the gateway. A board sends those that it computes itself to the gateway. Only the gateway publishes:
// the first result of each input.

using Crime.Binary;

namespace Crime.Frames;

/// <summary>The result of one input. Board, <see cref="Origin"/> and <see cref="Input"/> are its key.</summary>
public sealed class ResultFrame
{
    /// <summary>Bytes before the logits; all of the frame from a board.</summary>
    public const int HeaderSize = 40;

    /// <summary>False when the gateway could not compute the input: label and logits are meaningless.</summary>
    public bool IsComputed = true;

    /// <summary>True when the result may have been published before, with the same key.</summary>
    public bool IsRepeat;

    /// <summary>Session of the sender, board or gateway.</summary>
    public uint Session;

    /// <summary>From a board the sequence number that the receipt carries; from a gateway a count of its results.</summary>
    public uint Sequence;

    /// <summary>Session of the start of the board that has read the input.</summary>
    public uint Origin;

    /// <summary>Number of the input within <see cref="Origin"/>.</summary>
    public uint Input;

    /// <summary>Time in ms from the arrival of the input at the board until the frame was sent.</summary>
    public uint AgeMs;

    /// <summary>The model that computed it.</summary>
    public uint ModelId;

    /// <summary>Time in µs that it was computed; 0 when the board computed it.</summary>
    public uint ServiceUs;

    /// <summary>Index of the class.</summary>
    public int Label;

    /// <summary>Length of the input in timesteps.</summary>
    public int Length;

    /// <summary>The place that computed it.</summary>
    public Target Target;

    /// <summary>Fraction bits of the logits, 0 to 15.</summary>
    public int FractionBits;

    /// <summary>Number of logits; 0 when the board computed it.</summary>
    public int ClassCount;

    /// <summary>The logits; at least <see cref="ClassCount"/> long.</summary>
    public short[] Logits;

    /// <summary>Number of labels, one for each timestep that a gateway computed, or one for each token of an answer; 0 without them.</summary>
    public int LabelCount;

    /// <summary>The labels in the order of the timesteps; at least <see cref="LabelCount"/> long.</summary>
    public byte[] Labels;

    /// <summary>Bytes of the whole frame.</summary>
    public int Size => HeaderSize + 2 * ClassCount + StepLabels.SizeOf(LabelCount);

    /// <summary>Writes the frame into a new array.</summary>
    public byte[] Encode()
    {
        var bytes = new byte[Size];
        FrameFormat.WritePrefix(bytes, FrameType.Result);
        bytes[2] = (byte)((IsComputed ? 0 : 1) | (IsRepeat ? 2 : 0));
        bytes[3] = (byte)((int)Target | FractionBits << 4);
        LittleEndian.WriteUInt32(bytes, 4, Session);
        LittleEndian.WriteUInt32(bytes, 8, Sequence);
        LittleEndian.WriteUInt32(bytes, 12, Origin);
        LittleEndian.WriteUInt32(bytes, 16, Input);
        LittleEndian.WriteUInt32(bytes, 20, AgeMs);
        LittleEndian.WriteUInt32(bytes, 24, ModelId);
        LittleEndian.WriteUInt32(bytes, 28, ServiceUs);
        LittleEndian.WriteInt16(bytes, 32, Label);
        LittleEndian.WriteInt16(bytes, 34, Length);
        LittleEndian.WriteInt16(bytes, 36, ClassCount);
        LittleEndian.WriteInt16(bytes, 38, LabelCount > 0 ? 1 : 0);
        for (int i = 0; i < ClassCount; i++) LittleEndian.WriteInt16(bytes, HeaderSize + 2 * i, Logits[i]);
        StepLabels.Write(bytes, HeaderSize + 2 * ClassCount, Labels, LabelCount);
        return bytes;
    }

    /// <summary>Reads foreign bytes into this object; <see cref="Logits"/> is reused when long enough.</summary>
    /// <returns>Why the frame was refused, or <see cref="FrameError.None"/>. After a refusal the fields are meaningless.</returns>
    public FrameError Decode(byte[] bytes)
    {
        FrameError error = FrameFormat.CheckPrefix(bytes, FrameType.Result, HeaderSize);
        if (error != FrameError.None) return error;
        if (bytes[2] > 3 || (bytes[3] & 15) > (byte)Target.Fallback) return FrameError.Range;
        IsComputed = (bytes[2] & 1) == 0;
        IsRepeat = (bytes[2] & 2) != 0;
        Target = (Target)(bytes[3] & 15);
        FractionBits = bytes[3] >> 4;
        Session = LittleEndian.ReadUInt32(bytes, 4);
        Sequence = LittleEndian.ReadUInt32(bytes, 8);
        Origin = LittleEndian.ReadUInt32(bytes, 12);
        Input = LittleEndian.ReadUInt32(bytes, 16);
        AgeMs = LittleEndian.ReadUInt32(bytes, 20);
        ModelId = LittleEndian.ReadUInt32(bytes, 24);
        ServiceUs = LittleEndian.ReadUInt32(bytes, 28);
        Label = LittleEndian.ReadUInt16(bytes, 32);
        Length = LittleEndian.ReadUInt16(bytes, 34);
        ClassCount = LittleEndian.ReadUInt16(bytes, 36);
        if (ClassCount > Model.ModelFormat.MaxClasses || (ClassCount > 0 && Label >= ClassCount)) return FrameError.Range;
        if (Length < 1 || Length > FrameFormat.MaxLength) return FrameError.Range;
        error = StepLabels.Read(bytes, HeaderSize + 2 * ClassCount, LittleEndian.ReadUInt16(bytes, 38), ClassCount, ref Labels, out LabelCount);
        if (error != FrameError.None) return error;
        if (Logits == null || Logits.Length < ClassCount) Logits = new short[ClassCount];
        for (int i = 0; i < ClassCount; i++) Logits[i] = LittleEndian.ReadInt16(bytes, HeaderSize + 2 * i);
        return FrameError.None;
    }
}
