// NumPy's archive: a zip file of .npy arrays, each a short text header and raw elements.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Crime.Modelling.Import.Checking;

/// <summary>Reads .npz files.</summary>
internal static partial class NumpyFile
{
    // A sample is one batch of sequences. The bound is for all arrays together: it keeps a forged archive from unfolding without end.
    private const int MaxSize = 64 * 1024 * 1024, MaxArrays = 64;

    /// <summary>Reads the arrays of an archive, by name.</summary>
    /// <param name="bytes">The archive.</param>
    /// <param name="path">Name for messages.</param>
    public static Dictionary<string, SampleArray> Read(byte[] bytes, string path)
    {
        var arrays = new Dictionary<string, SampleArray>(StringComparer.Ordinal);
        int left = MaxSize;
        try
        {
            using var archive = new ZipArchive(new MemoryStream(bytes), ZipArchiveMode.Read);
            foreach (ZipArchiveEntry entry in archive.Entries.Where(entry => entry.Name.EndsWith(".npy", StringComparison.Ordinal)).Take(MaxArrays))
                arrays[entry.Name[..^".npy".Length]] = ReadArray(Unfold(entry, path, ref left), $"{path}, '{entry.Name}'");
        }
        catch (Exception e) when (e is InvalidDataException or IOException or NotSupportedException)
        {
            throw new UserInputException($"{path}: not a .npz archive, or damaged: {e.Message}", e);
        }
        return arrays;
    }

    private static byte[] Unfold(ZipArchiveEntry entry, string path, ref int left)
    {
        using Stream stream = entry.Open();
        using var content = new MemoryStream();
        var block = new byte[64 * 1024];
        for (int count; (count = stream.Read(block)) > 0;)
        {
            if ((left -= count) < 0) throw new UserInputException($"{path}: its arrays have more than the {MaxSize} bytes that are read");
            content.Write(block, 0, count);
        }
        return content.ToArray();
    }

    private static SampleArray ReadArray(byte[] bytes, string path)
    {
        if (bytes.Length < 12 || bytes[0] != 0x93 || Encoding.ASCII.GetString(bytes, 1, 5) != "NUMPY") throw new UserInputException($"{path}: not an array of NumPy");
        bool isLong = bytes[6] > 1;
        long size = isLong ? BitConverter.ToUInt32(bytes, 8) : BitConverter.ToUInt16(bytes, 8);
        int start = isLong ? 12 : 10;
        if (size > bytes.Length - start) throw new UserInputException($"{path}: cut off");
        string header = Encoding.ASCII.GetString(bytes, start, (int)size);
        Match type = TypeText().Match(header), shape = ShapeText().Match(header);
        if (!type.Success || !shape.Success || header.Contains("'fortran_order': True", StringComparison.Ordinal))
            throw new UserInputException($"{path}: its header is not that of an array in C order");
        string[] texts = shape.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        int[] sizes = [.. texts.Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1)];
        ReadOnlySpan<byte> data = bytes.AsSpan(start + (int)size);
        double[] values = type.Groups[1].Value switch
        {
            "<f4" => [.. MemoryMarshal.Cast<byte, float>(data).ToArray().Select(value => (double)value)],
            "<f8" => MemoryMarshal.Cast<byte, double>(data).ToArray(),
            "<i4" => [.. MemoryMarshal.Cast<byte, int>(data).ToArray().Select(value => (double)value)],
            "<i8" => [.. MemoryMarshal.Cast<byte, long>(data).ToArray().Select(value => (double)value)],
            string other => throw new UserInputException($"{path}: elements of type {other}; f4, f8, i4 and i8 are read"),
        };
        long count = sizes.Aggregate(1L, (product, one) => one < 0 || product > MaxSize ? -1 : product * one);
        return count == values.Length ? new SampleArray(sizes, values) : throw new UserInputException($"{path}: its shape does not fit its {values.Length} elements");
    }

    [GeneratedRegex("'descr': '([^']*)'", RegexOptions.CultureInvariant)]
    private static partial Regex TypeText();

    [GeneratedRegex(@"'shape': \(([0-9, ]*)\)", RegexOptions.CultureInvariant)]
    private static partial Regex ShapeText();
}
