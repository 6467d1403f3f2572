// Admission to the embedded broker: who comes in, and which topics are open to whom.

using System;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Access;
using Crime.Gateway.Configuration;
using Crime.Gateway.Counting;
using Crime.Gateway.Diagnostics;
using Microsoft.Extensions.Logging;
using MQTTnet.Protocol;
using MQTTnet.Server;

namespace Crime.Gateway.Broker;

/// <summary>Admits clients and knows their rights. Thread-safe.</summary>
public sealed class BrokerDoor
{
    private const int LinkKeySize = 16;

    private readonly BrokerOptions _options;
    private readonly string _nodeId;
    private readonly EnrolledClients _enrolled;
    private readonly BrokerConnections _connections;
    private readonly ConnectionLimits _limits;
    private readonly GuessLimiter _guesses;
    private readonly GatewayCounters _counters;
    private readonly ILogger<BrokerDoor> _log;

    /// <summary>Makes a door.</summary>
    /// <param name="options">The access, and the gateway's name.</param>
    /// <param name="enrolled">The enrolled clients.</param>
    /// <param name="connections">The accepted connections.</param>
    /// <param name="limits">The bounds on connections.</param>
    /// <param name="counters">Count refusals.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Receives refusals, once per series.</param>
    public BrokerDoor(
        GatewayOptions options, EnrolledClients enrolled, BrokerConnections connections, ConnectionLimits limits, GatewayCounters counters, TimeProvider time,
        ILogger<BrokerDoor> log)
    {
        _connections = connections;
        _limits = limits;
        _options = options.Broker;
        _nodeId = options.NodeId;
        _enrolled = enrolled;
        _counters = counters;
        _guesses = new GuessLimiter(time);
        _log = log;
    }

    /// <summary>Password of the gateway's own link: random, so that no other client has the gateway's id.</summary>
    public string LinkKey { get; } = Convert.ToHexString(RandomNumberGenerator.GetBytes(LinkKeySize));

    /// <summary>Reads the enrolled clients, and says in the log which clients come in.</summary>
    /// <exception cref="StartupException">The file of the enrolled clients is damaged or cannot be read.</exception>
    public void Open()
    {
        _enrolled.Load();
        if (_options.Access == BrokerAccess.Open) _log.AccessIsOpen(Settings.BrokerAccess.Name);
        else _log.AccessIs(_options.Access.ToString().ToLowerInvariant(), _enrolled.Count);
        if (_options.Username.Length > 0) _log.PasswordIsShared(Settings.BrokerUsername.Name);
    }

    /// <summary>Decides on a connection. The refusal of a password waits.</summary>
    /// <param name="e">The connection; its reason code is set to a refusal.</param>
    public async Task ValidateAsync(ValidatingConnectionEventArgs e)
    {
        var connection = (NamedConnection)e.ChannelAdapter;
        string id = e.ClientId ?? "", user = e.UserName ?? "";
        IPAddress address = connection.Place.Address;
        if (id.Length == 0) id = e.AssignedClientIdentifier = NamedConnection.NewId();
        if (!Topics.IsNodeId(id) || id == _nodeId && !IsSame(e.Password, LinkKey)) e.ReasonCode = MqttConnectReasonCode.ClientIdentifierNotValid;
        else if (id == _nodeId) connection.Admission = Admission.WithAllRights;
        else if (user.Length == 0) AdmitStranger(e, connection, id, address);
        else if (!_guesses.MayTry(address))
        {
            _counters.RefusedUnseen.Increment();
            e.ReasonCode = MqttConnectReasonCode.ServerUnavailable;
        }
        else if (!AdmitWithPassword(e, connection, id, user)) await RefuseGuessAsync(e, user, address);
    }

    /// <summary>Returns true when a client may publish to a topic.</summary>
    /// <param name="client">The MQTT client id.</param>
    /// <param name="topic">The topic.</param>
    public bool MayPublish(string client, string topic)
    {
        if (_connections.Find(client)?.Admission is { } admission && admission.Rights?.MayPublish(topic) != false) return true;
        _counters.DeniedPublishes.Increment();
        if (_counters.DeniedPublishes.Value == 1) _log.PublishDenied(client, GatewayOptions.Shown(topic));
        return false;
    }

    /// <summary>Returns true when a client may subscribe to a filter.</summary>
    /// <param name="client">The MQTT client id.</param>
    /// <param name="filter">The filter.</param>
    public bool MaySubscribe(string client, string filter)
    {
        if (_connections.Find(client)?.Admission is { } admission && admission.Rights?.MaySubscribe(filter) != false) return true;
        _counters.DeniedSubscriptions.Increment();
        if (_counters.DeniedSubscriptions.Value == 1) _log.SubscriptionDenied(client, GatewayOptions.Shown(filter));
        return false;
    }

    /// <summary>Reads the enrolled clients again where their file has changed.</summary>
    /// <returns>The connections that are no longer admitted.</returns>
    public NamedConnection[] FindRevoked()
    {
        _enrolled.Reload();
        // All of them, each time: a connection may have been checked before the change and accepted after it.
        return [.. _connections.All.Where(one => !IsStillAdmitted(one.Key, one.Value.Admission)).Select(one => one.Value)];
    }

    private bool IsStillAdmitted(string id, Admission? admission) =>
        admission?.Client is { } client ? _enrolled.IsCurrent(client) : id == _nodeId || !_enrolled.IsEnrolled(id);

    private void AdmitStranger(ValidatingConnectionEventArgs e, NamedConnection connection, string id, IPAddress address)
    {
        if (IsOpenTo(address) && _options.Username.Length == 0 && !_enrolled.IsEnrolled(id))
        {
            if (_limits.TryAdmitStranger(connection.Place)) connection.Admission = Admission.WithAllRights;
            else e.ReasonCode = MqttConnectReasonCode.QuotaExceeded;
            return;
        }
        e.ReasonCode = _options.Username.Length > 0 ? MqttConnectReasonCode.BadUserNameOrPassword : MqttConnectReasonCode.NotAuthorized;
        _counters.RefusedStrangers.Increment();
        // One line for the first: a network may have many, and the figure counts them.
        if (_counters.RefusedStrangers.Value == 1) _log.StrangerRefused(id, address);
    }

    /// <returns>False for a wrong user name or password.</returns>
    private bool AdmitWithPassword(ValidatingConnectionEventArgs e, NamedConnection connection, string id, string user)
    {
        bool isShared = _options.Username.Length > 0 && IsSame(user, _options.Username) & IsSame(e.Password, _options.Password);
        EnrolledClient? client = isShared ? null : _enrolled.Find(user, e.Password ?? "");
        if (!isShared && client == null) return false;
        // A board is its id: answers go there. A gateway and a tool have several connections, under ids that no enrolled client has.
        bool mayHave = client != null && id == user || client?.Credential.Role != ClientRole.Board && !_enrolled.IsEnrolled(id);
        if (mayHave)
        {
            if (client != null) connection.Admission = new Admission(client, client.Rights);
            else if (_limits.TryAdmitStranger(connection.Place)) connection.Admission = Admission.WithAllRights;
            else e.ReasonCode = MqttConnectReasonCode.QuotaExceeded;
            return true;
        }
        e.ReasonCode = MqttConnectReasonCode.ClientIdentifierNotValid;
        _counters.RefusedIds.Increment();
        if (_counters.RefusedIds.Value == 1) _log.WrongClientId(GatewayOptions.Shown(user), id);
        return true;
    }

    private async Task RefuseGuessAsync(ValidatingConnectionEventArgs e, string user, IPAddress address)
    {
        e.ReasonCode = MqttConnectReasonCode.BadUserNameOrPassword;
        _counters.WrongPasswords.Increment();
        (TimeSpan delay, bool isFirst) = _guesses.Begin(address);
        try
        {
            if (isFirst) _log.WrongPassword(GatewayOptions.Shown(user), address);
            await Task.Delay(delay, CancellationToken.None);
        }
        finally
        {
            _guesses.End(address);
        }
    }

    /// <summary>Connections that have been silent for too long.</summary>
    public NamedConnection[] FindSilent()
    {
        long nowMs = Environment.TickCount64;
        return [.. _connections.All.Select(one => one.Value).Where(connection => connection.IsSilent(nowMs))];
    }

    private bool IsOpenTo(IPAddress address) => _options.Access switch
    {
        BrokerAccess.Open => true,
        BrokerAccess.Local => IPAddress.IsLoopback(address),
        _ => false,
    };

    private static bool IsSame(string? given, string expected) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given ?? ""), Encoding.UTF8.GetBytes(expected));
}
