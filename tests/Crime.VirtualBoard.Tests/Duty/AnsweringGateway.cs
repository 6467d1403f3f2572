using System;
using System.Collections.Concurrent;
using System.Threading;
using System.Threading.Tasks;
using Crime.Frames;
using MQTTnet;
using MQTTnet.Server;

namespace Crime.VirtualBoard.Tests.Duty;

/// <summary>A gateway that answers every ping and every request at once with class 1, on a real broker.</summary>
internal sealed class AnsweringGateway : IAsyncDisposable
{
    private const string Id = "gw";
    private const int HeartbeatMs = 500;

    private readonly TestBroker _broker;
    private readonly Timer _heartbeat;
    private readonly StatusFrame _status;

    private AnsweringGateway(TestBroker broker, uint modelId)
    {
        _broker = broker;
        _status = new StatusFrame { Online = true, Workers = 1, Session = 7, Capacity = 8 };
        _status.Add(modelId, 0).SetOwn(300, 20);
        broker.Server.InterceptingPublishAsync += OnPublishAsync;
        broker.Server.InterceptingSubscriptionAsync += e =>
        {
            Subscriptions.Enqueue(e.TopicFilter.Topic);
            return Task.CompletedTask;
        };
        broker.Server.ClientConnectedAsync += _ =>
        {
            Connections++;
            return Task.CompletedTask;
        };
        _heartbeat = new Timer(_ => SendStatus(), state: null, 0, HeartbeatMs);
    }

    public int Port => _broker.Port;

    public int Requests { get; private set; }

    /// <summary>Connections that clients have made.</summary>
    public int Connections { get; private set; }

    /// <summary>Sequence numbers of the requests that boards have cancelled, in order of arrival.</summary>
    public ConcurrentQueue<uint> Cancelled { get; } = new();

    /// <summary>True to answer a request only after its cancellation: every answer is late then.</summary>
    public bool AnswersLate { get; init; }

    public static async Task<AnsweringGateway> StartAsync(uint modelId, bool answersLate = false) =>
        new(await TestBroker.StartAsync(), modelId) { AnswersLate = answersLate };

    /// <summary>Topics that boards have subscribed to.</summary>
    public ConcurrentQueue<string> Subscriptions { get; } = new();

    /// <summary>Publishes the slow status, which the broker keeps.</summary>
    public Task SendRegimeAsync(uint backlogUs)
    {
        var slow = new StatusFrame { Online = true, Workers = 1, Session = 7, Sequence = ++_status.Sequence, Capacity = 8, BacklogUs = backlogUs };
        slow.Add(_status.ModelId[0], 0).SetOwn(300, 20);
        return SendAsync(Topics.Regime(Id), slow.Encode(), isRetained: true);
    }

    public async ValueTask DisposeAsync()
    {
        await _heartbeat.DisposeAsync();
        await _broker.DisposeAsync();
    }

    private void SendStatus()
    {
        _status.Sequence++;
        _ = SendAsync(Topics.Status(Id), _status.Encode());
    }

    private async Task OnPublishAsync(InterceptingPublishEventArgs e)
    {
        if (!Topics.IsRequest(e.ApplicationMessage.Topic, Id, out string board)) return;
        byte[] bytes = e.ApplicationMessage.Payload.First.ToArray();
        var ping = new PingFrame();
        var request = new RequestFrame();
        var cancel = new CancelFrame();
        if (ping.Decode(bytes) == FrameError.None)
        {
            await SendAsync(Topics.Response(board), new PongFrame { Session = ping.Session, Sequence = ping.Sequence }.Encode());
        }
        else if (request.Decode(bytes) == FrameError.None)
        {
            Requests++;
            if (!AnswersLate) await AnswerAsync(board, request.Session, request.Sequence);
        }
        else if (cancel.Decode(bytes) == FrameError.None)
        {
            Cancelled.Enqueue(cancel.Sequence);
            if (AnswersLate) await AnswerAsync(board, cancel.Session, cancel.Sequence);
        }
    }

    private Task AnswerAsync(string board, uint session, uint sequence)
    {
        var answer = new ResponseFrame
        {
            Code = ResponseCode.Ok, Session = session, Sequence = sequence, Label = 1, ClassCount = 3, Logits = new short[3],
        };
        return SendAsync(Topics.Response(board), answer.Encode());
    }

    private Task SendAsync(string topic, byte[] payload, bool isRetained = false) => _broker.Server.InjectApplicationMessage(
        new InjectedMqttApplicationMessage(new MqttApplicationMessage { Topic = topic, PayloadSegment = payload, Retain = isRetained }) { SenderClientId = Id });
}
