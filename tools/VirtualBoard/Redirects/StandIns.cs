// Members that .NET has under the same name as the device, but that on a virtual board must mean the board: its flash, its
// clock, its threads, its debug channel. Public because instrumented firmware calls them; for nobody else.

using System;
using System.IO;
using System.Threading;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Loading;
using Crime.VirtualBoard.Model;

namespace Crime.VirtualBoard.Redirects;

/// <summary>Threads run in the board's time.</summary>
[StandsInFor(typeof(Thread))]
public static class ThreadStandIn
{
    /// <summary>A thread that does not keep the host's process alive.</summary>
    public static Thread New(ThreadStart start)
    {
        Board board = Board.Running;
        return new Thread(() =>
        {
            board.Clock.ResumeNow();
            board.Guard(() => Run(board, start));
        })
        {
            IsBackground = true,
            Name = "board",
        };
    }

    private static void Run(Board board, ThreadStart start)
    {
        using HeapLease? frames = board.Heap?.Lease(HeapCosts.RunningThread);
        start();
    }

    /// <summary>Starts a thread, which inherits its board.</summary>
    public static void Start(Thread thread) => thread.Start();

    /// <summary>Waits in the board's time.</summary>
    public static void Sleep(int milliseconds)
    {
        if (milliseconds < 0) Board.Running.Clock.SleepUntil(long.MaxValue);
        Board.Running.Clock.Sleep(milliseconds * 1000L);
    }
}

/// <summary>Waiting takes the board's time.</summary>
[StandsInFor(typeof(WaitHandle))]
public static class WaitHandleStandIn
{
    /// <summary>Waits without limit.</summary>
    public static bool WaitOne(WaitHandle handle) => Board.Running.Clock.Wait(handle, -1);

    /// <summary>Waits for some time at most.</summary>
    public static bool WaitOne(WaitHandle handle, int milliseconds, bool exitContext) =>
        Board.Running.Clock.Wait(handle, milliseconds < 0 ? -1 : milliseconds * 1000L);
}

/// <summary>Events remember when they were set.</summary>
[StandsInFor(typeof(EventWaitHandle))]
public static class EventWaitHandleStandIn
{
    /// <summary>Sets an event.</summary>
    public static bool Set(EventWaitHandle handle) => Board.Running.Clock.Signal(handle);
}

/// <summary>The time of day is the board's: its clock starts with the board.</summary>
[StandsInFor(typeof(DateTime))]
public static class DateTimeStandIn
{
    /// <summary>Time of day at the start, and the time since.</summary>
    public static DateTime UtcNow => Board.Running.Options.StartUtc.AddMicroseconds(Board.Running.Clock.NowUs());
}

/// <summary>The debug channel is part of the serial line.</summary>
[StandsInFor(typeof(Console))]
public static class ConsoleStandIn
{
    /// <summary>Writes a line.</summary>
    public static void WriteLine(string text) => Board.Running.Serial.FromBoard(text + "\r\n");
}

/// <summary>Files lie on the board's flash.</summary>
[StandsInFor(typeof(File))]
public static class FileStandIn
{
    /// <summary>Whether a file exists.</summary>
    public static bool Exists(string path) => File.Exists(Flash.HostPath(path));

    /// <summary>Deletes a file.</summary>
    public static void Delete(string path) => File.Delete(Flash.HostPath(path));

    /// <summary>Renames a file; fails where the new name exists, as on the device.</summary>
    public static void Move(string from, string to) => File.Move(Flash.HostPath(from), Flash.HostPath(to));

    /// <summary>Reads a file.</summary>
    public static byte[] ReadAllBytes(string path) => File.ReadAllBytes(Flash.HostPath(path));

    /// <summary>Reads a text file.</summary>
    public static string ReadAllText(string path) => File.ReadAllText(Flash.HostPath(path));

    /// <summary>Writes a file.</summary>
    public static void WriteAllBytes(string path, byte[] bytes) => File.WriteAllBytes(Flash.HostPath(path), bytes);
}

/// <summary>Files lie on the board's flash.</summary>
[StandsInFor(typeof(FileStream))]
public static class FileStreamStandIn
{
    /// <summary>Opens a file.</summary>
    public static FileStream New(string path, FileMode mode, FileAccess access) =>
        new(Flash.HostPath(path), mode, access, FileShare.ReadWrite);
}

/// <summary>Maps the board's drive I: to a folder.</summary>
internal static class Flash
{
    private const string Drive = @"I:\";

    public static string HostPath(string path)
    {
        Board board = Board.Running;
        board.Clock.NowUs();
        if (!path.StartsWith(Drive, StringComparison.Ordinal) || path.Contains("..", StringComparison.Ordinal))
            throw new IOException($"there is no volume for '{path}'");
        return Path.Combine(board.Options.FlashFolder, path[Drive.Length..].Replace('\\', Path.DirectorySeparatorChar));
    }
}
