// The ends of a connection to the broker.

using Crime.Gateway.Results;

namespace Crime.Gateway.Broker;

/// <summary>The ends of the gateway's connection.</summary>
/// <param name="Inbox">Receives the messages for the gateway.</param>
/// <param name="Outbox">Holds the messages of the gateway.</param>
/// <param name="Results">Sends results, which the broker acknowledges.</param>
public sealed record MessageEnds(IInbox Inbox, Outbox Outbox, ResultActions Results);
