// The gateway's connection to its broker, embedded or not.

using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Configuration;
using Crime.Gateway.Serving;
using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Crime.Gateway.Broker;

/// <summary>Brings what boards ask, and takes away what the outbox holds.</summary>
public sealed class MqttLink : BrokerLink
{
    private readonly string _nodeId;
    private readonly GatewayGroup _group;
    private readonly bool _isEmbedded;
    private readonly Inbox _inbox;
    private readonly Outbox _outbox;
    private readonly StatusPublisher _status;

    /// <summary>Makes a link that is not connected yet.</summary>
    public MqttLink(
        BrokerAddress address, GatewayOptions options, GatewayGroup group, Inbox inbox, Outbox outbox, StatusPublisher status, ILogger<MqttLink> log)
        : base(address, options.NodeId, log)
    {
        _nodeId = options.NodeId;
        _group = group;
        _isEmbedded = options.Broker.Mode == BrokerMode.Embedded;
        _inbox = inbox;
        _outbox = outbox;
        _status = status;
    }

    /// <inheritdoc/>
    protected override void Complete(MqttClientOptions options)
    {
        options.WillTopic = _group.OwnStatusTopic;
        options.WillPayload = _status.NextOfflineFrame();
        options.WillRetain = true;
    }

    /// <summary>Nothing with the embedded broker: it hands over what is for the gateway by itself.</summary>
    protected override IEnumerable<MqttTopicFilter> Filters()
    {
        if (_isEmbedded) return [];
        var filters = new List<MqttTopicFilter> { RequestFilter(Topics.RequestFilter(_nodeId)), Filter(Topics.TelemetryFilter) };
        if (!_group.IsUsed) return filters;
        filters.Add(RequestFilter(_group.SharedRequestFilter));
        // What the others said before is what the broker keeps for this.
        filters.Add(Filter(_group.MemberFilter, MqttRetainHandling.SendAtSubscribe));
        filters.Add(Filter(_group.StatusTopic, MqttRetainHandling.SendAtSubscribe));
        return filters;
    }

    /// <inheritdoc/>
    /// <remarks>What another gateway passes on comes at QoS 1, and is acknowledged when it is answered. Boards send at QoS 0.</remarks>
    protected override void Receive(MqttApplicationMessageReceivedEventArgs e)
    {
        MqttApplicationMessage message = e.ApplicationMessage;
        if (message.QualityOfServiceLevel == MqttQualityOfServiceLevel.AtMostOnce)
        {
            _inbox.Receive(message.Topic, message.Payload);
            return;
        }
        e.AutoAcknowledge = false;
        _inbox.Receive(message.Topic, message.Payload, () => _ = AcknowledgeAsync(e));
    }

    /// <inheritdoc/>
    protected override void OnConnectionChanged(bool isConnected)
    {
        if (!isConnected)
        {
            _outbox.Close();
            return;
        }
        _outbox.Open();
        _status.Announce();
    }

    /// <inheritdoc/>
    protected override void CompleteSending() => _outbox.Complete();

    /// <inheritdoc/>
    protected override async Task SendAsync(IMqttClient client, MqttClientConnectResult connected, CancellationToken cancellation)
    {
        await foreach (OutgoingMessage message in _outbox.ReadAllAsync(cancellation))
            if (!_outbox.TryShortcut(message)) await client.PublishAsync(Packed(message), cancellation);
    }

    /// <inheritdoc/>
    protected override async Task SayGoodbyeAsync(IMqttClient client)
    {
        byte[] offline = _status.NextOfflineFrame();
        await client.PublishAsync(Packed(new OutgoingMessage(_group.OwnStatusTopic, offline, IsRetained: true)), GiveUp);
        if (!_group.IsUsed || _group.OtherCount > 0) return;
        // The last one turns the light off: boards need not wait for the group's status to expire.
        byte[] gone = _status.NextGroupOfflineFrame();
        await client.PublishAsync(Packed(new OutgoingMessage(_group.StatusTopic, gone, IsRetained: true)), GiveUp);
    }

    private static MqttTopicFilter RequestFilter(string topic) => Filter(topic, quality: MqttQualityOfServiceLevel.AtLeastOnce);

    private static async Task AcknowledgeAsync(MqttApplicationMessageReceivedEventArgs e)
    {
        try
        {
            await e.AcknowledgeAsync(CancellationToken.None);
        }
        catch (Exception)
        {
            // The connection has ended; whoever sent it hears of that, or runs into a time-out.
        }
    }

    private static MqttApplicationMessage Packed(OutgoingMessage message) => new()
    {
        Topic = message.Topic,
        PayloadSegment = message.Payload,
        Retain = message.IsRetained,
        QualityOfServiceLevel = MqttQualityOfServiceLevel.AtMostOnce,
    };
}
