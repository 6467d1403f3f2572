using System;
using System.Buffers;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Crime.Costs;
using Crime.Frames;
using MQTTnet;
using MQTTnet.Protocol;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Running;

/// <summary>A gateway that answers when the test says so, and what it says. Pings it answers at once, over real TCP like everything.</summary>
internal sealed class ScriptedGateway : IAsyncDisposable
{
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
    private readonly Channel<(RequestFrame Request, MqttQualityOfServiceLevel Quality, string ReplyTopic)> _requests =
        Channel.CreateUnbounded<(RequestFrame, MqttQualityOfServiceLevel, string)>();

    private readonly string _id;
    private uint _statusCount;

    private ScriptedGateway(string id) => _id = id;

    public static async Task<ScriptedGateway> ConnectAsync(int port, string id)
    {
        var gateway = new ScriptedGateway(id);
        gateway._client.ApplicationMessageReceivedAsync += gateway.OnMessageAsync;
        await gateway._client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", port).WithClientId(id).Build());
        await gateway._client.SubscribeAsync(Topics.RequestFilter(id), MqttQualityOfServiceLevel.AtLeastOnce);
        return gateway;
    }

    /// <summary>Says that it computes a model, at a price.</summary>
    public Task OfferAsync(uint modelId, CostLine line)
    {
        var status = new StatusFrame { Online = true, Workers = 1, Session = 99, Sequence = ++_statusCount, Capacity = 10 };
        status.Add(modelId, 0).SetOwn((uint)line.AlphaNs, (uint)line.BetaUs);
        return _client.PublishBinaryAsync(Topics.Status(_id), status.Encode(), MqttQualityOfServiceLevel.AtLeastOnce, retain: true);
    }

    public async Task<(RequestFrame Request, MqttQualityOfServiceLevel Quality, string ReplyTopic)> RequestAsync()
    {
        using var timeout = new CancellationTokenSource(Deadline.Ms);
        try
        {
            return await _requests.Reader.ReadAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            throw new AssertionException($"no request within {Deadline.Ms} ms");
        }
    }

    public Task AnswerAsync(RequestFrame request, string replyTopic, ResponseFrame response)
    {
        (response.Session, response.Sequence) = (request.Session, request.Sequence);
        return _client.PublishBinaryAsync(replyTopic, response.Encode());
    }

    public async ValueTask DisposeAsync()
    {
        if (_client.IsConnected) await _client.DisconnectAsync();
        _client.Dispose();
    }

    private async Task OnMessageAsync(MqttApplicationMessageReceivedEventArgs received)
    {
        byte[] payload = received.ApplicationMessage.Payload.ToArray();
        string topic = received.ApplicationMessage.Topic;
        string replyTopic = Topics.Response(topic[(topic.LastIndexOf('/') + 1)..]);
        var ping = new PingFrame();
        if (ping.Decode(payload) == FrameError.None)
        {
            await _client.PublishBinaryAsync(replyTopic, new PongFrame { Session = ping.Session, Sequence = ping.Sequence }.Encode());
            return;
        }
        var request = new RequestFrame();
        if (request.Decode(payload) == FrameError.None)
            _requests.Writer.TryWrite((request, received.ApplicationMessage.QualityOfServiceLevel, replyTopic));
    }
}
