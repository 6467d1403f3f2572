// From the bytes of a serial line to events. Whatever the bytes are, every line comes out once: as a reading, as text, or as
// garbled.

using System;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Crime.Cli.Boards;

namespace Crime.Cli.Monitor;

/// <summary>Decodes a board's console. Keeps the half line between two pieces.</summary>
internal sealed partial class ConsoleDecoder
{
    /// <summary>Longest line in bytes without its end: what the firmware's line writer holds.</summary>
    public const int MaxLineSize = 256;

    private const int MaxShownLetters = 60;

    private readonly Action<MonitorEvent> _report;
    private readonly byte[] _line = new byte[MaxLineSize];
    private string _board;
    private int _size;
    private bool _isTooLong;

    /// <summary>Makes a decoder.</summary>
    /// <param name="board">Id of the board; empty to take it from the board's first line.</param>
    /// <param name="report">Called with every event.</param>
    public ConsoleDecoder(string board, Action<MonitorEvent> report)
    {
        _board = board;
        _report = report;
    }

    /// <summary>Takes the next bytes of the line.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        foreach (byte letter in bytes)
        {
            if (letter == '\n') EndLine();
            // The line's end has two letters; the first still fits behind a line of the greatest length.
            else if (_size < MaxLineSize) _line[_size++] = letter;
            else if (letter != '\r' || _isTooLong) _isTooLong = true;
        }
    }

    /// <summary>The line was cut: what is left of it is a half line, and what comes next begins a new one.</summary>
    public void Cut()
    {
        if (_size > 0) Garbled();
        Clear();
    }

    private void EndLine()
    {
        if (_size > 0 && _line[_size - 1] == '\r' && !_isTooLong) _size--;
        ReadOnlySpan<byte> bytes = _line.AsSpan(0, _size);
        if (_isTooLong || bytes.ContainsAnyExceptInRange((byte)' ', (byte)'~')) Garbled();
        else if (_size > 0) Report(Encoding.ASCII.GetString(bytes));
        Clear();
    }

    private void Report(string line)
    {
        if (BoardName().Match(line) is { Success: true } named) _board = named.Groups[1].Value;
        if (Reading.Parse(line) is { } reading) _report(new InferenceArrived(_board, reading));
        else if (BracketReading.Parse(line) is { } bracket) _report(new BracketArrived(_board, bracket));
        else if (ReadingTotals.Parse(line) != null || Text().IsMatch(line)) _report(new TextArrived(line));
        else Garbled();
    }

    private void Garbled()
    {
        var shown = new StringBuilder();
        foreach (byte letter in _line.AsSpan(0, Math.Min(_size, MaxShownLetters)))
        {
            if (letter is >= (byte)' ' and <= (byte)'~') shown.Append((char)letter);
            else shown.Append(CultureInfo.InvariantCulture, $"\\x{letter:x2}");
        }
        if (_size > MaxShownLetters || _isTooLong) shown.Append("...");
        _report(new GarbledArrived(shown.ToString()));
    }

    private void Clear()
    {
        _size = 0;
        _isTooLong = false;
    }

    [GeneratedRegex(@"^CRIME board ([A-Za-z0-9._-]{1,32}), firmware ")]
    private static partial Regex BoardName();

    /// <summary>
    /// SPEC.md, "The console": a word and a colon, the greeting, a kept input, a recorded sequence, parts of an answer, the answer to an unknown command, or a
    /// crash.
    /// </summary>
    [GeneratedRegex(@"^([a-z][a-z0-9]*: |CRIME |CRASH |KEEP |REC |SIG |STEPS |TOKEN |VALUES |\? ')")]
    private static partial Regex Text();
}
