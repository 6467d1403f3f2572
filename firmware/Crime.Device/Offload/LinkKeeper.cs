// The thread of the network. It does what shared/Node/LinkFlow decides: joins the Wi-Fi, keeps the connection to the broker, sends pings, and
// switches the radio off.

using System;
using System.Threading;
using Crime.Device.Memory;
using Crime.Device.Settings;
using Crime.Device.Terminal;
using Crime.Frames;
using Crime.Mapping;
using Crime.Node;
using nanoFramework.Networking;

namespace Crime.Device.Offload;

/// <summary>Owns the board's network.</summary>
internal sealed class LinkKeeper : LastingThread
{
    private const int WifiTimeoutMs = 30_000;
    private const int TickMs = LinkFlow.TickUs / 1000;

    private readonly BoardSettings _settings;
    private readonly SerialConsole _console;
    private readonly BrokerConnection _connection;
    private readonly LinkFlow _flow;
    private readonly MemoryPlan _memory;
    private readonly PingFrame _ping = new PingFrame();
    private readonly AutoResetEvent _wanted = new AutoResetEvent(false);
    private uint _modelId;
    private uint _imageChecksum;

    /// <summary>Makes the keeper; <see cref="Start"/> starts its thread.</summary>
    /// <param name="settings">The board's settings.</param>
    /// <param name="console">Receives lines about problems.</param>
    /// <param name="connection">The connection to keep.</param>
    /// <param name="flow">Decides.</param>
    /// <param name="memory">Counts the shortages of memory.</param>
    public LinkKeeper(BoardSettings settings, SerialConsole console, BrokerConnection connection, LinkFlow flow, MemoryPlan memory)
        : base(memory, Shortage.Background)
    {
        _settings = settings;
        _console = console;
        _connection = connection;
        _flow = flow;
        _memory = memory;
        _ping.Session = flow.Session;
    }

    /// <summary>True when the Wi-Fi has an address.</summary>
    public bool IsNetworkUp => _flow.IsJoined;

    /// <summary>True when the radio is off because it is not wanted.</summary>
    public bool IsOff => _flow.IsOff;

    /// <summary>True while the board receives and asks as little as it can.</summary>
    public bool SparesRadio => _flow.SparesRadio;

    /// <summary>Sets the engine whose links are measured, and the model to announce.</summary>
    /// <param name="modelId">Identity of the model.</param>
    /// <param name="imageChecksum">Checksum of its image.</param>
    /// <param name="engine">The engine.</param>
    public void SetModel(uint modelId, uint imageChecksum, MappingEngine engine)
    {
        _modelId = modelId;
        _imageChecksum = imageChecksum;
        _flow.SetModel(engine);
        if (_connection.IsConnected) Announce();
    }

    /// <summary>Releases the engine: another one needs its memory.</summary>
    public void ReleaseEngine()
    {
        _flow.SetModel(null);
    }

    /// <summary>Sets whether the radio is wanted. The thread switches it; <see cref="IsOff"/> is true once it is off.</summary>
    public void SetWanted(bool isWanted)
    {
        _flow.SetWanted(isWanted);
        if (isWanted) _wanted.Set();
        // The radio of a board that sleeps goes off at once: it draws 100 mW more than light sleep.
        else _connection.Interrupt();
    }

    /// <summary>Notes that the gateway was asked for a newer model.</summary>
    /// <param name="startUs">Start of the exchange in µs.</param>
    public void OnModelCheck(long startUs) => _flow.OnModelCheck(startUs, Clock.NowUs());

    /// <summary>Starts the thread. A board without a broker has none.</summary>
    public void Start()
    {
        if (_settings.BrokerHost.Length > 0) StartThread();
    }

    /// <summary>Does one action. One that was refused memory is done again.</summary>
    protected override void Work()
    {
        if (_connection.IsConnected) _flow.OnMessage(_connection.LastMessageUs);
        switch (_flow.Next(Clock.NowUs()))
        {
            case LinkAction.Join:
                bool isJoined = TryJoin();
                _flow.OnJoined(isJoined, Clock.NowUs());
                return;
            case LinkAction.Connect:
                Connect();
                return;
            case LinkAction.Ping:
                _ping.Sequence = _flow.PingSequence;
                _connection.Publish(Topics.Request(_flow.PingGateway.Id, _settings.BoardId), _ping.Encode(_flow.Telemetry), false);
                return;
            case LinkAction.Wait:
                Wait();
                return;
            case LinkAction.Unsubscribe:
                _connection.Unsubscribe();
                _flow.OnUnsubscribed(Clock.NowUs());
                return;
            case LinkAction.Abandon:
                _console.WriteLine("broker: no message for 15 s; connecting again");
                Close();
                return;
            case LinkAction.Leave:
                Close();
                return;
            default:
                SwitchOff();
                return;
        }
    }

    private void Connect()
    {
        bool isConnected = _connection.Open(_flow.LearnsFromAnswers ? BrokerConnection.RareKeepAliveS : BrokerConnection.KeepAliveS, _flow.ReceivesRegimes);
        _flow.OnConnected(isConnected, Clock.NowUs());
        if (isConnected) Announce();
    }

    private void Wait()
    {
        // A shift for a division: a wait that ends a little early is repeated.
        long restMs = (_flow.UntilUs - Clock.NowUs() >> 10) + 1;
        int timeMs = restMs < 1 ? 1 : restMs < TickMs ? (int)restMs : TickMs;
        if (!_flow.IsConnected)
        {
            Thread.Sleep(timeMs);
            return;
        }
        if (_connection.WaitWhileOpen(timeMs)) return;
        bool isClash = _flow.OnLost(Clock.NowUs());
        _console.WriteLine(isClash ? "broker: another board uses the id " + _settings.BoardId : "broker: connection lost");
    }

    private void Close()
    {
        _connection.Close();
        _flow.OnClosed(Clock.NowUs());
    }

    private void SwitchOff()
    {
        // A connection that was lost has not released its client yet.
        _connection.Close();
        if (_flow.IsJoined) WifiNetworkHelper.Disconnect();
        _flow.OnSwitchedOff();
        _wanted.WaitOne();
    }

    private void Announce()
    {
        var birth = new PresenceFrame
        {
            Online = true,
            Objective = _settings.Objective,
            Session = _flow.Session,
            ModelId = _modelId,
            ImageChecksum = _imageChecksum,
            FirmwareVersion = FirmwareVersion.Value,
        };
        _connection.Publish(Topics.Presence(_settings.BoardId), birth.Encode(), true);
    }

    private bool TryJoin()
    {
        try
        {
            using var timeout = new CancellationTokenSource(WifiTimeoutMs);
            bool isJoined = _settings.WifiSsid.Length == 0
                ? WifiNetworkHelper.Reconnect(false, 0, timeout.Token)
                : WifiNetworkHelper.ConnectDhcp(
                    _settings.WifiSsid, _settings.WifiPassword, System.Device.Wifi.WifiReconnectionKind.Automatic, false, 0, timeout.Token);
            if (isJoined) return true;
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
        return false;
    }
}
