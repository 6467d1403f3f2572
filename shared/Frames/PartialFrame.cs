// A part of an output that a gateway still writes. It is a courtesy: the answer has the whole output, whatever became of its parts.

using System;
using Crime.Binary;
using Crime.Model;

namespace Crime.Frames;

/// <summary>Tokens of an output, before its answer. Session and sequence number of the request identify it.</summary>
public sealed class PartialFrame
{
    /// <summary>Bytes before the tokens.</summary>
    public const int HeaderSize = 16;

    /// <summary>Most tokens of a frame.</summary>
    public const int MaxTokens = 255;

    /// <summary>Most frames of a request.</summary>
    public const int MaxFrames = 32;

    /// <summary>Bit of a request's sequence number that asks for parts of the output. A gateway that does not know it returns it like any other bit.</summary>
    public const uint AskingBit = 0x80000000;

    /// <summary>Session of the request.</summary>
    public uint Session;

    /// <summary>Sequence number of the request.</summary>
    public uint Sequence;

    /// <summary>Place of the first token in the output, from 0.</summary>
    public int First;

    /// <summary>Number of tokens, 1 to <see cref="MaxTokens"/>.</summary>
    public int Count;

    /// <summary>The tokens, none of them the end.</summary>
    public readonly byte[] Tokens = new byte[MaxTokens];

    /// <summary>Writes the frame into a new array.</summary>
    public byte[] Encode()
    {
        var bytes = new byte[HeaderSize + Count];
        FrameFormat.WritePrefix(bytes, FrameType.Partial);
        bytes[2] = (byte)Count;
        LittleEndian.WriteUInt32(bytes, 4, Session);
        LittleEndian.WriteUInt32(bytes, 8, Sequence);
        LittleEndian.WriteInt16(bytes, 12, First);
        Array.Copy(Tokens, 0, bytes, HeaderSize, Count);
        return bytes;
    }

    /// <summary>Reads foreign bytes into this object.</summary>
    /// <returns>Why the frame was refused, or <see cref="FrameError.None"/>. After a refusal the fields are meaningless.</returns>
    public FrameError Decode(byte[] bytes)
    {
        FrameError error = FrameFormat.CheckPrefix(bytes, FrameType.Partial, HeaderSize);
        if (error != FrameError.None) return error;
        Count = bytes[2];
        First = LittleEndian.ReadUInt16(bytes, 12);
        if (Count == 0 || bytes[3] != 0 || First + Count > DecoderSection.MaxOutput || bytes[14] != 0 || bytes[15] != 0) return FrameError.Range;
        if (bytes.Length != HeaderSize + Count) return bytes.Length < HeaderSize + Count ? FrameError.TooShort : FrameError.TooLong;
        for (int i = 0; i < Count; i++)
            if (bytes[HeaderSize + i] == 0) return FrameError.Range;
        Session = LittleEndian.ReadUInt32(bytes, 4);
        Sequence = LittleEndian.ReadUInt32(bytes, 8);
        Array.Copy(bytes, HeaderSize, Tokens, 0, Count);
        return FrameError.None;
    }
}
