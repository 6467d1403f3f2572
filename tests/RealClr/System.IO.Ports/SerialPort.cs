// Stand-in for serial ports on a host: written lines appear on the debug channel, and nothing is ever received.

namespace System.IO.Ports
{
    /// <summary>Parity bit.</summary>
    public enum Parity
    {
        /// <summary>No parity bit.</summary>
        None = 0,

        /// <summary>Even parity.</summary>
        Even = 1,

        /// <summary>Odd parity.</summary>
        Odd = 2,
    }

    /// <summary>Number of stop bits.</summary>
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
        private const int MaxLineLength = 512;

        private readonly char[] _line = new char[MaxLineLength];
        private int _length;

        /// <summary>Creates a closed port. Only the name and the baud rate are kept.</summary>
        public SerialPort(string portName, int baudRate = 9600, Parity parity = Parity.None, int dataBits = 8, StopBits stopBits = StopBits.One)
        {
            PortName = portName;
            BaudRate = baudRate;
        }

        /// <summary>Name of the port.</summary>
        public string PortName { get; }

        /// <summary>Bits per second.</summary>
        public int BaudRate { get; set; }

        /// <summary>Whether the port is open.</summary>
        public bool IsOpen { get; private set; }

        /// <summary>Number of received bytes: always 0.</summary>
        public int BytesToRead => 0;

        /// <summary>Size of the receive buffer in bytes. It has no effect.</summary>
        public int ReadBufferSize { get; set; }

        /// <summary>Opens the port.</summary>
        public void Open() => IsOpen = true;

        /// <summary>Closes the port.</summary>
        public void Close() => IsOpen = false;

        /// <summary>Closes the port.</summary>
        public void Dispose() => Close();

        /// <summary>Reads one byte. Returns -1: there is none.</summary>
        public int ReadByte() => -1;

        /// <summary>Reads bytes. Returns 0: there are none.</summary>
        public int Read(byte[] buffer, int offset, int count) => 0;

        /// <summary>Writes bytes. A line of more than 512 characters is cut.</summary>
        public void Write(byte[] buffer, int offset, int count)
        {
            for (int i = offset; i < offset + count; i++)
            {
                if (buffer[i] == '\n')
                {
                    Console.WriteLine(new string(_line, 0, _length));
                    _length = 0;
                }
                else if (buffer[i] != '\r' && _length < MaxLineLength) _line[_length++] = (char)buffer[i];
            }
        }
    }
}
