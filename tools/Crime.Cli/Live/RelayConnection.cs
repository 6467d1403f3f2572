// One connection through a relay: two sockets, and between them a delay line in each direction.

using System;
using System.Diagnostics;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Crime.Cli.Boards;

namespace Crime.Cli.Live;

/// <summary>Passes bytes on until both sides have said goodbye, or one has failed.</summary>
/// <param name="near">The connection that was accepted.</param>
/// <param name="target">Where it leads to.</param>
/// <param name="conditions">What happens on the way.</param>
/// <param name="lateness">Receives how late this machine was.</param>
internal sealed class RelayConnection(Socket near, BrokerEndpoint target, ILinkConditions conditions, Lateness lateness)
{
    private const int ReadSize = 16 * 1024;

    // Bytes under way, in reads: a sender that is faster than that is held up, as by a full window.
    private const int ReadsUnderWay = 256;

    private const int OutagePollMs = 10;

    private readonly Socket _far = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    /// <summary>Runs the connection. Never throws: a failure of one side ends the other.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            near.NoDelay = true;
            await WaitWhileDownAsync(broken.Token);
            await _far.ConnectAsync(target.Host, target.Port, broken.Token);
            await Task.WhenAll(PassAsync(near, _far, broken), PassAsync(_far, near, broken));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The other side learns it as from a cable that was cut: by a reset.
            near.LingerState = _far.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        finally
        {
            near.Dispose();
            _far.Dispose();
        }
    }

    private async Task PassAsync(Socket from, Socket to, CancellationTokenSource broken)
    {
        var line = Channel.CreateBounded<Parcel>(new BoundedChannelOptions(ReadsUnderWay) { SingleReader = true, SingleWriter = true });
        try
        {
            await Task.WhenAll(
                EndingOnFailure(ReadAsync(from, line.Writer, broken.Token), broken),
                EndingOnFailure(WriteAsync(line.Reader, to, broken.Token), broken));
        }
        finally
        {
            line.Writer.TryComplete();
        }
    }

    private static async Task EndingOnFailure(Task task, CancellationTokenSource broken)
    {
        try
        {
            await task;
        }
        catch
        {
            await broken.CancelAsync();
            throw;
        }
    }

    private async Task ReadAsync(Socket from, ChannelWriter<Parcel> line, CancellationToken cancellation)
    {
        long dueAt = 0;
        while (true)
        {
            var bytes = new byte[ReadSize];
            int count = await from.ReceiveAsync(bytes, cancellation);
            if (count == 0) break;
            // Nothing overtakes on a TCP connection: what follows bytes that stall waits behind them.
            dueAt = Math.Max(dueAt, Stopwatch.GetTimestamp() + (long)(conditions.OneWayMs(count) * Stopwatch.Frequency / 1000));
            await line.WriteAsync(new Parcel(bytes.AsMemory(0, count), dueAt), cancellation);
        }
        line.Complete();
    }

    private async Task WriteAsync(ChannelReader<Parcel> line, Socket to, CancellationToken cancellation)
    {
        await foreach (Parcel parcel in line.ReadAllAsync(cancellation))
        {
            // Less than a timer's tick passes without one. A timer may end some ms early: its clock is coarser than the stopwatch.
            double restMs;
            while ((restMs = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), parcel.DueAt).TotalMilliseconds) >= 1) await Task.Delay((int)restMs, cancellation);
            double lateMs = Math.Max(Stopwatch.GetElapsedTime(parcel.DueAt).TotalMilliseconds, 0);
            if (!await WaitWhileDownAsync(cancellation)) lateness.Add(lateMs);
            for (int sent = 0; sent < parcel.Bytes.Length;) sent += await to.SendAsync(parcel.Bytes[sent..], cancellation);
        }
        to.Shutdown(SocketShutdown.Send);
    }

    private async Task<bool> WaitWhileDownAsync(CancellationToken cancellation)
    {
        bool wasDown = false;
        while (conditions.IsDown)
        {
            wasDown = true;
            await Task.Delay(OutagePollMs, cancellation);
        }
        return wasDown;
    }

    private readonly record struct Parcel(ReadOnlyMemory<byte> Bytes, long DueAt);
}
