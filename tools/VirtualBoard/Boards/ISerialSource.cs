// A device that sends to a serial port of the board, apart from the console.

using System;

namespace Crime.VirtualBoard.Boards;

/// <summary>The sender at the other end of a serial port.</summary>
public interface ISerialSource
{
    /// <summary>The firmware has opened the port.</summary>
    /// <param name="nowUs">The time in µs on the board's clock.</param>
    /// <param name="baud">Bits per second.</param>
    /// <param name="bufferSize">Bytes that the port keeps until they are read. Further ones are lost.</param>
    void Open(long nowUs, int baud, int bufferSize);

    /// <summary>Returns the number of bytes that wait.</summary>
    /// <param name="nowUs">The time in µs on the board's clock.</param>
    int CountAt(long nowUs);

    /// <summary>Takes bytes that wait.</summary>
    /// <param name="bytes">Receives them.</param>
    /// <param name="nowUs">The time in µs on the board's clock.</param>
    /// <returns>Their number.</returns>
    int Read(Span<byte> bytes, long nowUs);
}
