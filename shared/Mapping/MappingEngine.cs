// The board's mapping engine: keeps the cost of every place an input could go, and picks the cheapest per input.
// Messages arrive on the MQTT client's thread, pings go out on the link's, decisions are made on the main one: every
// method takes the lock, and none of them waits for anything else while holding it.

using Crime.Costs;
using Crime.Frames;

namespace Crime.Mapping;

/// <summary>Decides per input between the board and up to <see cref="DecisionTable.MaxCandidates"/> gateways.</summary>
public sealed class MappingEngine
{
    /// <summary>A gateway that has been silent for so long is not offered inputs: 10 s, ten of its heartbeats.</summary>
    public const int StatusExpiryUs = 10_000_000;

    /// <summary>A ping that takes longer than this is lost.</summary>
    public const int PingTimeoutUs = 2_000_000;

    private readonly object _lock = new object();
    private readonly GatewayCandidate[] _candidates = new GatewayCandidate[DecisionTable.MaxCandidates];
    private readonly CostLine[] _remoteLines = new CostLine[DecisionTable.MaxCandidates];
    private readonly int[] _dynamicCosts = new int[DecisionTable.MaxCandidates];
    private readonly DecisionTable _table;
    private readonly PowerProfile _power;
    private readonly uint _modelId;
    private readonly CostLine _localTime;
    private readonly CostLine _encodeTime;
    private readonly CostLine _transmitTime;
    private readonly CandidateMemory _memory = new CandidateMemory();
    private CostLine _localLine;
    private Objective _objective;
    private int _candidateCount;
    private uint _pingCounter;
    private RadioCost _radioUp;

    /// <summary>Makes an engine for one model.</summary>
    /// <param name="modelId">Identity of the board's model; gateways without it are not candidates.</param>
    /// <param name="longestLength">Length that the decision table must resolve, in timesteps.</param>
    /// <param name="localTime">Time to compute on the board; null when it cannot: then it is never chosen while there is a gateway.</param>
    /// <param name="encodeTime">Time to write a request.</param>
    /// <param name="bytesPerStep">Bytes of a request per timestep.</param>
    /// <param name="power">The board's power.</param>
    /// <param name="objective">What to minimise.</param>
    public MappingEngine(
        uint modelId, int longestLength, CostLine localTime, CostLine encodeTime, int bytesPerStep, PowerProfile power, Objective objective)
    {
        _modelId = modelId;
        _table = new DecisionTable(longestLength);
        _localTime = localTime;
        _encodeTime = encodeTime;
        _transmitTime = power.TransmitLine(RequestFrame.HeaderSize, bytesPerStep);
        _power = power;
        SetObjective(objective);
    }

    /// <summary>What is minimised.</summary>
    public Objective Objective => _objective;

    /// <summary>Whether the radio is off: gateways are then candidates by memory, at the cost of bringing it up.</summary>
    public bool IsRadioOff => _radioUp != null;

    /// <summary>Time to write a request, as fitted at start.</summary>
    public CostLine EncodeTime => _encodeTime;

    /// <summary>Time to compute on the board, as fitted at start; null when it cannot.</summary>
    public CostLine LocalTime => _localTime;

    /// <summary>Gateways known, whether usable or not.</summary>
    public int CandidateCount => _candidateCount;

    /// <summary>A gateway; for display.</summary>
    /// <param name="index">0 to <see cref="CandidateCount"/> - 1.</param>
    public GatewayCandidate Candidate(int index) => _candidates[index];

    /// <summary>Changes what is minimised and rebuilds the table.</summary>
    public void SetObjective(Objective objective)
    {
        lock (_lock)
        {
            _objective = objective;
            _localLine = objective == Objective.Time || _localTime == null ? _localTime : _localTime.Energy(_power.ComputeMw);
            _table.SetLocal(_localLine);
            for (int i = 0; i < _candidateCount; i++)
                if (_remoteLines[i] != null) RebuildRemote(i);
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
            RefreshDynamicCosts(nowUs);
            return _table.Choose(length, _dynamicCosts, _candidateCount);
        }
    }

    /// <summary>Picks the cheapest gateway, whatever the board itself could do.</summary>
    /// <returns>A candidate's index, or <see cref="DecisionTable.Local"/> when none is usable.</returns>
    public int ChooseGateway(int length, long nowUs)
    {
        lock (_lock)
        {
            RefreshDynamicCosts(nowUs);
            int choice = DecisionTable.Local, best = DecisionTable.Unusable;
            for (int i = 0; i < _candidateCount; i++)
            {
                if (_dynamicCosts[i] == DecisionTable.Unusable) continue;
                int cost = _table.RemoteCost(i, length) + _dynamicCosts[i];
                if (cost >= best) continue;
                best = cost;
                choice = i;
            }
            return choice;
        }
    }

    /// <summary>Whether any gateway can be chosen at this moment.</summary>
    public bool HasUsableGateway(long nowUs) => ChooseGateway(1, nowUs) != DecisionTable.Local;

    /// <summary>The smallest length that would be offloaded, as of the last decision.</summary>
    /// <returns>A length, or <see cref="CostLine.Never"/>.</returns>
    public int BreakEvenLength()
    {
        lock (_lock)
        {
            int best = CostLine.Never;
            for (int i = 0; i < _candidateCount; i++)
            {
                if (_dynamicCosts[i] == DecisionTable.Unusable) continue;
                int length = _localLine == null ? 1 : CostLine.BreakEvenLength(_localLine, _remoteLines[i], _dynamicCosts[i]);
                if (length < best) best = length;
            }
            return best;
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

    /// <summary>Cost of an input on the board, in the objective's unit; <see cref="DecisionTable.Unusable"/> when it cannot compute it.</summary>
    public int LocalCost(int length) => _table.LocalCost(length);

    /// <summary>Cost of an input at a candidate as of the last decision, or <see cref="DecisionTable.Unusable"/>.</summary>
    public int GatewayCost(int candidate, int length)
    {
        lock (_lock)
        {
            int dynamicCost = _dynamicCosts[candidate];
            return dynamicCost == DecisionTable.Unusable ? dynamicCost : _table.RemoteCost(candidate, length) + dynamicCost;
        }
    }

    /// <summary>How long to wait for an answer to a request, in µs.</summary>
    public int TimeoutUs(int candidate, int length, int marginUs, int maxUs, long nowUs)
    {
        lock (_lock)
        {
            GatewayCandidate gateway = _candidates[candidate];
            long expected = (long)gateway.Link.RttUs + gateway.Queue.WaitUs(nowUs) + gateway.Service.At(length) + _transmitTime.At(length);
            return gateway.Link.TimeoutUs(expected, marginUs, maxUs);
        }
    }

    /// <summary>Air time of a request in µs.</summary>
    public int TransmitUs(int length) => _transmitTime.At(length);

    /// <summary>Takes a gateway's status.</summary>
    /// <param name="id">Id of the gateway.</param>
    /// <param name="status">The decoded frame.</param>
    /// <param name="nowUs">When it came.</param>
    public void OnStatus(string id, StatusFrame status, long nowUs)
    {
        lock (_lock)
        {
            int index = IndexOf(id);
            if (index < 0)
            {
                index = status.Online ? FreeSlot() : -1;
                if (index < 0) return;
                _candidates[index] = new GatewayCandidate { Id = id };
                _remoteLines[index] = null;
            }
            GatewayCandidate gateway = _candidates[index];
            bool isNewSession = gateway.StatusSession != status.Session;
            // A retained or delayed status must not overwrite a later one of the same session.
            if (!isNewSession && status.Online && (int)(status.Sequence - gateway.StatusSequence) < 0) return;
            if (isNewSession) gateway.Link.OnReconnect(nowUs);
            gateway.StatusSession = status.Session;
            gateway.StatusSequence = status.Sequence;
            gateway.StatusAtUs = nowUs;
            int model = status.IndexOf(_modelId);
            gateway.IsServing = status.Online && model >= 0;
            gateway.Queue.OnStatus(status.BacklogUs, status.Workers, status.Utilisation, status.Depth, nowUs);
            if (model < 0) return;
            var service = new CostLine(status.AlphaNs[model], status.BetaUs[model]);
            if (service.Alpha == gateway.Service.Alpha && service.Beta == gateway.Service.Beta && _remoteLines[index] != null) return;
            gateway.Service = service;
            RebuildRemote(index);
        }
    }

    /// <summary>Takes what an answer tells of link and queue.</summary>
    /// <param name="candidate">The gateway that answered.</param>
    /// <param name="response">The answer, which may be a refusal.</param>
    /// <param name="length">Length of the input.</param>
    /// <param name="elapsedUs">From the handing over to the MQTT client to the answer.</param>
    /// <param name="nowUs">When it came.</param>
    public void OnResponse(int candidate, ResponseFrame response, int length, long elapsedUs, long nowUs)
    {
        lock (_lock)
        {
            GatewayCandidate gateway = _candidates[candidate];
            long link = elapsedUs - response.WaitUs - response.ServiceUs - _transmitTime.At(length);
            gateway.Link.AddSample(link, nowUs);
            gateway.Queue.OnBacklog(response.BacklogUs, response.Depth, nowUs);
        }
    }

    /// <summary>A gateway did not answer in time.</summary>
    public void OnTimeout(int candidate, long nowUs)
    {
        lock (_lock) _candidates[candidate].Link.OnLoss(nowUs);
    }

    /// <summary>The connection to the broker was lost or is new: every link has to prove itself with a ping.</summary>
    public void OnConnectionChanged(long nowUs)
    {
        lock (_lock)
        {
            for (int i = 0; i < _candidateCount; i++)
            {
                _candidates[i].PingSequence = 0;
                _candidates[i].Link.OnReconnect(nowUs);
            }
        }
    }

    /// <summary>The radio goes off; what is known of the gateways is kept.</summary>
    /// <param name="radioUp">What an offload costs more from now on.</param>
    /// <param name="nowUs">The time.</param>
    public void OnRadioDown(RadioCost radioUp, long nowUs)
    {
        lock (_lock)
        {
            for (int i = 0; i < _candidateCount; i++) _candidates[i].WasUsable = CanBeChosen(_candidates[i], nowUs);
            _radioUp = radioUp;
        }
    }

    /// <summary>The radio is on its way up: from now on a gateway has to be heard again.</summary>
    public void OnRadioUp(long nowUs)
    {
        lock (_lock) _radioUp = null;
        OnConnectionChanged(nowUs);
    }

    /// <summary>Writes what is known of the gateways, to be kept while the board sleeps.</summary>
    /// <param name="bytes">Receives <see cref="CandidateMemory.Size"/> bytes.</param>
    /// <param name="offset">Where.</param>
    /// <param name="nowUs">The time.</param>
    public void Save(byte[] bytes, int offset, long nowUs)
    {
        lock (_lock) _memory.Save(_candidates, _candidateCount, bytes, offset, nowUs);
    }

    /// <summary>Takes over what was kept; the radio is off.</summary>
    public void Restore(byte[] bytes, int offset, RadioCost radioUp, long nowUs)
    {
        lock (_lock)
        {
            _candidateCount = _memory.Restore(_candidates, bytes, offset, nowUs);
            for (int i = 0; i < _candidateCount; i++) RebuildRemote(i);
            _radioUp = radioUp;
        }
    }

    /// <summary>Finds a gateway whose link has to be measured now, and notes the ping as sent.</summary>
    /// <param name="nowUs">The time.</param>
    /// <param name="sequence">Sequence number for the ping.</param>
    /// <returns>A candidate's index, or -1.</returns>
    public int TakeDuePing(long nowUs, out uint sequence)
    {
        sequence = 0;
        lock (_lock)
        {
            for (int i = 0; i < _candidateCount; i++)
            {
                GatewayCandidate gateway = _candidates[i];
                if (gateway.PingSequence != 0 && nowUs - gateway.PingSentAtUs > PingTimeoutUs)
                {
                    gateway.PingSequence = 0;
                    gateway.Link.OnLoss(nowUs);
                }
                if (!gateway.IsServing || gateway.PingSequence != 0 || !gateway.Link.PingIsDue(nowUs)) continue;
                sequence = ++_pingCounter;
                if (sequence == 0) sequence = ++_pingCounter;
                gateway.PingSequence = sequence;
                gateway.PingSentAtUs = nowUs;
                return i;
            }
            return -1;
        }
    }

    /// <summary>Takes the answer to a ping.</summary>
    public void OnPong(PongFrame pong, long nowUs)
    {
        lock (_lock)
        {
            for (int i = 0; i < _candidateCount; i++)
            {
                GatewayCandidate gateway = _candidates[i];
                if (gateway.PingSequence == 0 || gateway.PingSequence != pong.Sequence) continue;
                gateway.PingSequence = 0;
                gateway.Link.AddSample(nowUs - gateway.PingSentAtUs - _power.TransmitUs(PingFrame.Size), nowUs);
                gateway.Queue.OnBacklog(pong.BacklogUs, pong.Depth, nowUs);
                return;
            }
        }
    }

    private int IndexOf(string id)
    {
        for (int i = 0; i < _candidateCount; i++)
            if (_candidates[i].Id == id) return i;
        return -1;
    }

    /// <summary>A slot that was never used, or whose gateway does not serve; -1 when all serve.</summary>
    private int FreeSlot()
    {
        if (_candidateCount < _candidates.Length) return _candidateCount++;
        for (int i = 0; i < _candidateCount; i++)
            if (!_candidates[i].IsServing) return i;
        return -1;
    }

    /// <summary>The part of a candidate's cost that changes from moment to moment: link and queue.</summary>
    private void RefreshDynamicCosts(long nowUs)
    {
        for (int i = 0; i < _candidateCount; i++)
        {
            GatewayCandidate gateway = _candidates[i];
            if (!(_radioUp == null ? CanBeChosen(gateway, nowUs) : gateway.WasUsable))
            {
                _dynamicCosts[i] = DecisionTable.Unusable;
                continue;
            }
            int waitUs = gateway.Link.RttUs + gateway.Queue.WaitUs(nowUs);
            if (_objective == Objective.Time) _dynamicCosts[i] = waitUs + (_radioUp == null ? 0 : _radioUp.TimeUs);
            else _dynamicCosts[i] = PowerProfile.EnergyUj(_power.WaitMw, waitUs) + (_radioUp == null ? 0 : _radioUp.EnergyUj);
        }
    }

    private static bool CanBeChosen(GatewayCandidate gateway, long nowUs) =>
        gateway.IsServing && gateway.Link.IsUsable && nowUs - gateway.StatusAtUs <= StatusExpiryUs;

    /// <summary>The part that depends on the length alone: writing the request, sending it, computing there.</summary>
    private void RebuildRemote(int index)
    {
        CostLine service = _candidates[index].Service;
        CostLine line = _objective == Objective.Time
            ? _encodeTime.Plus(_transmitTime).Plus(service)
            : _encodeTime.Energy(_power.ComputeMw).Plus(_transmitTime.Energy(_power.TransmitMw)).Plus(service.Energy(_power.WaitMw));
        _remoteLines[index] = line;
        _table.SetRemote(index, line);
    }
}
