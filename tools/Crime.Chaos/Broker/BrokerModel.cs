// A model of an MQTT broker: quality of service 0 and 1, retained messages, wills, shared subscriptions, and the take-over of a client id.
// Sessions are clean, as those of boards and gateways are.

using System;
using System.Collections.Generic;
using Crime.Chaos.Events;
using Crime.Chaos.Planting;
using Crime.Chaos.Worlds;

namespace Crime.Chaos.Broker;

/// <summary>The broker of a run.</summary>
internal sealed class BrokerModel : IEventTarget
{
    private const int ConnectKind = 0;
    private const int MessageKind = 1;
    private const int SubscribeKind = 2;
    private const int LeaveKind = 3;
    private const int BreakKind = 4;
    private const int KeepAliveKind = 5;
    private const int RestartKind = 6;
    private const int UnsubscribeKind = 7;

    // A connection whose client is gone is found after one and a half keep-alives of 10 to 15 s.
    private const int ShortestKeepAliveUs = 8_000_000;
    private const int LongestKeepAliveUs = 22_000_000;
    private const int RetransmissionUs = 300_000;

    private readonly World _world;
    private readonly SortedDictionary<string, Session> _sessions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Message> _kept = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Route> _routes = new(StringComparer.Ordinal);
    private int _connectionCount;

    /// <summary>Makes a broker that runs.</summary>
    public BrokerModel(World world) => _world = world;

    /// <inheritdoc/>
    public string Name => "broker";

    /// <inheritdoc/>
    public int Index => 0;

    /// <inheritdoc/>
    public uint Life { get; private set; }

    /// <summary>True while it runs.</summary>
    public bool IsUp { get; private set; } = true;

    /// <summary>A new client; not connected yet.</summary>
    public BrokerClient NewClient(string id, int index, NetworkLink link, IClientOwner owner) => new(_world, this, id, index, link, owner);

    /// <inheritdoc/>
    public string NameOf(int kind) => kind switch
    {
        ConnectKind => "connect",
        MessageKind => "message by connection",
        SubscribeKind => "subscribe by connection",
        UnsubscribeKind => "unsubscribe by connection",
        LeaveKind => "disconnect of connection",
        BreakKind => "end of connection",
        KeepAliveKind => "keep-alive of connection",
        _ => "restart",
    };

    /// <inheritdoc/>
    public void OnEvent(int kind, int number, object? content)
    {
        switch (kind)
        {
            case ConnectKind: OnConnect(((BrokerClient Client, Message? Will))content!, number); break;
            case RestartKind: Restart(); break;
            default:
                var client = content as BrokerClient ?? ((Sending)content!).Client;
                if (Find(client, number) is { } session) OnEvent(kind, session, content);
                else if (kind == MessageKind) client.Reset(number);
                break;
        }
    }

    /// <summary>Number of a new connection.</summary>
    public int NextConnection() => ++_connectionCount;

    /// <summary>A CONNECT arrives after a while.</summary>
    public void Connect(BrokerClient client, int connection, Message? will) =>
        _world.Scheduler.After(Latency(), this, ConnectKind, connection, (client, will));

    /// <summary>A DISCONNECT arrives, after what the client has sent before.</summary>
    public void Leave(BrokerClient client, int connection) => _world.Scheduler.At(NextArrivalUs(client), this, LeaveKind, connection, client);

    /// <summary>The end of a connection without a DISCONNECT is noticed after a while.</summary>
    public void Break(BrokerClient client, int connection) => _world.Scheduler.After(Latency(), this, BreakKind, connection, client);

    /// <summary>A SUBSCRIBE arrives, after what the client has sent before.</summary>
    public void Subscribe(BrokerClient client, int connection, TopicFilter[] filters)
    {
        client.LastArrivalUs = NextArrivalUs(client);
        _world.Scheduler.At(client.LastArrivalUs, this, SubscribeKind, connection, new Sending(client, null, filters));
    }

    /// <summary>An UNSUBSCRIBE arrives, after what the client has sent before.</summary>
    public void Unsubscribe(BrokerClient client, int connection, TopicFilter[] filters)
    {
        client.LastArrivalUs = NextArrivalUs(client);
        _world.Scheduler.At(client.LastArrivalUs, this, UnsubscribeKind, connection, new Sending(client, null, filters));
    }

    /// <summary>A client sends a message.</summary>
    /// <param name="client">The client.</param>
    /// <param name="connection">Its connection.</param>
    /// <param name="message">The message.</param>
    /// <param name="airUs">Time in µs until the message has left the client.</param>
    public void Receive(BrokerClient client, int connection, Message message, long airUs)
    {
        var sending = new Sending(client, message, null);
        int copies = Copies(message.Quality);
        for (int copy = 0; copy < copies; copy++)
        {
            long atUs = ArrivalUs(airUs, client.LastArrivalUs, message.Quality, out bool isInOrder);
            if (isInOrder) client.LastArrivalUs = atUs;
            _world.Scheduler.At(atUs, this, MessageKind, connection, sending);
        }
    }

    /// <summary>A client has finished a message of a shared subscription.</summary>
    public void Acknowledge(BrokerClient client, int connection, Message message) => Find(client, connection)?.Unacknowledged.Remove(message);

    /// <summary>Another client connects with the id of a client: the old connection is closed.</summary>
    /// <returns>False when the client has no connection.</returns>
    public bool TakeOver(BrokerClient client)
    {
        if (!IsUp || !_sessions.TryGetValue(client.Id, out Session? session)) return false;
        End(session, publishesWill: true);
        return true;
    }

    /// <summary>Publishes a message of a client that is no part of the run.</summary>
    public void Inject(Message message)
    {
        if (IsUp) Publish(message);
    }

    /// <summary>Dies: all connections end, and no will is published.</summary>
    /// <param name="keepsRetained">False when what it has kept is lost as well.</param>
    /// <param name="outageUs">Time in µs until it runs again.</param>
    public void Kill(bool keepsRetained, long outageUs)
    {
        IsUp = false;
        Life++;
        foreach (Session session in _sessions.Values)
            if (!_world.OneIn(4)) session.Client.Reset(session.Connection);
        _sessions.Clear();
        _routes.Clear();
        if (!keepsRetained)
        {
            _kept.Clear();
            _world.Retained.OnLost();
        }
        _world.Scheduler.After(outageUs, this, RestartKind);
    }

    /// <summary>Runs again, if it does not.</summary>
    public void Restart() => IsUp = true;

    /// <summary>Returns true when a connection of a client exists.</summary>
    public bool HasConnection(BrokerClient client, int connection) => Find(client, connection) != null;

    private sealed record Sending(BrokerClient Client, Message? Message, TopicFilter[]? Filters);

    private void OnEvent(int kind, Session session, object? content)
    {
        switch (kind)
        {
            case MessageKind:
                if (session.Client.Link.IsUp) Publish(((Sending)content!).Message!);
                break;
            case SubscribeKind: OnSubscribe(session, ((Sending)content!).Filters!); break;
            case UnsubscribeKind:
                foreach (TopicFilter filter in ((Sending)content!).Filters!) session.Filters.Remove(filter);
                _routes.Clear();
                break;
            case LeaveKind: End(session, publishesWill: false); break;
            case BreakKind: End(session, publishesWill: true); break;
            default:
                if (session.Client.Link.IsUp && session.Client.Connection == session.Connection) AwaitKeepAlive(session);
                else End(session, publishesWill: true);
                break;
        }
    }

    private Session? Find(BrokerClient client, int connection) =>
        _sessions.TryGetValue(client.Id, out Session? session) && session.Connection == connection ? session : null;

    private void OnConnect((BrokerClient Client, Message? Will) connect, int connection)
    {
        if (!IsUp || !connect.Client.Link.IsUp) return;
        // A client id has one connection: the later one takes it over.
        if (_sessions.TryGetValue(connect.Client.Id, out Session? old)) End(old, publishesWill: true);
        var session = new Session(connect.Client, connection, connect.Will);
        _sessions[connect.Client.Id] = session;
        connect.Client.Accept(connection, Latency());
        AwaitKeepAlive(session);
    }

    private void AwaitKeepAlive(Session session) =>
        _world.Scheduler.After(_world.Between(ShortestKeepAliveUs, LongestKeepAliveUs), this, KeepAliveKind, session.Connection, session.Client);

    private void OnSubscribe(Session session, TopicFilter[] filters)
    {
        session.Filters.AddRange(filters);
        _routes.Clear();
        foreach (Message message in _kept.Values)
        {
            string[] levels = message.Topic.Split('/');
            foreach (TopicFilter filter in filters)
            {
                if (!filter.WantsKept || !filter.Matches(levels)) continue;
                _world.Retained.Check(message.Topic, message.Payload);
                Deliver(session, message with { IsKept = true, Quality = 0 }, 0);
            }
        }
    }

    private void End(Session session, bool publishesWill)
    {
        _sessions.Remove(session.Client.Id);
        _routes.Clear();
        session.Client.Reset(session.Connection);
        if (publishesWill && session.Will is { } will) Publish(will, isWill: true);
        // The other members of a shared subscription get what this one has not finished.
        foreach (Message message in session.Unacknowledged)
            foreach (Session[] members in RouteOf(message.Topic).Shares) DeliverShared(members, message);
    }

    private void Publish(Message message, bool isWill = false)
    {
        if (message.IsRetained)
        {
            _world.Retained.OnPublished(message.Topic, message.Payload);
            if (!isWill || _world.Planted != PlantedFault.RetainedKeptAfterWill) _kept[message.Topic] = message;
        }
        Route route = RouteOf(message.Topic);
        foreach ((Session session, int quality) in route.All) Deliver(session, message, Math.Min(message.Quality, quality));
        foreach (Session[] members in route.Shares) DeliverShared(members, message);
    }

    private Route RouteOf(string topic) =>
        _routes.TryGetValue(topic, out Route? route) ? route : _routes[topic] = new Route(topic, _sessions.Values);

    private void DeliverShared(Session[] members, Message message)
    {
        Session session = members[_world.Below(members.Length)];
        if (message.Quality > 0) session.Unacknowledged.Add(message);
        Deliver(session, message, message.Quality);
    }

    private void Deliver(Session session, Message message, int quality)
    {
        if (!session.Client.Link.IsUp) return;
        int copies = Copies(quality);
        for (int copy = 0; copy < copies; copy++)
        {
            long atUs = ArrivalUs(0, session.LastArrivalUs, quality, out bool isInOrder);
            if (isInOrder) session.LastArrivalUs = atUs;
            session.Client.Deliver(session.Connection, message, atUs);
        }
    }

    private int Copies(int quality)
    {
        if (quality == 0 && _world.Happens(_world.Rates.Dropped))
        {
            _world.Faults.Add(FaultKind.Drop);
            return 0;
        }
        if (!_world.Happens(_world.Rates.Doubled)) return 1;
        _world.Faults.Add(FaultKind.Double);
        return 2;
    }

    /// <summary>Draws the arrival of a message. A message of quality of service 1 that is lost is sent again until it arrives.</summary>
    private long ArrivalUs(long airUs, long lastUs, int quality, out bool isInOrder)
    {
        long atUs = _world.NowUs + airUs + Latency();
        isInOrder = true;
        if (_world.Happens(_world.Rates.Delayed))
        {
            _world.Faults.Add(FaultKind.Delay);
            isInOrder = false;
            return atUs + 1 + _world.Below(_world.Rates.LongestDelayUs);
        }
        if (quality > 0 && _world.Happens(_world.Rates.Dropped))
        {
            _world.Faults.Add(FaultKind.Drop);
            isInOrder = false;
            return atUs + RetransmissionUs;
        }
        return Math.Max(atUs, lastUs + 1);
    }

    private long NextArrivalUs(BrokerClient client) => Math.Max(_world.NowUs + Latency(), client.LastArrivalUs + 1);

    private int Latency() => _world.Rates.LatencyUs + _world.Below(_world.Rates.JitterUs);
}
