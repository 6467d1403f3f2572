// File operations that the stores of models and kernels share: checking a file in pieces, and renaming it into its place.

using System;
using System.IO;
using System.IO.Hashing;
using Crime.Binary;

namespace Crime.Device;

/// <summary>Operations on files of the internal flash.</summary>
internal static class FlashFile
{
    /// <summary>Bytes that are read at once where a file is read in pieces.</summary>
    public const int PieceSizeBytes = 512;

    /// <summary>Deletes a file. No effect when it does not exist or cannot be deleted.</summary>
    /// <param name="path">The file.</param>
    public static void Delete(string path)
    {
        try
        {
            if (File.Exists(path)) File.Delete(path);
        }
        catch (Exception)
        {
            // The next write replaces it.
        }
    }

    /// <summary>Renames a file and deletes the one that has the new name.</summary>
    /// <param name="path">The file.</param>
    /// <param name="newPath">Its new name.</param>
    /// <exception cref="IOException">The flash refuses it.</exception>
    public static void Replace(string path, string newPath)
    {
        if (File.Exists(newPath)) File.Delete(newPath);
        File.Move(path, newPath);
    }

    /// <summary>Returns whether a file ends with the CRC-32 of the bytes before it, as a model file does. Reads it in pieces.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static bool EndsWithItsChecksum(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read);
        var hash = new Crc32();
        var piece = new byte[PieceSizeBytes];
        int count = file.Read(piece, 0, piece.Length);
        while (count == piece.Length)
        {
            hash.Append(piece);
            count = file.Read(piece, 0, piece.Length);
        }
        if (count > 0)
        {
            var last = new byte[count];
            Array.Copy(piece, 0, last, 0, count);
            hash.Append(last);
        }
        return hash.GetCurrentHashAsUInt32() == Sealed.Residue;
    }

    /// <summary>Reads some bytes of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="offset">Index of the first byte; a negative one counts from the end.</param>
    /// <param name="count">How many bytes.</param>
    /// <returns>The bytes, or null when the file is shorter.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static byte[] ReadAt(string path, int offset, int count)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read);
        if (offset < 0) offset += (int)file.Length;
        if (offset < 0 || offset + count > file.Length) return null;
        file.Seek(offset, SeekOrigin.Begin);
        var bytes = new byte[count];
        return file.Read(bytes, 0, count) == count ? bytes : null;
    }
}
