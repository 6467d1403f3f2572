// Tells the boards how busy the gateway is and what it costs: at once when that changes, but not more often than the
// network bears, and now and then when nothing does, so that silence means absence.

using System;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Tasks;
using Crime.Gateway.Core;
using Crime.Costs;
using Crime.Frames;
using Crime.Gateway.Broker;
using Crime.Gateway.Configuration;
using Crime.Gateway.Models;
using Crime.Gateway.Upstream;

namespace Crime.Gateway.Serving;

/// <summary>Publishes the retained status.</summary>
public sealed class StatusPublisher : IDisposable
{
    private readonly GatewayOptions _options;
    private readonly ModelRegistry _models;
    private readonly RequestQueue _queue;
    private readonly LoadMeter _load;
    private readonly Outbox _outbox;
    private readonly GatewayCounters _counters;
    private readonly GatewayGroup _group;
    private readonly RelayEngines? _relays;
    private readonly uint _session = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));
    private readonly SemaphoreSlim _wake = new(0);
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private int _isWoken;
    private volatile bool _isAnnouncement;
    private uint _sequence;
    private int _toldDepth;
    private uint _toldBacklogUs;

    /// <summary>Makes a publisher that does not publish yet.</summary>
    public StatusPublisher(
        GatewayOptions options, ModelRegistry models, RequestQueue queue, LoadMeter load, GatewayGroup group, Outbox outbox,
        GatewayCounters counters, RelayEngines? relays = null)
    {
        _options = options;
        _models = models;
        _queue = queue;
        _load = load;
        _outbox = outbox;
        _counters = counters;
        _group = group;
        _relays = relays is { AreUsed: true } ? relays : null;
    }

    /// <summary>Begins to publish.</summary>
    public void Start() => _running = PublishWhenDueAsync(_stop.Token);

    /// <summary>Publishes nothing any more.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }

    /// <summary>The load may have changed.</summary>
    public void OnChange()
    {
        if (Interlocked.Exchange(ref _isWoken, 1) == 0) _wake.Release();
    }

    /// <summary>A connection is new: the status is due whether or not it has changed.</summary>
    public void Announce()
    {
        _isAnnouncement = true;
        OnChange();
    }

    /// <summary>Another member of the group has told its load; whoever speaks for the group tells it on.</summary>
    public void OnGroupChange()
    {
        if (_group.IsSpeaker) Announce();
    }

    /// <summary>A status that says that the gateway is offline, also good as a last will.</summary>
    public byte[] NextOfflineFrame() => NewFrame().Encode();

    /// <summary>A status that says that the whole group is offline.</summary>
    public byte[] NextGroupOfflineFrame() => _group.NextStatus(NewFrame()).Encode();

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Dispose();
        _wake.Dispose();
    }

    private async Task PublishWhenDueAsync(CancellationToken cancellation)
    {
        long heartbeatAtMs = Environment.TickCount64;
        try
        {
            while (true)
            {
                await _wake.WaitAsync((int)Math.Max(heartbeatAtMs - Environment.TickCount64, 0), cancellation);
                Volatile.Write(ref _isWoken, 0);
                bool isDue = _isAnnouncement || IsNews() || Environment.TickCount64 >= heartbeatAtMs;
                if (!isDue) continue;
                _isAnnouncement = false;
                heartbeatAtMs = Environment.TickCount64 + _options.Status.HeartbeatMs;
                Publish();
                await Task.Delay(
                    StatusPace.IntervalMs(_options.Status.MinIntervalMs, _options.Status.HeartbeatMs, _outbox.StatusListenerCount?.Invoke()), cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }
    }

    private bool IsNews() =>
        _queue.Depth != _toldDepth || Math.Abs((long)_load.BacklogUs - _toldBacklogUs) >= StatusPace.BacklogStepUs || _relays is { } relays && relays.HasNews();

    private void Publish()
    {
        // While there is nobody to tell, no number is used up and no message counted as lost.
        if (!_outbox.IsOpen) return;
        StatusFrame frame = NewFrame();
        frame.Online = true;
        frame.BacklogUs = _toldBacklogUs = _load.BacklogUs;
        frame.Depth = _toldDepth = _queue.Depth;
        frame.Utilisation = _load.Utilisation;
        if (_relays != null) _relays.AddModels(frame);
        else AddModels(frame);
        _outbox.Send(_group.OwnStatusTopic, frame.Encode(), isRetained: true);
        if (_group.NextStatusOfSpeaker(frame) is { } groups) _outbox.Send(_group.StatusTopic, groups.Encode(), isRetained: true);
        _counters.Statuses.Increment();
    }

    private void AddModels(StatusFrame frame)
    {
        foreach (GatewayModel model in _models.Models)
        {
            CostLine line = model.Cost.Line;
            frame.Add(model.Id, model.ImageChecksum).SetOwn((uint)line.Alpha, (uint)line.Beta);
        }
    }

    private StatusFrame NewFrame() => new()
    {
        Workers = _load.WorkerCount,
        Session = _session,
        Sequence = Interlocked.Increment(ref _sequence),
        Capacity = _queue.Capacity,
        HttpPort = _options.HttpPort,
    };
}
