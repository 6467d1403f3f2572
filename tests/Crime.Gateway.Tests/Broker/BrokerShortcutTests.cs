using System;
using System.Buffers;
using System.Linq;
using System.Threading.Channels;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Tests.Running;
using Crime.Model;
using MQTTnet;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Broker;

/// <summary>The shortcut past the broker's dispatch: whoever else listens misses nothing, and nobody gets anything twice.</summary>
public sealed class BrokerShortcutTests
{
    private ModelFolder _models = null!;
    private RunningGateway _gateway = null!;
    private TestBoard _board = null!;
    private ModelFile _model = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _models = new ModelFolder(("features.crime", TestModels.Features));
        _model = TestModels.Parse(TestModels.Features);
        _gateway = await RunningGateway.StartAsync(RunningGateway.Options(_models.Path));
        _board = await TestBoard.ConnectAsync(_gateway.BrokerPort);
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _board.DisposeAsync();
        await _gateway.DisposeAsync();
        _models.Dispose();
    }

    [TestCase("crime/v1/#")]
    [TestCase("crime/v1/+/#")]
    [TestCase("crime/v1/request/+/+", "crime/v1/response/+", "crime/v1/telemetry/board")]
    public async Task AListenerHearsRequestsAnswersAndTelemetry(params string[] filters)
    {
        Channel<MqttApplicationMessage> heard = Channel.CreateUnbounded<MqttApplicationMessage>();
        using (IMqttClient listener = await ListenAsync(heard, filters))
        {
            RequestFrame request = _board.Request(_model, 9);
            await _board.AskAsync(request);
            await _board.PublishAsync(Topics.Telemetry("board"), TestBoard.Telemetry(Target.Local));
            // In any order: they come from two publishers, and MQTT keeps the order of one.
            MqttApplicationMessage[] messages = [await NextAsync(heard), await NextAsync(heard), await NextAsync(heard)];
            string[] topics = [Topics.Request(RunningGateway.Id, "board"), Topics.Response("board"), Topics.Telemetry("board")];
            Assert.That(messages.Select(message => message.Topic), Is.EquivalentTo(topics));
            Assert.That(messages.Select(message => message.Retain), Is.All.False);
            Assert.That(heard.Reader.TryRead(out _), Is.False, "each of them once");
            Assert.That(await _gateway.CounterAsync("requests"), Is.EqualTo(1));
        }
        // The listener has left, by closing its socket; the board is served as before.
        Assert.That((await _board.AskAsync(_board.Request(_model, 5))).Code, Is.EqualTo(ResponseCode.Ok));
    }

    [Test]
    public async Task ASecondListenerToOneBoardsAnswersHearsThemToo()
    {
        Channel<MqttApplicationMessage> heard = Channel.CreateUnbounded<MqttApplicationMessage>();
        using IMqttClient listener = await ListenAsync(heard, Topics.Response("board"));
        RequestFrame request = _board.Request(_model, 9);
        await _board.AskAsync(request);
        var response = new ResponseFrame();
        Assert.That(response.Decode((await NextAsync(heard)).Payload.ToArray()), Is.EqualTo(FrameError.None));
        Assert.That(response.Sequence, Is.EqualTo(request.Sequence));
    }

    [Test]
    public async Task ABoardThatConnectsAnewGetsItsAnswersThere()
    {
        await _board.AskAsync(_board.Request(_model, 9));
        // The same id: the broker ends the first connection.
        await using TestBoard again = await TestBoard.ConnectAsync(_gateway.BrokerPort);
        for (int i = 0; i < 3; i++) Assert.That((await again.AskAsync(again.Request(_model, 9))).Code, Is.EqualTo(ResponseCode.Ok));
    }

    private async Task<IMqttClient> ListenAsync(Channel<MqttApplicationMessage> heard, params string[] filters)
    {
        IMqttClient listener = new MqttClientFactory().CreateMqttClient();
        listener.ApplicationMessageReceivedAsync += received =>
        {
            string topic = received.ApplicationMessage.Topic;
            // The gateway's retained messages do not take the shortcut.
            bool isRetained = Topics.IsStatus(topic, out _) || Topics.IsRegime(topic, out _) || topic == Topics.Models(RunningGateway.Id);
            if (!isRetained) heard.Writer.TryWrite(received.ApplicationMessage);
            return Task.CompletedTask;
        };
        await listener.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", _gateway.BrokerPort).WithClientId("listener").Build());
        foreach (string filter in filters) await listener.SubscribeAsync(filter);
        return listener;
    }

    private static async Task<MqttApplicationMessage> NextAsync(Channel<MqttApplicationMessage> heard) =>
        await heard.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromMilliseconds(Deadline.Ms));
}
