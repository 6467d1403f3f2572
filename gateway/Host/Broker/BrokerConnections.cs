// The connections of the embedded broker by client id. The gateway writes an answer to the board's socket directly, instead of waking a
// task of the MQTT server for every message.

using System.Collections.Concurrent;
using System.Collections.Generic;

namespace Crime.Gateway.Broker;

/// <summary>The accepted connections. Thread-safe.</summary>
public sealed class BrokerConnections
{
    private readonly ConcurrentDictionary<string, NamedConnection> _byClient = new();

    /// <summary>Number of accepted connections that have not been disposed.</summary>
    public int Count => _byClient.Count;

    /// <summary>The connections by client id, as they are at the time.</summary>
    public IEnumerable<KeyValuePair<string, NamedConnection>> All => _byClient;

    /// <summary>Returns the connection of a client, or null when there is none.</summary>
    public NamedConnection? Find(string client) => _byClient.GetValueOrDefault(client);

    /// <summary>Adds a connection; it replaces an earlier one of the same client.</summary>
    public void Add(string client, NamedConnection connection) => _byClient[client] = connection;

    /// <summary>Removes a connection, and not the one that has replaced it.</summary>
    public void Remove(string client, NamedConnection connection) => _byClient.TryRemove(KeyValuePair.Create(client, connection));
}
