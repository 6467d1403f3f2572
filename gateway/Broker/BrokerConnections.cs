// The embedded broker's connections by the id of their client, so that what the gateway has to say to a board can be written to its
// socket at once, instead of waking a loop of the server's for every message.

using System.Collections.Concurrent;
using System.Collections.Generic;

namespace Crime.Gateway.Broker;

/// <summary>The accepted connections. Thread-safe.</summary>
public sealed class BrokerConnections
{
    private readonly ConcurrentDictionary<string, NamedConnection> _byClient = new();

    /// <summary>The connection of a client, or null.</summary>
    public NamedConnection? Find(string client) => _byClient.GetValueOrDefault(client);

    /// <summary>Adds a connection; it replaces an earlier one of the same client.</summary>
    public void Add(string client, NamedConnection connection) => _byClient[client] = connection;

    /// <summary>Removes a connection, and not the one that has replaced it.</summary>
    public void Remove(string client, NamedConnection connection) => _byClient.TryRemove(KeyValuePair.Create(client, connection));
}
