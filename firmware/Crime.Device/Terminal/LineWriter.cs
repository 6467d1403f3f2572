// Composes console lines in a buffer that is allocated once: int.ToString() alone would cost a thousand instructions and
// an object each time.

namespace Crime.Device.Terminal;

/// <summary>A line of ASCII text being written.</summary>
internal sealed class LineWriter
{
    /// <summary>Longest line in letters; the rest of a longer one is dropped.</summary>
    public const int Capacity = 256;

    private const float MostValue = 9e12f;
    private const long MostThousandths = 9_000_000_000_000_000;

    private readonly byte[] _digits = new byte[20];

    /// <summary>The letters.</summary>
    public readonly byte[] Bytes = new byte[Capacity];

    /// <summary>Letters written so far.</summary>
    public int Length { get; private set; }

    /// <summary>Letters that the line still has room for.</summary>
    public int Room => Capacity - Length;

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
        Letters(text, most);
        Letter((byte)'"');
        return this;
    }

    /// <summary>Appends text in the letters of a line: quotation marks become apostrophes, and what is not ASCII a question mark.</summary>
    /// <param name="text">The text.</param>
    /// <param name="most">Most letters of it; the rest is dropped.</param>
    public LineWriter Letters(string text, int most)
    {
        int count = text.Length < most ? text.Length : most;
        for (int i = 0; i < count; i++)
        {
            char c = text[i];
            Letter(c == '"' ? (byte)'\'' : c >= ' ' && c < 127 ? (byte)c : (byte)'?');
        }
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

    /// <summary>Appends a value with three places, or six where it is below 10. A value beyond 9e12 is cut off there.</summary>
    public LineWriter Value(float value)
    {
        bool isNegative = value < 0;
        float magnitude = isNegative ? -value : value;
        if (isNegative) Letter((byte)'-');
        if (magnitude >= 10) return Thousandths(magnitude < MostValue ? (long)(magnitude * 1000 + 0.5f) : MostThousandths);
        long millionths = (long)(magnitude * 1_000_000 + 0.5f);
        Digits(millionths / 1_000_000, 1);
        Letter((byte)'.');
        Digits(millionths % 1_000_000, 6);
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

    /// <summary>Appends numbers of 16 bits, the lower byte first, in base64 (RFC 4648, with padding).</summary>
    /// <param name="values">Has the numbers.</param>
    /// <param name="start">Index of the first one.</param>
    /// <param name="count">How many.</param>
    public LineWriter Base64(short[] values, int start, int count)
    {
        int bits = 0, held = 0;
        for (int i = start; i < start + count; i++)
        {
            int value = values[i];
            bits = bits << 16 | (value & 255) << 8 | value >> 8 & 255;
            for (held += 16; held >= 6; held -= 6) Letter(Digit64(bits >> held - 6 & 63));
        }
        if (held > 0) Letter(Digit64(bits << 6 - held & 63));
        // Two bits are left of one byte, four of two bytes; a group has three.
        if (held == 2) Letter((byte)'=');
        if (held > 0) Letter((byte)'=');
        return this;
    }

    /// <summary>The line as a string, for channels that take nothing else.</summary>
    public override string ToString()
    {
        var letters = new char[Length];
        for (int i = 0; i < letters.Length; i++) letters[i] = (char)Bytes[i];
        return new string(letters);
    }

    private static byte Digit64(int value)
    {
        if (value < 26) return (byte)('A' + value);
        if (value < 52) return (byte)('a' + value - 26);
        if (value < 62) return (byte)('0' + value - 52);
        return (byte)(value == 62 ? '+' : '/');
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
