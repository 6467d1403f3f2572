// A sensor with a controller of its own that writes a line of numbers for each timestep. Its clock gives the times, which the board does not see.

using System;
using System.IO.Ports;

namespace Crime.Device.Sensors;

/// <summary>Reads lines of numbers from a serial port, in the unit of the sender times the set factor.</summary>
internal sealed class SerialSensor : ISensor
{
    /// <summary>Bytes that the port's driver keeps between two polls.</summary>
    public const int BufferSizeBytes = 1024;

    private const int BitsPerByte = 10;
    private const int ShortestPollUs = 10_000;
    private const int LongestPollUs = 100_000;
    private const int ChunkSizeBytes = 64;

    private readonly SerialPort _port;
    private readonly NumberLine _line;
    private readonly byte[] _chunk = new byte[ChunkSizeBytes];
    private int _next;
    private int _count;
    private bool _isSynchronised;
    private int _lost;

    /// <summary>Makes a closed sensor; <see cref="Start"/> opens the port.</summary>
    /// <param name="port">A closed port.</param>
    /// <param name="channels">Numbers of a line.</param>
    /// <param name="scale">Factor of the numbers.</param>
    public SerialSensor(SerialPort port, int channels, int scale)
    {
        _port = port;
        _line = new NumberLine(channels, scale);
        Channels = channels;
        // Half of the buffer, when bytes come one after the other.
        long halfUs = BufferSizeBytes / 2 * BitsPerByte * 1_000_000L / port.BaudRate;
        PollUs = halfUs < ShortestPollUs ? ShortestPollUs : halfUs > LongestPollUs ? LongestPollUs : (int)halfUs;
    }

    /// <inheritdoc/>
    public int Channels { get; }

    /// <inheritdoc/>
    public int IntervalUs => 0;

    /// <inheritdoc/>
    public int PollUs { get; }

    /// <inheritdoc/>
    public string Start()
    {
        try
        {
            if (!_port.IsOpen)
            {
                _port.ReadBufferSize = BufferSizeBytes;
                _port.Open();
            }
        }
        catch (Exception e)
        {
            return _port.PortName + " cannot be opened: " + e.Message;
        }
        // The first line may have begun before: a part of it may be a whole line with a wrong number.
        _isSynchronised = false;
        return null;
    }

    /// <inheritdoc/>
    public int Read(short[] values, int mostSteps)
    {
        int steps = 0;
        while (steps < mostSteps && Fill())
        {
            LineState state = _line.Push(_chunk[_next++]);
            if (state == LineState.Open) continue;
            if (!_isSynchronised) _isSynchronised = true;
            else if (state == LineState.Complete) _line.CopyTo(values, steps++ * Channels);
            else if (state == LineState.Damaged) _lost++;
        }
        return steps;
    }

    /// <inheritdoc/>
    public int TakeLost()
    {
        int lost = _lost;
        _lost = 0;
        return lost;
    }

    /// <summary>Gets further bytes when none is left.</summary>
    /// <returns>False when none has come.</returns>
    private bool Fill()
    {
        if (_next < _count) return true;
        int waiting = _port.BytesToRead;
        if (waiting == 0) return false;
        _next = 0;
        // No more than waits: a read of more would block.
        _count = _port.Read(_chunk, 0, waiting < ChunkSizeBytes ? waiting : ChunkSizeBytes);
        return _count > 0;
    }
}
