// The labels at the end of an answer or a result: one byte each, because a model has at most 255 classes.

using System;
using Crime.Binary;

namespace Crime.Frames;

/// <summary>Labels of the timesteps of a sequence, or tokens of an answer, in a frame: their number in 16 bits, then a byte each; nothing for none.</summary>
internal static class StepLabels
{
    private const int CountSize = 2;

    /// <summary>Returns the bytes that labels take.</summary>
    /// <param name="count">Number of labels, 0 to <see cref="FrameFormat.MaxLength"/>.</param>
    public static int SizeOf(int count) => count == 0 ? 0 : CountSize + count;

    /// <summary>Writes labels.</summary>
    /// <param name="bytes">The frame.</param>
    /// <param name="offset">Index behind the logits.</param>
    /// <param name="labels">The labels; not read when there are none.</param>
    /// <param name="count">Number of labels.</param>
    public static void Write(byte[] bytes, int offset, byte[] labels, int count)
    {
        if (count == 0) return;
        LittleEndian.WriteInt16(bytes, offset, count);
        Array.Copy(labels, 0, bytes, offset + CountSize, count);
    }

    /// <summary>Reads the foreign bytes behind the logits of a frame: labels up to its end, or nothing.</summary>
    /// <param name="bytes">The frame.</param>
    /// <param name="offset">Index behind the logits.</param>
    /// <param name="flag">1 when labels follow, 0 when none do.</param>
    /// <param name="classCount">Classes of the model: a label is below it.</param>
    /// <param name="labels">Receives the labels; reused when long enough.</param>
    /// <param name="count">Number of labels.</param>
    public static FrameError Read(byte[] bytes, int offset, int flag, int classCount, ref byte[] labels, out int count)
    {
        count = 0;
        if (flag > 1) return FrameError.Range;
        if (bytes.Length - offset < flag * CountSize) return FrameError.TooShort;
        int announced = flag == 0 ? 0 : LittleEndian.ReadUInt16(bytes, offset);
        if (flag == 1 && (announced == 0 || announced > FrameFormat.MaxLength)) return FrameError.Range;
        int end = offset + SizeOf(announced);
        if (bytes.Length != end) return bytes.Length < end ? FrameError.TooShort : FrameError.TooLong;
        int first = offset + CountSize;
        for (int i = 0; i < announced; i++)
            if (bytes[first + i] >= classCount) return FrameError.Range;
        if (announced == 0) return FrameError.None;
        if (labels == null || labels.Length < announced) labels = new byte[announced];
        Array.Copy(bytes, first, labels, 0, announced);
        count = announced;
        return FrameError.None;
    }
}
