// The links of a board. A radio in modem sleep receives at beacons, unless it still listens.

using System;
using Crime.Frames;
using Crime.Mapping;
using Crime.Node;
using Crime.Simulation.Events;
using Crime.Simulation.Scenarios;

namespace Crime.Simulation.World;

/// <summary>Determines when a board receives statuses and answers.</summary>
internal sealed class BoardLinks : NodeLinks
{
    private readonly BoardCosts _costs;
    private readonly MappingEngine _engine;
    private readonly double _beaconPhaseUs;
    private readonly bool _isDutyCycled;
    private readonly BackgroundEnergy _background;
    private long _receivedAtUs;
    private long _statusesUntilUs;
    private bool _isFresh;
    private bool _isSubscribed;

    /// <summary>Makes the links of a board.</summary>
    /// <param name="world">Its world.</param>
    /// <param name="costs">Costs of the board.</param>
    /// <param name="engine">Receives the statuses.</param>
    /// <param name="background">Counts their energy.</param>
    /// <param name="beaconPhaseUs">Time of the first beacon of its access point in µs.</param>
    /// <param name="first">Number of the first link among all links of the world.</param>
    public BoardLinks(SimWorld world, BoardCosts costs, MappingEngine engine, BackgroundEnergy background, double beaconPhaseUs, int first)
        : base(world, costs.Group.Links, first)
    {
        _costs = costs;
        _engine = engine;
        _background = background;
        _beaconPhaseUs = beaconPhaseUs;
        _isDutyCycled = costs.Group.Radio == RadioKind.Off;
        MeasuredRttUs = new double[Count];
        Array.Fill(MeasuredRttUs, -1);
    }

    /// <summary>Round trip as last measured, by slot, in µs; negative before the first measurement.</summary>
    public double[] MeasuredRttUs { get; }

    /// <summary>True while the board receives statuses.</summary>
    public bool ReceivesStatuses => !_engine.LearnsFromAnswers || _isSubscribed || _engine.ReceivesRegimes;

    /// <summary>True when a look at short intervals finds the statuses of a new connection.</summary>
    public bool AwaitsStatuses => _engine.LearnsFromAnswers && _isSubscribed;

    /// <inheritdoc/>
    protected override StatusLog LogOf(GatewayDriver gateway) => _engine.ReceivesRegimes ? gateway.RegimeLog : gateway.Log;

    /// <summary>Notes a connection: the last status of each gateway comes at once.</summary>
    /// <param name="untilUs">Time in µs until which a board that learns from answers receives statuses at least.</param>
    public void OnConnected(long untilUs)
    {
        _statusesUntilUs = untilUs;
        _isFresh = true;
        _isSubscribed = true;
    }

    /// <summary>The gateway at a slot as the engine knows it; null before its first status.</summary>
    public GatewayCandidate? CandidateAt(int slot)
    {
        string id = GatewayAt(slot).Node.Id;
        for (int i = 0; i < _engine.CandidateCount; i++)
            if (_engine.Candidate(i).Id == id) return _engine.Candidate(i);
        return null;
    }

    /// <summary>Delivers an answer or a pong.</summary>
    /// <param name="request">The request or the ping with its answer.</param>
    /// <param name="sizeBytes">Size of the answer.</param>
    /// <param name="kind">Kind of the event.</param>
    public void Deliver(SimRequest request, int sizeBytes, EventKind kind)
    {
        int slot = request.Slot;
        if (IsDown(slot))
        {
            World.Return(request);
            return;
        }
        double atUs = World.NowUs + WayBackUs(slot, sizeBytes, request.Draws);
        if (World.StatusIl > 0 && ReceivesStatuses) atUs += StallUs(slot, request.Draws);
        int requestBytes = kind == EventKind.Pong ? PingFrame.Size : request.SizeBytes;
        double receivedUs = AnswerUs(request.SentUs + _costs.PublishUs + _costs.AirUs(requestBytes), atUs);
        // At a beacon, the board receives first what came before the answer.
        if (_costs.BeaconUs > 0 && receivedUs > atUs) receivedUs += StatusUs(receivedUs - _costs.BeaconUs, atUs);
        World.Events.Add((long)(receivedUs + _costs.ReceiveUs), kind, request.Origin, request.Index);
    }

    /// <summary>
    /// Time in µs at which a board receives an answer: at once while its radio still listens, because of the request or of a status, or else at
    /// a beacon.
    /// </summary>
    /// <param name="leftUs">Time in µs at which the request had left.</param>
    /// <param name="atUs">Time in µs at which the access point has the answer.</param>
    public double AnswerUs(double leftUs, double atUs)
    {
        int listenUs = _costs.Power.MinActiveUs;
        if (_costs.BeaconUs == 0 || atUs <= leftUs + listenUs) return atUs;
        double nextUs = BeaconUs(atUs), lastUs = nextUs - _costs.BeaconUs;
        bool isListening = atUs <= lastUs + listenUs && CountStatuses(lastUs - _costs.BeaconUs, lastUs) > 0;
        return isListening ? atUs : nextUs;
    }

    /// <summary>Time in µs that a board spends on the statuses that it has received after one time and until another.</summary>
    public double ReceivedStatusUs(long afterUs, long untilUs) => StatusUs(LastReceivedUs(afterUs), LastReceivedUs(untilUs));

    /// <summary>Passes the statuses that have arrived to the engine.</summary>
    public void ReceiveStatuses()
    {
        if (!ReceivesStatuses) return;
        long nowUs = World.NowUs;
        uint count = 0;
        for (int slot = 0; slot < Count; slot++)
        {
            if (IsDown(slot)) continue;
            GatewayDriver gateway = GatewayAt(slot);
            gateway.Beat();
            // A board that has just connected receives the retained status at once.
            bool isRetained = _isDutyCycled || _isFresh || SeenOf(slot) == 0;
            if (isRetained) SkipToLast(slot);
            uint seen = SeenOf(slot);
            double wayUs = isRetained ? 0 : StatusWayUs(slot), byUs = isRetained ? nowUs : LastReceivedUs(nowUs);
            while (ReadStatus(slot, byUs - wayUs, out long atUs) is { } status)
                _engine.OnStatus(gateway.Node.Id, status, isRetained ? nowUs : Math.Min((long)BeaconUs(atUs + wayUs), nowUs));
            count += SeenOf(slot) - seen;
        }
        if (count > 0) _background.OnReceived((int)count, _receivedAtUs, nowUs);
        _receivedAtUs = nowUs;
        _isFresh = false;
        // It receives statuses until it knows a gateway that answers.
        if (nowUs >= _statusesUntilUs && _engine.HasUsableGateway(nowUs)) _isSubscribed = false;
    }

    /// <summary>
    /// Time in µs that an answer waits behind a status that TCP sends again. Each status since that time may have been lost, and the rest of its
    /// wait is uniformly distributed.
    /// </summary>
    private double StallUs(int slot, Draws draws)
    {
        LinkKind kind = KindOf(slot);
        double resendUs = kind.ResendMs * 1000, probability = kind.Loss * LogOf(GatewayAt(slot)).CountBetween(World.NowUs - resendUs, World.NowUs);
        double drawn = draws.Uniform(NameOf(slot) + 3 + Draws.Host);
        return drawn < probability ? resendUs * drawn / probability : 0;
    }

    private double StatusUs(double afterUs, double untilUs) =>
        World.StatusIl > 0 ? CountStatuses(afterUs, untilUs) * World.StatusIl * _costs.UsPerIl : 0;

    /// <summary>Number of statuses that reach the access point after one time and until another.</summary>
    private int CountStatuses(double afterUs, double untilUs)
    {
        int count = 0;
        if (!ReceivesStatuses) return count;
        for (int slot = 0; slot < Count; slot++)
        {
            if (IsDown(slot)) continue;
            GatewayDriver gateway = GatewayAt(slot);
            gateway.Beat();
            double wayUs = StatusWayUs(slot);
            count += LogOf(gateway).CountBetween(afterUs - wayUs, untilUs - wayUs);
        }
        return count;
    }

    /// <summary>Returns the time of a connection in µs: TCP, CONNECT and SUBSCRIBE take a round trip each.</summary>
    public double ConnectUs() => 6 * StatusWayUs(0);

    /// <summary>Time of the last beacon in µs; the time itself for a radio that always listens.</summary>
    private double LastReceivedUs(double atUs)
    {
        double beaconUs = BeaconUs(atUs);
        return beaconUs > atUs ? beaconUs - _costs.BeaconUs : beaconUs;
    }

    /// <summary>Time in µs of the next beacon; the time itself for a radio that always listens.</summary>
    private double BeaconUs(double atUs)
    {
        double interval = _costs.BeaconUs;
        return interval == 0 ? atUs : _beaconPhaseUs + Math.Ceiling((atUs - _beaconPhaseUs) / interval) * interval;
    }
}
