// The network side of a board: the link's state machine, requests on their way out, and messages on their way in.

using System;
using Crime.Chaos.Broker;
using Crime.Chaos.Invariants;
using Crime.Chaos.Models;
using Crime.Chaos.Planting;
using Crime.Chaos.Worlds;
using Crime.Frames;
using Crime.Mapping;
using Crime.Node;

namespace Crime.Chaos.Nodes;

internal sealed partial class BoardNode
{
    private const int LongestLookUs = 1_000_000;

    private readonly BrokerClient _client;
    private RequestFrame _frame = new();
    private LinkFlow _link = null!;
    private TelemetryBuffer? _telemetry;
    private byte[]? _memory;
    private TopicFilter[]? _filters;
    private bool _isJoining;
    private bool _isConnecting;
    private int _linkTimer;
    private long _linkAtUs;
    private int _modelIndex;
    private Trail? _trail;
    private Trail? _earlierTrail;
    private bool _isAnswerUnread;
    private int _airUs;
    private int _sentSlot;

    /// <inheritdoc/>
    public override void OnConnect(BrokerClient client, bool isConnected)
    {
        _isConnecting = false;
        _link.OnConnected(isConnected, NowUs);
        if (isConnected)
        {
            var birth = new PresenceFrame { Online = true, Objective = _traits.Objective, Session = _request.Session, ModelId = _model.Id };
            _client.Publish(new Message(Topics.Presence(Id), birth.Encode()) { IsRetained = true });
        }
        RunLink();
    }

    /// <inheritdoc/>
    public override void OnClosed(BrokerClient client)
    {
        if (!IsUp) return;
        _link.OnClosed(NowUs);
        RunLink();
    }

    /// <inheritdoc/>
    public override void OnMessage(BrokerClient client, Message message)
    {
        _link.OnMessage(NowUs);
        Note(message);
        bool isAnswer = _inbox.OnMessage(message.Topic, Arriving(message), NowUs);
        if (!isAnswer && message.Trail != null) World.Tally.Add(Outcome.Late);
        if (isAnswer) OnAnswer(message);
        else if (_isRunning && _flow.Action is InputAction.AwaitRadio or InputAction.WakeRadio) Look(_flow.OnRadio(NowUs));
        else if (_isRunning && _flow.Action == InputAction.AwaitRetry) Look(_flow.OnRetry(NowUs));
        ArmLink();
    }

    /// <summary>Notes what the board has received, beside its cores.</summary>
    private void Note(Message message)
    {
        if (message.Gateway == null || message.IsKept) return;
        LastReceived received = _trust.Of(message.Gateway);
        received.AtUs = NowUs;
        // Only answers and pongs are not retained.
        if (!message.IsRetained) received.MeasuredAtUs = NowUs;
    }

    private byte[] Arriving(Message message)
    {
        if (World.Planted != PlantedFault.LateAnswerAccepted || message.Trail == null || !_request.IsOpen) return message.Payload;
        var late = new ResponseFrame();
        if (late.Decode(message.Payload) != FrameError.None) return message.Payload;
        late.Session = _request.Session;
        late.Sequence = _request.Sequence;
        return late.Encode();
    }

    private void OnAnswer(Message message)
    {
        bool isEarlier = _flow.Hedge.IsRepeated && message.Trail == _earlierTrail;
        if (message.Trail != _trail && !isEarlier) throw new InvariantException($"{Id}: accepts the answer to another request");
        if (World.Planted == PlantedFault.AnswerDropped && World.OneIn(4)) return;
        ResponseFrame response = _request.Answer;
        if (response.Code == ResponseCode.Ok) CheckAnswer(response);
        else World.Tally.Add(Outcome.Refused);
        // A board that computes sees the answer after the slice, and one that writes another request once that has left.
        _isAnswerUnread = !_flow.Hedge.IsRunning;
        if (_flow.Action != InputAction.AwaitAnswer) return;
        if (World.Planted == PlantedFault.SlotReused && _sentSlot >= 0) _flow.Decision.Gateway = _engine.Candidate(_sentSlot);
        ReadAnswer();
    }

    /// <summary>Reports the answer. That to a repeated request may come before the repetition has left.</summary>
    private void ReadAnswer()
    {
        long leftUs = _book.SinceUs + _airUs;
        bool isEarlier = _request.Answer.Sequence != _request.Sequence, isOk = _request.Answer.Code == ResponseCode.Ok;
        if (isEarlier && NowUs < leftUs)
        {
            AtOwn(leftUs, FlowKind, _timer);
            return;
        }
        _isAnswerUnread = false;
        if (!isEarlier || isOk) _book.EndRequest(_airUs, true, isEarlier ? Math.Max(_request.AnsweredAtUs, leftUs) : _request.AnsweredAtUs);
        Do(_flow.OnAnswer(_request.Answer, _request.AnsweredAtUs, NowUs));
    }

    private void CheckAnswer(ResponseFrame response)
    {
        ChaosInput input = _trail!.Input!;
        GatewayAnswer right = TinyModel.All[_trail.Model].AnswerTo(input.Sequence, _trail.Done, input.Length);
        if (response.Label == right.Label && response.ClassCount == right.Logits.Length
            && right.Logits.AsSpan().SequenceEqual(response.Logits.AsSpan(0, response.ClassCount))) return;
        throw new InvariantException(
            $"{Id}: input {input.Number}, of which a gateway computes the timesteps from {_trail.Done} on, does not end as it does there without a fault");
    }

    private void Cancel()
    {
        World.Tally.Add(Outcome.Overtaken);
        bool isSent = _link.IsConnected;
        if (isSent)
        {
            byte[] payload = new CancelFrame { Session = _request.Session, Sequence = _flow.Hedge.CancelSequence }.Encode();
            _client.Publish(new Message(Topics.Request(_flow.Hedge.CancelGateway.Id, Id), payload), _traits.Power.TransmitUs(payload.Length));
        }
        _flow.Hedge.OnCancelled(isSent, NowUs);
        ArmLink();
    }

    /// <summary>Goes on when the action has changed; a timer stays as it is otherwise.</summary>
    private void Look(InputAction action)
    {
        if (action is not (InputAction.AwaitRadio or InputAction.AwaitRetry)) Do(action);
    }

    private void OnEncoded()
    {
        GatewayCandidate gateway = _flow.Decision.Gateway;
        if (!_link.IsConnected)
        {
            World.Tally.Add(Outcome.NotSent);
            Do(_flow.OnNotSent(NowUs));
            return;
        }
        ChaosInput input = _input!;
        int done = _flow.StepStart, length = _flow.StepCount;
        if (!_flow.Hedge.IsRepeated) _earlierTrail = null;
        else _earlierTrail = _trail;
        _frame.Sequence = _flow.Hedge.IsRepeated ? _request.OpenFurther(NowUs) : _request.Open(NowUs);
        _frame.BudgetUs = (uint)_flow.Decision.BudgetUs;
        _frame.Values = TinyModel.Values(input.Sequence);
        _frame.Length = length;
        _frame.FirstValue = done * TinyModel.Width;
        _frame.StateCount = done == 0 ? 0 : _model.StateCount;
        if (done > 0)
        {
            _frame.State = new short[_model.StateCount];
            _kernel!.State.CopyTo(_frame.State);
            if (World.Planted == PlantedFault.StreamFromWrongStep) _frame.FirstValue -= TinyModel.Width;
        }
        bool carriesTelemetry = _telemetry != null && _telemetry.IsDue(NowUs, LinkFlow.TelemetryAgeUs);
        byte[] payload = _frame.Encode(carriesTelemetry ? _telemetry : null);
        _airUs = _traits.Power.TransmitUs(payload.Length);
        _trail = new Trail(World.NextRequest(), input, _modelIndex, done);
        _sentSlot = SlotOf(gateway);
        _client.Publish(new Message(Topics.Request(gateway.Id, Id), payload) { Trail = _trail }, _airUs);
        // The state of a stream and telemetry.
        int extraSizeBytes = payload.Length - RequestFrame.HeaderSize - length * BoardTraits.BytesPerStep;
        InputAction next = _flow.OnSent(_startedUs, NowUs, extraSizeBytes);
        _book.Enter(BoardState.Requests, NowUs);
        if (_isAnswerUnread) ReadAnswer();
        else Do(next);
    }

    /// <summary>The slot of a gateway; -1 when it has lost its slot since the decision.</summary>
    private int SlotOf(GatewayCandidate gateway)
    {
        for (int i = 0; i < _engine.CandidateCount; i++)
            if (_engine.Candidate(i) == gateway) return i;
        return -1;
    }

    private void OnJoined()
    {
        _isJoining = false;
        _link.OnJoined(Link.IsUp, NowUs);
        RunLink();
    }

    /// <summary>Does what the link needs until it has to wait.</summary>
    private void RunLink()
    {
        while (!_isJoining && !_isConnecting)
        {
            switch (_link.Next(NowUs))
            {
                case LinkAction.SwitchOff:
                    _link.OnSwitchedOff();
                    _linkTimer++;
                    return;
                case LinkAction.Join:
                    _isJoining = true;
                    After(World.Between(20_000, 1_500_000), JoinedKind);
                    return;
                case LinkAction.Connect: Connect(); return;
                case LinkAction.Ping: Ping(); break;
                case LinkAction.Unsubscribe:
                    _client.Unsubscribe(_filters![1]);
                    _link.OnUnsubscribed(NowUs);
                    break;
                case LinkAction.Leave:
                    _client.Leave();
                    _link.OnClosed(NowUs);
                    break;
                case LinkAction.Abandon:
                    _client.Abandon(isNoticed: false);
                    _link.OnClosed(NowUs);
                    break;
                default:
                    _linkAtUs = long.MaxValue;
                    ArmLink();
                    return;
            }
        }
    }

    private void Connect()
    {
        _isConnecting = true;
        _filters ??= [new TopicFilter(Topics.Response(Id)), new TopicFilter(Topics.StatusFilter, wantsKept: true)];
        byte[] will = new byte[PresenceFrame.Will.Length];
        for (int i = 0; i < will.Length; i++) will[i] = (byte)PresenceFrame.Will[i];
        _client.Connect(new Message(Topics.Presence(Id), will) { IsRetained = true }, _filters, watches: false);
    }

    private void Ping()
    {
        var ping = new PingFrame { Session = _request.Session, Sequence = _link.PingSequence };
        byte[] payload = ping.Encode(_telemetry);
        _client.Publish(new Message(Topics.Request(_link.PingGateway.Id, Id), payload), _traits.Power.TransmitUs(payload.Length));
    }

    /// <summary>Looks again when there may be something to do: the ticks in between find nothing.</summary>
    private void ArmLink()
    {
        if (!_link.IsConnected || _isConnecting)
        {
            if (!_isJoining && !_isConnecting && _linkAtUs == long.MaxValue) Arm(_link.UntilUs);
            return;
        }
        long atUs = Math.Min(_engine.NextPingUs(), NowUs + LongestLookUs);
        if (_telemetry is { SizeBytes: > 0 }) atUs = Math.Min(atUs, NowUs + LinkFlow.QuietUs);
        atUs = Math.Max(atUs, NowUs + LinkFlow.TickUs);
        if (atUs < _linkAtUs) Arm(atUs);
    }

    private void Arm(long atUs)
    {
        _linkAtUs = atUs;
        AtOwn(atUs, LinkKind, ++_linkTimer);
    }
}
