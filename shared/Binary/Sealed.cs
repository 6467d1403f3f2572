// Records that end with the CRC-32 of the bytes before it, as files on a board's flash do: a record that a loss of power has cut is noticed.

using System;
using System.IO.Hashing;

namespace Crime.Binary;

/// <summary>Writes and checks the CRC-32 at the end of a record.</summary>
public static class Sealed
{
    /// <summary>Size of the checksum in bytes.</summary>
    public const int ChecksumSize = 4;

    /// <summary>
    /// CRC-32 of any bytes that end with their own CRC-32: a property of the polynomial, and the cheapest way to check a whole record in one native
    /// call.
    /// </summary>
    public const uint Residue = 0x2144DF1C;

    /// <summary>Writes the CRC-32 of all bytes before the last four into the last four.</summary>
    /// <param name="record">The record, at least four bytes.</param>
    public static void Seal(byte[] record)
    {
        var content = new byte[record.Length - ChecksumSize];
        Array.Copy(record, 0, content, 0, content.Length);
        LittleEndian.WriteUInt32(record, content.Length, Crc32.HashToUInt32(content));
    }

    /// <summary>Returns true when a record ends with the CRC-32 of the bytes before.</summary>
    /// <param name="record">Foreign bytes.</param>
    public static bool IsWhole(byte[] record) => record.Length >= ChecksumSize && Crc32.HashToUInt32(record) == Residue;
}
