// The text of a gzipped file. Numbers shrink to a tenth, a constant signal to a hundredth. A file that unfolds to far more than that was
// made to fill the memory of its reader.

using System;
using System.IO;
using System.IO.Compression;

namespace Crime.Modelling.Datasets;

/// <summary>Reads a gzipped text, up to a bound.</summary>
/// <param name="file">The file.</param>
internal sealed class UnfoldedText(Stream file) : Stream
{
    private const long MostPerByte = 200, BaseSize = 16 << 20;

    private readonly GZipStream _text = new(file, CompressionMode.Decompress);
    private readonly long _bound = BaseSize + file.Length * MostPerByte;
    private long _read;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => _read; set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The text is larger than the bound.</exception>
    public override int Read(Span<byte> buffer)
    {
        int count = _text.Read(buffer);
        return (_read += count) <= _bound ? count : throw new InvalidDataException($"it unfolds to more than the {_bound} bytes that are read of a file of this size");
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _text.Dispose();
        base.Dispose(disposing);
    }
}
