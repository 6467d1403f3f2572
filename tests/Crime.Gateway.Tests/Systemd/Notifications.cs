using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Systemd;

/// <summary>The end of NOTIFY_SOCKET that systemd holds, and a gateway that believes to be started by it.</summary>
internal sealed class Notifications : IDisposable
{
    // .NET knows systemd by the name of the parent process: here a shell of that name that passes SIGTERM on.
    private const string Script = """
        "$0" "$@" & child=$!; trap 'kill -TERM $child' TERM
        wait $child; code=$?; while kill -0 $child 2>/dev/null; do wait $child; code=$?; done; exit $code
        """;

    private const int PollMs = 5;

    private readonly string _folder = Directory.CreateTempSubdirectory("crime-systemd-").FullName;
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly byte[] _buffer = new byte[4096];

    public Notifications()
    {
        if (OperatingSystem.IsWindows()) Assert.Ignore("there is no systemd on Windows");
        _socket.Bind(new UnixDomainSocketEndPoint(SocketPath));
        File.CreateSymbolicLink(ShellPath, "/bin/sh");
    }

    private string SocketPath => Path.Combine(_folder, "notify");

    private string ShellPath => Path.Combine(_folder, "systemd");

    /// <summary>Starts a gateway.</summary>
    /// <param name="watchdogMs">As WatchdogSec= in the unit; 0 for none.</param>
    /// <param name="options">Its options.</param>
    public GatewayProcess Start(int watchdogMs, params string[] options)
    {
        var environment = new Dictionary<string, string> { ["NOTIFY_SOCKET"] = SocketPath };
        if (watchdogMs > 0) environment["WATCHDOG_USEC"] = $"{watchdogMs * 1000L}";
        return GatewayProcess.Run(ShellPath, ["-c", Script, GatewayProcess.DotnetHost, GatewayProcess.ProgramFile, .. options], environment);
    }

    /// <summary>Waits for the next message.</summary>
    public async Task<string> NextAsync()
    {
        using var timeout = new CancellationTokenSource(Deadline.Ms);
        int size = await _socket.ReceiveAsync(_buffer, SocketFlags.None, timeout.Token);
        return Encoding.UTF8.GetString(_buffer, 0, size);
    }

    /// <summary>Waits for a message and passes over those of the watchdog.</summary>
    public async Task<string> NextButWatchdogAsync()
    {
        string message;
        do message = await NextAsync();
        while (message == "WATCHDOG=1");
        return message;
    }

    /// <summary>Takes what has come so far.</summary>
    public List<string> TakeAll()
    {
        var all = new List<string>();
        while (_socket.Available > 0) all.Add(Encoding.UTF8.GetString(_buffer, 0, _socket.Receive(_buffer)));
        return all;
    }

    /// <summary>Goes on reading, as systemd does, until something has ended: a socket that nobody reads blocks who writes to it.</summary>
    public async Task<T> ReadWhileAsync<T>(Task<T> task)
    {
        while (!task.IsCompleted)
        {
            TakeAll();
            await Task.WhenAny(task, Task.Delay(PollMs));
        }
        return await task;
    }

    public void Dispose()
    {
        _socket.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
