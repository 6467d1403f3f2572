// The rules of a decision: the least cost for an objective, the earliest result past a deadline, the rest of a stream. They read
// the routes and the table of costs, and fill a decision with all that follows. A gateway's rules for requests of other nodes build on them.

using Crime.Costs;
using Crime.Frames;

namespace Crime.Mapping;

/// <summary>Picks places for inputs. Guarded by the engine's lock.</summary>
internal sealed class DecisionRules
{
    /// <summary>The objective.</summary>
    public Objective Objective;

    private readonly int _setMarginUs;
    private int _timeoutMarginUs;
    private readonly int _timeoutMaxUs;
    private readonly NodeLines _lines;
    private readonly RouteList _routes;
    private readonly BeaconSchedule _schedule;
    private readonly DecisionTable _table;
    private readonly int _modelBucket;
    private int _shortestBucket = DecisionTable.BucketCount;
    private int _longestBucket = -1;

    /// <summary>Makes the rules of a node.</summary>
    /// <param name="setup">The node's model, power, objective and time-outs.</param>
    /// <param name="lines">The node's costs.</param>
    /// <param name="routes">The usable routes.</param>
    /// <param name="schedule">The beacons of a radio in modem sleep; null for a link without modem sleep.</param>
    public DecisionRules(EngineSetup setup, NodeLines lines, RouteList routes, BeaconSchedule schedule)
    {
        _setMarginUs = setup.TimeoutMarginUs;
        _timeoutMaxUs = setup.TimeoutMaxUs;
        _lines = lines;
        _routes = routes;
        _schedule = schedule;
        _table = new DecisionTable(setup.LongestLength);
        LongestRequest = RequestFrame.LongestLength(setup.BytesPerStep, 0);
        LongestRest = RequestFrame.LongestLength(setup.BytesPerStep, setup.StateSize);
        _modelBucket = _table.Bucket(setup.LongestLength < LongestRequest ? setup.LongestLength : LongestRequest);
        SetObjective(setup.Objective);
    }

    /// <summary>Most timesteps of an input that a request can carry; 0 for none.</summary>
    public int LongestRequest { get; }

    /// <summary>Most timesteps of the rest of a stream that a request can carry with the state; 0 for none.</summary>
    public int LongestRest { get; }

    /// <summary>The costs that depend on the length alone.</summary>
    public DecisionTable Table => _table;

    /// <summary>Replaces the objective.</summary>
    public void SetObjective(Objective objective)
    {
        Objective = objective;
        // Waiting is for nothing where it draws no more than the idle baseline: an answer that TCP sends again is less energy than computing.
        _timeoutMarginUs = objective.Kind == ObjectiveKind.Energy && _lines.Power.WaitMw == 0 ? _timeoutMaxUs : _setMarginUs;
        BuildTable();
    }

    /// <summary>Computes the table again: the objective or a line of the node has changed.</summary>
    public void BuildTable()
    {
        _table.Build(Objective, _lines);
        // The routes contain the margins of the objective.
        _routes.Refresh(Objective);
    }

    /// <summary>Makes the list of routes again: a message has changed a gateway.</summary>
    public void Refresh(long nowUs) => _routes.Refresh(Objective, nowUs);

    /// <summary>The ticks since the last refresh of the routes.</summary>
    public int TickAt(long nowUs) => _routes.TickAt(Objective, nowUs);

    /// <summary>Notes the length of an input that the node has had. One that no request can carry has nothing to gain.</summary>
    public void NoteLength(int length)
    {
        if (length > LongestRequest) return;
        int bucket = _table.Bucket(length);
        if (bucket < _shortestBucket) _shortestBucket = bucket;
        if (bucket > _longestBucket) _longestBucket = bucket;
    }

    /// <inheritdoc cref="OffloadWorth.MostGain"/>
    /// <remarks>Both costs are lines over the length, so that the shortest or the longest input gains the most.</remarks>
    public int MostGain(RadioCost radioUp)
    {
        if (LongestRequest == 0) return 0;
        if (_longestBucket < 0) return GainBound(_modelBucket, radioUp);
        int ofShortest = GainBound(_shortestBucket, radioUp), ofLongest = GainBound(_longestBucket, radioUp);
        return ofShortest > ofLongest ? ofShortest : ofLongest;
    }

    /// <inheritdoc cref="OffloadWorth.Gain"/>
    public int Gain(int length, RadioCost radioUp) => length > LongestRequest ? 0 : GainBound(_table.Bucket(length), radioUp);

    /// <inheritdoc cref="OffloadWorth.HasInputs"/>
    public bool HasInputs => _longestBucket >= 0;

    /// <inheritdoc cref="OffloadWorth.Gains"/>
    public bool Gains(long nowUs)
    {
        int tick = TickAt(nowUs);
        return _longestBucket >= 0
            && (Pick(_shortestBucket, tick, nowUs, out int _) != null || Pick(_longestBucket, tick, nowUs, out int _) != null);
    }

    /// <inheritdoc cref="MappingEngine.LocalCost"/>
    public int LocalCost(int length) => _table.LocalCost(_table.Bucket(length));

    /// <inheritdoc cref="OffloadWorth.Saving"/>
    public int Saving(int length)
    {
        if (length > LongestRequest) return 0;
        int bucket = _table.Bucket(length);
        return _table.LocalCost(bucket) - _table.OffloadCost(bucket, _table.RequestUs(bucket));
    }

    /// <inheritdoc cref="OffloadWorth.BatchCost"/>
    public int BatchCost(int longestLength, long nowUs)
    {
        int bucket = _table.Bucket(longestLength), requestUs = _table.RequestUs(bucket);
        if (DecisionTable.Fastest(_routes.First, bucket, TickAt(nowUs), out int timeUs) == null) timeUs = requestUs;
        return OffloadCost(bucket, timeUs, 0) - _table.OffloadCost(bucket, requestUs);
    }

    /// <summary>Fills the routes of a gateway from its advert.</summary>
    public void FillRows(GatewayCandidate gateway)
    {
        CostAdvert advert = gateway.Advert;
        gateway.OwnSegment = -1;
        bool isFirst = true;
        for (int i = 0; i < advert.Count; i++)
        {
            if (advert.PathCount[i] == 0)
            {
                gateway.OwnSegment = i;
                _table.Fill(gateway.Own.RowUs, advert.AlphaNs[i], advert.BetaUs[i], true);
                continue;
            }
            if (gateway.Relay == null) gateway.Relay = new Route(gateway, new int[DecisionTable.BucketCount]);
            _table.Fill(gateway.Relay.RowUs, advert.AlphaNs[i], advert.BetaUs[i], isFirst);
            isFirst = false;
        }
    }

    /// <inheritdoc cref="MappingEngine.Decide"/>
    public void Decide(int length, long nowUs, Decision decision)
    {
        // A call costs a board as much as several operations: TickAt and BudgetUs are written out.
        int bucket = _table.Bucket(length), tick = _routes.TickAt(Objective, nowUs);
        Route route = Pick(bucket, tick, nowUs, out int timeUs);
        if (route == null) Keep(decision, length);
        else Offload(decision, route, timeUs, bucket, tick, Objective.Kind == ObjectiveKind.Deadline ? int.MaxValue : _table.BudgetUs(bucket));
        if (decision.IsDetailed) AddDetails(decision, length, 0, tick, nowUs);
    }

    /// <inheritdoc cref="MappingEngine.DecideLocal"/>
    public void DecideLocal(int length, long nowUs, Decision decision)
    {
        Keep(decision, length);
        if (decision.IsDetailed) AddDetails(decision, length, 0, TickAt(nowUs), nowUs);
    }

    /// <inheritdoc cref="MappingEngine.DecideOffload"/>
    public void DecideOffload(int length, long nowUs, bool mayExceedLocal, Decision decision)
    {
        int bucket = _table.Bucket(length), tick = TickAt(nowUs);
        Route route = DecisionTable.Fastest(_routes.First, bucket, tick, out int timeUs);
        if (route == null) Keep(decision, length);
        else Offload(decision, route, AnswerUs(bucket, timeUs, 0, nowUs), bucket, tick, mayExceedLocal ? int.MaxValue : BudgetUs(bucket));
        if (decision.IsDetailed) AddDetails(decision, length, 0, tick, nowUs);
    }

    /// <inheritdoc cref="MappingEngine.DecideRest"/>
    public void DecideRest(int length, bool isComplete, long nowUs, Decision decision)
    {
        int bucket = _table.Bucket(length), tick = _routes.TickAt(Objective, nowUs);
        Route route = PickRest(bucket, isComplete, tick, nowUs, out int timeUs);
        if (route == null)
        {
            Keep(decision, length);
        }
        else if (isComplete)
        {
            Offload(decision, route, timeUs, bucket, tick, BudgetUs(bucket));
            decision.TimeoutUs += _lines.StateUs;
        }
        else
        {
            // Nothing is sent yet: the decision is made again with the next timestep.
            decision.Gateway = route.Gateway;
            decision.ExpectedTimeUs = timeUs;
            decision.TimeoutUs = 0;
            decision.BudgetUs = 0;
        }
        if (decision.IsDetailed) AddDetails(decision, length, _lines.StateUs, tick, nowUs);
    }

    /// <inheritdoc cref="MappingEngine.Estimate"/>
    public void Estimate(GatewayCandidate gateway, int length, long nowUs, Decision decision)
    {
        int bucket = _table.Bucket(length), tick = TickAt(nowUs), bestUs = int.MaxValue;
        Route best = null;
        for (Route route = _routes.First; route != null; route = route.Next)
        {
            if (route.Gateway != gateway || route.TimeUs(bucket, tick) >= bestUs) continue;
            best = route;
            bestUs = route.TimeUs(bucket, tick);
        }
        if (best == null)
        {
            Keep(decision, length);
            decision.Cost = DecisionTable.Unusable;
            return;
        }
        Offload(decision, best, AnswerUs(bucket, bestUs, 0, nowUs), bucket, tick, int.MaxValue);
        AddDetails(decision, length, 0, tick, nowUs);
    }

    /// <summary>Picks the cheapest place.</summary>
    /// <param name="bucket">The input's bucket.</param>
    /// <param name="tick">Time since the routes were refreshed, in 1024 µs.</param>
    /// <param name="nowUs">The time in µs.</param>
    /// <param name="timeUs">Receives the time in µs until the answer arrives; meaningful with a route.</param>
    /// <returns>A route, or null for the node itself.</returns>
    private Route Pick(int bucket, int tick, long nowUs, out int timeUs)
    {
        if (Objective.Kind == ObjectiveKind.Deadline) return PickInTime(bucket, tick, nowUs, out timeUs);
        Route route = DecisionTable.Fastest(_routes.First, bucket, tick, out timeUs);
        if (route == null) return null;
        timeUs = AnswerUs(bucket, timeUs, 0, nowUs);
        return OffloadCost(bucket, timeUs, 0) < _table.LocalCost(bucket) ? route : null;
    }

    /// <summary>Picks the least energy among the places that meet the deadline, or else the least time.</summary>
    private Route PickInTime(int bucket, int tick, long nowUs, out int timeUs)
    {
        Route route = DecisionTable.FastestWithin(_routes.First, bucket, tick, out timeUs);
        if (route != null)
        {
            timeUs = AnswerUs(bucket, timeUs, 0, nowUs);
            // With beacons the time contains the margin: the beacon at which the answer arrives must meet the deadline.
            if (_routes.AreAtBeacons && timeUs > Objective.DeadlineMs * 1000) route = null;
        }
        bool isLocalInTime = _table.IsLocalInTime(bucket);
        if (route == null) return isLocalInTime ? null : PickTooLate(bucket, 0, tick, nowUs, out timeUs);
        return !isLocalInTime || OffloadCost(bucket, timeUs, 0) < _table.LocalCost(bucket) ? route : null;
    }

    /// <summary>Picks the least time, where no place meets the deadline.</summary>
    private Route PickTooLate(int bucket, int stateUs, int tick, long nowUs, out int timeUs)
    {
        Route route = DecisionTable.Fastest(_routes.First, bucket, tick, out timeUs);
        if (route == null) return null;
        timeUs = AnswerUs(bucket, timeUs + stateUs, stateUs, nowUs);
        // Both times at the cost of computing.
        return _table.ComputeCost(timeUs) < _table.LocalCost(bucket) ? route : null;
    }

    private Route PickRest(int bucket, bool isComplete, int tick, long nowUs, out int timeUs)
    {
        int stateUs = _lines.StateUs;
        bool hasDeadline = Objective.Kind == ObjectiveKind.Deadline, isTooLate = false;
        Route route = hasDeadline ? DecisionTable.FastestWithin(_routes.First, bucket, tick, out timeUs)
            : DecisionTable.Fastest(_routes.First, bucket, tick, out timeUs);
        if (route != null)
        {
            timeUs += stateUs;
            // Another route may have the time for the state as well; it would be the slower one.
            isTooLate = timeUs > route.SlackUs;
            timeUs = AnswerUs(bucket, timeUs, stateUs, nowUs);
            if (_routes.AreAtBeacons) isTooLate = timeUs > Objective.DeadlineMs * 1000;
        }
        if (hasDeadline)
        {
            if (isTooLate) route = null;
            // Only a complete stream is past saving: until then the board may still catch up.
            if (isComplete && !_table.IsLocalInTime(bucket)) return route ?? PickTooLate(bucket, stateUs, tick, nowUs, out timeUs);
        }
        if (route == null) return null;
        int localCost = isComplete ? _table.LocalCost(bucket) : _table.SpareCost(bucket);
        return OffloadCost(bucket, timeUs, stateUs) + _table.StateCost < localCost ? route : null;
    }

    /// <summary>Cost of an offloaded input.</summary>
    /// <param name="bucket">The input's bucket.</param>
    /// <param name="timeUs">Time in µs from the decision until the answer arrives.</param>
    /// <param name="stateUs">The part of it in which the state of a stream is on the air.</param>
    public int OffloadCost(int bucket, int timeUs, int stateUs)
    {
        int cost = _table.OffloadCost(bucket, timeUs);
        int minActiveUs = _lines.Power.MinActiveUs;
        if (minActiveUs > 0) cost += _table.ListenCost((int)RadioTimeline.ListenTimeUs(timeUs - _table.RequestUs(bucket) - stateUs, minActiveUs, true));
        RadioCost radioUp = _routes.RadioUp;
        return radioUp == null ? cost : cost + (Objective.IsInTime ? radioUp.TimeUs : radioUp.EnergyUj);
    }

    /// <summary>The most that an offload can save: the answer comes at once from an idle gateway; the radio listens after it all the same.</summary>
    private int GainBound(int bucket, RadioCost radioUp)
    {
        int cost = _table.OffloadCost(bucket, _table.RequestUs(bucket)) + _table.ListenCost(_lines.Power.MinActiveUs);
        if (radioUp != null) cost += Objective.IsInTime ? radioUp.TimeUs : radioUp.EnergyUj;
        return _table.LocalCost(bucket) - cost;
    }

    /// <summary>Time in µs until the answer arrives, which may wait for a beacon.</summary>
    private int AnswerUs(int bucket, int timeUs, int stateUs, long nowUs) =>
        _routes.AreAtBeacons ? _schedule.AnswerUs(nowUs, timeUs, _table.RequestUs(bucket) + stateUs) : timeUs;

    /// <summary>Fills a decision that leaves the input on the node.</summary>
    public void Keep(Decision decision, int length)
    {
        decision.Gateway = null;
        decision.ExpectedTimeUs = _lines.LocalTime == null ? DecisionTable.Unusable : _lines.LocalTime.At(length);
        decision.TimeoutUs = 0;
        decision.BudgetUs = 0;
    }

    /// <summary>Fills a decision that sends the input to a gateway.</summary>
    /// <param name="decision">The decision.</param>
    /// <param name="route">The route.</param>
    /// <param name="timeUs">Time in µs until the answer arrives.</param>
    /// <param name="bucket">The input's bucket.</param>
    /// <param name="tick">Time since the routes were refreshed, in 1024 µs.</param>
    /// <param name="budgetUs">Largest latency budget in µs.</param>
    public void Offload(Decision decision, Route route, int timeUs, int bucket, int tick, int budgetUs)
    {
        GatewayCandidate gateway = route.Gateway;
        int timeoutUs = TimeoutUs(gateway, bucket, tick);
        decision.Gateway = gateway;
        decision.ExpectedTimeUs = _routes.RadioUp == null ? timeUs : timeUs + _routes.RadioUp.TimeUs;
        decision.TimeoutUs = timeoutUs;
        decision.BudgetUs = budgetUs < timeoutUs ? budgetUs : timeoutUs;
    }

    /// <summary>
    /// Latency budget in µs: up to it the input costs no more at the gateway than on the node. With a deadline there is no such time: an input
    /// that is late in both places goes to the earlier one.
    /// </summary>
    private int BudgetUs(int bucket) => Objective.Kind == ObjectiveKind.Deadline ? int.MaxValue : _table.BudgetUs(bucket);

    /// <summary>Time in µs to wait for an answer.</summary>
    /// <remarks>
    /// The gateway takes the way that it finds best, so the slower of its ways counts. Beacons may be missed, so the mean round trip counts and
    /// not the schedule.
    /// </remarks>
    private int TimeoutUs(GatewayCandidate gateway, int bucket, int tick)
    {
        long expectedUs = 0;
        if (gateway.OwnSegment >= 0)
        {
            Route own = gateway.Own;
            int waitUs = own.StartUs + own.GrowthUsPerTick * tick;
            expectedUs = own.RowUs[bucket];
            if (waitUs > 0) expectedUs += waitUs;
        }
        if (gateway.IsRelaying)
        {
            int relayUs = gateway.Relay.RowUs[bucket] + gateway.Relay.StartUs;
            if (relayUs > expectedUs) expectedUs = relayUs;
        }
        LinkEstimator link = gateway.Link;
        return link.TimeoutUs(expectedUs + link.RttUs, _timeoutMarginUs, _timeoutMaxUs);
    }

    /// <summary>Adds cost, energy and break-even length to a decision.</summary>
    /// <param name="decision">The decision.</param>
    /// <param name="length">Length of the input in timesteps.</param>
    /// <param name="stateUs">Time in µs for which the state of a stream is on the air.</param>
    /// <param name="tick">Time since the routes were refreshed, in 1024 µs.</param>
    /// <param name="nowUs">The time in µs.</param>
    private void AddDetails(Decision decision, int length, int stateUs, int tick, long nowUs)
    {
        PowerProfile power = _lines.Power;
        int bucket = _table.Bucket(length);
        long energyNj = 0;
        if (!decision.IsOffload)
        {
            decision.Cost = _table.LocalCost(bucket);
            if (_lines.LocalTime != null) energyNj = RadioTimeline.RequestNj(power, decision.ExpectedTimeUs, 0, 0, 0);
        }
        else
        {
            int wakeUs = _routes.RadioUp == null ? 0 : _routes.RadioUp.TimeUs, timeUs = decision.ExpectedTimeUs - wakeUs;
            int encodeUs = _lines.EncodeTime.At(length), transmitUs = _lines.TransmitTime.At(length) + stateUs, waitUs = timeUs - encodeUs - transmitUs;
            decision.Cost = OffloadCost(bucket, timeUs, stateUs) + (stateUs == 0 ? 0 : _table.StateCost);
            long listenUs = RadioTimeline.ListenTimeUs(waitUs, power.MinActiveUs, true);
            // An answer takes longer than the MQTT client: the client's time is a part of the wait.
            int clientUs = power.SendUs + power.ReceiveUs;
            energyNj = RadioTimeline.RequestNj(power, encodeUs + clientUs, transmitUs, waitUs - clientUs, listenUs) + (long)power.WakeMw * wakeUs;
        }
        decision.ExpectedEnergyUj = energyNj / 1000 > int.MaxValue ? int.MaxValue : (int)(energyNj / 1000);
        decision.BreakEvenLength = BreakEvenLength(tick, nowUs);
    }

    /// <inheritdoc cref="MappingEngine.BreakEvenLength"/>
    public int BreakEvenLength(long nowUs) => BreakEvenLength(TickAt(nowUs), nowUs);

    /// <summary>The smallest length that would be offloaded. Longer inputs are offloaded too, as lines imply.</summary>
    private int BreakEvenLength(int tick, long nowUs)
    {
        int stays = -1, goes = DecisionTable.BucketCount;
        while (goes - stays > 1)
        {
            int middle = (stays + goes) >> 1;
            if (Pick(middle, tick, nowUs, out int _) == null) stays = middle;
            else goes = middle;
        }
        return goes == DecisionTable.BucketCount ? CostLine.Never : _table.ShortestLength(goes);
    }
}
