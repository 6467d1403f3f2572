// Writes the requests of a board and sends them: a whole input, or the rest of a stream with the state of the network.

using Crime.Device.Settings;
using Crime.Frames;
using Crime.Kernel;
using Crime.Model;
using Crime.Node;

namespace Crime.Device.Offload;

/// <summary>Sends requests. Used by the main thread.</summary>
public sealed class RequestSender
{
    private readonly BoardSettings _settings;
    private readonly BrokerConnection _connection;
    private readonly Inbox _inbox;
    private readonly TelemetryBuffer _telemetry;
    private readonly RequestFrame _request = new RequestFrame();

    // The gateway of the last request, and the topic of its requests.
    private string _topicGateway = "";
    private string _requestTopic = "";

    /// <summary>Makes a sender without a model.</summary>
    /// <param name="settings">The board's settings.</param>
    /// <param name="connection">The connection to the broker.</param>
    /// <param name="inbox">Receives the answers.</param>
    /// <param name="link">Session of the requests, and the telemetry that they carry.</param>
    public RequestSender(BoardSettings settings, BrokerConnection connection, Inbox inbox, LinkFlow link)
    {
        _settings = settings;
        _connection = connection;
        _inbox = inbox;
        _telemetry = link.Telemetry;
        _request.Session = link.Session;
    }

    /// <summary>True while messages can be sent.</summary>
    public bool IsConnected => _connection.IsConnected;

    /// <summary>Bytes of a request per timestep.</summary>
    public int BytesPerStep => _request.ValuesPerStep * RequestFrame.ValueSize(_request.Encoding);

    /// <summary>Sets the model that requests are for.</summary>
    public void SetModel(ModelFile model)
    {
        _request.ModelId = model.Id;
        _request.ValuesPerStep = model.ValuesPerStep;
        _request.Encoding = model.Input == InputKind.Features ? SequenceEncoding.Int16
            : model.VocabularyCount <= 256 ? SequenceEncoding.Token8 : SequenceEncoding.Token16;
        _request.FractionBits = model.Input == InputKind.Features ? model.InputFractionBits : 0;
    }

    /// <summary>Writes a request without sending it, to measure the time that this takes.</summary>
    /// <param name="values">The sequence, timestep by timestep.</param>
    /// <param name="length">Its timesteps.</param>
    public byte[] Encode(short[] values, int length)
    {
        _request.Values = values;
        _request.Length = length;
        return _request.Encode();
    }

    /// <summary>Does <see cref="InputAction.Send"/>.</summary>
    /// <param name="flow">The input.</param>
    /// <param name="values">Its sequence, timestep by timestep.</param>
    /// <param name="state">The state after the timesteps that the board has computed; only read. Null when it has computed none.</param>
    public void Send(InputFlow flow, short[] values, NetworkState state)
    {
        if (!_connection.IsConnected)
        {
            flow.OnNotSent(Clock.NowUs());
            return;
        }
        long startUs = Clock.NowUs();
        TakeState(state);
        _request.FirstValue = flow.StepStart * _request.ValuesPerStep;
        _request.BudgetUs = (uint)flow.Decision.BudgetUs;
        _request.Values = values;
        _request.Length = flow.StepCount;
        _request.Sequence = _inbox.Open();
        // A few records together cost the gateway one message. One by one they would cost it a message each.
        bool carriesTelemetry = _telemetry != null && _telemetry.IsDue(startUs, LinkFlow.TelemetryAgeUs);
        byte[] payload = _request.Encode(carriesTelemetry ? _telemetry : null);
        string topic = RequestTopic(flow.Decision.Gateway.Id);
        long sentUs = Clock.NowUs();
        if (_connection.Publish(topic, payload, false))
        {
            flow.OnSent(startUs, sentUs, payload.Length - RequestFrame.HeaderSize - flow.StepCount * BytesPerStep);
            return;
        }
        _inbox.Close();
        flow.OnNotSent(Clock.NowUs());
    }

    /// <summary>Does <see cref="InputAction.AwaitAnswer"/>.</summary>
    /// <param name="flow">The input.</param>
    public void Await(InputFlow flow)
    {
        bool isAnswered = _inbox.Await(flow.UntilUs - Clock.NowUs());
        long nowUs = Clock.NowUs();
        if (isAnswered) flow.OnAnswer(_inbox.Answer, _inbox.AnsweredAtUs, nowUs);
        else flow.OnTimeout(nowUs);
    }

    private void TakeState(NetworkState state)
    {
        int count = state == null ? 0 : state.ExportSize / 2;
        _request.StateCount = count;
        if (count == 0) return;
        if (_request.State == null || _request.State.Length < count) _request.State = new short[count];
        state.CopyTo(_request.State);
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
}
