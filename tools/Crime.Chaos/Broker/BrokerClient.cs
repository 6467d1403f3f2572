// A client's end of its connection to the broker.

using Crime.Chaos.Events;
using Crime.Chaos.Worlds;

namespace Crime.Chaos.Broker;

/// <summary>The way of a node to the broker; the clients of a node share it.</summary>
internal sealed class NetworkLink
{
    /// <summary>True while messages get through.</summary>
    public bool IsUp { get; set; } = true;
}

/// <summary>The node that a client belongs to.</summary>
internal interface IClientOwner
{
    /// <summary>An attempt to connect has ended.</summary>
    void OnConnect(BrokerClient client, bool isConnected);

    /// <summary>The connection has ended, by the broker or by the network.</summary>
    void OnClosed(BrokerClient client);

    /// <summary>A message has arrived.</summary>
    void OnMessage(BrokerClient client, Message message);
}

/// <summary>A client with one connection at most.</summary>
internal sealed class BrokerClient : IEventTarget
{
    private const int AcceptKind = 0;
    private const int FailKind = 1;
    private const int MessageKind = 2;
    private const int ResetKind = 3;
    private const int WatchKind = 4;

    private const int ConnectTimeoutUs = 3_000_000;
    private const int ShortestWatchUs = 5_000_000;
    private const int LongestWatchUs = 15_000_000;

    private readonly World _world;
    private readonly BrokerModel _broker;
    private readonly IClientOwner _owner;
    private TopicFilter[] _filters = [];
    private int _attempt;

    /// <summary>Makes a client that is not connected; see <see cref="BrokerModel.NewClient"/>.</summary>
    public BrokerClient(World world, BrokerModel broker, string id, int index, NetworkLink link, IClientOwner owner)
    {
        _world = world;
        _broker = broker;
        _owner = owner;
        Id = id;
        Index = index;
        Link = link;
    }

    /// <summary>Its client id.</summary>
    public string Id { get; }

    /// <inheritdoc/>
    public string Name => Id;

    /// <inheritdoc/>
    public int Index { get; }

    /// <inheritdoc/>
    public uint Life { get; private set; }

    /// <summary>The way to the broker.</summary>
    public NetworkLink Link { get; }

    /// <summary>Number of the connection as the client knows it; 0 for none.</summary>
    public int Connection { get; private set; }

    /// <summary>Arrival of the last message at the broker: the next one does not overtake it.</summary>
    public long LastArrivalUs { get; set; }

    /// <inheritdoc/>
    public string NameOf(int kind) => kind switch
    {
        AcceptKind => "accepted as connection",
        FailKind => "time-out of connection",
        MessageKind => "message by connection",
        ResetKind => "reset of connection",
        _ => "keep-alive of connection",
    };

    /// <summary>Begins to connect; the owner gets the outcome.</summary>
    /// <param name="will">The last will; null for none.</param>
    /// <param name="filters">Subscribed to at once.</param>
    /// <param name="watches">True when the client notices by itself that nothing comes any more.</param>
    public void Connect(Message? will, TopicFilter[] filters, bool watches)
    {
        Connection = 0;
        _attempt = _broker.NextConnection();
        _filters = filters;
        if (Link.IsUp) _broker.Connect(this, _attempt, will);
        _world.Scheduler.After(Link.IsUp && !_broker.IsUp ? _world.Rates.LatencyUs : ConnectTimeoutUs, this, FailKind, _attempt);
        if (watches) Watch(_attempt);
    }

    /// <summary>Sends a message; it is lost while the link is down.</summary>
    /// <param name="message">The message.</param>
    /// <param name="airUs">Time in µs until the message has left the node.</param>
    public void Publish(Message message, long airUs = 0)
    {
        if (Connection != 0 && Link.IsUp) _broker.Receive(this, Connection, message, airUs);
    }

    /// <summary>Ends subscriptions that the connection began with.</summary>
    public void Unsubscribe(params TopicFilter[] filters)
    {
        if (Connection != 0 && Link.IsUp) _broker.Unsubscribe(this, Connection, filters);
    }

    /// <summary>Reports a message of quality of service 1 as finished.</summary>
    public void Acknowledge(Message message)
    {
        if (message.Quality > 0) _broker.Acknowledge(this, Connection, message);
    }

    /// <summary>Closes the connection with a DISCONNECT: its will is not published.</summary>
    public void Leave()
    {
        if (Connection != 0 && Link.IsUp) _broker.Leave(this, Connection);
        Forget();
    }

    /// <summary>Ends without a word, as a node that dies.</summary>
    /// <param name="isNoticed">True when the broker notices at once.</param>
    public void Abandon(bool isNoticed)
    {
        int connection = Connection != 0 ? Connection : _attempt;
        if (isNoticed && connection != 0 && Link.IsUp) _broker.Break(this, connection);
        Forget();
    }

    /// <summary>The broker accepts a connection.</summary>
    public void Accept(int connection, long latencyUs) => _world.Scheduler.After(latencyUs, this, AcceptKind, connection);

    /// <summary>The broker has no such connection any more; the client learns of it unless its link is down.</summary>
    public void Reset(int connection)
    {
        if (Link.IsUp) _world.Scheduler.After(_world.Rates.LatencyUs, this, ResetKind, connection);
    }

    /// <summary>A message arrives at a time.</summary>
    public void Deliver(int connection, Message message, long atUs) => _world.Scheduler.At(atUs, this, MessageKind, connection, message);

    /// <inheritdoc/>
    public void OnEvent(int kind, int number, object? content)
    {
        switch (kind)
        {
            case AcceptKind:
                if (number == _attempt && Connection == 0 && Link.IsUp) OnAccept(number);
                break;
            case FailKind:
                if (number == _attempt && Connection == 0) OnFail();
                break;
            case MessageKind:
                if (number == Connection && Link.IsUp) _owner.OnMessage(this, (Message)content!);
                break;
            case ResetKind:
                if (number == Connection && Link.IsUp) Close();
                break;
            default:
                if (number != _attempt) break;
                if (Connection == 0 || (Link.IsUp && _broker.HasConnection(this, number))) Watch(number);
                else Close();
                break;
        }
    }

    /// <summary>The client notices that its connection is dead.</summary>
    public void Close()
    {
        if (Connection == 0) return;
        Forget();
        _owner.OnClosed(this);
    }

    private void OnAccept(int connection)
    {
        Connection = connection;
        _broker.Subscribe(this, connection, _filters);
        _owner.OnConnect(this, isConnected: true);
    }

    private void OnFail()
    {
        Forget();
        _owner.OnConnect(this, isConnected: false);
    }

    private void Watch(int connection) =>
        _world.Scheduler.After(_world.Between(ShortestWatchUs, LongestWatchUs), this, WatchKind, connection);

    private void Forget()
    {
        Connection = 0;
        _attempt = 0;
        Life++;
    }
}
