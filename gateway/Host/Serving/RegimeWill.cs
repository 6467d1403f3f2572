// The last will of the slow status at an external broker. A connection has one will, and that of the gateway's own connection belongs to the fast
// status. So a second connection, which carries nothing else, ends with the gateway.

using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Crime.Gateway.Broker;
using Crime.Gateway.Configuration;
using Crime.Gateway.Core;
using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Packets;

namespace Crime.Gateway.Serving;

/// <summary>A connection for the last will of the slow status. Groups have none: another member continues.</summary>
public sealed class RegimeWill : BrokerLink
{
    private readonly GatewayCore _core;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Makes a link that is not connected yet.</summary>
    /// <param name="options">The gateway's name.</param>
    /// <param name="address">The broker.</param>
    /// <param name="core">Publishes the slow status again after an outage: the broker has published the will.</param>
    /// <param name="log">Receives outages and their ends.</param>
    public RegimeWill(GatewayOptions options, BrokerAddress address, GatewayCore core, ILogger<RegimeWill> log)
        : base(address, options.NodeId + "-regime", log) => _core = core;

    /// <inheritdoc/>
    protected override void Complete(MqttClientOptions options)
    {
        options.WillTopic = _core.RegimeTopic;
        options.WillPayload = _core.NextOfflineStatus().Encode();
        options.WillRetain = true;
    }

    /// <inheritdoc/>
    protected override IEnumerable<MqttTopicFilter> Filters() => [];

    /// <inheritdoc/>
    protected override void Receive(MqttApplicationMessageReceivedEventArgs e)
    {
    }

    /// <inheritdoc/>
    protected override void OnConnectionChanged(bool isConnected)
    {
        if (isConnected) _core.AnnounceRegime();
    }

    /// <inheritdoc/>
    protected override void CompleteSending() => _stopped.TrySetResult();

    /// <inheritdoc/>
    protected override Task SendAsync(IMqttClient client, MqttClientConnectResult connected, CancellationToken cancellation) =>
        _stopped.Task.WaitAsync(cancellation);
}
