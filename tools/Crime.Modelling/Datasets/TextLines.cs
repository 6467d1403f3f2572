// Lines of a text file of a data set. Text in another encoding than UTF-8 is refused: its letters would all become the same replacement character.

using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace Crime.Modelling.Datasets;

/// <summary>A line of a file.</summary>
/// <param name="Number">One-based number of the line.</param>
/// <param name="Text">The line without its end.</param>
/// <param name="Where">File and number, for messages.</param>
internal sealed record TextLine(int Number, string Text, string Where);

/// <summary>Reads lines of UTF-8, also gzipped.</summary>
internal static class TextLines
{
    private const byte LineFeed = (byte)'\n';
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Returns the lines that hold something, one after the other. A byte order mark of UTF-8 is skipped.</summary>
    /// <param name="path">The file; gzipped when it ends with .gz.</param>
    /// <exception cref="UserInputException">The file cannot be read, or is not UTF-8; the message names the line.</exception>
    public static IEnumerable<TextLine> Read(string path)
    {
        using Stream stream = Open(path);
        using var reader = new StreamReader(stream, s_strict, detectEncodingFromByteOrderMarks: false);
        for (int number = 1; ReadLine(reader, path) is { } line; number++)
        {
            if (number == 1) line = line.TrimStart('\uFEFF');
            if (line.Contains('\0')) throw new UserInputException($"{path}:{number}: a zero byte: UTF-16 or no text; save the file as UTF-8");
            if (!string.IsNullOrWhiteSpace(line)) yield return new TextLine(number, line, $"{path}:{number}");
        }
    }

    private static Stream Open(string path)
    {
        try
        {
            byte[] start = new byte[4];
            using (Stream first = OpenBytes(path)) start = start[..first.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
            if (start is [0xFF, 0xFE, 0, 0] or [0, 0, 0xFE, 0xFF]) throw new UserInputException($"{path}:1: UTF-32, which is not read; save the file as UTF-8");
            if (start is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..]) throw new UserInputException($"{path}:1: UTF-16, which is not read; save the file as UTF-8");
            return OpenBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new UserInputException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    private static Stream OpenBytes(string path)
    {
        Stream file = File.OpenRead(path);
        return path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new UnfoldedText(file) : file;
    }

    private static string? ReadLine(StreamReader reader, string path)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (DecoderFallbackException e)
        {
            // The reader decodes ahead of the line.
            throw new UserInputException(
                $"{path}:{FirstBadLine(path)}: not UTF-8; convert the file, as in iconv -f WINDOWS-1252 -t UTF-8 with the encoding that it has", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new UserInputException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    private static int FirstBadLine(string path)
    {
        using Stream stream = OpenBytes(path);
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        ReadOnlySpan<byte> rest = copy.GetBuffer().AsSpan(0, (int)copy.Length);
        for (int number = 1; ; number++)
        {
            int end = rest.IndexOf(LineFeed);
            ReadOnlySpan<byte> line = end < 0 ? rest : rest[..end];
            if (end < 0 || !System.Text.Unicode.Utf8.IsValid(line)) return number;
            rest = rest[(end + 1)..];
        }
    }
}
