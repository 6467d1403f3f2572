// A sensor with a controller of its own: it writes a line of text for each sample to a serial port of the board.

using System;
using System.Collections.Generic;
using System.Text;
using Crime.VirtualBoard.Boards;

namespace Crime.VirtualBoard.Sensors;

/// <summary>Writes lines at a fixed rate, from the time at which the firmware opens the port.</summary>
/// <param name="rateHz">Lines per second.</param>
/// <param name="lineOf">Returns the line of a sample without its end, by its number.</param>
public sealed class LineFeed(double rateHz, Func<int, string> lineOf) : ISerialSource
{
    private const int BitsPerByte = 10;

    private readonly Queue<byte> _buffer = [];
    private byte[] _line = [];
    private int _next;
    private int _number;
    private double _startUs;
    private double _atUs;
    private double _byteUs;
    private int _bufferSize;

    /// <summary>Bytes that found no room in the buffer of the port.</summary>
    public long LostBytes { get; private set; }

    /// <inheritdoc/>
    public void Open(long nowUs, int baud, int bufferSize)
    {
        if (_byteUs == 0) _startUs = _atUs = nowUs;
        _byteUs = BitsPerByte * 1e6 / baud;
        _bufferSize = bufferSize;
    }

    /// <inheritdoc/>
    public int CountAt(long nowUs)
    {
        if (_byteUs > 0) Receive(nowUs);
        return _buffer.Count;
    }

    /// <inheritdoc/>
    public int Read(Span<byte> bytes, long nowUs)
    {
        int count = Math.Min(bytes.Length, CountAt(nowUs));
        for (int i = 0; i < count; i++) bytes[i] = _buffer.Dequeue();
        return count;
    }

    /// <summary>Moves what has come by now into the buffer. A line begins at its time, or after the line before.</summary>
    private void Receive(long nowUs)
    {
        while (true)
        {
            if (_next == _line.Length)
            {
                double dueUs = _startUs + _number * 1e6 / rateHz;
                if (dueUs > nowUs) return;
                _line = Encoding.ASCII.GetBytes(lineOf(_number++) + "\n");
                _next = 0;
                _atUs = Math.Max(_atUs, dueUs);
            }
            if (_atUs + _byteUs > nowUs) return;
            _atUs += _byteUs;
            if (_buffer.Count < _bufferSize) _buffer.Enqueue(_line[_next]);
            else LostBytes++;
            _next++;
        }
    }
}
