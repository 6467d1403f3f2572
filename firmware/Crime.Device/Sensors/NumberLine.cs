// Numbers in a line of text, byte by byte: no line is kept, so none can be too long, and nothing is allocated.

namespace Crime.Device.Sensors;

/// <summary>States of a line.</summary>
internal enum LineState
{
    /// <summary>It goes on.</summary>
    Open = 0,

    /// <summary>It ended, and holds the numbers of a timestep.</summary>
    Complete = 1,

    /// <summary>It ended, and was empty.</summary>
    Empty = 2,

    /// <summary>It ended, and is no timestep: another count, other letters, or a number beyond 16 bits.</summary>
    Damaged = 3,
}

/// <summary>Reads lines of decimal numbers with a comma, a semicolon, a tab or blanks between.</summary>
internal sealed class NumberLine
{
    // Nine digits and a factor of 10 000 stay below 2^63.
    private const int MostDigits = 9;
    private const byte LineEnd = (byte)'\n', CarriageReturn = (byte)'\r', Blank = (byte)' ', Tab = (byte)'\t', Comma = (byte)',', Semicolon = (byte)';';

    private readonly short[] _values;
    private readonly int _scale;
    private int _count;
    private int _digits;
    private long _number;
    private long _divisor;
    private bool _isNegative;
    private bool _isInNumber;
    private bool _isAfterSeparator;
    private bool _isDamaged;

    /// <summary>Begins a line.</summary>
    /// <param name="count">Numbers of a line.</param>
    /// <param name="scale">Factor of the numbers.</param>
    public NumberLine(int count, int scale)
    {
        _values = new short[count];
        _scale = scale;
        Clear();
    }

    /// <summary>Reads a byte.</summary>
    public LineState Push(byte letter)
    {
        if (letter >= (byte)'0' && letter <= (byte)'9') AddDigit(letter - (byte)'0');
        else if (letter == LineEnd) return End();
        else if (letter == Comma || letter == Semicolon || letter == Tab) Separate();
        else if (letter == Blank || letter == CarriageReturn) EndNumber();
        else AddSign(letter);
        return LineState.Open;
    }

    /// <summary>Copies the numbers of a complete line.</summary>
    public void CopyTo(short[] values, int from)
    {
        for (int i = 0; i < _values.Length; i++) values[from + i] = _values[i];
    }

    private void AddDigit(int digit)
    {
        _isInNumber = true;
        _isAfterSeparator = false;
        if (++_digits > MostDigits)
        {
            _isDamaged = true;
            return;
        }
        _number = _number * 10 + digit;
        if (_divisor > 0) _divisor *= 10;
    }

    private void AddSign(byte letter)
    {
        if (letter == (byte)'.' && _divisor == 0) _divisor = 1;
        else if ((letter == (byte)'-' || letter == (byte)'+') && !_isInNumber) _isNegative = letter == (byte)'-';
        else _isDamaged = true;
        _isInNumber = true;
    }

    private void Separate()
    {
        EndNumber();
        if (_count == 0 || _isAfterSeparator) _isDamaged = true;
        _isAfterSeparator = true;
    }

    private void EndNumber()
    {
        if (!_isInNumber) return;
        // Rounded half away from zero.
        long divisor = _divisor > 0 ? _divisor : 1;
        long value = (_number * _scale + divisor / 2) / divisor;
        if (_isNegative) value = -value;
        if (_digits == 0 || _count == _values.Length || value > short.MaxValue || value < short.MinValue) _isDamaged = true;
        else _values[_count++] = (short)value;
        ClearNumber();
    }

    private LineState End()
    {
        EndNumber();
        bool isEmpty = _count == 0 && !_isDamaged;
        bool isComplete = _count == _values.Length && !_isDamaged && !_isAfterSeparator;
        Clear();
        return isEmpty ? LineState.Empty : isComplete ? LineState.Complete : LineState.Damaged;
    }

    private void Clear()
    {
        _count = 0;
        _isDamaged = false;
        _isAfterSeparator = false;
        ClearNumber();
    }

    private void ClearNumber()
    {
        _number = 0;
        _divisor = 0;
        _digits = 0;
        _isNegative = false;
        _isInNumber = false;
    }
}
