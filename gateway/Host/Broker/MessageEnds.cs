// The two ends of a connection to the broker.

namespace Crime.Gateway.Broker;

/// <summary>The ends of the gateway's connection.</summary>
/// <param name="Inbox">Receives the messages for the gateway.</param>
/// <param name="Outbox">Holds the messages of the gateway.</param>
public sealed record MessageEnds(IInbox Inbox, Outbox Outbox);
