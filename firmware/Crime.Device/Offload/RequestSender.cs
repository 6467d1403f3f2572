// Writes the requests of a board and sends them: a whole input, or the rest of a stream with the state of the network.

using System;
using Crime.Device.Settings;
using Crime.Frames;
using Crime.Kernel;
using Crime.Mapping;
using Crime.Model;
using Crime.Node;

namespace Crime.Device.Offload;

/// <summary>Sends requests. Used by the main thread.</summary>
internal sealed class RequestSender
{
    private readonly BoardSettings _settings;
    private readonly BrokerConnection _connection;
    private readonly Inbox _inbox;
    private readonly TelemetryBuffer _telemetry;
    private readonly RequestFrame _request = new RequestFrame();
    private readonly ResultFrame _result;

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
        _request.WantsReceipt = settings.ResultsAtGateway;
        Origin = link.Session;
        if (settings.ResultsAtGateway) _result = new ResultFrame { Session = link.Session };
    }

    /// <summary>Session of the start that has read the inputs.</summary>
    public uint Origin { get; set; }

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
        // The last request may have been the rest of a stream.
        _request.FirstValue = 0;
        TakeState(null);
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
        SetIdentity(Origin, flow.Result.Input, startUs - flow.ArrivedUs, flow.WasSent);
        _request.FirstValue = flow.StepStart * _request.ValuesPerStep;
        _request.Sequence = flow.Hedge.IsRepeated ? _inbox.OpenFurther() : _inbox.Open();
        if (Publish(flow.Decision, values, flow.StepCount, startUs, out long sentUs, out int extraSizeBytes)) flow.OnSent(startUs, sentUs, extraSizeBytes);
        else flow.OnNotSent(Clock.NowUs());
    }

    /// <summary>Does <see cref="InputAction.Send"/> of a batch.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="values">The sequence of its input, timestep by timestep.</param>
    /// <param name="kept">Has the input.</param>
    public void Send(BatchFlow batch, short[] values, KeptInputs kept)
    {
        long startUs = Clock.NowUs();
        int index = batch.Index, length = kept.Length(index);
        TakeState(null);
        SetIdentity(kept.OriginOf(index), kept.Input(index), startUs - kept.ArrivedUs(index), kept.WasSent(index));
        _request.FirstValue = 0;
        uint sequence = batch.IsAlone ? _inbox.Open() : _inbox.OpenFurther();
        _request.Sequence = sequence;
        if (Publish(batch.Decision, values, length, startUs, out long sentUs, out int extraSizeBytes)) batch.OnSent(sequence, startUs, sentUs, extraSizeBytes);
        else batch.OnNotSent(Clock.NowUs());
    }

    /// <summary>Does <see cref="InputAction.Send"/> of a batch for a result of the board.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="kept">Has the result.</param>
    public void SendResult(BatchFlow batch, KeptInputs kept)
    {
        long startUs = Clock.NowUs();
        int index = batch.Index;
        uint sequence = batch.IsAlone ? _inbox.Open() : _inbox.OpenFurther();
        _result.Sequence = sequence;
        _result.Origin = kept.OriginOf(index);
        _result.Input = kept.Input(index);
        _result.AgeMs = (uint)((startUs - kept.ArrivedUs(index)) / 1000);
        _result.IsRepeat = kept.WasSent(index);
        _result.ModelId = _request.ModelId;
        _result.Label = kept.Label(index);
        _result.Length = kept.Length(index);
        _result.Target = kept.Target(index);
        byte[] payload = _result.Encode();
        string topic = RequestTopic(batch.Decision.Gateway.Id);
        long sentUs = Clock.NowUs();
        if (_connection.IsConnected && _connection.Publish(topic, payload, false))
        {
            batch.OnSent(sequence, startUs, sentUs, 0);
            return;
        }
        _inbox.CloseLast();
        batch.OnNotSent(Clock.NowUs());
    }

    /// <summary>Does <see cref="InputAction.AwaitAnswer"/>.</summary>
    /// <param name="flow">The input.</param>
    public void Await(InputFlow flow)
    {
        bool isOver = !_inbox.Await(flow.UntilUs - Clock.NowUs());
        // An answer that was accepted before the request is closed counts.
        if (isOver && !flow.Hedge.IsPlanned) _inbox.Close();
        long nowUs = Clock.NowUs();
        if (_inbox.HasAnswer) flow.OnAnswer(_inbox.Answer, _inbox.AnsweredAtUs, nowUs);
        else if (!isOver) return;
        // The timer of a wait may be a little ahead of the clock.
        else if (flow.Hedge.IsPlanned) flow.OnHedge(nowUs < flow.UntilUs ? flow.UntilUs : nowUs);
        else flow.OnTimeout(nowUs);
    }

    /// <summary>Cancels the request that the board's own result has overtaken. Without memory or connection the gateway computes it for nothing.</summary>
    /// <param name="flow">The input.</param>
    public void Cancel(InputFlow flow)
    {
        bool isSent = false;
        try
        {
            var cancel = new CancelFrame { Session = _request.Session, Sequence = flow.Hedge.CancelSequence };
            isSent = _connection.IsConnected && _connection.Publish(RequestTopic(flow.Hedge.CancelGateway.Id), cancel.Encode(), false);
        }
        catch (OutOfMemoryException)
        {
            // The step has its result: it must not be repeated.
        }
        flow.Hedge.OnCancelled(isSent, Clock.NowUs());
    }

    /// <summary>Does <see cref="InputAction.AwaitAnswer"/> of a batch.</summary>
    /// <param name="batch">The batch.</param>
    public void Await(BatchFlow batch)
    {
        _inbox.Await(batch.UntilUs - Clock.NowUs());
        if (!_inbox.HasAnswer)
        {
            if (Clock.NowUs() >= batch.UntilUs) batch.OnTimeout(Clock.NowUs());
            return;
        }
        while (_inbox.HasAnswer)
        {
            batch.OnAnswer(_inbox.Answer, _inbox.AnsweredAtUs);
            _inbox.Release();
        }
    }

    /// <summary>Writes a request and hands it to the MQTT client.</summary>
    /// <returns>False when there is no connection; the request is closed then.</returns>
    private bool Publish(Decision decision, short[] values, int length, long startUs, out long sentUs, out int extraSizeBytes)
    {
        _request.BudgetUs = (uint)decision.BudgetUs;
        _request.Values = values;
        _request.Length = length;
        // A few records together cost the gateway one message. One by one they would cost it a message each.
        bool carriesTelemetry = _telemetry != null && _telemetry.IsDue(startUs, LinkFlow.TelemetryAgeUs);
        byte[] payload = _request.Encode(carriesTelemetry ? _telemetry : null);
        string topic = RequestTopic(decision.Gateway.Id);
        sentUs = Clock.NowUs();
        extraSizeBytes = payload.Length - RequestFrame.HeaderSize - length * BytesPerStep;
        if (_connection.IsConnected && _connection.Publish(topic, payload, false)) return true;
        _inbox.CloseLast();
        return false;
    }

    private void SetIdentity(uint origin, uint input, long ageUs, bool isRepeat)
    {
        _request.Origin = origin;
        _request.Input = input;
        _request.AgeMs = (uint)(ageUs / 1000);
        _request.IsRepeat = isRepeat;
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
