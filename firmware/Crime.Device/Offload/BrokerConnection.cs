// Keeps one MQTT connection to the broker, from a thread of its own, so that no inference ever waits for it. The order of
// things here follows what the M2Mqtt client was seen to do (docs/decisions/0003): a refused CONNECT leaves a thread
// spinning until Close; a new connection within 200 ms of a lost one is killed by the old one's end; offline, Publish
// keeps queueing silently.

using System;
using System.Threading;
using Crime.Device.Memory;
using Crime.Device.Settings;
using Crime.Device.Terminal;
using Crime.Frames;
using Crime.Node;
using nanoFramework.M2Mqtt;
using nanoFramework.M2Mqtt.Messages;

namespace Crime.Device.Offload;

/// <summary>A connection that comes back by itself.</summary>
internal sealed class BrokerConnection
{
    /// <summary>MQTT keep-alive in s.</summary>
    public const ushort KeepAliveS = 15;

    /// <summary>MQTT keep-alive in s of a board that spares its radio: an hour. A request without an answer shows a lost connection.</summary>
    public const ushort RareKeepAliveS = 3600;

    private const int SettingsIndex = 3;

    private readonly object _publishLock = new object();
    private readonly BoardSettings _settings;
    private readonly SerialConsole _console;
    private readonly IMessageReceiver _receiver;
    private readonly OffloadCounters _counters;
    private readonly MemoryPlan _memory;
    private readonly string[] _filters;
    private readonly string[] _regimeFilters;
    private readonly string[] _statusFilters = { Topics.StatusFilter };
    private readonly AutoResetEvent _closed = new AutoResetEvent(false);
    // Made once: a connection is released where there may be no memory for a delegate.
    private readonly IMqttClient.MqttMsgPublishEventHandler _onMessage;
    private readonly IMqttClient.ConnectionClosedEventHandler _onClosed;
    // The client that has not been released yet, connected or not.
    private MqttClient _client;
    private bool _isUsable;

    /// <summary>Makes a connection that is not open yet.</summary>
    /// <param name="settings">The board's settings.</param>
    /// <param name="console">Receives a line when a connection fails.</param>
    /// <param name="receiver">Receives messages on the MQTT client's thread.</param>
    /// <param name="counters">Counts connections and malformed messages.</param>
    /// <param name="memory">Notes where memory ran out.</param>
    public BrokerConnection(BoardSettings settings, SerialConsole console, IMessageReceiver receiver, OffloadCounters counters, MemoryPlan memory)
    {
        _memory = memory;
        _settings = settings;
        _console = console;
        _receiver = receiver;
        _counters = counters;
        string answers = Topics.Response(settings.BoardId);
        // Only a board with a sensor has something to record: the others do not listen for commands.
        string commands = settings.HasSensor ? Topics.Command(settings.BoardId) : null;
        string own = Topics.Settings(settings.BoardId);
        _filters = Filters(answers, Topics.StatusFilter, own, commands);
        _regimeFilters = Filters(answers, Topics.RegimeFilter, own, commands);
        _onMessage = OnMessage;
        _onClosed = OnClosed;
    }

    /// <summary>True when messages can be sent.</summary>
    public bool IsConnected
    {
        get
        {
            MqttClient client = _client;
            return _isUsable && client != null && client.IsConnected;
        }
    }

    /// <summary>Topic of the settings for the board.</summary>
    public string SettingsTopic => _filters[SettingsIndex];

    /// <summary>Time of the last message or of the connection, in µs.</summary>
    public long LastMessageUs { get; private set; }

    /// <summary>Sends a message at QoS 0: QoS 1 costs this client 44 to 88 ms a message.</summary>
    /// <returns>False when there is no connection; nothing was queued then.</returns>
    public bool Publish(string topic, byte[] payload, bool retain)
    {
        lock (_publishLock)
        {
            MqttClient client = _client;
            if (!IsConnected || client == null) return false;
            try
            {
                client.Publish(topic, payload, null, null, MqttQoSLevel.AtMostOnce, retain);
                return true;
            }
            catch (OutOfMemoryException)
            {
                _memory.OnShortage(Shortage.Mqtt);
                return false;
            }
            catch (Exception)
            {
                // The connection is on its way down; the client reports its end.
                return false;
            }
        }
    }

    /// <summary>Tries once to connect. Called by the link's thread only.</summary>
    /// <param name="keepAliveS">MQTT keep-alive in s.</param>
    /// <param name="receivesRegimes">True for the slow statuses instead of the statuses.</param>
    /// <returns>True when the board is connected and subscribed.</returns>
    public bool Open(ushort keepAliveS, bool receivesRegimes)
    {
        // One that could not be released for want of memory.
        Release();
        _closed.Reset();
        try
        {
            _client = new MqttClient(_settings.BrokerHost, _settings.BrokerPort, false, null, null, MqttSslProtocols.None);
            if (Connect(_client, keepAliveS, receivesRegimes ? _regimeFilters : _filters)) return true;
        }
        catch (OutOfMemoryException)
        {
            _memory.OnShortage(Shortage.Mqtt);
        }
        catch (Exception e)
        {
            _console.WriteLine("broker: " + _settings.BrokerHost + " cannot be reached: " + e.Message);
        }
        Release();
        return false;
    }

    private bool Connect(MqttClient client, ushort keepAliveS, string[] filters)
    {
        client.MqttMsgPublishReceived += _onMessage;
        client.ConnectionClosed += _onClosed;
        MqttReasonCode answer = client.Connect(
            _settings.BoardId, Credential(_settings.BrokerUser), Credential(_settings.BrokerPassword),
            true, MqttQoSLevel.AtMostOnce, true, Topics.Presence(_settings.BoardId), PresenceFrame.Will,
            true, keepAliveS);
        if (answer != MqttReasonCode.Success)
        {
            _console.WriteLine("broker: refused the connection with code " + ((int)answer).ToString());
            return false;
        }
        // Elements of a new array are QoS 0.
        client.Subscribe(filters, new MqttQoSLevel[filters.Length]);
        LastMessageUs = Clock.NowUs();
        _counters.Connections++;
        _isUsable = true;
        return true;
    }

    /// <summary>Ends the subscription to the statuses. Called by the link's thread only.</summary>
    public void Unsubscribe()
    {
        MqttClient client = _client;
        if (!IsConnected || client == null) return;
        try
        {
            client.Unsubscribe(_statusFilters);
        }
        catch (OutOfMemoryException)
        {
            throw;
        }
        catch (Exception)
        {
            // The connection is on its way down; the client reports its end.
        }
    }

    /// <summary>Ends a wait of <see cref="WaitWhileOpen"/> early. Called by any thread.</summary>
    public void Interrupt() => _closed.Set();

    /// <summary>Waits for a while, less when the connection ends or on <see cref="Interrupt"/>. Called by the link's thread only.</summary>
    /// <param name="timeMs">Time in ms.</param>
    /// <returns>False when the connection has ended; <see cref="Close"/> releases it.</returns>
    public bool WaitWhileOpen(int timeMs)
    {
        if (!_closed.WaitOne(timeMs, false) || IsConnected) return true;
        _isUsable = false;
        return false;
    }

    /// <summary>Ends the connection, if there is one, and releases its client. Called by the link's thread only.</summary>
    public void Close()
    {
        _isUsable = false;
        Release();
        _closed.Reset();
    }

    private static string[] Filters(string answers, string statuses, string settings, string commands)
    {
        if (commands == null) return new[] { answers, statuses, Topics.ModelsFilter, settings };
        return new[] { answers, statuses, Topics.ModelsFilter, settings, commands };
    }

    private static string Credential(string text) => text.Length == 0 ? null : text;

    /// <summary>Closes the client. Without memory for that it stays, and the next call closes it: a client that is left alone keeps its threads.</summary>
    private void Release()
    {
        MqttClient client = _client;
        if (client == null) return;
        _isUsable = false;
        client.MqttMsgPublishReceived -= _onMessage;
        client.ConnectionClosed -= _onClosed;
        try
        {
            client.Close();
        }
        catch (OutOfMemoryException)
        {
            throw;
        }
        catch (Exception)
        {
            // Closing a lost connection throws; there is nothing left to release.
        }
        _client = null;
    }

    private void OnClosed(object sender, EventArgs e)
    {
        _isUsable = false;
        _closed.Set();
    }

    private void OnMessage(object sender, MqttMsgPublishEventArgs e)
    {
        LastMessageUs = Clock.NowUs();
        try
        {
            _receiver.OnMessage(e.Topic, e.Message, LastMessageUs);
        }
        catch (OutOfMemoryException)
        {
            // An exception in this handler would disconnect the client.
            _memory.OnShortage(Shortage.Message);
        }
        catch (Exception)
        {
            _counters.Malformed++;
        }
    }
}

/// <summary>Takes messages on the MQTT client's only dispatch thread: it must be quick.</summary>
internal interface IMessageReceiver
{
    /// <summary>A message came.</summary>
    /// <param name="topic">Its topic.</param>
    /// <param name="payload">Its content.</param>
    /// <param name="nowUs">Time of its arrival in µs.</param>
    void OnMessage(string topic, byte[] payload, long nowUs);
}
