// What an engine learns from: statuses, answers, losses, pings, the radio going off and on.

using Crime.Costs;
using Crime.Frames;

namespace Crime.Mapping;

public sealed partial class MappingEngine
{
    /// <summary>How long a gateway is left alone that refused what will not change by itself: an unknown model, a wrong input.</summary>
    public const int RefusalUs = 60_000_000;

    /// <summary>Takes a gateway's status.</summary>
    /// <param name="id">Id of the gateway.</param>
    /// <param name="status">The decoded frame; only read, so that many engines may take the same.</param>
    /// <param name="nowUs">When it came.</param>
    public void OnStatus(string id, StatusFrame status, long nowUs)
    {
        lock (_lock)
        {
            int index = IndexOf(id);
            if (index < 0)
            {
                // A gateway hears its own status as well.
                if (!status.Online || NodeKey.Of(id) == _nodeKey) return;
                index = FreeSlot();
                if (index < 0) return;
                var heard = new GatewayCandidate(id, index, _rows == null ? null : _rows[index]);
                heard.Queue.UseError = Has(HerdMeasures.ForecastError);
                heard.Queue.UseHysteresis = Has(HerdMeasures.Hysteresis);
                _candidates[index] = heard;
                // Counted once it is there: who shows the candidates takes no lock.
                if (index == _candidateCount) _candidateCount++;
            }
            GatewayCandidate gateway = _candidates[index];
            bool isNewSession = gateway.StatusSession != status.Session;
            // A retained or delayed status must not overwrite a later one of the same session.
            if (!isNewSession && status.Online && (int)(status.Sequence - gateway.StatusSequence) < 0) return;
            if (isNewSession)
            {
                gateway.Link.OnReconnect(nowUs);
                gateway.InFlightCount = 0;
                gateway.RefusedUntilUs = 0;
            }
            int model = status.IndexOf(_setup.ModelId);
            if (status.Online && model >= 0) TakeAdvert(gateway, status.Advert(model), isNewSession);
            gateway.StatusSession = status.Session;
            gateway.StatusSequence = status.Sequence;
            gateway.StatusAtUs = nowUs;
            gateway.IsServing = status.Online && model >= 0 && gateway.Advert.Count > 0;
            gateway.Workers = status.Workers < 1 ? 1 : status.Workers;
            int utilisation = Has(HerdMeasures.Growth) ? status.Utilisation : QueueForecast.FullUtilisation;
            gateway.Queue.OnStatus(status.BacklogUs, status.Workers, utilisation, status.Depth, nowUs);
            SetSpread(gateway);
            if (CameAtBeacon(nowUs)) _grid.OnArrival(nowUs);
            Refresh(nowUs);
        }
    }

    /// <summary>An inference was computed here.</summary>
    /// <param name="length">Its length in timesteps.</param>
    /// <param name="elapsedUs">What it took.</param>
    public void OnLocal(int length, long elapsedUs)
    {
        lock (_lock)
            if (_localFit != null && _localFit.Observe(length, elapsedUs)) BuildTable();
    }

    /// <summary>A request was written.</summary>
    /// <param name="length">Length of the input.</param>
    /// <param name="elapsedUs">What it took.</param>
    public void OnEncoded(int length, long elapsedUs)
    {
        lock (_lock)
        {
            if (_encodeFit == null || !_encodeFit.Observe(length, elapsedUs)) return;
            BuildTable();
            // What every request takes is in the rows of the routes.
            for (int i = 0; i < _candidateCount; i++) UseAdvert(_candidates[i]);
        }
    }

    /// <summary>A request was handed to the MQTT client.</summary>
    /// <param name="candidate">The gateway.</param>
    /// <param name="length">Length of the input.</param>
    /// <param name="nowUs">The time.</param>
    public void OnSent(int candidate, int length, long nowUs)
    {
        lock (_lock)
        {
            GatewayCandidate gateway = _candidates[candidate];
            gateway.InFlightCount++;
            ListenAfter(_transmitTime.At(length), nowUs);
            if (gateway.OwnSegment < 0) return;
            gateway.SentWaitUs = gateway.Queue.WaitUs(nowUs + gateway.Link.RttUs);
            if (!Has(HerdMeasures.InFlight)) return;
            int own = gateway.OwnSegment;
            gateway.Queue.OnSent(CostLine.ValueAt(gateway.Advert.AlphaNs[own], gateway.Advert.BetaUs[own], length));
            Refresh(nowUs);
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
            if (gateway.InFlightCount > 0) gateway.InFlightCount--;
            long link = elapsedUs - response.WaitUs - response.ServiceUs - _transmitTime.At(length);
            TakeSample(gateway, link, elapsedUs - link, nowUs);
            if (Has(HerdMeasures.AnswerLoad)) TakeLoad(gateway, response, nowUs);
            if (response.Code == ResponseCode.UnknownModel || response.Code == ResponseCode.WrongInput) gateway.RefusedUntilUs = nowUs + RefusalUs;
            if (response.Code == ResponseCode.Stopping) gateway.IsServing = false;
            Refresh(nowUs);
        }
    }

    /// <summary>A gateway did not answer in time.</summary>
    public void OnTimeout(int candidate, long nowUs)
    {
        lock (_lock)
        {
            if (_candidates[candidate].InFlightCount > 0) _candidates[candidate].InFlightCount--;
            _candidates[candidate].Link.OnLoss(nowUs);
            Refresh(nowUs);
        }
    }

    /// <summary>The connection to the broker was lost or is new: every link has to prove itself with a ping.</summary>
    public void OnConnectionChanged(long nowUs)
    {
        lock (_lock)
        {
            for (int i = 0; i < _candidateCount; i++)
            {
                _candidates[i].PingSequence = 0;
                _candidates[i].InFlightCount = 0;
                _candidates[i].Link.OnReconnect(nowUs);
            }
            Refresh(nowUs);
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
            Refresh(nowUs);
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
        lock (_lock) CandidateMemory.Save(_candidates, _candidateCount, bytes, offset, nowUs);
    }

    /// <summary>Takes over what was kept; the radio is off.</summary>
    public void Restore(byte[] bytes, int offset, RadioCost radioUp, long nowUs)
    {
        lock (_lock)
        {
            _candidateCount = CandidateMemory.Restore(_candidates, _rows, bytes, offset, nowUs);
            for (int i = 0; i < _candidateCount; i++) UseAdvert(_candidates[i]);
            _radioUp = radioUp;
            Refresh(nowUs);
        }
    }

    /// <summary>When <see cref="TakeDuePing"/> is worth calling next, in µs.</summary>
    /// <returns>A time, which may have passed; <see cref="long.MaxValue"/> when there is nobody to ping.</returns>
    public long NextPingUs()
    {
        lock (_lock)
        {
            long next = long.MaxValue;
            for (int i = 0; i < _candidateCount; i++)
            {
                GatewayCandidate gateway = _candidates[i];
                long due = gateway.PingSequence != 0 ? gateway.PingSentAtUs + PingTimeoutUs + 1
                    : gateway.IsServing ? gateway.Link.NextPingUs : long.MaxValue;
                if (due < next) next = due;
            }
            return next;
        }
    }

    /// <summary>Finds a gateway whose link has to be measured now, and notes the ping as sent.</summary>
    /// <param name="nowUs">The time.</param>
    /// <param name="sequence">Sequence number for the ping.</param>
    /// <returns>A candidate's index, or -1.</returns>
    public int TakeDuePing(long nowUs, out uint sequence) => TakePing(nowUs, false, 0, out sequence);

    /// <summary>Finds a gateway to ping, and notes the ping as sent.</summary>
    /// <param name="nowUs">The time, in µs.</param>
    /// <param name="isWanted">Whether to send one even when no link has to be measured: the ping carries something else. A suspect link gets none.</param>
    /// <param name="extraSizeBytes">Bytes that the ping carries beyond its own.</param>
    /// <param name="sequence">Sequence number for the ping.</param>
    /// <returns>A candidate's index, or -1 when there is none.</returns>
    public int TakePing(long nowUs, bool isWanted, int extraSizeBytes, out uint sequence)
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
                    Refresh(nowUs);
                }
                if (!gateway.IsServing || gateway.PingSequence != 0) continue;
                if (!gateway.Link.PingIsDue(nowUs) && (!isWanted || gateway.Link.IsSuspect)) continue;
                sequence = ++_pingCounter;
                if (sequence == 0) sequence = ++_pingCounter;
                gateway.PingSequence = sequence;
                gateway.PingSentAtUs = nowUs;
                gateway.PingAirUs = _power.TransmitUs(PingFrame.Size + extraSizeBytes);
                ListenAfter(gateway.PingAirUs, nowUs);
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
                TakeSample(gateway, nowUs - gateway.PingSentAtUs - gateway.PingAirUs, gateway.PingAirUs, nowUs);
                if (Has(HerdMeasures.AnswerLoad))
                {
                    gateway.Queue.OnBacklog(pong.BacklogUs, pong.Depth, nowUs);
                    SetSpread(gateway);
                }
                Refresh(nowUs);
                return;
            }
        }
    }

    private void TakeLoad(GatewayCandidate gateway, ResponseFrame response, long nowUs)
    {
        // A refusal teaches what an answer does: how long the wait would have been.
        if (response.Code <= ResponseCode.TooLate && response.RelayCount == 0 && gateway.OwnSegment >= 0)
            gateway.Queue.OnWaited(gateway.SentWaitUs, response.Code == ResponseCode.Ok ? response.WaitUs : response.BacklogUs / (uint)gateway.Workers);
        gateway.Queue.OnBacklog(response.BacklogUs, response.Depth, nowUs);
        SetSpread(gateway);
    }

    /// <summary>Takes a round trip.</summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="sampleUs">What the link alone took.</param>
    /// <param name="otherUs">What sending and the gateway took besides.</param>
    /// <param name="nowUs">When the answer came.</param>
    private void TakeSample(GatewayCandidate gateway, long sampleUs, long otherUs, long nowUs)
    {
        bool isAtBeacon = CameAtBeacon(nowUs);
        if (isAtBeacon) _grid.OnArrival(nowUs);
        if (_grid != null && _grid.IsKnown(nowUs)) gateway.Link.AddGridSample(sampleUs, _grid, _power.ListenOnUs - otherUs, isAtBeacon, nowUs);
        gateway.Link.AddSample(sampleUs, nowUs);
    }

    /// <summary>Whether a message that came has waited for a beacon; the radio listens on from here.</summary>
    private bool CameAtBeacon(long nowUs)
    {
        if (_grid == null) return false;
        if (_power.ListenOnUs == 0) return true;
        bool isAtBeacon = nowUs > _listensUntilUs;
        _listensUntilUs = nowUs + _power.ListenOnUs;
        return isAtBeacon;
    }

    private void ListenAfter(int airUs, long nowUs) => _listensUntilUs = nowUs + airUs + _power.ListenOnUs;

    /// <summary>Where this node stands among all that read the same report: another place for every report, the same in every run.</summary>
    private void SetSpread(GatewayCandidate gateway)
    {
        if (!Has(HerdMeasures.Spread)) return;
        // The finaliser of MurmurHash3: every bit of the node and of the count moves every bit of the place.
        uint mixed = _nodeKey ^ (++_reportCount * 0x9E3779B9u);
        mixed = (mixed ^ (mixed >> 16)) * 0x85EBCA6Bu;
        mixed = (mixed ^ (mixed >> 13)) * 0xC2B2AE35u;
        mixed ^= mixed >> 16;
        gateway.Queue.SetSpread((int)(mixed & 511) - 256);
    }

    private bool Has(HerdMeasures measure) => (_setup.Measures & measure) != HerdMeasures.None;

    private int IndexOf(string id)
    {
        for (int i = 0; i < _candidateCount; i++)
            if (_candidates[i].Id == id) return i;
        return -1;
    }

    /// <summary>A slot that was never used, or whose gateway does not serve; -1 when all serve.</summary>
    private int FreeSlot()
    {
        if (_candidateCount < _candidates.Length) return _candidateCount;
        for (int i = 0; i < _candidateCount; i++)
            if (!_candidates[i].IsServing) return i;
        return -1;
    }
}
