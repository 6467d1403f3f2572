// Byte order of everything CRIME writes: little-endian, at any alignment.

namespace Crime.Binary;

/// <summary>Reads and writes little-endian numbers in a byte array. The caller has checked the bounds.</summary>
public static class LittleEndian
{
    /// <summary>Reads 16 bits, unsigned.</summary>
    public static int ReadUInt16(byte[] bytes, int offset) => bytes[offset] | (bytes[offset + 1] << 8);

    /// <summary>Reads 16 bits, signed.</summary>
    public static short ReadInt16(byte[] bytes, int offset) => (short)(bytes[offset] | (bytes[offset + 1] << 8));

    /// <summary>Reads 32 bits, signed.</summary>
    public static int ReadInt32(byte[] bytes, int offset) =>
        bytes[offset] | (bytes[offset + 1] << 8) | (bytes[offset + 2] << 16) | (bytes[offset + 3] << 24);

    /// <summary>Reads 32 bits, unsigned.</summary>
    public static uint ReadUInt32(byte[] bytes, int offset) => (uint)ReadInt32(bytes, offset);

    /// <summary>Writes the lower 16 bits of <paramref name="value"/>.</summary>
    public static void WriteInt16(byte[] bytes, int offset, int value)
    {
        bytes[offset] = (byte)value;
        bytes[offset + 1] = (byte)(value >> 8);
    }

    /// <summary>Writes 32 bits, signed.</summary>
    public static void WriteInt32(byte[] bytes, int offset, int value)
    {
        bytes[offset] = (byte)value;
        bytes[offset + 1] = (byte)(value >> 8);
        bytes[offset + 2] = (byte)(value >> 16);
        bytes[offset + 3] = (byte)(value >> 24);
    }

    /// <summary>Writes 32 bits, unsigned.</summary>
    public static void WriteUInt32(byte[] bytes, int offset, uint value) => WriteInt32(bytes, offset, (int)value);
}
