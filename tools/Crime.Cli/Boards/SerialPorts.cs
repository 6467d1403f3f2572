// Serial ports of this machine, and what goes wrong with them.

using System;
using System.IO;
using System.IO.Ports;
using Crime.Modelling;

namespace Crime.Cli.Boards;

/// <summary>Opens serial ports.</summary>
internal static class SerialPorts
{
    private const int WriteTimeoutMs = 1000;

    /// <summary>Opens a port.</summary>
    /// <param name="port">Name of a port, or path of a terminal device.</param>
    /// <param name="baud">Bits per second.</param>
    public static SerialPort Open(string port, int baud)
    {
        var serial = new SerialPort(port, baud, Parity.None, 8, StopBits.One) { WriteTimeout = WriteTimeoutMs };
        try
        {
            serial.Open();
            return serial;
        }
        catch
        {
            serial.Dispose();
            throw;
        }
    }

    /// <summary>Returns the line for a port that cannot be opened.</summary>
    /// <param name="port">The port.</param>
    /// <param name="trouble">The reason.</param>
    public static UserInputException Refusal(string port, Exception trouble)
    {
        string[] ports = SerialPort.GetPortNames();
        string others = ports.Length == 0 ? "this machine has no serial port" : "this machine has " + string.Join(", ", ports);
        return new UserInputException($"--port {port}: {trouble.Message} ({others})", trouble);
    }

    /// <summary>Returns true for an exception of a port that cannot be used or has vanished.</summary>
    public static bool IsTrouble(Exception e) =>
        e is IOException or UnauthorizedAccessException or InvalidOperationException or ArgumentException or TimeoutException
            or OperationCanceledException or NotSupportedException;
}
