// The console that people read energy from: a serial port of its own (COM1 belongs to the debugger), or the debug channel
// where no port is set or it cannot be opened.

using System;
using System.IO.Ports;
using nanoFramework.Hardware.Esp32;

namespace Crime.Device.Terminal;

/// <summary>Writes lines and collects typed commands. Lines may come from any thread; commands are read by one.</summary>
internal sealed class SerialConsole
{
    /// <summary>Longest command in letters; a longer line is dropped whole.</summary>
    public const int MaxCommandLength = 80;

    private readonly object _writeLock = new object();
    private readonly SerialPort _port;
    private readonly byte[] _lineEnd = { (byte)'\r', (byte)'\n' };
    private readonly char[] _command = new char[MaxCommandLength];
    private int _commandLength;

    /// <summary>Opens the port.</summary>
    /// <param name="port">Port name such as COM2; empty for the debug channel.</param>
    /// <param name="baud">Baud rate.</param>
    /// <param name="txPin">GPIO of the transmit line, or -1.</param>
    /// <param name="rxPin">GPIO of the receive line, or -1.</param>
    public SerialConsole(string port, int baud, int txPin, int rxPin)
    {
        if (port.Length == 0) return;
        try
        {
            if (port == "COM2" && txPin >= 0) Configuration.SetPinFunction(txPin, DeviceFunction.COM2_TX);
            if (port == "COM2" && rxPin >= 0) Configuration.SetPinFunction(rxPin, DeviceFunction.COM2_RX);
            var serial = new SerialPort(port, baud, Parity.None, 8, StopBits.One);
            serial.Open();
            _port = serial;
        }
        catch (Exception e)
        {
            // The debug channel remains.
            WriteLine("console: " + port + " cannot be opened: " + e.Message);
        }
    }

    /// <summary>Writes a line.</summary>
    public void Write(LineWriter line)
    {
        lock (_writeLock)
        {
            if (_port == null)
            {
                System.Console.WriteLine(line.ToString());
                return;
            }
            _port.Write(line.Bytes, 0, line.Length);
            _port.Write(_lineEnd, 0, _lineEnd.Length);
        }
    }

    /// <summary>Writes a line of text. Allocates; for rare messages.</summary>
    public void WriteLine(string text) => Write(new LineWriter().Text(text));

    /// <summary>The next complete command, or null when none has been typed.</summary>
    public string ReadCommand()
    {
        while (_port != null && _port.BytesToRead > 0)
        {
            int letter = _port.ReadByte();
            if (letter == '\r' || letter == '\n')
            {
                int length = _commandLength;
                _commandLength = 0;
                if (length > 0 && length <= MaxCommandLength) return new string(_command, 0, length);
            }
            else
            {
                // One beyond the end marks a line as too long.
                if (_commandLength < MaxCommandLength) _command[_commandLength] = letter >= ' ' && letter < 127 ? (char)letter : '?';
                if (_commandLength <= MaxCommandLength) _commandLength++;
            }
        }
        return null;
    }
}
