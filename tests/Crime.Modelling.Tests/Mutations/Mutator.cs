// Damages files as transfers, programs and people who mean harm do: flips, cuts, splices, sizes at their extremes, endless varints,
// and numbers of a text that are too large.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Crime.Modelling.Tests.Mutations;

/// <summary>Damages files.</summary>
/// <param name="random">The random draws.</param>
internal sealed class Mutator(Random random)
{
    private const int MaxChanges = 6;

    private static readonly ulong[] s_extremes =
    [
        0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0xFF_FFFF, 0x3FFF_FFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF,
        0x1_0000_0000, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_FFFF_FFFE, 0xFFFF_FFFF_FFFF_FFFF,
    ];

    // The bounds of SPEC.md for counts and sizes, and their neighbours.
    private static readonly uint[] s_limits =
    [
        0, 1, 2, 3, 4, 5, 7, 8, 9, 14, 15, 16, 17, 24, 29, 30, 31, 63, 64, 65, 127, 128, 129, 254, 255, 256, 257, 1023, 1024, 1025, 4095, 4096, 4097, 8191, 8192, 8193,
        0x7FFE, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF, 0x1_0000, 100_000, 100_001, 4_096_000, 4_096_001,
        0x7F7F_FFFF, 0x7F80_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFC1_8000, 0xFFFF_FFFF,
    ];

    private static readonly byte[][] s_varints =
    [
        [0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0xFF, 0xFF, 0xFF, 0xFF, 0x07], [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0x80, 0x80, 0x80, 0x80, 0x20],
    ];

    private static readonly string[] s_texts =
    [
        "-1", "0", "99999999999999999999", "2147483647", "-2147483648", "1e400", "-1e-400", "NaN", "Infinity", "", " ", "\0", "\r", "\n", "\r\n", ",", ":", "=",
        "\"", "{", "}",
        "[", "]", "\\", "../", "/dev/zero", "\uFEFF", "é", "\u2028", "\\ud800", "null", "true", "%s", "@data", "#", "?", "(", "\t",
    ];

    /// <summary>Returns a random number from 0 to below a bound.</summary>
    public int Draw(int bound) => random.Next(bound);

    /// <summary>Returns a damaged copy.</summary>
    /// <param name="file">The file.</param>
    /// <param name="others">Files to take pieces of.</param>
    public byte[] Change(byte[] file, IReadOnlyList<byte[]> others)
    {
        List<byte> bytes = [.. file];
        int changes = 1 + random.Next(MaxChanges);
        for (int n = 0; n < changes; n++) ChangeOnce(bytes, others);
        return [.. bytes];
    }

    /// <summary>Returns a copy with one to three numbers of 1, 2 or 4 bytes at a bound or next to it, at the beginning more often: counts stand there.</summary>
    public byte[] WithLimits(byte[] bytes)
    {
        List<byte> changed = [.. bytes];
        for (int n = random.Next(3); n >= 0 && bytes.Length > 0; n--)
        {
            int size = 1 << random.Next(3), at = random.Next(random.Next(2) == 0 ? Math.Min(bytes.Length, 32) : bytes.Length) / size * size;
            Overwrite(changed, at, BitConverter.GetBytes(s_limits[random.Next(s_limits.Length)])[..size]);
        }
        return [.. changed];
    }

    private void ChangeOnce(List<byte> bytes, IReadOnlyList<byte[]> others)
    {
        int kind = random.Next(12), at = random.Next(bytes.Count + 1);
        switch (kind)
        {
            case 0 or 1 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 2 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 3 when random.Next(4) == 0:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 4:
                bytes.RemoveRange(at, Math.Min(random.Next(1, 64), bytes.Count - at));
                break;
            case 5:
                bytes.InsertRange(at, Piece([.. bytes]));
                break;
            case 6:
                bytes.InsertRange(at, Piece(others[random.Next(others.Count)]));
                break;
            case 7 or 8:
                Overwrite(bytes, at, Field(bytes.Count));
                break;
            case 9:
                Overwrite(bytes, at, s_varints[random.Next(s_varints.Length)]);
                break;
            case 10:
                ChangeNumber(bytes, at);
                break;
            default:
                bytes.InsertRange(at, Encoding.UTF8.GetBytes(s_texts[random.Next(s_texts.Length)]));
                break;
        }
    }

    /// <summary>Returns a number of 1, 2, 4 or 8 bytes at its extremes, or next to the size of the file.</summary>
    private byte[] Field(int size)
    {
        ulong value = random.Next(3) == 0 ? (ulong)(size + random.Next(-2, 3)) : s_extremes[random.Next(s_extremes.Length)];
        return [.. BitConverter.GetBytes(value).Take(1 << random.Next(4))];
    }

    private byte[] Piece(byte[] of)
    {
        if (of.Length == 0) return [0];
        int start = random.Next(of.Length);
        return of[start..Math.Min(of.Length, start + random.Next(1, 128))];
    }

    /// <summary>Replaces a number of a text, if there is one from this place on.</summary>
    private void ChangeNumber(List<byte> bytes, int at)
    {
        while (at < bytes.Count && !char.IsAsciiDigit((char)bytes[at])) at++;
        int end = at;
        while (end < bytes.Count && char.IsAsciiDigit((char)bytes[end])) end++;
        bytes.RemoveRange(at, end - at);
        bytes.InsertRange(at, Encoding.UTF8.GetBytes(s_texts[random.Next(s_texts.Length)]));
    }

    private static void Overwrite(List<byte> bytes, int at, byte[] with)
    {
        for (int n = 0; n < with.Length && at + n < bytes.Count; n++) bytes[at + n] = with[n];
    }
}
