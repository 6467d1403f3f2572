// The file of accepted inputs and published keys. Records are only appended. A record that a power cut has damaged ends the file.

using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.IO.Hashing;
using System.Text;
using Crime.Gateway.Core.Results;

namespace Crime.Gateway.Results;

/// <summary>Kinds of records.</summary>
public enum JournalKind : byte
{
    /// <summary>An accepted input, with its frame: a delivery or a result.</summary>
    Accepted = 1,

    /// <summary>The result of an input was published.</summary>
    Published = 2,
}

/// <summary>A record.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Key">The input.</param>
/// <param name="AcceptedAtMs">Time of the acceptance in ms since 1970; 0 of a published key.</param>
/// <param name="Frame">The frame of an accepted input; else empty.</param>
public readonly record struct JournalRecord(JournalKind Kind, ResultKey Key, long AcceptedAtMs, byte[] Frame);

/// <summary>An open journal. Used by one thread.</summary>
/// <remarks>A record: size of the rest (u32), CRC-32 of the rest (u32), kind (u8), letters of the board (u8), the letters, origin (u32), number of the input
/// (u32), time (i64), the frame.</remarks>
public sealed class ResultJournal : IDisposable
{
    /// <summary>Size in bytes from which the journal is written anew.</summary>
    public const int MaxSizeBytes = 64 * 1024 * 1024;

    private const int PrefixSize = 8;
    private const int FixedSize = 18;
    private const int MaxRecordSize = 128 * 1024;
    private const string FileName = "results.journal";

    private readonly string _folder;
    private FileStream _file;

    private ResultJournal(string folder, FileStream file)
    {
        _folder = folder;
        _file = file;
    }

    /// <summary>Size of the file in bytes.</summary>
    public long SizeBytes => _file.Length;

    /// <summary>Opens the journal of a folder, which is made where it is missing.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="records">Receives the whole records.</param>
    /// <returns>The journal and the damaged bytes that were cut off its end.</returns>
    /// <exception cref="IOException">The folder or the file cannot be used.</exception>
    public static (ResultJournal Journal, long DamagedBytes) Open(string folder, List<JournalRecord> records)
    {
        Directory.CreateDirectory(folder);
        var file = new FileStream(Path.Combine(folder, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 1);
        // It is written anew beyond the limit; a group of records is far smaller.
        long sizeBytes = file.Length;
        if (sizeBytes > 2L * MaxSizeBytes)
        {
            file.Dispose();
            throw new IOException($"{FileName} has {sizeBytes} bytes, and a journal has at most {2L * MaxSizeBytes}: it is another file, remove it");
        }
        var bytes = new byte[sizeBytes];
        file.ReadExactly(bytes);
        int end = 0;
        while (TryRead(bytes.AsSpan(end), out JournalRecord record, out int size))
        {
            records.Add(record);
            end += size;
        }
        long damaged = file.Length - end;
        file.SetLength(end);
        file.Position = end;
        return (new ResultJournal(folder, file), damaged);
    }

    /// <summary>Writes a record into a buffer.</summary>
    public static void Write(MemoryStream buffer, in JournalRecord record)
    {
        byte[] board = Encoding.ASCII.GetBytes(record.Key.Board);
        var bytes = new byte[PrefixSize + FixedSize + board.Length + record.Frame.Length];
        Span<byte> rest = bytes.AsSpan(PrefixSize);
        rest[0] = (byte)record.Kind;
        rest[1] = (byte)board.Length;
        board.CopyTo(rest[2..]);
        int at = 2 + board.Length;
        BinaryPrimitives.WriteUInt32LittleEndian(rest[at..], record.Key.Origin);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[(at + 4)..], record.Key.Input);
        BinaryPrimitives.WriteInt64LittleEndian(rest[(at + 8)..], record.AcceptedAtMs);
        record.Frame.CopyTo(rest[(at + 16)..]);
        BinaryPrimitives.WriteInt32LittleEndian(bytes, rest.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), Crc32.HashToUInt32(rest));
        buffer.Write(bytes);
    }

    /// <summary>Appends records. Whole ones only: after a failure the file has its former end.</summary>
    /// <param name="buffer">The records.</param>
    /// <param name="isFlushed">True to return after the disk has them; false when they outlive the process only.</param>
    /// <exception cref="IOException">They cannot be written.</exception>
    public void Append(MemoryStream buffer, bool isFlushed)
    {
        long end = _file.Position;
        try
        {
            _file.Write(buffer.GetBuffer(), 0, (int)buffer.Length);
            _file.Flush(isFlushed);
        }
        catch
        {
            _file.Position = end;
            _file.SetLength(end);
            throw;
        }
    }

    /// <summary>Replaces the file by records. A process that is killed meanwhile leaves the former file.</summary>
    /// <exception cref="IOException">They cannot be written.</exception>
    public void Rewrite(MemoryStream buffer)
    {
        string path = Path.Combine(_folder, FileName), newPath = path + ".new";
        var file = new FileStream(newPath, FileMode.Create, FileAccess.ReadWrite, FileShare.Read, 1);
        try
        {
            file.Write(buffer.GetBuffer(), 0, (int)buffer.Length);
            file.Flush(flushToDisk: true);
            File.Move(newPath, path, overwrite: true);
        }
        catch
        {
            file.Dispose();
            throw;
        }
        _file.Dispose();
        _file = file;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static bool TryRead(ReadOnlySpan<byte> bytes, out JournalRecord record, out int size)
    {
        (record, size) = (default, 0);
        if (bytes.Length < PrefixSize + FixedSize) return false;
        int restSize = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (restSize < FixedSize || restSize > MaxRecordSize || bytes.Length < PrefixSize + restSize) return false;
        ReadOnlySpan<byte> rest = bytes.Slice(PrefixSize, restSize);
        if (Crc32.HashToUInt32(rest) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..])) return false;
        int at = 2 + rest[1];
        if (restSize < FixedSize + rest[1]) return false;
        var key = new ResultKey(
            Encoding.ASCII.GetString(rest.Slice(2, rest[1])), BinaryPrimitives.ReadUInt32LittleEndian(rest[at..]),
            BinaryPrimitives.ReadUInt32LittleEndian(rest[(at + 4)..]));
        record = new JournalRecord((JournalKind)rest[0], key, BinaryPrimitives.ReadInt64LittleEndian(rest[(at + 8)..]), rest[(at + 16)..].ToArray());
        size = PrefixSize + restSize;
        return true;
    }
}
