// Composes console lines in a buffer that is allocated once: int.ToString() alone would cost a thousand instructions and
// an object each time.

namespace Crime.Device.Terminal;

/// <summary>A line of ASCII text being written.</summary>
public sealed class LineWriter
{
    /// <summary>Longest line in letters; the rest of a longer one is dropped.</summary>
    public const int Capacity = 256;

    private readonly byte[] _digits = new byte[20];

    /// <summary>The letters.</summary>
    public readonly byte[] Bytes = new byte[Capacity];

    /// <summary>Letters written so far.</summary>
    public int Length { get; private set; }

    /// <summary>Starts a new line.</summary>
    public LineWriter Clear()
    {
        Length = 0;
        return this;
    }

    /// <summary>Appends text; letters outside ASCII become '?'.</summary>
    public LineWriter Text(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            Letter(c >= ' ' && c < 127 ? (byte)c : (byte)'?');
        }
        return this;
    }

    /// <summary>Appends text between quotation marks, so that its end shows where a line is cut. Quotation marks in it become apostrophes.</summary>
    /// <param name="text">The text.</param>
    /// <param name="most">Most letters of it; the rest is dropped.</param>
    public LineWriter Quoted(string text, int most)
    {
        Letter((byte)'"');
        int count = text.Length < most ? text.Length : most;
        for (int i = 0; i < count; i++)
        {
            char c = text[i];
            Letter(c == '"' ? (byte)'\'' : c >= ' ' && c < 127 ? (byte)c : (byte)'?');
        }
        Letter((byte)'"');
        return this;
    }

    /// <summary>Appends a whole number.</summary>
    public LineWriter Number(long value)
    {
        if (value < 0)
        {
            Letter((byte)'-');
            value = -value;
        }
        Digits(value, 1);
        return this;
    }

    /// <summary>Appends a number of thousandths as a decimal with three places: 61234 becomes 61.234.</summary>
    public LineWriter Thousandths(long value)
    {
        if (value < 0)
        {
            Letter((byte)'-');
            value = -value;
        }
        Digits(value / 1000, 1);
        Letter((byte)'.');
        Digits(value % 1000, 3);
        return this;
    }

    /// <summary>Appends eight hexadecimal digits.</summary>
    public LineWriter Hex(uint value)
    {
        for (int shift = 28; shift >= 0; shift -= 4)
        {
            int digit = (int)(value >> shift) & 15;
            Letter((byte)(digit < 10 ? '0' + digit : 'a' + digit - 10));
        }
        return this;
    }

    /// <summary>The line as a string, for channels that take nothing else.</summary>
    public override string ToString()
    {
        var letters = new char[Length];
        for (int i = 0; i < letters.Length; i++) letters[i] = (char)Bytes[i];
        return new string(letters);
    }

    private void Digits(long value, int minimum)
    {
        int count = 0;
        while (value > 0 || count < minimum)
        {
            _digits[count++] = (byte)('0' + (int)(value % 10));
            value /= 10;
        }
        while (count > 0) Letter(_digits[--count]);
    }

    private void Letter(byte letter)
    {
        if (Length < Capacity) Bytes[Length++] = letter;
    }
}
