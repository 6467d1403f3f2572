// The network of a board: joins the Wi-Fi, keeps a connection to the broker, measures links, and is quiet while the radio is not wanted.

using Crime.Frames;
using Crime.Mapping;

namespace Crime.Node;

/// <summary>
/// State machine of the network. <see cref="Next"/> returns the next action; the driver does it and reports its outcome. Used by one thread, except
/// for <see cref="SetWanted"/> and <see cref="SetModel"/>.
/// </summary>
public sealed class LinkFlow
{
    /// <summary>Time in µs between two looks for due work.</summary>
    public const int TickUs = 100_000;

    /// <summary>Time in µs between two looks while the connection is not needed.</summary>
    public const int IdleUs = 1_000_000;

    /// <summary>Time in µs without a message after which the connection is closed: statuses come every second.</summary>
    public const int SilenceUs = 15_000_000;

    /// <summary>Wait in µs after a lost connection: a new one would be closed by the end of the old one.</summary>
    public const int SettleUs = 500_000;

    /// <summary>First wait in µs after a failed attempt; doubled up to <see cref="MaxBackOffUs"/>.</summary>
    public const int FirstBackOffUs = 1_000_000;

    /// <summary>Longest wait in µs between two attempts.</summary>
    public const int MaxBackOffUs = 30_000_000;

    /// <summary>Longest wait in µs between two attempts of a board that learns from answers: half an hour.</summary>
    public const int MaxRareBackOffUs = LinkEstimator.MaxRareBackOffUs;

    /// <summary>Least time in µs for which a board that learns from answers receives statuses after it has connected; longer without a usable gateway.</summary>
    /// <remarks>The retained statuses come within a round trip and a beacon interval. Every further one costs a radio in modem sleep 11 mJ.</remarks>
    public const int StatusesUs = 250_000;

    /// <summary>
    /// Age in µs below which the end of a connection by the other side counts as short. Boards with one id replace each other <see cref="SettleUs"/> after they
    /// were replaced, and a time to connect later: 5 s have room for a slow network. A broker that restarts refuses attempts in between, which end the sequence.
    /// </summary>
    public const int ShortLifeUs = 5_000_000;

    /// <summary>
    /// Short connections in sequence that show another board of the same id. The first end of the older board's connection is not short: the newer
    /// board counts to three before the older one does, and leaves.
    /// </summary>
    public const int ShortLivesOfClash = 3;

    /// <summary>Wait in µs of a board whose id another board uses: 5 min. Each attempt of it disturbs the other one.</summary>
    public const int ClashBackOffUs = 300_000_000;

    /// <summary>Age in µs of a telemetry record from which the next request carries it, or a ping when the connection is quiet.</summary>
    public const int TelemetryAgeUs = 1_000_000;

    /// <summary>Time in µs since the last request before telemetry is sent on its own: a request would carry it for nothing.</summary>
    public const int QuietUs = 100_000;

    private readonly OpenRequest _request;
    private readonly BackgroundEnergy _background;
    private readonly ConnectionNeed _need;
    private MappingEngine _engine;
    private bool _isWanted = true;
    private bool _isJoined;
    private bool _isConnected;
    private bool _isPartingPingDue;
    private long _backOffUs;
    private long _waitUntilUs;
    private long _lastMessageUs;
    private long _connectAtUs;
    private long _connectedAtUs;
    private int _shortLives;
    private long _silenceUs = SilenceUs;
    private bool _learnsFromAnswers;
    private bool _receivesStatuses;
    private bool _receivesRegimes;

    /// <summary>Makes the network of a board that is off.</summary>
    /// <param name="request">The request under way: telemetry waits until the connection is quiet.</param>
    /// <param name="telemetry">Records that pings carry; null when telemetry is off.</param>
    /// <param name="flow">Decides whether the connection is needed, and counts the energy of pings and connections.</param>
    public LinkFlow(OpenRequest request, TelemetryBuffer telemetry, InputFlow flow)
    {
        _request = request;
        _background = flow.Background;
        _need = flow.Need;
        Telemetry = telemetry;
    }

    /// <summary>Session of the pings.</summary>
    public uint Session => _request.Session;

    /// <summary>Records that pings carry; null when telemetry is off.</summary>
    public TelemetryBuffer Telemetry { get; }

    /// <summary>True while the board is in the Wi-Fi.</summary>
    public bool IsJoined => _isJoined;

    /// <summary>True while the board has a connection to the broker.</summary>
    public bool IsConnected => _isConnected;

    /// <summary>True while the radio is off because it is not wanted.</summary>
    public bool IsOff => !_isWanted && !_isJoined;

    /// <summary>True while the board receives and asks as little as it can.</summary>
    public bool SparesRadio => _need.LearnsFromAnswers;

    /// <summary>True when the connection serves a board that learns from answers: it receives statuses for a moment only.</summary>
    public bool LearnsFromAnswers => _learnsFromAnswers;

    /// <summary>True when the connection is subscribed to slow statuses instead of statuses, and stays so.</summary>
    public bool ReceivesRegimes => _receivesRegimes;

    /// <summary>The gateway of <see cref="LinkAction.Ping"/>.</summary>
    public GatewayCandidate PingGateway { get; private set; }

    /// <summary>Sequence number of that ping.</summary>
    public uint PingSequence { get; private set; }

    /// <summary>Deadline in µs of <see cref="LinkAction.Wait"/>.</summary>
    public long UntilUs { get; private set; }

    /// <summary>Sets the engine whose links are measured; null while there is no model.</summary>
    public void SetModel(MappingEngine engine) => _engine = engine;

    /// <summary>Sets whether the radio is wanted.</summary>
    public void SetWanted(bool isWanted)
    {
        _isPartingPingDue = !isWanted;
        _isWanted = isWanted;
        if (isWanted) _waitUntilUs = 0;
    }

    /// <summary>Reports when the last message arrived.</summary>
    /// <param name="atUs">Time of its arrival in µs.</param>
    public void OnMessage(long atUs) => _lastMessageUs = atUs;

    /// <summary>Reports the outcome of <see cref="LinkAction.Join"/>.</summary>
    public void OnJoined(bool isJoined, long nowUs)
    {
        _isJoined = isJoined;
        if (isJoined) return;
        // A board that could do without the Wi-Fi does not look for it all the time.
        _need.OnProbed(_background.ConnectUj, nowUs);
        _waitUntilUs = nowUs + FirstBackOffUs;
    }

    /// <summary>Reports the outcome of <see cref="LinkAction.Connect"/>.</summary>
    public void OnConnected(bool isConnected, long nowUs)
    {
        _isConnected = isConnected;
        long beforeUj = _background.EnergyUj;
        _background.OnExchange(BackgroundEnergy.ConnectMessages, _connectAtUs, nowUs);
        _lastMessageUs = nowUs;
        if (isConnected)
        {
            _backOffUs = 0;
            _connectedAtUs = nowUs;
            _receivesStatuses = !_receivesRegimes;
            ForgetLinks(nowUs);
            TrustPriors(nowUs);
            return;
        }
        _shortLives = 0;
        _need.OnProbed(_background.EnergyUj - beforeUj, nowUs);
        _backOffUs = BackOff.Next(_backOffUs, FirstBackOffUs, _learnsFromAnswers ? MaxRareBackOffUs : MaxBackOffUs);
        _waitUntilUs = nowUs + _backOffUs;
    }

    /// <summary>Reports that statuses no longer come.</summary>
    public void OnUnsubscribed(long nowUs)
    {
        _receivesStatuses = false;
        _background.OnExchange(1, nowUs, nowUs);
    }

    /// <summary>Reports that the connection has ended, by either side.</summary>
    public void OnClosed(long nowUs)
    {
        _isConnected = false;
        if (_isWanted) _waitUntilUs = nowUs + SettleUs;
        ForgetLinks(nowUs);
    }

    /// <summary>Reports that the other side has ended the connection.</summary>
    /// <returns>True when that shows another board of the same id for the first time.</returns>
    public bool OnLost(long nowUs)
    {
        _shortLives = nowUs - _connectedAtUs < ShortLifeUs ? _shortLives + 1 : 0;
        OnClosed(nowUs);
        if (_shortLives >= ShortLivesOfClash) _waitUntilUs = nowUs + ClashBackOffUs;
        return _shortLives == ShortLivesOfClash;
    }

    /// <summary>Reports that the gateway was asked for a newer model.</summary>
    /// <param name="startUs">Start of the exchange in µs.</param>
    /// <param name="nowUs">Its end in µs.</param>
    public void OnModelCheck(long startUs, long nowUs) => _background.OnExchange(BackgroundEnergy.ModelCheckMessages, startUs, nowUs);

    /// <summary>Reports that the radio is off.</summary>
    public void OnSwitchedOff() => _isJoined = false;

    /// <summary>Returns the next action.</summary>
    public LinkAction Next(long nowUs)
    {
        if (!_isWanted) return _isConnected ? Part(nowUs) : LinkAction.SwitchOff;
        if (!_need.IsConnectionNeeded(_isConnected, nowUs)) return _isConnected ? LinkAction.Leave : WaitUntil(nowUs + IdleUs);
        if (nowUs < _waitUntilUs) return WaitUntil(_waitUntilUs);
        if (!_isJoined) return LinkAction.Join;
        if (!_isConnected) return Connect(nowUs);
        // Subscriptions and keep-alive belong to a connection.
        if (_learnsFromAnswers != _need.LearnsFromAnswers) return LinkAction.Leave;
        if (_learnsFromAnswers)
        {
            if (!HasUsableGateway(nowUs))
            {
                if (nowUs - _lastMessageUs > _silenceUs) return Abandon();
            }
            else
            {
                _silenceUs = SilenceUs;
                if (_receivesStatuses && nowUs - _connectedAtUs > StatusesUs) return LinkAction.Unsubscribe;
            }
        }
        else if (nowUs - _lastMessageUs > SilenceUs)
        {
            return LinkAction.Abandon;
        }
        return TakePing(IsTelemetryDue(nowUs), nowUs) ? LinkAction.Ping : WaitUntil(nowUs + TickUs);
    }

    private bool HasUsableGateway(long nowUs)
    {
        MappingEngine engine = _engine;
        return engine == null || engine.HasUsableGateway(nowUs);
    }

    /// <summary>Leaves a silent connection without a usable gateway: a new one shows what has become of the gateways. It is made ever more rarely.</summary>
    private LinkAction Abandon()
    {
        MappingEngine engine = _engine;
        _silenceUs = BackOff.Next(_silenceUs, SilenceUs, engine == null || engine.LocalTime == null ? MaxBackOffUs : MaxRareBackOffUs);
        return LinkAction.Abandon;
    }

    private LinkAction Connect(long nowUs)
    {
        _connectAtUs = nowUs;
        MappingEngine engine = _engine;
        _learnsFromAnswers = _need.LearnsFromAnswers;
        _receivesRegimes = _learnsFromAnswers && engine != null && engine.ReceivesRegimes;
        return LinkAction.Connect;
    }

    /// <summary>Sends the last telemetry, then leaves. A deep sleep would lose it.</summary>
    private LinkAction Part(long nowUs)
    {
        bool hasTelemetry = _isPartingPingDue && !_learnsFromAnswers && Telemetry != null && Telemetry.SizeBytes > 0;
        _isPartingPingDue = false;
        return hasTelemetry && TakePing(true, nowUs) ? LinkAction.Ping : LinkAction.Leave;
    }

    private bool TakePing(bool isWanted, long nowUs)
    {
        MappingEngine engine = _engine;
        if (engine == null) return false;
        int telemetrySize = Telemetry == null ? 0 : Telemetry.SizeBytes;
        PingGateway = engine.TakePing(nowUs, isWanted, telemetrySize, out uint sequence);
        PingSequence = sequence;
        if (PingGateway == null) return false;
        _background.OnSent(PingFrame.Size + telemetrySize, nowUs);
        return true;
    }

    private bool IsTelemetryDue(long nowUs) =>
        Telemetry != null && !_learnsFromAnswers && !_request.IsOpen && nowUs - _request.OpenedAtUs >= QuietUs && Telemetry.IsDue(nowUs, TelemetryAgeUs);

    private LinkAction WaitUntil(long untilUs)
    {
        UntilUs = untilUs;
        return LinkAction.Wait;
    }

    private void TrustPriors(long nowUs)
    {
        MappingEngine engine = _engine;
        if (engine != null) PriorMemory.Trust(engine, nowUs);
    }

    private void ForgetLinks(long nowUs)
    {
        MappingEngine engine = _engine;
        if (engine != null && _isWanted) engine.OnConnectionChanged(nowUs);
    }
}
