// nanoFramework.System.IO.Ports: the board's serial port, whose other end is the host's SerialLine.

using Crime.VirtualBoard.Boards;

namespace System.IO.Ports;

/// <summary>Parity bit.</summary>
public enum Parity
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Odd.</summary>
    Odd = 1,

    /// <summary>Even.</summary>
    Even = 2,
}

/// <summary>Stop bits.</summary>
public enum StopBits
{
    /// <summary>One.</summary>
    One = 1,

    /// <summary>Two.</summary>
    Two = 2,

    /// <summary>One and a half.</summary>
    OnePointFive = 3,
}

/// <summary>A serial port.</summary>
public sealed class SerialPort : IDisposable
{
    private const int BitsPerByte = 10;

    // The size that the device's library sets when the application sets none.
    private const int DefaultBufferSize = 256;

    private readonly Board _board = Board.Running;
    private readonly ISerialSource? _source;

    /// <summary>Prepares a port.</summary>
    public SerialPort(string portName, int baudRate = 9600, Parity parity = Parity.None, int dataBits = 8, StopBits stopBits = StopBits.One)
    {
        if (portName is not ("COM2" or "COM3")) throw new ArgumentException($"there is no port {portName} for an application");
        PortName = portName;
        _source = _board.SerialSource(portName);
        BaudRate = baudRate;
        Parity = parity;
        DataBits = dataBits;
        StopBits = stopBits;
    }

    /// <summary>Name of the port.</summary>
    public string PortName { get; }

    /// <summary>Bits per second.</summary>
    public int BaudRate { get; }

    /// <summary>Parity bit.</summary>
    public Parity Parity { get; }

    /// <summary>Data bits.</summary>
    public int DataBits { get; }

    /// <summary>Stop bits.</summary>
    public StopBits StopBits { get; }

    /// <summary>Whether the port is open.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Received bytes that wait.</summary>
    public int BytesToRead => _source?.CountAt(_board.Clock.NowUs()) ?? _board.Serial.BytesToBoard;

    /// <summary>Size of the receive buffer in bytes. The console's has no limit.</summary>
    public int ReadBufferSize { get; set; } = DefaultBufferSize;

    /// <summary>Opens the port.</summary>
    public void Open()
    {
        if (IsOpen) throw new InvalidOperationException();
        IsOpen = true;
        _source?.Open(_board.Clock.NowUs(), BaudRate, ReadBufferSize);
    }

    /// <summary>Closes the port.</summary>
    public void Close() => IsOpen = false;

    /// <summary>Closes the port.</summary>
    public void Dispose() => Close();

    /// <summary>Reads one byte.</summary>
    /// <returns>The byte, or -1 when none waits.</returns>
    public int ReadByte()
    {
        byte letter = 0;
        return Read(new Span<byte>(ref letter)) == 1 ? letter : -1;
    }

    /// <summary>Reads bytes that wait. Unlike the device's, this does not block until all have come.</summary>
    /// <returns>Their number.</returns>
    public int Read(byte[] buffer, int offset, int count)
    {
        if (!IsOpen) throw new InvalidOperationException();
        return Read(buffer.AsSpan(offset, count));
    }

    private int Read(Span<byte> bytes)
    {
        if (_source != null) return _source.Read(bytes, _board.Clock.NowUs());
        int count = 0;
        while (count < bytes.Length && _board.Serial.TryReadToBoard(out byte letter)) bytes[count++] = letter;
        return count;
    }

    /// <summary>Writes bytes and waits until they are out.</summary>
    public void Write(byte[] buffer, int offset, int count)
    {
        if (!IsOpen) throw new InvalidOperationException();
        _board.Clock.Sleep(count * BitsPerByte * 1_000_000L / BaudRate);
        if (_source == null) _board.Serial.FromBoard(buffer.AsSpan(offset, count));
    }
}
