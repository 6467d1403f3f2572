// The thread of the network. It joins the Wi-Fi, keeps the connection, sends the pings that are due, and closes a connection
// that carries no messages any more (the MQTT client itself does not notice while it publishes).

using System;
using System.Threading;
using Crime.Device.App;
using Crime.Device.Memory;
using Crime.Device.Settings;
using Crime.Device.Terminal;
using Crime.Frames;
using Crime.Mapping;
using nanoFramework.Networking;

namespace Crime.Device.Offload;

/// <summary>Owns the board's network.</summary>
public sealed class LinkKeeper : LastingThread
{
    /// <summary>Time in ms between two checks for work that is due.</summary>
    public const int TickMs = 100;

    /// <summary>Time without a message, in µs, after which the connection is closed: statuses come every second.</summary>
    public const int SilenceUs = 15_000_000;

    /// <summary>Age of a telemetry record, in µs, from which the next request carries it; a ping does when the connection is quiet.</summary>
    public const int TelemetryAgeUs = 1_000_000;

    /// <summary>Time since the last request, in µs, before telemetry is sent on its own: a request would carry it for nothing.</summary>
    public const int QuietUs = 100_000;

    private const int WifiTimeoutMs = 30_000;

    private readonly BoardSettings _settings;
    private readonly SerialConsole _console;
    private readonly BrokerConnection _connection;
    private readonly Offloader _offloader;
    private readonly uint _session;
    private readonly MemoryPlan _memory;
    private readonly PingFrame _ping = new PingFrame();
    private readonly AutoResetEvent _wanted = new AutoResetEvent(false);
    private bool _isWanted = true;
    private MappingEngine _engine;
    private uint _modelId;

    /// <summary>Makes the keeper; <see cref="Start"/> starts its thread.</summary>
    /// <param name="settings">The board's settings.</param>
    /// <param name="console">Receives lines about problems.</param>
    /// <param name="connection">The connection to keep.</param>
    /// <param name="offloader">Holds the telemetry that pings carry.</param>
    /// <param name="session">Random number of this start.</param>
    /// <param name="memory">Notes where memory ran out.</param>
    public LinkKeeper(
        BoardSettings settings, SerialConsole console, BrokerConnection connection, Offloader offloader, uint session, MemoryPlan memory)
        : base(memory, Shortage.Background)
    {
        _offloader = offloader;
        _settings = settings;
        _console = console;
        _connection = connection;
        _session = session;
        _memory = memory;
        _ping.Session = session;
    }

    /// <summary>True when the Wi-Fi has an address.</summary>
    public bool IsNetworkUp { get; private set; }

    /// <summary>Sets the engine whose links are measured, and the model to announce.</summary>
    public void Use(uint modelId, MappingEngine engine)
    {
        _modelId = modelId;
        _engine = engine;
        if (_connection.IsConnected) Announce();
    }

    /// <summary>Releases the engine: its memory is needed for another one.</summary>
    public void ReleaseEngine() => _engine = null;

    /// <summary>Sets whether the radio is wanted. The thread switches it; <see cref="IsOff"/> is set once it is off.</summary>
    public void SetWanted(bool isWanted)
    {
        _isWanted = isWanted;
        if (!isWanted) return;
        IsOff = false;
        _wanted.Set();
    }

    /// <summary>True when the radio is off because it is not wanted.</summary>
    public bool IsOff { get; private set; }

    /// <summary>Starts the thread. A board without a broker has none.</summary>
    public void Start()
    {
        if (_settings.BrokerHost.Length > 0) StartThread();
    }

    /// <summary>Takes the network one step on. A connection that was refused memory is made again.</summary>
    protected override void Work()
    {
        if (!_isWanted)
        {
            SwitchOff();
            _wanted.WaitOne();
            return;
        }
        if (!IsNetworkUp && !JoinNetwork()) return;
        if (!_isWanted || (!_connection.IsConnected && !_connection.Open())) return;
        Announce();
        ForgetLinks();
        ServeConnection();
        ForgetLinks();
    }

    private void ServeConnection()
    {
        while (_connection.WaitWhileOpen(TickMs))
        {
            if (!_isWanted)
            {
                // Telemetry that is not sent now waits for the radio; a deep sleep loses it.
                if (_offloader.Telemetry != null && _offloader.Telemetry.SizeBytes > 0) SendPing(Clock.NowUs(), true);
                _connection.Leave();
                return;
            }
            long nowUs = Clock.NowUs();
            if (nowUs - _connection.LastMessageUs > SilenceUs)
            {
                _console.WriteLine("broker: no message for 15 s; connecting again");
                _connection.Abandon();
                return;
            }
            while (SendPing(nowUs, IsTelemetryDue(nowUs)))
            {
            }
        }
        _console.WriteLine("broker: connection lost");
    }

    private void SwitchOff()
    {
        if (IsNetworkUp) WifiNetworkHelper.Disconnect();
        IsNetworkUp = false;
        IsOff = true;
    }

    private void ForgetLinks()
    {
        MappingEngine engine = _engine;
        if (engine != null && _isWanted) engine.OnConnectionChanged(Clock.NowUs());
    }

    private bool IsTelemetryDue(long nowUs)
    {
        TelemetryBuffer telemetry = _offloader.Telemetry;
        return telemetry != null && telemetry.IsDue(nowUs, TelemetryAgeUs) && _offloader.IsQuiet(nowUs, QuietUs);
    }

    /// <summary>Sends a ping that is due, or one that only carries telemetry.</summary>
    /// <returns>False when there was none to send.</returns>
    private bool SendPing(long nowUs, bool isTelemetryDue)
    {
        MappingEngine engine = _engine;
        if (engine == null) return false;
        TelemetryBuffer telemetry = _offloader.Telemetry;
        GatewayCandidate gateway = engine.TakePing(nowUs, isTelemetryDue, telemetry == null ? 0 : telemetry.SizeBytes, out uint sequence);
        if (gateway == null) return false;
        _ping.Sequence = sequence;
        _connection.Publish(Topics.Request(gateway.Id, _settings.BoardId), _ping.Encode(telemetry), false);
        return true;
    }

    private void Announce()
    {
        MappingEngine engine = _engine;
        var birth = new PresenceFrame
        {
            Online = true,
            Goal = engine == null ? _settings.Goal : engine.Goal,
            Session = _session,
            ModelId = _modelId,
            FirmwareVersion = Board.FirmwareVersion,
        };
        _connection.Publish(Topics.Presence(_settings.BoardId), birth.Encode(), true);
    }

    private bool JoinNetwork()
    {
        try
        {
            using var timeout = new CancellationTokenSource(WifiTimeoutMs);
            IsNetworkUp = _settings.WifiSsid.Length == 0
                ? WifiNetworkHelper.Reconnect(false, 0, timeout.Token)
                : WifiNetworkHelper.ConnectDhcp(
                    _settings.WifiSsid, _settings.WifiPassword, System.Device.Wifi.WifiReconnectionKind.Automatic, false, 0, timeout.Token);
            if (IsNetworkUp) return true;
            _console.WriteLine("wifi: not connected (status " + ((int)WifiNetworkHelper.Status).ToString() + "); trying again");
        }
        catch (OutOfMemoryException)
        {
            _memory.OnShortage(Shortage.Wifi);
        }
        catch (Exception e)
        {
            _console.WriteLine("wifi: " + e.Message + "; trying again");
        }
        Thread.Sleep(BrokerConnection.FirstBackOffMs);
        return false;
    }
}
