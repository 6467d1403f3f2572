// The mapping engine of a node: keeps the cost of every place that can compute an input, and picks the cheapest per input. Boards and
// gateways have the same engine. A gateway also relays requests and advertises the nodes that it reaches: its own library has that code, which
// reads the engine's internal parts, so that no board carries it.
// The MQTT client's thread delivers messages, the link's thread sends pings, and the main thread decides: every method takes the lock, and
// none waits for anything while it holds the lock.

using Crime.Costs;
using Crime.Frames;

namespace Crime.Mapping;

/// <summary>Decides per input between the node and up to <see cref="DecisionTable.MaxCandidates"/> gateways. Thread-safe.</summary>
public sealed class MappingEngine
{
    /// <summary>A gateway that has been silent for longer than this gets no inputs, in µs: 10 s, ten of its heartbeats.</summary>
    public const int StatusExpiryUs = 10_000_000;

    /// <summary>A ping without an answer for longer than this is lost, in µs.</summary>
    public const int PingTimeoutUs = 2_000_000;

    /// <summary>A gateway that refuses for a lasting reason, an unknown model or a wrong input, gets no inputs for this time in µs.</summary>
    public const int RefusalUs = 60_000_000;

    /// <summary>
    /// A gateway that gives no receipts gets no inputs for this time in µs: 10 s. It is shorter than <see cref="RefusalUs"/>, because a full store
    /// has room again as soon as the broker takes results.
    /// </summary>
    public const int NoDeliveryUs = 10_000_000;

    private readonly object _lock = new object();
    private readonly GatewayList _gateways;
    private readonly NodeLines _lines;
    private readonly BeaconSchedule _schedule;
    private readonly RouteList _routes;
    private readonly PingSchedule _pings;
    private readonly DecisionRules _rules;
    private readonly CandidateLearning _learning;
    private readonly ListeningMode _listening;

    /// <summary>Makes the engine of a node for one model.</summary>
    /// <param name="setup">The node's model, costs and measures; may serve many engines.</param>
    /// <param name="nodeKey">The node's own key, see <see cref="NodeKey.Of"/>: adverts that lead through it are dropped.</param>
    public MappingEngine(EngineSetup setup, uint nodeKey)
    {
        _gateways = new GatewayList(setup, nodeKey);
        _lines = new NodeLines(setup);
        if (setup.BeaconIntervalUs > 0) _schedule = new BeaconSchedule(setup.BeaconIntervalUs, setup.Power.MinActiveUs);
        _routes = new RouteList(_gateways, _schedule);
        // A board keeps its session when it gets another model; each engine of a gateway has a session of its own.
        _pings = new PingSchedule(_gateways, !setup.Relays);
        _rules = new DecisionRules(setup, _lines, _routes, _schedule);
        Worth = new OffloadWorth(_lock, _rules);
        _learning = new CandidateLearning(setup.ModelId, nodeKey, _gateways, _lines, _rules, _schedule);
        _listening = setup.Listening;
        SetLearning();
    }

    /// <summary>The engine's lock. It guards the internal parts.</summary>
    internal object Lock => _lock;

    /// <summary>The gateways.</summary>
    internal GatewayList Gateways => _gateways;

    /// <summary>The costs of this node.</summary>
    internal NodeLines Lines => _lines;

    /// <summary>The usable routes.</summary>
    internal RouteList Routes => _routes;

    /// <summary>The rules of a decision.</summary>
    internal DecisionRules Rules => _rules;

    /// <summary>The objective.</summary>
    public Objective Objective => _rules.Objective;

    /// <summary>True while the radio is off: gateways are then candidates from memory, at the cost of waking the radio.</summary>
    public bool IsRadioOff => _routes.RadioUp != null;

    /// <summary>Time to write a request, as last fitted.</summary>
    public CostLine EncodeTime => _lines.EncodeTime;

    /// <summary>Time to compute on this node, as last fitted; null when the node cannot.</summary>
    public CostLine LocalTime => _lines.LocalTime;

    /// <summary>Time to read an input on this node: with a decoder a part of <see cref="LocalTime"/>, else all of it.</summary>
    public CostLine InputTime => _lines.InputTime;

    /// <summary>Expected output length of a decoder, as last fitted; null for a model that writes no sequence, and where this node cannot compute it.</summary>
    public OutputLength Output => _lines.Output == null ? null : _lines.Output.Length;

    /// <summary>Mean absolute deviation of output lengths from <see cref="Output"/>, in thousandths of a step; 0 without a decoder.</summary>
    public int OutputDeviation => _lines.Output == null ? 0 : _lines.Output.DeviationThousandths;

    /// <summary>Gateways known, usable or not.</summary>
    public int CandidateCount => _gateways.Count;

    /// <summary>A gateway; for display.</summary>
    /// <param name="index">0 to <see cref="CandidateCount"/> - 1.</param>
    public GatewayCandidate Candidate(int index) => _gateways.Slots[index];

    /// <summary>Replaces the objective.</summary>
    public void SetObjective(Objective objective)
    {
        lock (_lock)
        {
            _rules.SetObjective(objective);
            SetLearning();
        }
    }

    /// <summary>True while the node learns from answers: it needs no statuses, and no pings to a gateway that answers.</summary>
    public bool LearnsFromAnswers => _gateways.LearnsFromAnswers;

    /// <summary>True when the node receives slow statuses instead of statuses.</summary>
    public bool ReceivesRegimes => _listening == ListeningMode.Regimes;

    /// <summary>Bounds of the saving of an offload. They need no decision.</summary>
    public OffloadWorth Worth { get; }

    /// <summary>Replaces the time to compute on this node, where that is fitted elsewhere.</summary>
    /// <param name="localTime">The line; null when the node cannot compute the model.</param>
    public void SetLocalTime(CostLine localTime)
    {
        lock (_lock)
        {
            _lines.SetLocal(localTime);
            _rules.BuildTable();
        }
    }

    /// <summary>Picks the place with the least cost.</summary>
    /// <param name="length">Length of the input in timesteps.</param>
    /// <param name="nowUs">The time in µs.</param>
    /// <param name="decision">Receives the place.</param>
    public void Decide(int length, long nowUs, Decision decision)
    {
        lock (_lock) _rules.Decide(length, nowUs, decision);
    }

    /// <summary>
    /// Returns the smallest length in timesteps that would be offloaded now; <see cref="CostLine.Never"/> when the table has none that a request can carry.
    /// </summary>
    /// <param name="nowUs">The time in µs.</param>
    public int BreakEvenLength(long nowUs)
    {
        lock (_lock)
        {
            int length = _rules.BreakEvenLength(nowUs);
            return length > _rules.LongestRequest ? CostLine.Never : length;
        }
    }

    /// <summary>Most timesteps that a request of the model can carry; 0 for none. A gateway drops a longer request unread.</summary>
    /// <param name="hasState">True for the rest of a stream, with which the state is sent.</param>
    public int LongestRequest(bool hasState) => hasState ? _rules.LongestRest : _rules.LongestRequest;

    /// <summary>Keeps the input on the node, whatever a gateway would cost.</summary>
    /// <param name="length">Length of the input in timesteps.</param>
    /// <param name="nowUs">The time in µs.</param>
    /// <param name="decision">Receives the expected time and energy, and the break-even length.</param>
    public void DecideLocal(int length, long nowUs, Decision decision)
    {
        lock (_lock) _rules.DecideLocal(length, nowUs, decision);
    }

    /// <summary>Picks the fastest gateway, whatever the node itself can do.</summary>
    /// <param name="length">Length of the input in timesteps.</param>
    /// <param name="nowUs">The time in µs.</param>
    /// <param name="mayExceedLocal">True to let the latency budget reach up to the time-out, even where the node would be cheaper by then.</param>
    /// <param name="decision">Receives the gateway; the node itself when no gateway is usable.</param>
    public void DecideOffload(int length, long nowUs, bool mayExceedLocal, Decision decision)
    {
        lock (_lock) _rules.DecideOffload(length, nowUs, mayExceedLocal, decision);
    }

    /// <summary>Picks the place for the rest of a stream. Its state goes with it to a gateway.</summary>
    /// <remarks>
    /// The rest is sent in one piece, once all of it has come. Until then the board waits in any case, and computing costs no time: only the
    /// power that computing draws above waiting counts. A deadline counts from the last timestep.
    /// </remarks>
    /// <param name="length">Timesteps that remain, whether they have come or not.</param>
    /// <param name="isComplete">True when all of them have come.</param>
    /// <param name="nowUs">The time in µs.</param>
    /// <param name="decision">Receives the place; time-out and latency budget only for a complete stream.</param>
    public void DecideRest(int length, bool isComplete, long nowUs, Decision decision)
    {
        lock (_lock) _rules.DecideRest(length, isComplete, nowUs, decision);
    }

    /// <summary>Estimates an input at one gateway; for display.</summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="length">Length of the input in timesteps.</param>
    /// <param name="nowUs">The time in µs.</param>
    /// <param name="decision">Receives the gateway; the node itself, with the cost <see cref="DecisionTable.Unusable"/>, when it is not usable.</param>
    public void Estimate(GatewayCandidate gateway, int length, long nowUs, Decision decision)
    {
        lock (_lock) _rules.Estimate(gateway, length, nowUs, decision);
    }

    /// <summary>Cost of an input on this node in the objective's unit; <see cref="DecisionTable.Unusable"/> when the node cannot compute it.</summary>
    public int LocalCost(int length)
    {
        lock (_lock) return _rules.LocalCost(length);
    }

    /// <summary>Returns true when a gateway can get inputs at this moment.</summary>
    public bool HasUsableGateway(long nowUs)
    {
        lock (_lock)
        {
            for (int i = 0; i < _gateways.Count; i++)
                if (IsRadioOff ? _gateways.Slots[i].WasUsable : _gateways.Slots[i].IsUsable(nowUs)) return true;
            return false;
        }
    }

    /// <summary>Depth of the shortest queue among the serving gateways, as last reported; 0 when none serves.</summary>
    public int LowestDepth()
    {
        lock (_lock)
        {
            int lowest = int.MaxValue;
            for (int i = 0; i < _gateways.Count; i++)
                if (_gateways.Slots[i].IsServing && _gateways.Slots[i].Queue.Depth < lowest) lowest = _gateways.Slots[i].Queue.Depth;
            return lowest == int.MaxValue ? 0 : lowest;
        }
    }

    /// <summary>Bytes of a request for a whole input.</summary>
    /// <param name="length">Length of the input in timesteps.</param>
    public int RequestSizeBytes(int length) => RequestFrame.HeaderSize + length * _lines.BytesPerStep;

    /// <summary>Air time of a request in µs.</summary>
    public int TransmitUs(int length) => _lines.TransmitTime.At(length);

    /// <summary>Takes a gateway's status.</summary>
    /// <param name="id">Id of the gateway.</param>
    /// <param name="status">The decoded frame; only read, so that many engines may take the same.</param>
    /// <param name="nowUs">Time of its arrival in µs.</param>
    public void OnStatus(string id, StatusFrame status, long nowUs)
    {
        lock (_lock) _learning.TakeStatus(id, status, nowUs);
    }

    /// <summary>Takes the time of an input that the node computed.</summary>
    /// <param name="length">Its length in timesteps.</param>
    /// <param name="elapsedUs">The time in µs.</param>
    /// <param name="outputSteps">Steps of the output that a decoder has written in it; 0 without a decoder.</param>
    public void OnLocal(int length, long elapsedUs, int outputSteps)
    {
        lock (_lock)
        {
            _rules.NoteLength(length);
            if (_lines.ObserveLocal(length, elapsedUs, outputSteps)) _rules.BuildTable();
        }
    }

    /// <summary>Takes the length of an output that a gateway has written.</summary>
    /// <param name="length">Length of the whole input in timesteps.</param>
    /// <param name="steps">Steps of the output, the end included; 0 for an answer without one.</param>
    public void OnOutput(int length, int steps)
    {
        lock (_lock)
            if (_lines.ObserveOutput(length, steps)) _rules.BuildTable();
    }

    /// <summary>Notes an input that the node keeps for a later batch.</summary>
    /// <param name="length">Its length in timesteps.</param>
    public void OnKept(int length)
    {
        lock (_lock) _rules.NoteLength(length);
    }

    /// <summary>Takes the time of writing a request.</summary>
    /// <param name="length">Length of the input in timesteps.</param>
    /// <param name="elapsedUs">The time in µs.</param>
    public void OnEncoded(int length, long elapsedUs)
    {
        lock (_lock)
        {
            if (!_lines.ObserveEncoding(length, elapsedUs)) return;
            _rules.BuildTable();
            // The rows of the routes contain the time that every request takes.
            for (int i = 0; i < _gateways.Count; i++) _rules.FillRows(_gateways.Slots[i]);
        }
    }

    /// <summary>Notes that a request was handed to the MQTT client.</summary>
    /// <param name="gateway">Its gateway.</param>
    /// <param name="length">Length of the input in timesteps.</param>
    /// <param name="nowUs">The time in µs.</param>
    public void OnSent(GatewayCandidate gateway, int length, long nowUs)
    {
        lock (_lock)
        {
            _rules.NoteLength(length);
            if (_schedule != null) _schedule.OnSent(_lines.TransmitTime.At(length), nowUs);
            if (gateway.OwnSegment >= 0) gateway.SentWaitUs = gateway.Queue.WaitUs(nowUs + gateway.Link.RttUs);
        }
    }

    /// <summary>Learns link and queue from an answer. The outcome of a gateway that has lost its slot changes nothing.</summary>
    /// <param name="gateway">The gateway that answered.</param>
    /// <param name="response">The answer, which may be a refusal.</param>
    /// <param name="length">Length of the input in timesteps.</param>
    /// <param name="elapsedUs">Time in µs from handing the request to the MQTT client to the answer.</param>
    /// <param name="nowUs">Time of the answer in µs.</param>
    public void OnResponse(GatewayCandidate gateway, ResponseFrame response, int length, long elapsedUs, long nowUs)
    {
        lock (_lock) _learning.TakeResponse(gateway, response, length, elapsedUs, nowUs);
    }

    /// <summary>Notes that a gateway did not answer in time.</summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="nowUs">The time in µs.</param>
    public void OnTimeout(GatewayCandidate gateway, long nowUs)
    {
        lock (_lock)
        {
            if (_gateways.SlotOf(gateway) < 0) return;
            gateway.OverdueUntilUs = 0;
            gateway.Link.OnLoss(nowUs, _gateways.PingsRarely);
            _rules.Refresh(nowUs);
        }
    }

    /// <summary>
    /// Notes that the node has computed an input before the answer of a gateway, which is overdue. Nothing is learned of the link yet: a late answer is
    /// a measurement, and no answer by the time-out is a loss. The gateway gets no inputs meanwhile.
    /// </summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="untilUs">Time in µs at which the request times out.</param>
    /// <param name="nowUs">The time in µs.</param>
    public void OnOverdue(GatewayCandidate gateway, long untilUs, long nowUs)
    {
        lock (_lock)
        {
            if (_gateways.SlotOf(gateway) < 0) return;
            gateway.OverdueUntilUs = untilUs;
            _rules.Refresh(nowUs);
        }
    }

    /// <summary>Notes that the connection to the broker was lost or made: every link gets inputs again after its next pong.</summary>
    public void OnConnectionChanged(long nowUs)
    {
        lock (_lock) Reconnect(nowUs);
    }

    /// <summary>Notes that the radio goes off; what is known of the gateways is kept.</summary>
    /// <param name="radioUp">Additional cost of an offload from now on.</param>
    /// <param name="nowUs">The time in µs.</param>
    public void OnRadioDown(RadioCost radioUp, long nowUs)
    {
        lock (_lock)
        {
            for (int i = 0; i < _gateways.Count; i++)
            {
                // Nothing comes while the radio is off: an overdue answer stays unknown.
                _gateways.Slots[i].OverdueUntilUs = 0;
                _gateways.Slots[i].WasUsable = _gateways.Slots[i].IsUsable(nowUs);
            }
            _routes.RadioUp = radioUp;
            _rules.Refresh(nowUs);
        }
    }

    /// <summary>Notes that the radio comes up: from now on a gateway has to answer a ping before it gets inputs.</summary>
    public void OnRadioUp(long nowUs)
    {
        lock (_lock)
        {
            _routes.RadioUp = null;
            Reconnect(nowUs);
        }
    }

    /// <summary>Writes what is known of the gateways, to be kept while the board sleeps.</summary>
    /// <param name="bytes">Receives <see cref="CandidateMemory.Size"/> bytes.</param>
    /// <param name="offset">Index of the first byte.</param>
    /// <param name="nowUs">The time in µs.</param>
    public void Save(byte[] bytes, int offset, long nowUs)
    {
        lock (_lock) _gateways.Save(bytes, offset, nowUs);
    }

    /// <summary>Takes over what <see cref="Save"/> has written; the radio is off.</summary>
    public void Restore(byte[] bytes, int offset, RadioCost radioUp, long nowUs)
    {
        lock (_lock)
        {
            _gateways.Restore(bytes, offset, nowUs);
            for (int i = 0; i < _gateways.Count; i++) _rules.FillRows(_gateways.Slots[i]);
            _routes.RadioUp = radioUp;
            _rules.Refresh(nowUs);
        }
    }

    /// <summary>Time in µs of the next call of <see cref="TakePing"/> that has something to do.</summary>
    /// <returns>A time, which may have passed; <see cref="long.MaxValue"/> when no gateway serves.</returns>
    public long NextPingUs()
    {
        lock (_lock) return _pings.NextUs();
    }

    /// <summary>Finds a gateway to ping, and notes the ping as sent.</summary>
    /// <param name="nowUs">The time in µs.</param>
    /// <param name="isWanted">True to ping even when no link has to be measured: the ping carries something else. A suspect link gets no such ping.</param>
    /// <param name="extraSizeBytes">Bytes that the ping carries beyond its own.</param>
    /// <param name="sequence">Sequence number for the ping; 0 when none is due.</param>
    /// <returns>The gateway, or null when no ping is due.</returns>
    public GatewayCandidate TakePing(long nowUs, bool isWanted, int extraSizeBytes, out uint sequence)
    {
        lock (_lock)
        {
            if (_pings.ExpireOverdue(nowUs)) _rules.Refresh(nowUs);
            GatewayCandidate gateway = _pings.Take(nowUs, isWanted, _lines.Power.TransmitUs(PingFrame.Size + extraSizeBytes));
            sequence = gateway == null ? 0 : gateway.PingSequence;
            if (gateway != null && _schedule != null) _schedule.OnSent(gateway.PingAirUs, nowUs);
            return gateway;
        }
    }

    /// <summary>Takes the answer to a ping. An answer to no ping under way changes nothing.</summary>
    public void OnPong(PongFrame pong, long nowUs)
    {
        lock (_lock)
        {
            GatewayCandidate gateway = _pings.Complete(pong.Sequence);
            if (gateway != null) _learning.TakePong(gateway, pong, nowUs);
        }
    }

    private void Reconnect(long nowUs)
    {
        for (int i = 0; i < _gateways.Count; i++)
        {
            _gateways.Slots[i].PingSequence = 0;
            _gateways.Slots[i].OverdueUntilUs = 0;
            _gateways.Slots[i].Link.OnReconnect(nowUs);
        }
        _rules.Refresh(nowUs);
    }

    private void SetLearning() =>
        _gateways.SetLearning(
            _listening >= ListeningMode.Answers || (_listening == ListeningMode.Auto && Objective.Kind == ObjectiveKind.Energy), _lines.LocalTime != null);
}
