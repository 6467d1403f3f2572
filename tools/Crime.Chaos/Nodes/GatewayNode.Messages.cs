// The messages of a gateway: requests, answers, statuses and pings, on the connection to its boards and on the one to its upstreams.

using System;
using System.Collections.Generic;
using Crime.Chaos.Broker;
using Crime.Chaos.Invariants;
using Crime.Chaos.Models;
using Crime.Chaos.Planting;
using Crime.Chaos.Worlds;
using Crime.Frames;
using Crime.Gateway.Core.Actions;
using Crime.Gateway.Core.Queueing;

namespace Crime.Chaos.Nodes;

internal sealed partial class GatewayNode
{
    private const int FirstBackOffUs = 250_000;
    private const int MaxBackOffUs = 10_000_000;

    private readonly BrokerClient _client;
    private readonly BrokerClient _upClient;
    private readonly int[] _backOffUs = new int[2];
    private readonly Dictionary<string, (string ReplyTopic, string AddressedTo)> _senders = new(StringComparer.Ordinal);
    private readonly ResponseFrame _reply = new() { Logits = new short[TinyModel.ClassCount], FractionBits = TinyModel.LogitFractionBits };
    private readonly ResponseFrame _response = new();
    private readonly StatusFrame _status = new();
    private readonly PongFrame _pong = new();
    private readonly PingFrame _ping = new();
    private readonly CancelFrame _cancel = new();
    private Trail? _answered;

    /// <inheritdoc/>
    public override void OnConnect(BrokerClient client, bool isConnected)
    {
        int number = client == _client ? 0 : 1;
        if (!isConnected)
        {
            Reconnect(number);
            return;
        }
        _backOffUs[number] = FirstBackOffUs;
        if (client == _client) _core.OnConnectionChanged(isConnected: true);
        else _core.Relay!.OnConnectionChanged(0, isConnected: true, NowUs);
    }

    /// <inheritdoc/>
    public override void OnClosed(BrokerClient client)
    {
        if (!IsUp) return;
        if (client == _client) _core.OnConnectionChanged(isConnected: false);
        else _core.Relay!.OnConnectionChanged(0, isConnected: false, NowUs);
        Reconnect(client == _client ? 0 : 1);
    }

    /// <inheritdoc/>
    public override void OnMessage(BrokerClient client, Message message)
    {
        if (client == _upClient) OnUpstreamMessage(message);
        else if (FindSender(message.Topic) is { } sender) OnBoardMessage(message, sender.ReplyTopic, sender.AddressedTo);
        else _core.TryReceiveGroupStatus(message.Topic, message.Payload, NowUs);
    }

    /// <inheritdoc/>
    public void Reply(PendingRequest request, in Reply reply)
    {
        var asked = (ChaosRequest)request;
        Answer(asked, reply);
        if (World.Planted == PlantedFault.AnsweredTwice && World.OneIn(8)) Answer(asked, reply);
        Release(asked);
    }

    /// <inheritdoc/>
    public void Drop(PendingRequest request)
    {
        var asked = (ChaosRequest)request;
        _book.OnLeave(ref asked.IsOwned);
        Release(asked);
    }

    /// <inheritdoc/>
    public bool TryPassOn(PendingRequest request, in RelayAttempt attempt)
    {
        if (_upClient.Connection == 0) return false;
        var asked = (ChaosRequest)request;
        if (attempt.BudgetUs > Math.Max(asked.LeftUs(NowUs), 1))
            throw new InvariantException($"{Id}: passes a request on with {attempt.BudgetUs} us where {asked.LeftUs(NowUs)} us of its budget are left");
        _upClient.Publish(new Message(Topics.Request(attempt.Node, Id), Encode(request.Frame, attempt))
        {
            Quality = 1, Trail = asked.Message.Trail, Visit = asked.Visit,
        });
        AtOwn(attempt.GiveUpUs, GiveUpKind);
        return true;
    }

    /// <inheritdoc/>
    public void SendPing(string node, uint session, uint sequence) =>
        _upClient.Publish(new Message(Topics.Request(node, Id), new PingFrame { Session = session, Sequence = sequence }.Encode()));

    /// <inheritdoc/>
    public void PassOnCancel(string node, uint session, uint sequence) =>
        _upClient.Publish(new Message(Topics.Request(node, Id), new CancelFrame { Session = session, Sequence = sequence }.Encode()));

    /// <inheritdoc/>
    public void PublishStatus(in StatusPublication publication)
    {
        _client.Publish(new Message(publication.Topic, publication.Status.Encode()) { IsRetained = true, Gateway = Id });
        if (publication.GroupStatus is { } group)
            _client.Publish(new Message(publication.GroupTopic, group.Encode()) { IsRetained = true, Gateway = Traits.Group });
        if (publication.Regime is { } regime)
            _client.Publish(new Message(publication.RegimeTopic, regime.Encode()) { IsRetained = true, Gateway = _core.Group.IsUsed ? Traits.Group : Id });
    }

    /// <inheritdoc/>
    public void WakeWorker()
    {
        int worker = Array.IndexOf(_isBusy, false);
        if (worker >= 0 && !_isStopping) TryStart(worker);
    }

    /// <inheritdoc/>
    public void WakeClock()
    {
        long atUs = Math.Max(_core.Schedule.NextLookUs, NowUs);
        if (atUs >= _lookAtUs) return;
        _lookAtUs = atUs;
        AtOwn(atUs, LookKind, ++_lookTimer);
    }

    /// <summary>Not needed: every relayed request has a timer of its own, and pings have their tick.</summary>
    public void WakeRelay()
    {
    }

    private void Reconnect(int number)
    {
        After(_backOffUs[number], ReconnectKind, number);
        _backOffUs[number] = Math.Min(2 * _backOffUs[number], MaxBackOffUs);
    }

    private void Connect(BrokerClient client)
    {
        if (client == _upClient)
        {
            var filters = new List<TopicFilter> { new(Topics.Response(Id)) };
            foreach (string upstream in Traits.Upstreams) filters.Add(new TopicFilter(Topics.Status(upstream), wantsKept: true));
            client.Connect(null, [.. filters], watches: true);
            return;
        }
        var own = new List<TopicFilter> { new(Topics.RequestFilter(Id), quality: 1) };
        if (_core.Group.IsUsed)
        {
            own.Add(new TopicFilter(_core.Group.SharedRequestFilter, quality: 1));
            own.Add(new TopicFilter(_core.Group.MemberFilter, wantsKept: true));
            own.Add(new TopicFilter(_core.Group.StatusTopic, wantsKept: true));
        }
        var will = new Message(_core.Group.OwnStatusTopic, _core.NextOfflineStatus().Encode()) { IsRetained = true };
        client.Connect(will, [.. own], watches: true);
    }

    private void SayGoodbye()
    {
        _client.Publish(new Message(_core.Group.OwnStatusTopic, _core.NextOfflineStatus().Encode()) { IsRetained = true });
        byte[] offline = _core.NextOfflineStatus().Encode();
        if (!_core.Group.IsUsed) _client.Publish(new Message(_core.RegimeTopic, offline) { IsRetained = true });
        if (!_core.Group.IsUsed || _core.Group.OtherCount(NowUs) > 0) return;
        offline = _core.NextGroupOfflineStatus(NowUs).Encode();
        _client.Publish(new Message(_core.Group.StatusTopic, offline) { IsRetained = true });
        _client.Publish(new Message(_core.RegimeTopic, offline) { IsRetained = true });
    }

    private (string ReplyTopic, string AddressedTo)? FindSender(string topic)
    {
        if (_senders.TryGetValue(topic, out var known)) return known;
        string to = Id;
        if (!Topics.IsRequest(topic, Id, out string board))
        {
            to = Traits.Group;
            if (to.Length == 0 || !Topics.IsRequest(topic, to, out board)) return null;
        }
        return _senders[topic] = (Topics.Response(board), to);
    }

    private void OnBoardMessage(Message message, string replyTopic, string addressedTo)
    {
        if (FrameFormat.TypeOf(message.Payload) == FrameType.Ping)
        {
            OnPing(message, replyTopic, addressedTo);
            return;
        }
        if (FrameFormat.TypeOf(message.Payload) == FrameType.Cancel)
        {
            OnCancel(message, replyTopic);
            return;
        }
        ChaosRequest request = _unused.Count > 0 ? _unused.Pop() : new ChaosRequest();
        FrameError error = request.Frame.Decode(message.Payload);
        if (error != FrameError.None) throw new InvariantException($"{Id}: a request cannot be read: {error}");
        request.Message = message;
        request.ReplyTopic = replyTopic;
        request.AddressedTo = addressedTo;
        request.IsForGroup = addressedTo != Id;
        request.Visit = Visit.Extend(message.Visit, Id);
        request.ArrivedBudgetUs = request.Frame.BudgetUs;
        request.EnteredUs = NowUs;
        request.WasCancelled = false;
        if (World.Planted == PlantedFault.BudgetIgnored) request.Frame.BudgetUs = 0;
        _book.OnEnter(ref request.IsOwned);
        World.DeepestVisit = Math.Max(World.DeepestVisit, request.Visit.Depth);
        if (message.Trail?.Input != null) World.RequestEntered?.Invoke(this);
        _core.OnRequest(request, NowUs);
    }

    private void OnCancel(Message message, string replyTopic)
    {
        if (_cancel.Decode(message.Payload) != FrameError.None) throw new InvariantException($"{Id}: a cancellation cannot be read");
        _core.OnCancel(request => IsMeant((ChaosRequest)request, replyTopic), NowUs);
        _client.Acknowledge(message);
    }

    private bool IsMeant(ChaosRequest request, string replyTopic)
    {
        if (request.Frame.Session != _cancel.Session || request.Frame.Sequence != _cancel.Sequence || request.ReplyTopic != replyTopic) return false;
        request.WasCancelled = true;
        return World.Planted != PlantedFault.CancelledComputed;
    }

    private void OnPing(Message message, string replyTopic, string addressedTo)
    {
        if (_ping.Decode(message.Payload) != FrameError.None) throw new InvariantException($"{Id}: a ping cannot be read");
        ReportedLoad load = _core.Load.Read(addressedTo != Id, NowUs);
        _pong.Session = _ping.Session;
        _pong.Sequence = _ping.Sequence;
        _pong.Depth = load.Depth;
        _pong.BacklogUs = load.BacklogUs;
        _client.Publish(new Message(replyTopic, _pong.Encode()) { Gateway = addressedTo });
        _client.Acknowledge(message);
    }

    private void OnUpstreamMessage(Message message)
    {
        if (message.Gateway != null && !message.IsKept)
        {
            foreach (TrustWatch trust in _trust)
            {
                LastReceived received = trust.Of(message.Gateway);
                received.AtUs = NowUs;
                if (!message.IsRetained) received.MeasuredAtUs = NowUs;
            }
        }
        if (Topics.IsStatus(message.Topic, out string node))
        {
            if (_status.Decode(message.Payload) != FrameError.None) throw new InvariantException($"{Id}: a status cannot be read");
            _core.Relay!.OnStatus(node, _status, NowUs);
        }
        else if (FrameFormat.TypeOf(message.Payload) == FrameType.Pong)
        {
            if (_pong.Decode(message.Payload) != FrameError.None) throw new InvariantException($"{Id}: a pong cannot be read");
            _core.Relay!.OnPong(_pong, NowUs);
        }
        else
        {
            if (_response.Decode(message.Payload) != FrameError.None) throw new InvariantException($"{Id}: an answer cannot be read");
            _answered = message.Trail;
            _core.Relay!.OnResponse(0, _response, NowUs);
            _answered = null;
        }
    }

    private void Answer(ChaosRequest asked, in Reply reply)
    {
        _book.OnLeave(ref asked.IsOwned);
        if (reply.Upstream != null && _answered != asked.Message.Trail) throw new InvariantException($"{Id}: returns the answer to another request");
        if (reply.Code == ResponseCode.Cancelled) World.Tally.Add(Outcome.Cancelled);
        _reply.Code = reply.Code;
        _reply.Session = asked.Frame.Session;
        _reply.Sequence = asked.Frame.Sequence;
        _reply.WaitUs = reply.WaitUs;
        _reply.ServiceUs = reply.ServiceUs;
        _reply.Depth = reply.Load.Depth;
        _reply.BacklogUs = reply.Load.BacklogUs;
        _reply.RelayCount = reply.RelayCount;
        bool isOk = reply.Code == ResponseCode.Ok;
        _reply.ClassCount = isOk ? TinyModel.ClassCount : 0;
        _reply.Label = !isOk ? 0 : reply.Upstream?.Label ?? asked.Label;
        if (isOk) Array.Copy(reply.Upstream?.Logits ?? asked.Logits, _reply.Logits, TinyModel.ClassCount);
        _client.Publish(new Message(asked.ReplyTopic, _reply.Encode()) { Gateway = asked.AddressedTo, Trail = asked.Message.Trail });
    }

    private void Release(ChaosRequest request)
    {
        _client.Acknowledge(request.Message);
        request.Model = null;
        _unused.Push(request);
    }

    /// <summary>The request as the upstream gets it. Afterwards the frame holds the sender's fields again.</summary>
    private byte[] Encode(RequestFrame frame, in RelayAttempt attempt)
    {
        (uint session, uint sequence, uint budgetUs) = (frame.Session, frame.Sequence, frame.BudgetUs);
        int visitedCount = frame.VisitedCount;
        if (World.Planted == PlantedFault.RelayLoop) frame.VisitedCount = 0;
        else frame.Visited[frame.VisitedCount++] = attempt.VisitedKey;
        (frame.Session, frame.Sequence, frame.BudgetUs) = (attempt.Session, attempt.Sequence, attempt.BudgetUs);
        byte[] payload = frame.Encode();
        frame.VisitedCount = visitedCount;
        (frame.Session, frame.Sequence, frame.BudgetUs) = (session, sequence, budgetUs);
        return payload;
    }
}
