// A recording is a list of sequences in a file: what a board without a sensor reads its inputs from, and what an
// experiment replays. SPEC.md, "The recording file", is the text to these numbers.

using Crime.Binary;
using Crime.Frames;

namespace Crime.Recordings;

/// <summary>Layout and limits of a <c>.recording</c> file.</summary>
public static class RecordingFormat
{
    /// <summary>"CREC" as a little-endian number.</summary>
    public const uint Magic = 0x43455243;

    /// <summary>The version this code reads and writes.</summary>
    public const int Version = 1;

    /// <summary>Bytes before the first sequence.</summary>
    public const int HeaderSize = 16;

    /// <summary>Bytes before the numbers of a sequence: its length.</summary>
    public const int SequenceHeaderSize = 2;
}

/// <summary>The first bytes of a recording.</summary>
public sealed class RecordingHeader
{
    /// <summary>How the numbers are written.</summary>
    public SequenceEncoding Encoding;

    /// <summary>Fraction bits of the numbers, 0 to 15; 0 for tokens.</summary>
    public int FractionBits;

    /// <summary>Numbers per timestep.</summary>
    public int ValuesPerStep;

    /// <summary>Longest sequence in timesteps.</summary>
    public int LongestLength;

    /// <summary>Number of sequences.</summary>
    public uint SequenceCount;

    /// <summary>Writes the header.</summary>
    public void Encode(byte[] bytes)
    {
        LittleEndian.WriteUInt32(bytes, 0, RecordingFormat.Magic);
        bytes[4] = RecordingFormat.Version;
        bytes[5] = (byte)Encoding;
        bytes[6] = (byte)FractionBits;
        bytes[7] = 0;
        LittleEndian.WriteInt16(bytes, 8, ValuesPerStep);
        LittleEndian.WriteInt16(bytes, 10, LongestLength);
        LittleEndian.WriteUInt32(bytes, 12, SequenceCount);
    }

    /// <summary>Reads foreign bytes.</summary>
    /// <returns>False when they are not the header of a recording that this code can read.</returns>
    public bool Decode(byte[] bytes)
    {
        if (bytes == null || bytes.Length < RecordingFormat.HeaderSize) return false;
        if (LittleEndian.ReadUInt32(bytes, 0) != RecordingFormat.Magic || bytes[4] != RecordingFormat.Version) return false;
        if (bytes[5] > (byte)SequenceEncoding.Token16 || bytes[6] > 15 || bytes[7] != 0) return false;
        Encoding = (SequenceEncoding)bytes[5];
        FractionBits = bytes[6];
        ValuesPerStep = LittleEndian.ReadUInt16(bytes, 8);
        LongestLength = LittleEndian.ReadUInt16(bytes, 10);
        SequenceCount = LittleEndian.ReadUInt32(bytes, 12);
        return ValuesPerStep >= 1 && ValuesPerStep <= FrameFormat.MaxValuesPerStep
            && LongestLength >= 1 && LongestLength <= FrameFormat.MaxLength;
    }
}
