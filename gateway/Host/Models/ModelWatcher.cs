// Looks at the model folder whenever the system says that it has changed, and now and then all the same: the system forgets events
// when there are many, and knows of none on some network file systems.

using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Crime.Gateway.Configuration;
using Microsoft.Extensions.Logging;
using Crime.Gateway.Diagnostics;
using Crime.Gateway.Core;

namespace Crime.Gateway.Models;

/// <summary>Keeps the registry up to date while the gateway runs.</summary>
public sealed class ModelWatcher : IDisposable
{
    /// <summary>Time between two looks without an event, in ms.</summary>
    public const int PollMs = 2000;

    // After an event more are to come: a copy writes in many steps.
    private const int QuietMs = 50;
    private const int UnsettledMs = 200;

    private readonly string _path;
    private readonly ModelLibrary _library;
    private readonly GatewayCore _core;
    private readonly ModelsPublisher _publisher;
    // One scan at a time.
    private readonly SemaphoreSlim _scan = new(1, 1);
    private readonly ILogger<ModelWatcher> _log;
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private FileSystemWatcher? _events;
    private Task _running = Task.CompletedTask;

    /// <summary>Makes a watcher that does not watch yet.</summary>
    /// <param name="options">The folder.</param>
    /// <param name="library">Loads the models.</param>
    /// <param name="core">Publishes a change.</param>
    /// <param name="publisher">Publishes the list of models.</param>
    /// <param name="log">Receives errors.</param>
    public ModelWatcher(GatewayOptions options, ModelLibrary library, GatewayCore core, ModelsPublisher publisher, ILogger<ModelWatcher> log)
    {
        _path = options.ModelsFolder;
        _library = library;
        _core = core;
        _publisher = publisher;
        _log = log;
    }

    /// <summary>Loads the models that are in the folder now.</summary>
    public void LoadNow() => _library.Scan();

    /// <summary>Stores an uploaded model in the folder, and serves it at once.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="file">Foreign bytes.</param>
    /// <param name="cancellation">Ends the wait for another scan.</param>
    /// <returns>Why it is refused, and whether the file is the reason; null and false when it is served.</returns>
    public async Task<(string? Reason, bool IsRefused)> StoreAsync(string name, byte[] file, CancellationToken cancellation)
    {
        await _scan.WaitAsync(cancellation);
        try
        {
            if (_library.Check(name, file) is { } refusal) return (refusal, true);
            if (_library.Write(name, file) is { } failure) return (failure, false);
            Scan();
            return (null, false);
        }
        finally
        {
            _scan.Release();
        }
    }

    /// <summary>Begins to watch.</summary>
    public void Start() => _running = Task.Run(() => WatchAsync(_stop.Token));

    /// <summary>Watches no more.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _events?.Dispose();
        _stop.Dispose();
        _wake.Dispose();
        _scan.Dispose();
    }

    private async Task WatchAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                ListenForEvents();
                if (await _wake.WaitAsync(_library.IsUnsettled ? UnsettledMs : PollMs, cancellation)) await Task.Delay(QuietMs, cancellation);
                await LookAsync(cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }
    }

    private void Scan()
    {
        if (!_library.Scan()) return;
        _core.Schedule.Announce();
        _publisher.Publish();
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        await _scan.WaitAsync(cancellation);
        try
        {
            Scan();
        }
        catch (Exception e)
        {
            // A folder that goes while it is read, most likely; the next look tells.
            _log.Fault(e);
        }
        finally
        {
            _scan.Release();
        }
    }

    /// <summary>Asks the system for events, once there is a folder to ask about.</summary>
    private void ListenForEvents()
    {
        if (_events != null || !Directory.Exists(_path)) return;
        try
        {
            _events = new FileSystemWatcher(_path, "*.crime") { NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite | NotifyFilters.Size };
            _events.Changed += (_, _) => Wake();
            _events.Created += (_, _) => Wake();
            _events.Deleted += (_, _) => Wake();
            _events.Renamed += (_, _) => Wake();
            _events.EnableRaisingEvents = true;
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            // No more watches to be had from the system: polling has to do.
            _events?.Dispose();
            _events = null;
        }
    }

    private void Wake()
    {
        try
        {
            if (_wake.CurrentCount == 0) _wake.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // Another event was as quick, or the gateway has stopped.
        }
    }
}
