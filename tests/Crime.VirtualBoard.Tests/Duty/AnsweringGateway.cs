using System;
using System.Threading;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.VirtualBoard.Tests.Device;
using MQTTnet;
using MQTTnet.Server;

namespace Crime.VirtualBoard.Tests.Duty;

/// <summary>A gateway that answers every ping and every request at once, with class 1 unless it is told how to find it, on a real broker.</summary>
internal sealed class AnsweringGateway : IAsyncDisposable
{
    private const string Id = "gw";
    private const int HeartbeatMs = 500;

    private readonly TestBroker _broker;
    private readonly Timer _heartbeat;
    private readonly StatusFrame _status;
    private readonly Func<RequestFrame, int> _classify;

    private AnsweringGateway(TestBroker broker, uint modelId, Func<RequestFrame, int>? classify)
    {
        _broker = broker;
        _classify = classify ?? (_ => 1);
        _status = new StatusFrame { Online = true, Workers = 1, Session = 7, Capacity = 8 };
        _status.Add(modelId, 0).SetOwn(300, 20);
        broker.Server.InterceptingPublishAsync += OnPublishAsync;
        _heartbeat = new Timer(_ => SendStatus(), state: null, 0, HeartbeatMs);
    }

    public int Port => _broker.Port;

    public int Requests { get; private set; }

    public static async Task<AnsweringGateway> StartAsync(uint modelId, Func<RequestFrame, int>? classify = null) =>
        new(await TestBroker.StartAsync(), modelId, classify);

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
        if (ping.Decode(bytes) == FrameError.None)
        {
            await SendAsync(Topics.Response(board), new PongFrame { Session = ping.Session, Sequence = ping.Sequence }.Encode());
        }
        else if (request.Decode(bytes) == FrameError.None)
        {
            Requests++;
            var answer = new ResponseFrame
            {
                Code = ResponseCode.Ok, Session = request.Session, Sequence = request.Sequence, Label = _classify(request), ClassCount = 8,
                Logits = new short[8],
            };
            await SendAsync(Topics.Response(board), answer.Encode());
        }
    }

    private Task SendAsync(string topic, byte[] payload) => _broker.Server.InjectApplicationMessage(
        new InjectedMqttApplicationMessage(new MqttApplicationMessage { Topic = topic, PayloadSegment = payload }) { SenderClientId = Id });
}
