// The mapping engine of a node: keeps the cost of every place an input could go, and picks the cheapest per input. A board and
// a gateway have the same; a gateway also passes requests on and tells others what it reaches (Topology).
// Messages arrive on the MQTT client's thread, pings go out on the link's, decisions are made on the main one: every
// method takes the lock, and none of them waits for anything else while holding it.

using Crime.Costs;
using Crime.Frames;

namespace Crime.Mapping;

/// <summary>Decides per input between the node and up to <see cref="DecisionTable.MaxCandidates"/> gateways.</summary>
public sealed partial class MappingEngine
{
    /// <summary>A gateway that has been silent for so long is not offered inputs: 10 s, ten of its heartbeats.</summary>
    public const int StatusExpiryUs = 10_000_000;

    /// <summary>A ping that takes longer than this is lost.</summary>
    public const int PingTimeoutUs = 2_000_000;

    // Routes are refreshed at least this often, so that no product of growth and ticks leaves 32 bits.
    private const int MaxRefreshUs = 10_000_000;

    // A tick is 1024 µs.
    private const int TickBits = 10;

    private readonly object _lock = new object();
    private readonly GatewayCandidate[] _candidates = new GatewayCandidate[DecisionTable.MaxCandidates];
    private readonly EngineSetup _setup;
    private readonly PowerProfile _power;
    private readonly DecisionTable _table;
    private readonly CostLine _transmitTime;
    private readonly int[][] _rows;
    private CostLine _localTime;
    private CostLine _encodeTime;
    private LineFit _localFit;
    private LineFit _encodeFit;
    private Goal _goal;
    private int _candidateCount;
    private uint _pingCounter;
    private RadioCost _radioUp;

    // The usable routes, as of _refreshedAtUs; good until _refreshUntilUs.
    private Route _routes;
    private long _refreshedAtUs;
    private long _refreshUntilUs = long.MinValue;

    // The time of the last decision, and its tick.
    private long _decidedAtUs;
    private int _tick;

    // Null where the radio never dozes. While it is known, links count without the wait for the beacon, and that is added per decision.
    private readonly BeaconGrid _grid;
    private bool _isOnGrid;

    // Until when a dozing radio listens on: what comes before comes at once, and says nothing of the grid.
    private long _listensUntilUs;
    private uint _reportCount;

    private readonly uint _nodeKey;

    /// <summary>Makes the engine of a node for one model.</summary>
    /// <param name="setup">What it is made of; may serve many engines.</param>
    /// <param name="nodeKey">The node's own key, see <see cref="NodeKey.Of"/>: adverts that lead through it are dropped.</param>
    public MappingEngine(EngineSetup setup, uint nodeKey)
    {
        _setup = setup;
        _nodeKey = nodeKey;
        _power = setup.Power;
        _table = new DecisionTable(setup.LongestLength);
        if (setup.ReservesRows)
        {
            _rows = new int[DecisionTable.MaxCandidates][];
            for (int i = 0; i < _rows.Length; i++) _rows[i] = new int[DecisionTable.BucketCount];
        }
        _localTime = setup.LocalTime;
        _encodeTime = setup.EncodeTime;
        if (setup.UseRefit)
        {
            _encodeFit = new LineFit(_encodeTime, EngineSetup.ShortLength, EngineSetup.LongLength);
            _encodeTime = _encodeFit.Line;
            SetLocalFit();
        }
        _transmitTime = setup.Power.TransmitLine(RequestFrame.HeaderSize, setup.BytesPerStep);
        _stateUs = setup.Power.TransmitUs(setup.StateSize) - setup.Power.TransmitUs(0);
        if (setup.BeaconIntervalUs > 0) _grid = new BeaconGrid(setup.BeaconIntervalUs);
        if (setup.Relays)
        {
            const int most = DecisionTable.MaxCandidates * CostAdvert.MaxSegments;
            _reach = new CostEnvelope(most);
            _segmentRoutes = new Route[most];
            _told = new CostAdvert();
            _next = new CostAdvert();
        }
        SetGoal(setup.Goal);
    }

    /// <summary>What is minimised.</summary>
    public Goal Goal => _goal;

    /// <summary>Whether the radio is off: gateways are then candidates by memory, at the cost of bringing it up.</summary>
    public bool IsRadioOff => _radioUp != null;

    /// <summary>Time to write a request, as last fitted.</summary>
    public CostLine EncodeTime => _encodeTime;

    /// <summary>Time to compute here, as last fitted; null when the node cannot.</summary>
    public CostLine LocalTime => _localTime;

    /// <summary>Gateways known, whether usable or not.</summary>
    public int CandidateCount => _candidateCount;

    /// <summary>A gateway; for display.</summary>
    /// <param name="index">0 to <see cref="CandidateCount"/> - 1.</param>
    public GatewayCandidate Candidate(int index) => _candidates[index];

    /// <summary>Changes what is minimised and rebuilds the table.</summary>
    public void SetGoal(Goal goal)
    {
        lock (_lock)
        {
            _goal = goal;
            BuildTable();
        }
    }

    /// <summary>Sets what computing here takes, where that is fitted elsewhere.</summary>
    /// <param name="localTime">The line; null when the node cannot compute the model.</param>
    public void SetLocalTime(CostLine localTime)
    {
        lock (_lock)
        {
            _localTime = localTime;
            // Who has a fit of its own says what it found; this one starts anew from there.
            SetLocalFit();
            BuildTable();
        }
    }

    /// <summary>Picks the place for an input.</summary>
    /// <param name="length">Its length in timesteps.</param>
    /// <param name="nowUs">The time.</param>
    /// <returns>A candidate's index, or <see cref="DecisionTable.Local"/>.</returns>
    public int Choose(int length, long nowUs)
    {
        lock (_lock)
        {
            Begin(nowUs);
            return Decide(_table.Bucket(length));
        }
    }

    /// <summary>Picks the fastest gateway, whatever the node itself could do.</summary>
    /// <returns>A candidate's index, or <see cref="DecisionTable.Local"/> when none is usable.</returns>
    public int ChooseGateway(int length, long nowUs)
    {
        lock (_lock)
        {
            Begin(nowUs);
            Route route = DecisionTable.Fastest(_routes, _table.Bucket(length), _tick, out int _);
            return route == null ? DecisionTable.Local : route.Candidate;
        }
    }

    /// <summary>Whether any gateway can be chosen at this moment.</summary>
    public bool HasUsableGateway(long nowUs) => ChooseGateway(1, nowUs) != DecisionTable.Local;

    /// <summary>The smallest length that would be offloaded, as of the last decision.</summary>
    /// <returns>A length, or <see cref="CostLine.Never"/> when none is that the table resolves.</returns>
    /// <remarks>Takes for granted that what is longer goes too, as with lines it does.</remarks>
    public int BreakEvenLength()
    {
        lock (_lock)
        {
            int stays = -1, goes = DecisionTable.BucketCount;
            while (goes - stays > 1)
            {
                int middle = (stays + goes) >> 1;
                if (Decide(middle) == DecisionTable.Local) stays = middle;
                else goes = middle;
            }
            return goes == DecisionTable.BucketCount ? CostLine.Never : _table.ShortestLength(goes);
        }
    }

    /// <summary>Depth of the shortest queue among the usable gateways, as last reported; 0 when there is none.</summary>
    public int LowestDepth()
    {
        lock (_lock)
        {
            int lowest = int.MaxValue;
            for (int i = 0; i < _candidateCount; i++)
                if (_candidates[i].IsServing && _candidates[i].Queue.Depth < lowest) lowest = _candidates[i].Queue.Depth;
            return lowest == int.MaxValue ? 0 : lowest;
        }
    }

    /// <summary>Cost of an input here, in the goal's unit; <see cref="DecisionTable.Unusable"/> when the node cannot compute it.</summary>
    public int LocalCost(int length)
    {
        lock (_lock) return _table.LocalCost(_table.Bucket(length));
    }

    /// <summary>Cost of an input at a candidate as of the last decision, or <see cref="DecisionTable.Unusable"/>.</summary>
    public int GatewayCost(int candidate, int length)
    {
        lock (_lock)
        {
            int bucket = _table.Bucket(length), best = DecisionTable.Unusable;
            for (Route route = _routes; route != null; route = route.Next)
            {
                if (route.Candidate != candidate) continue;
                int cost = CostAway(bucket, HeardUs(bucket, DecisionTable.TimeUs(route, bucket, _tick), 0), 0);
                if (cost < best) best = cost;
            }
            return best;
        }
    }

    /// <summary>How long to wait for an answer to a request, in µs.</summary>
    public int TimeoutUs(int candidate, int length, int marginUs, int maxUs, long nowUs)
    {
        lock (_lock)
        {
            Begin(nowUs);
            int bucket = _table.Bucket(length);
            // The gateway takes the way that it finds best: the slower of what it may do is waited for. Beacons may be missed: not the
            // grid's word is taken, but the mean's.
            LinkEstimator link = _candidates[candidate].Link;
            long expected = link.RttUs + _transmitTime.At(length);
            for (Route route = _routes; route != null; route = route.Next)
            {
                long timeUs = (long)DecisionTable.TimeUs(route, bucket, _tick) - route.Link + link.RttUs;
                if (route.Candidate == candidate && timeUs > expected) expected = timeUs;
            }
            return link.TimeoutUs(expected, marginUs, maxUs);
        }
    }

    /// <summary>How long a gateway may take for a request before the input were better computed here.</summary>
    /// <remarks>
    /// For the request's budget: a gateway that would take longer refuses at once, and a queue that was not foreseen costs a round
    /// trip instead of the whole wait. With a deadline there is no such time: what is late on both sides goes where it is done sooner.
    /// </remarks>
    /// <param name="length">The input's length.</param>
    /// <returns>A time in µs from the request's arrival, or <see cref="int.MaxValue"/> when any answer is better than none.</returns>
    public int WorthUs(int length)
    {
        lock (_lock) return _goal.Objective == Objective.Deadline ? int.MaxValue : _table.WorthUs(_table.Bucket(length));
    }

    /// <summary>Air time of a request in µs.</summary>
    public int TransmitUs(int length) => _transmitTime.At(length);

    /// <summary>Notes the time of a decision.</summary>
    private void Begin(long nowUs)
    {
        if (nowUs > _refreshUntilUs) Refresh(nowUs);
        _decidedAtUs = nowUs;
        // What was learnt while the caller was on its way here may be newer than its clock.
        _tick = nowUs <= _refreshedAtUs ? 0 : (int)((nowUs - _refreshedAtUs) >> TickBits);
    }

    private int Decide(int bucket)
    {
        if (_goal.Objective == Objective.Deadline) return DecideInTime(bucket);
        Route route = DecisionTable.Fastest(_routes, bucket, _tick, out int timeUs);
        if (route == null) return DecisionTable.Local;
        return CostAway(bucket, HeardUs(bucket, timeUs, 0), 0) < _table.LocalCost(bucket) ? route.Candidate : DecisionTable.Local;
    }

    /// <summary>The least energy among what meets the deadline, or else the least time.</summary>
    private int DecideInTime(int bucket)
    {
        Route route = DecisionTable.FastestWithin(_routes, bucket, _tick, out int timeUs);
        // On the grid the margin is in the time itself: what counts is the beacon by which the answer is there.
        if (route != null)
        {
            timeUs = HeardUs(bucket, timeUs, 0);
            if (_isOnGrid && timeUs > _goal.DeadlineMs * 1000) route = null;
        }
        bool isLocalInTime = _table.IsLocalInTime(bucket);
        if (route != null && !isLocalInTime) return route.Candidate;
        if (route == null && isLocalInTime) return DecisionTable.Local;
        if (route != null) return CostAway(bucket, timeUs, 0) < _table.LocalCost(bucket) ? route.Candidate : DecisionTable.Local;
        return DecideTooLate(bucket, 0);
    }

    /// <summary>The least time, where nothing meets the deadline.</summary>
    /// <param name="bucket">The input's bucket.</param>
    /// <param name="stateUs">What goes along takes so long.</param>
    private int DecideTooLate(int bucket, int stateUs)
    {
        Route route = DecisionTable.Fastest(_routes, bucket, _tick, out int timeUs);
        if (route == null) return DecisionTable.Local;
        timeUs += stateUs;
        // Both as what the time would cost if it were computed.
        return _table.ComputeCost(HeardUs(bucket, timeUs, stateUs)) < _table.LocalCost(bucket) ? route.Candidate : DecisionTable.Local;
    }

    /// <summary>Cost of an input that is sent away.</summary>
    /// <param name="bucket">The input's bucket.</param>
    /// <param name="timeUs">From the decision until the answer is heard.</param>
    /// <param name="stateUs">As much of it as the state of a stream is on the air.</param>
    private int CostAway(int bucket, int timeUs, int stateUs)
    {
        int cost = _table.AwayCost(bucket, timeUs);
        if (_power.ListenOnUs > 0) cost += _table.ListenCost(_power.ListeningUs(timeUs - _table.RequestUs(bucket) - stateUs));
        return _radioUp == null ? cost : cost + RadioUpCost();
    }

    /// <summary>When an answer is heard: on the grid at once while the radio listens on after the request, and at a beacon later.</summary>
    /// <param name="bucket">The input's bucket.</param>
    /// <param name="timeUs">Time of the request, there and back, off the grid.</param>
    /// <param name="stateUs">As much of it as the state of a stream is on the air.</param>
    private int HeardUs(int bucket, int timeUs, int stateUs) =>
        !_isOnGrid || timeUs - _table.RequestUs(bucket) - stateUs < _power.ListenOnUs ? timeUs : _grid.RoundUp(_decidedAtUs, timeUs);

    private int RadioUpCost() => _goal.IsInTime ? _radioUp.TimeUs : _radioUp.EnergyUj;

    private void SetLocalFit()
    {
        _localFit = _localTime == null || !_setup.UseRefit ? null : new LineFit(_localTime, EngineSetup.ShortLength, EngineSetup.LongLength);
        if (_localFit != null) _localTime = _localFit.Line;
    }

    private void BuildTable()
    {
        int marginUs = _localFit == null ? 0 : _goal.MarginUs(_localFit.Deviation);
        _table.Build(_goal, _power, _localTime, marginUs, _encodeTime, _transmitTime, _stateUs);
        // Margins are in the routes.
        Refresh(_refreshedAtUs);
    }

    /// <summary>Makes the list of usable routes, with what changes from moment to moment.</summary>
    private void Refresh(long nowUs)
    {
        _refreshedAtUs = nowUs;
        _refreshUntilUs = nowUs + MaxRefreshUs;
        _routes = null;
        _isOnGrid = IsOnGrid(nowUs);
        for (int i = _candidateCount - 1; i >= 0; i--)
        {
            GatewayCandidate gateway = _candidates[i];
            if (!(_radioUp == null ? CanBeChosen(gateway, nowUs) : gateway.WasUsable)) continue;
            if (_radioUp == null && gateway.StatusAtUs + StatusExpiryUs < _refreshUntilUs) _refreshUntilUs = gateway.StatusAtUs + StatusExpiryUs;
            if (gateway.IsRelaying)
            {
                uint waitUs = gateway.Advert.RelayWaitUs;
                Link(gateway.Relay, gateway, waitUs > QueueForecast.MaxUs ? QueueForecast.MaxUs : (int)waitUs, 0);
            }
            // While the radio is off the wait stays as it was.
            if (gateway.OwnSegment >= 0)
            {
                // The report was on its way here as long as the request will be on its way there.
                int waitUs = gateway.Queue.StartUs(_radioUp == null ? nowUs + gateway.Link.RttUs : nowUs);
                Link(gateway.Own, gateway, waitUs, _radioUp == null ? gateway.Queue.GrowthPerTick : 0);
            }
        }
    }

    private void Link(Route route, GatewayCandidate gateway, int waitUs, int growth)
    {
        LinkEstimator link = gateway.Link;
        route.Link = link.RttUs;
        // A mean that is within the time of listening on holds no wait for a beacon.
        if (_isOnGrid && link.IsGridBetter) route.Link = link.BaseUs;
        else if (_isOnGrid && link.RttUs >= _power.ListenOnUs) route.Link -= _grid.IntervalUs >> 1;
        if (route.Link < 0) route.Link = 0;
        int deviationUs = _isOnGrid && link.IsGridBetter ? link.GridErrorUs : link.DeviationUs;
        int marginUs = _goal.MarginUs(route == gateway.Own ? deviationUs + gateway.Queue.DeviationUs : deviationUs);
        route.SlackUs = _isOnGrid ? int.MaxValue : _goal.DeadlineMs * 1000 - marginUs;
        if (_isOnGrid) route.Link += marginUs;
        route.Start = waitUs;
        route.Growth = growth;
        route.Next = _routes;
        _routes = route;
    }

    /// <summary>Whether answers come at beacons, and that was seen to foretell them.</summary>
    private bool IsOnGrid(long nowUs)
    {
        if (_grid == null || _radioUp != null || !_grid.IsKnown(nowUs)) return false;
        for (int i = 0; i < _candidateCount; i++)
            if (CanBeChosen(_candidates[i], nowUs) && _candidates[i].Link.IsGridBetter) return true;
        return false;
    }

    private static bool CanBeChosen(GatewayCandidate gateway, long nowUs) =>
        gateway.IsServing && gateway.Link.IsUsable && nowUs - gateway.StatusAtUs <= StatusExpiryUs && nowUs >= gateway.RefusedUntilUs;
}
