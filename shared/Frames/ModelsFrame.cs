// The models that boards can download from a gateway. A board compares one checksum, so nothing is decoded into objects.

using Crime.Binary;

namespace Crime.Frames;

/// <summary>Names and image checksums of a gateway's models, retained.</summary>
public static class ModelsFrame
{
    /// <summary>Most models in a frame.</summary>
    public const int MaxModels = StatusFrame.MaxModels;

    private const int HeaderSize = 4;
    private const int EntrySize = 8;

    /// <summary>Writes a frame into a new array.</summary>
    /// <param name="keys">The key of each model's name, as <see cref="NodeKey.Of"/> makes it; at most <see cref="MaxModels"/>.</param>
    /// <param name="checksums">The checksum of each model's image for boards.</param>
    public static byte[] Encode(uint[] keys, uint[] checksums)
    {
        var bytes = new byte[HeaderSize + EntrySize * keys.Length];
        FrameFormat.WritePrefix(bytes, FrameType.Models);
        bytes[2] = (byte)keys.Length;
        for (int i = 0; i < keys.Length; i++)
        {
            LittleEndian.WriteUInt32(bytes, HeaderSize + EntrySize * i, keys[i]);
            LittleEndian.WriteUInt32(bytes, HeaderSize + EntrySize * i + 4, checksums[i]);
        }
        return bytes;
    }

    /// <summary>Finds a model in foreign bytes.</summary>
    /// <param name="bytes">The frame.</param>
    /// <param name="key">The key of the model's name.</param>
    /// <param name="checksum">The checksum of its image; 0 when it is not listed, and when the frame is refused.</param>
    public static FrameError Find(byte[] bytes, uint key, out uint checksum)
    {
        checksum = 0;
        FrameError error = FrameFormat.CheckPrefix(bytes, FrameType.Models, HeaderSize);
        if (error != FrameError.None) return error;
        int count = bytes[2], size = HeaderSize + EntrySize * count;
        if (count > MaxModels || bytes[3] != 0) return FrameError.Range;
        if (bytes.Length < size) return FrameError.TooShort;
        if (bytes.Length > size) return FrameError.TooLong;
        for (int at = HeaderSize; at < size; at += EntrySize)
            if (LittleEndian.ReadUInt32(bytes, at) == key) checksum = LittleEndian.ReadUInt32(bytes, at + 4);
        return FrameError.None;
    }
}
