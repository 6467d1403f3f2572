// The order in which the gateway starts and stops.

using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Gateway.Broker;
using Crime.Gateway.Configuration;
using Crime.Gateway.Diagnostics;
using Crime.Gateway.Models;
using Crime.Gateway.Observation;
using Crime.Gateway.Serving;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Crime.Gateway;

/// <summary>Starts from the inside out, so that nothing is published before it works, and stops in the reverse order.</summary>
public sealed class GatewayService : IHostedLifecycleService
{
    private readonly GatewayOptions _options;
    private readonly GatewayState _state;
    private readonly ModelWatcher _watcher;
    private readonly StatusClock _status;
    private readonly ResultActions _results;
    private readonly ILogger<GatewayService> _log;
    private readonly EmbeddedBroker? _broker;
    private readonly RegimeWill? _regimeWill;

    /// <summary>Makes the service.</summary>
    /// <param name="options">Logged at the start.</param>
    /// <param name="state">The gateway.</param>
    /// <param name="watcher">Loads the models.</param>
    /// <param name="status">Publishes statuses.</param>
    /// <param name="results">Keeps accepted inputs.</param>
    /// <param name="log">Receives start and stop.</param>
    /// <param name="broker">The broker inside the gateway; null when an external one is used.</param>
    /// <param name="regimeWill">The last will of the slow status; null with the embedded broker, which ends with the gateway, and in a group.</param>
    public GatewayService(
        GatewayOptions options, GatewayState state, ModelWatcher watcher, StatusClock status, ResultActions results, ILogger<GatewayService> log,
        EmbeddedBroker? broker = null, RegimeWill? regimeWill = null)
    {
        _regimeWill = regimeWill;
        _options = options;
        _state = state;
        _watcher = watcher;
        _status = status;
        _results = results;
        _log = log;
        _broker = broker;
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    /// <exception cref="StartupException">The broker's port cannot be had.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _watcher.LoadNow();
        _results.Start(_state.Core);
        if (_broker != null) await _broker.StartAsync();
        _state.Workers.Start();
    }

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        // HTTP listens by now, so boards that read the first status find the download that it names.
        _status.Start();
        _watcher.Start();
        _state.Link.Start();
        _regimeWill?.Start();
        _state.Relay.Start();
        string broker = _broker != null ? $"embedded broker on port {_options.Broker.Port}"
            : $"broker at {_options.Broker.Host}:{_options.Broker.Port}";
        string models = _state.Models.Models.Count == 0 ? "none" : string.Join(", ", _state.Models.Models.Select(model => model.Name));
        _log.Started(_options.NodeId, broker, _options.HttpPort, _state.Workers.Count, _options.QueueCapacity, models);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _state.Core.StopAccepting();
        await _watcher.StopAsync();
        await _state.Relay.StopAsync(_options.DrainMs);
        _log.Draining(_state.Core.Queue.Depth, _options.DrainMs);
        // Blocks while the workers finish; the link has to send answers and refusals meanwhile.
        int refusedCount = await Task.Run(() => _state.Workers.Stop(_options.DrainMs), CancellationToken.None);
        if (refusedCount > 0) _log.NotDrained(refusedCount, _options.DrainMs);
        await _status.StopAsync();
        await _state.Link.StopAsync();
        if (_regimeWill != null) await _regimeWill.StopAsync();
        await Task.Run(_results.Stop, CancellationToken.None);
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
