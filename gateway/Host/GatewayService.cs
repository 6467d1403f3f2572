// The order in which the gateway starts and stops.

using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Gateway.Broker;
using Crime.Gateway.Configuration;
using Crime.Gateway.Models;
using Crime.Gateway.Serving;
using Crime.Gateway.Upstream;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Crime.Gateway;

/// <summary>Starts from the inside out, so that nothing is announced before it works, and stops the other way round.</summary>
public sealed class GatewayService : IHostedLifecycleService
{
    private readonly GatewayOptions _options;
    private readonly EmbeddedBroker? _broker;
    private readonly ModelRegistry _models;
    private readonly ModelLibrary _library;
    private readonly ModelWatcher _watcher;
    private readonly RequestQueue _queue;
    private readonly WorkerPool _workers;
    private readonly StatusPublisher _status;
    private readonly RequestReceiver _requests;
    private readonly RequestRelay _relay;
    private readonly MqttLink _link;
    private readonly ILogger<GatewayService> _log;

    /// <summary>Makes the service.</summary>
    /// <param name="options">What to say at the start.</param>
    /// <param name="models">The models.</param>
    /// <param name="library">Where they come from.</param>
    /// <param name="watcher">Who looks there for others.</param>
    /// <param name="queue">What waits.</param>
    /// <param name="workers">Who computes.</param>
    /// <param name="status">Who announces.</param>
    /// <param name="requests">Who admits.</param>
    /// <param name="relay">Who passes on.</param>
    /// <param name="link">The connection to the broker.</param>
    /// <param name="log">For the line at the start.</param>
    /// <param name="broker">The broker inside the gateway; null when an external one is used.</param>
    public GatewayService(
        GatewayOptions options, ModelRegistry models, ModelLibrary library, ModelWatcher watcher, RequestQueue queue, WorkerPool workers,
        StatusPublisher status, RequestReceiver requests, RequestRelay relay, MqttLink link, ILogger<GatewayService> log, EmbeddedBroker? broker = null)
    {
        _options = options;
        _models = models;
        _library = library;
        _watcher = watcher;
        _queue = queue;
        _workers = workers;
        _status = status;
        _requests = requests;
        _relay = relay;
        _link = link;
        _log = log;
        _broker = broker;
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    /// <exception cref="StartupException">The broker's port cannot be had.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _library.Scan();
        if (_broker != null) await _broker.StartAsync();
        _workers.Start();
    }

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        // HTTP listens by now: boards that read the first status find the download it names.
        _status.Start();
        _watcher.Start();
        _link.Start();
        _relay.Start();
        string broker = _broker != null ? $"embedded broker on port {_options.Broker.Port}"
            : $"broker at {_options.Broker.Host}:{_options.Broker.Port}";
        string models = _models.Models.Count == 0 ? "none" : string.Join(", ", _models.Models.Select(model => model.Name));
        _log.Started(_options.NodeId, broker, _options.HttpPort, _workers.Count, _options.QueueCapacity, models);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _requests.StopAccepting();
        await _watcher.StopAsync();
        await _relay.StopAsync(_options.DrainMs);
        _log.Draining(_queue.Depth, _options.DrainMs);
        // Blocks while the workers finish; the link must stay free to carry answers and refusals meanwhile.
        int refusedCount = await Task.Run(() => _workers.Stop(_options.DrainMs), CancellationToken.None);
        if (refusedCount > 0) _log.NotDrained(refusedCount, _options.DrainMs);
        await _status.StopAsync();
        await _link.StopAsync();
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_broker != null) await _broker.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        _log.Stopped(_options.NodeId);
        return Task.CompletedTask;
    }
}
