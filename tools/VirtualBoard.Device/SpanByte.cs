// nanoFramework's stand-in for Span<byte>.

namespace System;

/// <summary>A part of a byte array.</summary>
public readonly ref struct SpanByte
{
    private readonly byte[]? _array;
    private readonly int _start;

    /// <summary>The whole array.</summary>
    public SpanByte(byte[] array) : this(array, 0, array?.Length ?? 0)
    {
    }

    /// <summary>A part of an array.</summary>
    public SpanByte(byte[] array, int start, int length)
    {
        if (array != null && (start < 0 || length < 0 || start + length > array.Length)) throw new ArgumentOutOfRangeException(nameof(length));
        _array = array;
        _start = start;
        Length = length;
    }

    /// <summary>Number of bytes.</summary>
    public int Length { get; }

    /// <summary>A byte.</summary>
    public byte this[int index]
    {
        get => AsSpan()[index];
        set => AsSpan()[index] = value;
    }

    /// <summary>The whole array.</summary>
    public static implicit operator SpanByte(byte[] array) => new(array);

    internal Span<byte> AsSpan() => new(_array, _start, Length);
}
