// The labels at the end of an answer or a result: one byte each, because a model has at most 255 classes.

using System;

namespace Crime.Frames;

/// <summary>Labels of the timesteps of a sequence, or tokens of an answer, in a frame.</summary>
internal static class StepLabels
{
    /// <summary>Writes labels.</summary>
    /// <param name="bytes">The frame.</param>
    /// <param name="offset">Index of the first one in the frame.</param>
    /// <param name="labels">The labels; not read when there are none.</param>
    /// <param name="count">Number of labels.</param>
    public static void Write(byte[] bytes, int offset, byte[] labels, int count)
    {
        if (count > 0) Array.Copy(labels, 0, bytes, offset, count);
    }

    /// <summary>Reads the foreign bytes behind the logits of a frame: labels up to its end, or nothing.</summary>
    /// <param name="bytes">The frame.</param>
    /// <param name="offset">Index behind the logits.</param>
    /// <param name="flag">1 when labels follow, 0 when none do.</param>
    /// <param name="classCount">Classes of the model: a label is below it.</param>
    /// <param name="labels">Receives the labels; reused when long enough.</param>
    /// <param name="count">Number of labels, 0 to <see cref="FrameFormat.MaxLength"/>.</param>
    public static FrameError Read(byte[] bytes, int offset, int flag, int classCount, ref byte[] labels, out int count)
    {
        count = 0;
        int rest = bytes.Length - offset;
        if (flag > 1) return FrameError.Range;
        if (rest < flag) return FrameError.TooShort;
        if (rest > flag * FrameFormat.MaxLength) return FrameError.TooLong;
        for (int i = 0; i < rest; i++)
            if (bytes[offset + i] >= classCount) return FrameError.Range;
        count = rest;
        if (count == 0) return FrameError.None;
        if (labels == null || labels.Length < count) labels = new byte[count];
        Array.Copy(bytes, offset, labels, 0, count);
        return FrameError.None;
    }
}
