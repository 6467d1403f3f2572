// Lets any terminal program open a virtual board's serial port: a Linux pseudo-terminal whose other end is a SerialLine.

using System;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using System.Threading.Channels;

namespace Crime.VirtualBoard;

/// <summary>A terminal device of this machine that is joined to a board's serial line.</summary>
/// <remarks>
/// As with a real UART nobody has to listen: the board is never held up. What a program does not read in time is dropped,
/// the oldest first, so that one which opens the terminal late finds the newest lines.
/// </remarks>
public sealed class PseudoTerminal : IDisposable
{
    private const int PollMs = 100;
    private const int DrainTimeoutMs = 500;
    private const int PauseMs = 5;
    private const int WaitingChunks = 1024;
    private const int BufferSize = 4096;

    private readonly Channel<byte[]> _fromBoard = Channel.CreateBounded<byte[]>(
        new BoundedChannelOptions(WaitingChunks) { FullMode = BoundedChannelFullMode.DropOldest });

    private readonly int _master;

    // Held open so that the terminal outlives the programs that use it: without it every read fails once the last has closed.
    private readonly int _device;
    private readonly Thread _reading;
    private readonly Thread _writing;
    private volatile SerialLine? _line;
    private volatile bool _isClosing;

    /// <summary>Makes a terminal that passes bytes as they are.</summary>
    /// <exception cref="PlatformNotSupportedException">The machine does not run Linux.</exception>
    /// <exception cref="IOException">The system gives no terminal.</exception>
    public PseudoTerminal()
    {
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("a pseudo-terminal for the serial port needs Linux");
        _master = Checked(Native.OpenTerminal(Native.ReadWrite | Native.NoControllingTerminal | Native.CloseOnExec | Native.NonBlocking));
        _device = -1;
        try
        {
            Checked(Native.GrantTerminal(_master));
            Checked(Native.UnlockTerminal(_master));
            Path = NameOf(_master);
            _device = Checked(Native.Open(Path, Native.ReadWrite | Native.NoControllingTerminal | Native.CloseOnExec));
            MakeRaw(_device);
        }
        catch
        {
            CloseBoth();
            throw;
        }
        _reading = new Thread(ReadTerminal) { IsBackground = true, Name = "terminal to board" };
        _writing = new Thread(WriteTerminal) { IsBackground = true, Name = "board to terminal" };
        _reading.Start();
        _writing.Start();
    }

    /// <summary>What a terminal program opens, such as /dev/pts/3.</summary>
    public string Path { get; }

    /// <summary>Joins the terminal to a line, in the place of the one before: a board that starts again has a new one.</summary>
    public void Join(SerialLine line)
    {
        Leave();
        _line = line;
        line.Written += OnWritten;
    }

    /// <summary>Gives a program that reads a moment to take what is left, and closes the terminal.</summary>
    public void Dispose()
    {
        if (_isClosing) return;
        Leave();
        _fromBoard.Writer.TryComplete();
        var waited = Stopwatch.StartNew();
        while (waited.ElapsedMilliseconds < DrainTimeoutMs && (_writing.IsAlive || IsReady(_device, Native.CanRead, 0))) Thread.Sleep(PauseMs);
        _isClosing = true;
        _reading.Join();
        _writing.Join();
        CloseBoth();
    }

    private void Leave()
    {
        if (_line is { } line) line.Written -= OnWritten;
        _line = null;
    }

    private void OnWritten(ReadOnlyMemory<byte> bytes) => _fromBoard.Writer.TryWrite(bytes.ToArray());

    private void ReadTerminal()
    {
        var buffer = new byte[BufferSize];
        while (!_isClosing)
        {
            // What is typed before a board is joined waits in the terminal.
            if (_line is not { } line)
            {
                Thread.Sleep(PauseMs);
                continue;
            }
            if (!IsReady(_master, Native.CanRead, PollMs)) continue;
            nint count = Native.Read(_master, buffer, buffer.Length);
            if (count > 0) line.Write(buffer.AsSpan(0, (int)count));
        }
    }

    private void WriteTerminal()
    {
        while (_fromBoard.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            while (_fromBoard.Reader.TryRead(out byte[]? bytes))
                if (!TryWrite(bytes)) return;
    }

    /// <summary>Writes a piece, and makes room for it where nobody has read for a while.</summary>
    /// <returns>False when the terminal is being closed.</returns>
    private bool TryWrite(byte[] bytes)
    {
        int written = 0;
        while (written < bytes.Length)
        {
            if (_isClosing) return false;
            nint count = Native.Write(_master, bytes[written..], bytes.Length - written);
            if (count > 0) written += (int)count;
            // What waits in the terminal is the oldest there is.
            else if (!IsReady(_master, Native.CanWrite, PollMs)) Native.Flush(_device, Native.Received);
        }
        return true;
    }

    private static bool IsReady(int descriptor, short events, int timeoutMs)
    {
        var asked = new Native.Poll { Descriptor = descriptor, Events = events };
        return Native.WaitFor(ref asked, 1, timeoutMs) > 0 && (asked.Happened & events) != 0;
    }

    private static string NameOf(int master)
    {
        var name = new byte[256];
        int error = Native.NameOfTerminal(master, name, name.Length);
        if (error != 0) throw Failure(error);
        return Encoding.UTF8.GetString(name.AsSpan(0, Array.IndexOf(name, (byte)0)));
    }

    private static void MakeRaw(int device)
    {
        // The C library's struct termios, which nothing here looks into: 60 bytes on x86-64 and ARM.
        var settings = new byte[512];
        Checked(Native.GetSettings(device, settings));
        Native.MakeRaw(settings);
        Checked(Native.SetSettings(device, 0, settings));
    }

    private static int Checked(int result) => result >= 0 ? result : throw Failure(Marshal.GetLastPInvokeError());

    private static IOException Failure(int error) => new($"the system gives no pseudo-terminal: {new Win32Exception(error).Message}");

    private void CloseBoth()
    {
        if (_device >= 0) Native.Close(_device);
        Native.Close(_master);
    }

    /// <summary>The C library. Numbers are Linux's, the same on x86 and ARM.</summary>
    private static class Native
    {
        public const int ReadWrite = 2;
        public const int NoControllingTerminal = 0x100;
        public const int NonBlocking = 0x800;
        public const int CloseOnExec = 0x80000;
        public const short CanRead = 1;
        public const short CanWrite = 4;
        public const int Received = 0;

        /// <summary>struct pollfd.</summary>
        public struct Poll
        {
            public int Descriptor;
            public short Events;
            public short Happened;
        }

        [DllImport("libc", EntryPoint = "posix_openpt", SetLastError = true)]
        public static extern int OpenTerminal(int flags);

        [DllImport("libc", EntryPoint = "grantpt", SetLastError = true)]
        public static extern int GrantTerminal(int master);

        [DllImport("libc", EntryPoint = "unlockpt", SetLastError = true)]
        public static extern int UnlockTerminal(int master);

        [DllImport("libc", EntryPoint = "ptsname_r")]
        public static extern int NameOfTerminal(int master, byte[] name, nint size);

        [DllImport("libc", EntryPoint = "open", SetLastError = true)]
        public static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

        [DllImport("libc", EntryPoint = "close")]
        public static extern int Close(int descriptor);

        [DllImport("libc", EntryPoint = "read")]
        public static extern nint Read(int descriptor, byte[] bytes, nint count);

        [DllImport("libc", EntryPoint = "write")]
        public static extern nint Write(int descriptor, byte[] bytes, nint count);

        [DllImport("libc", EntryPoint = "poll")]
        public static extern int WaitFor(ref Poll asked, nuint count, int timeoutMs);

        [DllImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
        public static extern int GetSettings(int descriptor, byte[] settings);

        [DllImport("libc", EntryPoint = "cfmakeraw")]
        public static extern void MakeRaw(byte[] settings);

        [DllImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
        public static extern int SetSettings(int descriptor, int when, byte[] settings);

        [DllImport("libc", EntryPoint = "tcflush")]
        public static extern int Flush(int descriptor, int queue);
    }
}
