// The gateway's connection to its broker, embedded or not.

using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Boards;
using Crime.Gateway.Broker;
using Crime.Gateway.Configuration;
using Crime.Gateway.Core;
using Crime.Gateway.Core.Status;
using Crime.Gateway.Models;
using Crime.Gateway.Timing;
using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Crime.Gateway.Serving;

/// <summary>Receives the messages for the gateway, and sends those of the outbox.</summary>
public sealed class MqttLink : BrokerLink
{
    private readonly bool _isEmbedded;
    private readonly GatewayCore _core;
    private readonly IInbox _inbox;
    private readonly Outbox _outbox;
    private readonly IResultSender _results;
    private readonly ModelsPublisher _models;
    private readonly BoardSettingsSender _settings;
    private readonly TimeProvider _time;

    /// <summary>Makes a link that is not connected yet.</summary>
    /// <param name="options">The broker's mode.</param>
    /// <param name="address">The broker.</param>
    /// <param name="core">Publishes a status on every new connection.</param>
    /// <param name="ends">Inbox and outbox.</param>
    /// <param name="models">Publishes the list of models on every new connection.</param>
    /// <param name="settings">Publishes the settings of boards on every new connection.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Receives outages and their ends.</param>
    public MqttLink(
        GatewayOptions options, BrokerAddress address, GatewayCore core, MessageEnds ends, ModelsPublisher models, BoardSettingsSender settings, TimeProvider time,
        ILogger<MqttLink> log)
        : base(address, options.NodeId, log)
    {
        _isEmbedded = options.Broker.Mode == BrokerMode.Embedded;
        _core = core;
        _inbox = ends.Inbox;
        _outbox = ends.Outbox;
        _results = ends.Results;
        _models = models;
        _settings = settings;
        _time = time;
    }

    private GatewayGroup Group => _core.Group;

    /// <inheritdoc/>
    protected override void Complete(MqttClientOptions options)
    {
        options.WillTopic = Group.OwnStatusTopic;
        options.WillPayload = _core.NextOfflineStatus().Encode();
        options.WillRetain = true;
    }

    /// <summary>No filters with the embedded broker, which delivers the messages for the gateway itself.</summary>
    protected override IEnumerable<MqttTopicFilter> Filters()
    {
        if (_isEmbedded) return [];
        var filters = new List<MqttTopicFilter>
        {
            RequestFilter(Topics.RequestFilter(_core.NodeId)), Filter(Topics.TelemetryFilter),
            Filter(Topics.PresenceFilter, MqttRetainHandling.SendAtSubscribe), Filter(Topics.AnswerFilter),
        };
        if (!Group.IsUsed) return filters;
        filters.Add(RequestFilter(Group.SharedRequestFilter));
        // The retained statuses of the other members.
        filters.Add(Filter(Group.MemberFilter, MqttRetainHandling.SendAtSubscribe));
        filters.Add(Filter(Group.StatusTopic, MqttRetainHandling.SendAtSubscribe));
        return filters;
    }

    /// <inheritdoc/>
    /// <remarks>A relayed request arrives at QoS 1, and is acknowledged when it is answered. Boards send at QoS 0.</remarks>
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
            _results.SetClient(null);
            _core.OnConnectionChanged(isConnected: false);
            return;
        }
        _outbox.Open();
        _core.OnConnectionChanged(isConnected: true);
        _models.Publish();
        _settings.PublishAll();
    }

    /// <inheritdoc/>
    protected override void CompleteSending() => _outbox.Complete();

    /// <inheritdoc/>
    protected override async Task SendAsync(IMqttClient client, MqttClientConnectResult connected, CancellationToken cancellation)
    {
        _results.SetClient(client);
        await foreach (OutgoingMessage message in _outbox.ReadAllAsync(cancellation))
            if (!_outbox.TrySendDirectly(message)) await client.PublishAsync(Packed(message), cancellation);
    }

    /// <inheritdoc/>
    protected override async Task SayGoodbyeAsync(IMqttClient client)
    {
        byte[] offline = _core.NextOfflineStatus().Encode();
        await client.PublishAsync(Packed(new OutgoingMessage(Group.OwnStatusTopic, offline, IsRetained: true)), GiveUp);
        if (!Group.IsUsed) await client.PublishAsync(Packed(new OutgoingMessage(_core.RegimeTopic, offline, IsRetained: true)), GiveUp);
        if (!Group.IsUsed || Group.OtherCount(_time.NowUs()) > 0) return;
        // The last member reports the group as offline, so that boards need not wait for its status to expire.
        byte[] gone = _core.NextGroupOfflineStatus(_time.NowUs()).Encode();
        await client.PublishAsync(Packed(new OutgoingMessage(Group.StatusTopic, gone, IsRetained: true)), GiveUp);
        await client.PublishAsync(Packed(new OutgoingMessage(_core.RegimeTopic, gone, IsRetained: true)), GiveUp);
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
            // The connection has ended; the sender notices that, or runs into a time-out.
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
