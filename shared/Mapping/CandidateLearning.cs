// A node learns of gateways from their messages: statuses, answers, refusals and pongs.

using Crime.Frames;

namespace Crime.Mapping;

/// <summary>Updates gateways from messages. Guarded by the engine's lock.</summary>
internal sealed class CandidateLearning
{
    private readonly uint _modelId;
    private readonly uint _nodeKey;
    private readonly GatewayList _gateways;
    private readonly NodeLines _lines;
    private readonly DecisionRules _rules;
    private readonly BeaconSchedule _schedule;

    /// <summary>Makes the learning of an engine.</summary>
    /// <param name="modelId">Identity of the node's model.</param>
    /// <param name="nodeKey">The node's own key.</param>
    /// <param name="gateways">The gateways.</param>
    /// <param name="lines">The node's costs.</param>
    /// <param name="rules">Have their routes refreshed after each message.</param>
    /// <param name="schedule">The beacons of a radio in modem sleep; null for a link without modem sleep.</param>
    public CandidateLearning(uint modelId, uint nodeKey, GatewayList gateways, NodeLines lines, DecisionRules rules, BeaconSchedule schedule)
    {
        _modelId = modelId;
        _nodeKey = nodeKey;
        _gateways = gateways;
        _lines = lines;
        _rules = rules;
        _schedule = schedule;
    }

    /// <inheritdoc cref="MappingEngine.OnStatus"/>
    public void TakeStatus(string id, StatusFrame status, long nowUs)
    {
        GatewayCandidate gateway = _gateways.Find(id);
        if (gateway == null)
        {
            // A gateway receives its own status as well.
            if (!status.Online || NodeKey.Of(id) == _nodeKey) return;
            gateway = _gateways.Add(id, nowUs);
            if (gateway == null) return;
        }
        bool isNewSession = gateway.StatusSession != status.Session;
        // A retained or delayed status must not overwrite a later one of the same session.
        if (!isNewSession && status.Online && (int)(status.Sequence - gateway.StatusSequence) < 0) return;
        if (isNewSession)
        {
            // A prior stands for the pong that a new session has to send first.
            if (!gateway.Link.IsPrior) gateway.Link.OnReconnect(nowUs);
            gateway.RefusedUntilUs = 0;
            gateway.OverdueUntilUs = 0;
        }
        int model = status.IndexOf(_modelId);
        if (status.Online && model >= 0) TakeAdvert(gateway, status.Advert(model), isNewSession);
        gateway.StatusSession = status.Session;
        gateway.StatusSequence = status.Sequence;
        gateway.StatusAtUs = nowUs;
        _gateways.SetExpiry(gateway);
        gateway.IsServing = status.Online && model >= 0 && gateway.Advert.Count > 0;
        gateway.Workers = status.Workers < 1 ? 1 : status.Workers;
        // The wait of a report that is not followed by others does not grow for ever.
        bool grows = (_gateways.Measures & AntiHerding.Growth) != AntiHerding.None && !_gateways.LearnsFromAnswers;
        gateway.Queue.OnStatus(status.BacklogUs, status.Workers, grows ? status.Utilisation : QueueForecast.FullUtilisation, status.Depth, nowUs);
        _gateways.SetSpread(gateway);
        if (_schedule != null) _schedule.OnReceived(nowUs);
        _rules.Refresh(nowUs);
    }

    /// <inheritdoc cref="MappingEngine.OnResponse"/>
    public void TakeResponse(GatewayCandidate gateway, ResponseFrame response, int length, long elapsedUs, long nowUs)
    {
        if (_gateways.SlotOf(gateway) < 0) return;
        gateway.OverdueUntilUs = 0;
        long link = elapsedUs - response.WaitUs - response.ServiceUs - _lines.TransmitTime.At(length);
        TakeSample(gateway, link, elapsedUs - link, nowUs);
        if ((_gateways.Measures & AntiHerding.AnswerLoad) != AntiHerding.None) TakeLoad(gateway, response, nowUs);
        if (response.Code == ResponseCode.UnknownModel || response.Code == ResponseCode.WrongInput)
            gateway.RefusedUntilUs = nowUs + MappingEngine.RefusalUs;
        else if (response.Code == ResponseCode.NoDelivery) gateway.RefusedUntilUs = nowUs + MappingEngine.NoDeliveryUs;
        if (response.Code == ResponseCode.Stopping) gateway.IsServing = false;
        _rules.Refresh(nowUs);
    }

    /// <summary>Takes the pong of a gateway.</summary>
    /// <param name="gateway">The gateway, whose ping is complete.</param>
    /// <param name="pong">The pong.</param>
    /// <param name="nowUs">Time of its arrival in µs.</param>
    public void TakePong(GatewayCandidate gateway, PongFrame pong, long nowUs)
    {
        gateway.OverdueUntilUs = 0;
        TakeSample(gateway, nowUs - gateway.PingSentAtUs - gateway.PingAirUs, gateway.PingAirUs, nowUs);
        if ((_gateways.Measures & AntiHerding.AnswerLoad) != AntiHerding.None)
        {
            gateway.Queue.OnBacklog(pong.BacklogUs, pong.Depth, nowUs);
            _gateways.SetSpread(gateway);
        }
        _rules.Refresh(nowUs);
    }

    private void TakeLoad(GatewayCandidate gateway, ResponseFrame response, long nowUs)
    {
        // A refusal says as much as an answer: how long the wait would have been.
        if (response.Code <= ResponseCode.TooLate && response.RelayCount == 0 && gateway.OwnSegment >= 0)
            gateway.Queue.OnWaited(gateway.SentWaitUs, response.Code == ResponseCode.Ok ? response.WaitUs : response.BacklogUs / (uint)gateway.Workers);
        // The wait of a cancelled request has a lower bound only: it shows an error where it is beyond the forecast.
        else if (response.Code == ResponseCode.Cancelled && response.RelayCount == 0 && gateway.OwnSegment >= 0 && response.WaitUs > gateway.SentWaitUs)
            gateway.Queue.OnWaited(gateway.SentWaitUs, response.WaitUs);
        gateway.Queue.OnBacklog(response.BacklogUs, response.Depth, nowUs);
        _gateways.SetSpread(gateway);
    }

    /// <summary>Takes a round trip.</summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="sampleUs">Time of the link alone in µs.</param>
    /// <param name="otherUs">Time of the transmission and of the gateway in µs.</param>
    /// <param name="nowUs">Time of the answer in µs.</param>
    private void TakeSample(GatewayCandidate gateway, long sampleUs, long otherUs, long nowUs)
    {
        if (_schedule != null)
        {
            bool isAtBeacon = _schedule.OnReceived(nowUs);
            if (_schedule.IsKnown(nowUs)) gateway.Link.AddBeaconSample(sampleUs, _schedule, _schedule.MinActiveUs - otherUs, isAtBeacon, nowUs);
        }
        gateway.Link.AddSample(sampleUs, nowUs);
    }

    /// <summary>Keeps the part of an advert that does not lead back to this node.</summary>
    private void TakeAdvert(GatewayCandidate gateway, CostAdvert advert, bool isNewSession)
    {
        gateway.Advert.RelayWaitUs = advert.RelayWaitUs;
        // An equal version says that nothing has changed. Without a version, only noticeable changes make new rows.
        if (!isNewSession && advert.Version == gateway.Advert.Version && (advert.Version != 0 || !advert.IsNoticeablyOther(gateway.Advert))) return;
        gateway.Advert.CopyWithout(advert, _nodeKey);
        _rules.FillRows(gateway);
    }
}
