// A connection as the broker sees it.

using System.Collections.Generic;

namespace Crime.Chaos.Broker;

/// <summary>A client's session; it ends with its connection.</summary>
/// <param name="client">The client.</param>
/// <param name="connection">Number of the connection.</param>
/// <param name="will">Published when the connection ends without a DISCONNECT; null for none.</param>
internal sealed class Session(BrokerClient client, int connection, Message? will)
{
    /// <summary>The client.</summary>
    public BrokerClient Client { get; } = client;

    /// <summary>Number of the connection.</summary>
    public int Connection { get; } = connection;

    /// <summary>The last will.</summary>
    public Message? Will { get; } = will;

    /// <summary>Its subscriptions.</summary>
    public List<TopicFilter> Filters { get; } = [];

    /// <summary>Messages of shared subscriptions at quality of service 1 that the client has not acknowledged.</summary>
    public List<Message> Unacknowledged { get; } = [];

    /// <summary>Arrival of the last message at the client: the next one does not overtake it.</summary>
    public long LastArrivalUs { get; set; }
}
