// The ends of a connection to the broker.

using MQTTnet;

namespace Crime.Gateway.Broker;

/// <summary>Sends messages that the broker acknowledges.</summary>
public interface IResultSender
{
    /// <summary>Sets the connection that results go by; null when it has ended.</summary>
    /// <param name="client">The client of the connection.</param>
    void SetClient(IMqttClient? client);
}

/// <summary>The ends of the gateway's connection.</summary>
/// <param name="Inbox">Receives the messages for the gateway.</param>
/// <param name="Outbox">Holds the messages of the gateway.</param>
/// <param name="Results">Sends results, which the broker acknowledges.</param>
public sealed record MessageEnds(IInbox Inbox, Outbox Outbox, IResultSender Results);
