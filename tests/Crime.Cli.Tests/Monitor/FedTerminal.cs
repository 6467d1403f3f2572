using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;

namespace Crime.Cli.Tests.Monitor;

/// <summary>
/// A pseudo-terminal whose other end is the test: it waits for its reader and drops nothing. A link gives it a name that can
/// vanish and come back, as a device's does.
/// </summary>
internal sealed class FedTerminal : IDisposable
{
    private const int ReadWriteNoControl = 2 | 0x100;
    private const int PollMs = 20;

    private int _master;

    public FedTerminal(string link)
    {
        _master = OpenTerminal(ReadWriteNoControl);
        GrantTerminal(_master);
        UnlockTerminal(_master);
        var name = new byte[256];
        NameOfTerminal(_master, name, name.Length);
        File.CreateSymbolicLink(link, Encoding.UTF8.GetString(name.AsSpan(0, Array.IndexOf(name, (byte)0))));
        Link = link;
    }

    public string Link { get; }

    /// <summary>Waits until a program has opened the terminal and set it up to pass bytes as they are.</summary>
    public void AwaitRaw()
    {
        // struct termios: four words of flags; echo is bit 3 of the last.
        var settings = new byte[512];
        for (int i = 0; i < 500; i++)
        {
            if (GetSettings(_master, settings) == 0 && (BitConverter.ToInt32(settings, 12) & 8) == 0) return;
            Thread.Sleep(PollMs);
        }
        throw new TimeoutException("nobody has opened the terminal");
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        byte[] rest = bytes.ToArray();
        while (rest.Length > 0)
        {
            nint count = Write(_master, rest, rest.Length);
            if (count <= 0) throw new IOException("the terminal is gone");
            rest = rest[(int)count..];
        }
    }

    public void WriteLine(string line) => Write(Encoding.Latin1.GetBytes(line + "\r\n"));

    public string ReadLine()
    {
        var line = new StringBuilder();
        var letter = new byte[1];
        while (Read(_master, letter, 1) == 1 && letter[0] != '\n') line.Append((char)letter[0]);
        return line.ToString();
    }

    /// <summary>Pulls the plug: the name goes, and whoever has the terminal open reads its end.</summary>
    public void Unplug()
    {
        File.Delete(Link);
        if (_master >= 0) Close(_master);
        _master = -1;
    }

    public void Dispose() => Unplug();

    [DllImport("libc", EntryPoint = "posix_openpt")]
    private static extern int OpenTerminal(int flags);

    [DllImport("libc", EntryPoint = "grantpt")]
    private static extern int GrantTerminal(int master);

    [DllImport("libc", EntryPoint = "unlockpt")]
    private static extern int UnlockTerminal(int master);

    [DllImport("libc", EntryPoint = "ptsname_r")]
    private static extern int NameOfTerminal(int master, byte[] name, nint size);

    [DllImport("libc", EntryPoint = "tcgetattr")]
    private static extern int GetSettings(int device, byte[] settings);

    [DllImport("libc", EntryPoint = "read")]
    private static extern nint Read(int descriptor, byte[] bytes, nint count);

    [DllImport("libc", EntryPoint = "write")]
    private static extern nint Write(int descriptor, byte[] bytes, nint count);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int Close(int descriptor);
}
