// Sorts the messages of a board: answers, pongs, and statuses of gateways. The code runs on the MQTT client's only dispatch thread. So it is
// quick, and allocates nothing for the messages that come often.

using Crime.Frames;
using Crime.Mapping;

namespace Crime.Node;

/// <summary>Sorts the messages of a board.</summary>
public sealed class BoardInbox
{
    private readonly OpenRequest _request;
    private readonly OffloadCounters _counters;
    private readonly BackgroundEnergy _background;
    private readonly Hedge _hedge;
    private readonly PongFrame _pong = new PongFrame();

    // The status topics that were received last, and the gateway of each. No element is ever unset: comparing an unset string element ends
    // the device's CLR.
    private readonly string[] _statusTopics = EmptyTexts(DecisionTable.MaxCandidates);
    private readonly string[] _gateways = EmptyTexts(DecisionTable.MaxCandidates);
    private int _nextTopic;
    private StatusFrame _status;
    private MappingEngine _engine;

    /// <summary>Makes an inbox without a model: statuses change nothing then.</summary>
    /// <param name="request">The request under way.</param>
    /// <param name="flow">Counts late answers, malformed frames, and the energy of messages that no input waits for; learns from late answers.</param>
    public BoardInbox(OpenRequest request, InputFlow flow)
    {
        _background = flow.Background;
        _hedge = flow.Hedge;
        _request = request;
        _counters = flow.Counters;
    }

    /// <summary>Learns which models gateways serve; null where the board does not download models.</summary>
    public ModelNotice Models { get; set; }

    /// <summary>Takes parts of outputs; null where the board does not ask for them: they are malformed then.</summary>
    public PartialOutput Partials { get; set; }

    /// <summary>Sets the model and its engine.</summary>
    /// <param name="modelId">Identity of the model.</param>
    /// <param name="engine">The engine; null while it is being made.</param>
    public void SetModel(uint modelId, MappingEngine engine)
    {
        _engine = null;
        _status = new StatusFrame(modelId);
        _engine = engine;
    }

    /// <summary>Releases the engine: another one needs its memory.</summary>
    public void ReleaseEngine() => _engine = null;

    /// <summary>Takes a message.</summary>
    /// <param name="topic">Its topic.</param>
    /// <param name="payload">Foreign bytes.</param>
    /// <param name="nowUs">Time of its arrival in µs.</param>
    /// <returns>True when it is the answer to the request under way, or a part of it.</returns>
    public bool OnMessage(string topic, byte[] payload, long nowUs)
    {
        switch (FrameFormat.TypeOf(payload))
        {
            case FrameType.Response:
                if (OnResponse(payload, nowUs)) return true;
                break;
            case FrameType.Pong:
                OnPong(payload, nowUs);
                break;
            case FrameType.Models:
                if (Models == null || Models.OnFrame(payload) != FrameError.None) _counters.Malformed++;
                break;
            case FrameType.Partial:
                if (OnPartial(payload, nowUs)) return true;
                break;
            default:
                // Statuses have a version of their own.
                OnStatus(topic, payload, nowUs);
                break;
        }
        _background.OnReceived(1, nowUs, nowUs);
        return false;
    }

    private bool OnResponse(byte[] payload, long nowUs)
    {
        if (_request.Incoming.Decode(payload) != FrameError.None) _counters.Malformed++;
        else if (_request.TryAccept(nowUs)) return true;
        else OnLate(nowUs);
        return false;
    }

    private bool OnPartial(byte[] payload, long nowUs)
    {
        bool hasTokens = false;
        if (Partials == null || !Partials.OnFrame(payload, out hasTokens)) _counters.Malformed++;
        // The energy of its reception is no part of the input: the input waits in any case.
        if (hasTokens) _background.OnReceived(1, nowUs, nowUs);
        return hasTokens;
    }

    private void OnLate(long nowUs)
    {
        _counters.LateAnswers++;
        _hedge.OnLate(_request.Incoming, _request.Session, nowUs);
    }

    private void OnPong(byte[] payload, long nowUs)
    {
        MappingEngine engine = _engine;
        if (_pong.Decode(payload) != FrameError.None || _pong.Session != _request.Session) _counters.Malformed++;
        else if (engine != null) engine.OnPong(_pong, nowUs);
    }

    private void OnStatus(string topic, byte[] payload, long nowUs)
    {
        string gateway = GatewayOf(topic);
        // The main thread may release the engine meanwhile.
        MappingEngine engine = _engine;
        if (gateway == null) _counters.Malformed++;
        else if (engine == null) return;
        else if (_status.Decode(payload) != FrameError.None) _counters.Malformed++;
        else engine.OnStatus(gateway, _status, nowUs);
    }

    /// <summary>
    /// Returns the id of the gateway that publishes on a status topic, or null when the topic is not one. A board receives the same few topics
    /// again and again. Comparing two strings is one call into the CLR; parsing a topic is one call per letter.
    /// </summary>
    private string GatewayOf(string topic)
    {
        for (int i = 0; i < _statusTopics.Length; i++)
            if (topic == _statusTopics[i]) return _gateways[i];
        if (!Topics.IsStatus(topic, out string gateway) && !Topics.IsRegime(topic, out gateway)) return null;
        _statusTopics[_nextTopic] = topic;
        _gateways[_nextTopic] = gateway;
        _nextTopic = _nextTopic + 1 < _statusTopics.Length ? _nextTopic + 1 : 0;
        return gateway;
    }

    private static string[] EmptyTexts(int count)
    {
        var texts = new string[count];
        for (int i = 0; i < texts.Length; i++) texts[i] = "";
        return texts;
    }
}
