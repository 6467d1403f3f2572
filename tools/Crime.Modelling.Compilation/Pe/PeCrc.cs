// The checksum of a nanoFramework assembly. It is not the CRC-32 of files and Ethernet: bits are not reflected, and it starts
// from zero.

using System;

namespace Crime.Modelling.Compilation.Pe;

/// <summary>CRC with the polynomial 0x04C11DB7, most significant bit first, start value 0, no final inversion.</summary>
internal static class PeCrc
{
    private const uint Polynomial = 0x04C11DB7;

    private static readonly uint[] s_table = CreateTable();

    /// <summary>Checksum of some bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint crc = 0;
        foreach (byte value in bytes) crc = s_table[(crc >> 24) ^ value] ^ (crc << 8);
        return crc;
    }

    private static uint[] CreateTable()
    {
        var table = new uint[256];
        for (uint value = 0; value < table.Length; value++)
        {
            uint crc = value << 24;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 0x80000000) != 0 ? (crc << 1) ^ Polynomial : crc << 1;
            table[value] = crc;
        }
        return table;
    }
}
