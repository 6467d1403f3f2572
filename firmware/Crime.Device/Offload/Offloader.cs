// Sends inputs to gateways and hands back answers: one request at a time, with our own time-out, and exactly one outcome
// per input. An answer that comes after its time-out is recognised by its number and dropped.

using System.Threading;
using Crime.Costs;
using Crime.Kernel;
using Crime.Device.Settings;
using Crime.Frames;
using Crime.Mapping;
using Crime.Model;

namespace Crime.Device.Offload;

/// <summary>The offload path of a board. <see cref="Offload"/> is called by one thread.</summary>
public sealed class Offloader : IMessageReceiver
{
    private readonly object _lock = new object();
    private readonly AutoResetEvent _answered = new AutoResetEvent(false);
    private readonly BoardSettings _settings;
    private readonly PowerProfile _power;
    private readonly RequestFrame _request = new RequestFrame();
    private StatusFrame _status;
    private readonly PongFrame _pong = new PongFrame();
    private readonly uint _session;

    // The status topics that were received last, and the gateway of each. No element is ever unset: comparing an unset string element ends
    // the device's CLR.
    private readonly string[] _statusTopics = EmptyTexts(DecisionTable.MaxCandidates);
    private readonly string[] _gateways = EmptyTexts(DecisionTable.MaxCandidates);
    private int _nextTopic;

    // The gateway of the last request, and the topic of its requests.
    private string _topicGateway = "";
    private string _requestTopic = "";
    private MappingEngine _engine;

    // Two responses in turn: one is being filled by the MQTT client's thread, the other is read by the inference.
    private ResponseFrame _incoming = new ResponseFrame();
    private ResponseFrame _response = new ResponseFrame();
    private bool _isPending;
    private long _answeredAtUs;
    private long _lastSentAtUs;

    /// <summary>Makes the offload path.</summary>
    /// <param name="settings">The board's settings.</param>
    /// <param name="session">Random number of this start.</param>
    public Offloader(BoardSettings settings, uint session)
    {
        _settings = settings;
        _power = settings.Power();
        _session = session;
        _request.Session = session;
        if (settings.Telemetry) Telemetry = new TelemetryBuffer();
    }

    /// <summary>Counts of requests and answers.</summary>
    public OffloadCounters Counters { get; } = new OffloadCounters();

    /// <summary>The gateway's answer, after <see cref="OffloadOutcome.Answered"/> or <see cref="OffloadOutcome.Refused"/>.</summary>
    public ResponseFrame Response => _response;

    /// <summary>Records of finished inferences that the next request or ping carries; null when telemetry is off.</summary>
    public TelemetryBuffer Telemetry { get; }

    /// <summary>Returns whether no request is under way and the last one was sent a given time ago.</summary>
    /// <param name="nowUs">The time, in µs.</param>
    /// <param name="timeUs">The time since the last request, in µs.</param>
    public bool IsQuiet(long nowUs, int timeUs) => !_isPending && nowUs - _lastSentAtUs >= timeUs;

    /// <summary>Bytes of a request per timestep.</summary>
    public int BytesPerStep => _request.ValuesPerStep * RequestFrame.ValueSize(_request.Encoding);

    /// <summary>Sets the model that requests are for, and the engine that learns from answers.</summary>
    /// <param name="model">The board's model.</param>
    /// <param name="engine">The engine; null while it is being made.</param>
    public void Use(ModelFile model, MappingEngine engine)
    {
        _engine = engine;
        _status = new StatusFrame(model.Id);
        _request.ModelId = model.Id;
        _request.ValuesPerStep = model.ValuesPerStep;
        _request.Encoding = model.Input == InputKind.Features ? SequenceEncoding.Int16
            : model.VocabularyCount <= 256 ? SequenceEncoding.Token8 : SequenceEncoding.Token16;
        _request.FractionBits = model.Input == InputKind.Features ? model.InputFractionBits : 0;
    }

    /// <summary>Releases the engine: its memory is needed for another one.</summary>
    public void ReleaseEngine() => _engine = null;

    /// <summary>Writes a request without sending it: what the board's share of an offload costs.</summary>
    public byte[] Encode(short[] values, int length)
    {
        _request.Values = values;
        _request.Length = length;
        return _request.Encode();
    }

    /// <summary>Sends an input and waits for its answer or its time-out.</summary>
    /// <param name="connection">The connection to the broker.</param>
    /// <param name="decision">The gateway, the time-out and the latency budget.</param>
    /// <param name="values">The sequence, timestep by timestep.</param>
    /// <param name="length">Its timesteps.</param>
    /// <param name="timeline">Receives the time spent computing, transmitting, waiting and listening.</param>
    public OffloadOutcome Offload(BrokerConnection connection, Decision decision, short[] values, int length, RadioTimeline timeline) =>
        Send(connection, decision, values, length, timeline);

    /// <summary>Sends the rest of an input, with the state after what was computed of it, and waits for its answer or its time-out.</summary>
    /// <param name="connection">The connection to the broker.</param>
    /// <param name="decision">The gateway, the time-out and the latency budget.</param>
    /// <param name="values">The sequence, timestep by timestep.</param>
    /// <param name="done">Timesteps that are in the state already.</param>
    /// <param name="rest">Timesteps that remain, at least 1.</param>
    /// <param name="state">The state after the first; only read.</param>
    /// <param name="timeline">Receives the time spent computing, transmitting, waiting and listening.</param>
    public OffloadOutcome OffloadRest(
        BrokerConnection connection, Decision decision, short[] values, int done, int rest, NetworkState state, RadioTimeline timeline)
    {
        int count = state.ExportSize / 2;
        if (_request.State == null || _request.State.Length < count) _request.State = new short[count];
        state.CopyTo(_request.State);
        _request.StateCount = count;
        _request.FirstValue = done * _request.ValuesPerStep;
        OffloadOutcome outcome = Send(connection, decision, values, rest, timeline);
        _request.StateCount = 0;
        _request.FirstValue = 0;
        return outcome;
    }

    private OffloadOutcome Send(BrokerConnection connection, Decision decision, short[] values, int length, RadioTimeline timeline)
    {
        if (!connection.IsConnected)
        {
            _engine.OnConnectionChanged(Clock.NowUs());
            return OffloadOutcome.NotConnected;
        }
        long startUs = Clock.NowUs();
        GatewayCandidate gateway = decision.Gateway;
        lock (_lock) _request.Sequence++;
        _request.BudgetUs = (uint)decision.BudgetUs;
        _request.Values = values;
        _request.Length = length;
        // A few records together cost the gateway one message, where one by one they would cost it a message for each request.
        bool carriesTelemetry = Telemetry != null && Telemetry.IsDue(startUs, LinkKeeper.TelemetryAgeUs);
        byte[] payload = _request.Encode(carriesTelemetry ? Telemetry : null);
        string topic = RequestTopic(gateway.Id);

        _answered.Reset();
        lock (_lock) _isPending = true;
        long sentUs = Clock.NowUs();
        timeline.ComputeUs += sentUs - startUs;
        if (!connection.Publish(topic, payload, false))
        {
            lock (_lock) _isPending = false;
            _engine.OnConnectionChanged(Clock.NowUs());
            return OffloadOutcome.NotConnected;
        }
        Counters.Requests++;
        _lastSentAtUs = sentUs;
        _engine.OnEncoded(length, sentUs - startUs);
        _engine.OnSent(gateway, length, sentUs);
        bool isAnswered = Await(decision.TimeoutUs);
        long endUs = isAnswered ? _answeredAtUs : Clock.NowUs();
        int telemetryUs = _power.TransmitUs(payload.Length) - _power.TransmitUs(_request.Size);
        int transmitUs = _engine.TransmitUs(length) + telemetryUs;
        // A duty-cycled radio listens as long as one that stays up: closing the connection keeps it up for 200 ms after the answer.
        timeline.AddRequest(_power, transmitUs, endUs - sentUs - transmitUs, isAnswered);
        return isAnswered ? Complete(gateway, length, endUs - sentUs - telemetryUs, endUs) : GiveUp(gateway, endUs);
    }

    /// <summary>Returns the topic of requests to a gateway. It is kept, so that an offload does not make it again.</summary>
    private string RequestTopic(string gateway)
    {
        if (gateway != _topicGateway)
        {
            _requestTopic = Topics.Request(gateway, _settings.BoardId);
            _topicGateway = gateway;
        }
        return _requestTopic;
    }

    /// <inheritdoc/>
    public void OnMessage(string topic, byte[] payload, long nowUs)
    {
        switch (FrameFormat.TypeOf(payload))
        {
            case FrameType.Response: OnResponse(payload, nowUs); return;
            case FrameType.Pong: OnPong(payload, nowUs); return;
            // Statuses have a version of their own.
            default: OnStatus(topic, payload, nowUs); return;
        }
    }

    private void OnStatus(string topic, byte[] payload, long nowUs)
    {
        string gateway = GatewayOf(topic);
        if (gateway == null)
        {
            Counters.Malformed++;
            return;
        }
        // Without a model a status changes nothing. The main thread may release the engine meanwhile.
        MappingEngine engine = _engine;
        if (engine == null) return;
        if (_status.Decode(payload) != FrameError.None) Counters.Malformed++;
        else engine.OnStatus(gateway, _status, nowUs);
    }

    private static string[] EmptyTexts(int count)
    {
        var texts = new string[count];
        for (int i = 0; i < texts.Length; i++) texts[i] = "";
        return texts;
    }

    /// <summary>
    /// Returns the id of the gateway that publishes on a status topic, or null when the topic is not one. A board receives the same few topics
    /// again and again. Comparing two strings is one call into the CLR; parsing a topic is one call per letter.
    /// </summary>
    private string GatewayOf(string topic)
    {
        for (int i = 0; i < _statusTopics.Length; i++)
            if (topic == _statusTopics[i]) return _gateways[i];
        if (!Topics.IsStatus(topic, out string gateway)) return null;
        _statusTopics[_nextTopic] = topic;
        _gateways[_nextTopic] = gateway;
        _nextTopic = _nextTopic + 1 < _statusTopics.Length ? _nextTopic + 1 : 0;
        return gateway;
    }

    private bool Await(int timeoutUs)
    {
        // A refused or a lost request sets nothing; the event of an earlier request was reset before sending.
        _answered.WaitOne((timeoutUs + 999) / 1000, false);
        lock (_lock)
        {
            bool isAnswered = !_isPending;
            _isPending = false;
            return isAnswered;
        }
    }

    private OffloadOutcome Complete(GatewayCandidate gateway, int length, long elapsedUs, long nowUs)
    {
        _engine.OnResponse(gateway, _response, length, elapsedUs, nowUs);
        if (_response.Code == ResponseCode.Ok)
        {
            Counters.Answers++;
            return OffloadOutcome.Answered;
        }
        Counters.Refusals++;
        return OffloadOutcome.Refused;
    }

    private OffloadOutcome GiveUp(GatewayCandidate gateway, long nowUs)
    {
        Counters.Timeouts++;
        _engine.OnTimeout(gateway, nowUs);
        return OffloadOutcome.TimedOut;
    }

    private void OnResponse(byte[] payload, long nowUs)
    {
        if (_incoming.Decode(payload) != FrameError.None)
        {
            Counters.Malformed++;
            return;
        }
        lock (_lock)
        {
            if (!_isPending || _incoming.Session != _session || _incoming.Sequence != _request.Sequence)
            {
                Counters.LateAnswers++;
                return;
            }
            ResponseFrame answer = _incoming;
            _incoming = _response;
            _response = answer;
            _answeredAtUs = nowUs;
            _isPending = false;
        }
        _answered.Set();
    }

    private void OnPong(byte[] payload, long nowUs)
    {
        MappingEngine engine = _engine;
        if (_pong.Decode(payload) != FrameError.None || _pong.Session != _session) Counters.Malformed++;
        else if (engine != null) engine.OnPong(_pong, nowUs);
    }
}
