// Readings from a serial port, or from a file with what one has said. A port may vanish and come back at any time: a board that
// is unplugged, a cable that is loose.

using System;
using System.IO;
using System.IO.Ports;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Crime.Cli.Boards;

namespace Crime.Cli.Monitor;

/// <summary>Reads a board's console.</summary>
internal sealed class SerialSource : IReadingSource
{
    private const int RetryMs = 200;
    private const int BufferSize = 4096;

    private readonly string _port;
    private readonly int _baud;
    private readonly string _board;
    private readonly bool _isRegularFile;
    private Stream? _file;
    private volatile SerialPort? _serial;

    /// <summary>Names a port; <see cref="OpenAsync"/> opens it.</summary>
    /// <param name="port">Name of a port, path of a terminal device, or path of a file.</param>
    /// <param name="baud">Bits per second.</param>
    /// <param name="board">Id of the board; empty to take it from its console.</param>
    public SerialSource(string port, int baud, string board)
    {
        _port = port;
        _baud = baud;
        _board = board;
        _isRegularFile = IsRegularFile(port);
    }

    /// <inheritdoc/>
    public Task OpenAsync(CancellationToken cancellation)
    {
        try
        {
            if (_isRegularFile) _file = File.OpenRead(_port);
            else _serial = SerialPorts.Open(_port, _baud);
            return Task.CompletedTask;
        }
        catch (Exception e) when (SerialPorts.IsTrouble(e))
        {
            throw SerialPorts.Refusal(_port, e);
        }
    }

    /// <inheritdoc/>
    public Task RunAsync(ChannelWriter<MonitorEvent> events, CancellationToken cancellation) => Task.Factory.StartNew(
        () => Run(events, cancellation), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <inheritdoc/>
    public string? Send(string command)
    {
        if (_serial is not { } serial) return "the port is not there";
        try
        {
            serial.Write(command + "\n");
            return null;
        }
        catch (Exception e) when (SerialPorts.IsTrouble(e))
        {
            return e.Message;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        Close();
    }

    private static bool IsRegularFile(string port)
    {
        if (!File.Exists(port)) return false;
        // A link under another name is how a port keeps its name.
        string target = File.ResolveLinkTarget(port, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(port);
        return !target.StartsWith("/dev/", StringComparison.Ordinal);
    }

    private void Run(ChannelWriter<MonitorEvent> events, CancellationToken cancellation)
    {
        // The queue's limit holds the reading up, not the memory.
        void Report(MonitorEvent item) => events.WriteAsync(item, cancellation).AsTask().GetAwaiter().GetResult();
        var decoder = new ConsoleDecoder(_board, Report);
        using CancellationTokenRegistration stop = cancellation.Register(Close);
        using var watch = new Timer(_ => CloseWhenGone(), state: null, RetryMs, RetryMs);
        if (_file != null)
        {
            ReadToEnd(_file, decoder);
            return;
        }
        while (!cancellation.IsCancellationRequested)
        {
            string reason = _serial is { } serial ? ReadToEnd(serial.BaseStream, decoder) : "the port is not there";
            if (cancellation.IsCancellationRequested) return;
            Close();
            Report(new LinkChanged(false, $"{_port}: {reason}; waiting for it to come back"));
            AwaitPort(cancellation);
            if (_serial != null) Report(new LinkChanged(true, $"{_port}: there again"));
        }
    }

    /// <summary>Reads until the stream ends or fails, as it does when the board is unplugged.</summary>
    /// <returns>Why it ended.</returns>
    private static string ReadToEnd(Stream stream, ConsoleDecoder decoder)
    {
        var buffer = new byte[BufferSize];
        string reason = "closed";
        try
        {
            for (int count = stream.Read(buffer); count > 0; count = stream.Read(buffer)) decoder.Feed(buffer.AsSpan(0, count));
        }
        catch (Exception e) when (SerialPorts.IsTrouble(e))
        {
            reason = e is ObjectDisposedException or OperationCanceledException ? "unplugged" : e.Message;
        }
        decoder.Cut();
        return reason;
    }

    private void AwaitPort(CancellationToken cancellation)
    {
        while (!cancellation.WaitHandle.WaitOne(RetryMs))
        {
            try
            {
                if (!File.Exists(_port) && Path.IsPathRooted(_port)) continue;
                _serial = SerialPorts.Open(_port, _baud);
                return;
            }
            catch (Exception e) when (SerialPorts.IsTrouble(e))
            {
                // Not there yet, or not ours yet: the system gives a new device its rights a moment after its name.
            }
        }
    }

    /// <summary>A read that waits on a device which has vanished does not always notice.</summary>
    private void CloseWhenGone()
    {
        if (Path.IsPathRooted(_port) && !File.Exists(_port)) Close();
    }

    private void Close() => Interlocked.Exchange(ref _serial, null)?.Dispose();
}
