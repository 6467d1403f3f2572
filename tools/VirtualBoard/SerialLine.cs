// The other end of the board's serial port.

using System;
using System.Collections.Generic;
using System.Text;
using System.Threading.Channels;

namespace Crime.VirtualBoard;

/// <summary>A serial line between a board and its host: whole lines one way, typed bytes the other.</summary>
public sealed class SerialLine
{
    private readonly object _lock = new();
    private readonly StringBuilder _partial = new();
    private readonly Queue<byte> _toBoard = [];
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    /// <summary>Complete lines that the board has written, without their line ends; completes when the power is cut.</summary>
    public ChannelReader<string> Lines => _lines.Reader;

    /// <summary>Raised with every byte that the board writes, for a terminal.</summary>
    public event Action<ReadOnlyMemory<byte>>? Written;

    /// <summary>Types a line.</summary>
    public void WriteLine(string command) => Write(Encoding.ASCII.GetBytes(command + "\n"));

    /// <summary>Types bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
            foreach (byte letter in bytes) _toBoard.Enqueue(letter);
    }

    internal int BytesToBoard
    {
        get
        {
            lock (_lock) return _toBoard.Count;
        }
    }

    internal bool TryReadToBoard(out byte letter)
    {
        lock (_lock) return _toBoard.TryDequeue(out letter);
    }

    internal void FromBoard(string text) => FromBoard(Encoding.UTF8.GetBytes(text));

    internal void FromBoard(ReadOnlySpan<byte> bytes)
    {
        Written?.Invoke(bytes.ToArray());
        lock (_lock)
        {
            foreach (byte letter in bytes)
            {
                if (letter == '\n')
                {
                    _lines.Writer.TryWrite(_partial.ToString());
                    _partial.Clear();
                }
                else if (letter != '\r')
                {
                    _partial.Append((char)letter);
                }
            }
        }
    }

    internal void Close() => _lines.Writer.TryComplete();
}
