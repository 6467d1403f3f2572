// One measurement, from the first reading to the last: source, totals, file, picture, view.

using System;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;

namespace Crime.Cli.Monitor;

/// <summary>Leads events from a source to wherever they are kept and shown.</summary>
/// <param name="source">An open source.</param>
/// <param name="totals">Counts them.</param>
/// <param name="view">Shows them.</param>
/// <param name="file">Keeps them; null for no file.</param>
/// <param name="plot">Draws them; null for no picture.</param>
/// <param name="count">Readings after which it ends; 0 for no limit.</param>
internal sealed class MonitorRun(
    IReadingSource source, MonitorTotals totals, IMonitorView view, ReadingFile? file, ReadingPlot? plot, int count)
{
    private const int WaitingEvents = 1024;

    /// <summary>Measures until it is cancelled, the source has come to its end, or enough readings have come.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var events = Channel.CreateBounded<MonitorEvent>(WaitingEvents);
        Task reading = ReadAsync(events.Writer, stop.Token);
        try
        {
            await view.WhileAsync(() => TakeAsync(events.Reader, stop.Token));
        }
        catch (OperationCanceledException)
        {
            // The usual end: the user, or the time that was given.
        }
        finally
        {
            await stop.CancelAsync();
            await reading;
        }
        view.End();
        plot?.Save();
    }

    private async Task ReadAsync(ChannelWriter<MonitorEvent> events, CancellationToken cancellation)
    {
        try
        {
            await source.RunAsync(events, cancellation);
            events.TryComplete();
        }
        catch (Exception e)
        {
            events.TryComplete(e);
        }
    }

    private async Task TakeAsync(ChannelReader<MonitorEvent> events, CancellationToken cancellation)
    {
        await foreach (MonitorEvent arrived in events.ReadAllAsync(cancellation))
        {
            DateTime utc = DateTime.UtcNow;
            lock (totals) totals.Add(arrived);
            file?.Add(arrived, utc);
            if (arrived is InferenceArrived inference) plot?.Add(inference.Reading);
            view.Show(arrived, utc);
            if (count > 0 && totals.Readings >= count) return;
        }
    }
}
