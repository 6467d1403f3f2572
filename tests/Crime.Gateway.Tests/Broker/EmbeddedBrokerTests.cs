using System;
using System.Diagnostics;
using System.Linq;
using System.Net.Sockets;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Broker;
using Crime.Gateway.Configuration;
using Crime.Gateway.Tests.Running;
using MQTTnet;
using MQTTnet.Formatter;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Broker;

public sealed class EmbeddedBrokerTests
{
    private ModelFolder _models = null!;
    private RunningGateway _gateway = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _models = new ModelFolder(("features.crime", TestModels.Features));
        _gateway = await RunningGateway.StartAsync(RunningGateway.Options(_models.Path));
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _gateway.DisposeAsync();
        _models.Dispose();
    }

    [Test]
    public async Task NobodyElseCanWriteTheGatewaysStatus()
    {
        const uint lyingSession = 4711;
        await using TestBoard watcher = await (await TestBoard.ConnectAsync(_gateway.BrokerPort, "watcher")).WatchStatusAsync();
        await using TestBoard liar = await TestBoard.ConnectAsync(_gateway.BrokerPort, "liar");
        StatusFrame truth = (await watcher.StatusAsync()).Frame;
        var lie = new StatusFrame { Online = true, Workers = 1, Session = lyingSession };
        await liar.PublishAsync(Topics.Status(RunningGateway.Id), lie.Encode(), isRetained: true);
        // The broker passes on in order: a lie would come before the heartbeats that follow it.
        for (int i = 0; i < 3; i++) Assert.That((await watcher.StatusAsync()).Frame.Session, Is.EqualTo(truth.Session).And.Not.EqualTo(lyingSession));
    }

    /// <summary>The slow status comes once, and is kept; it stays silent while fast ones come, and reports the end.</summary>
    [Test]
    public async Task TheSlowStatusIsKeptAndReportsTheEnd()
    {
        await using TestBoard fast = await (await TestBoard.ConnectAsync(_gateway.BrokerPort, "fast")).WatchStatusAsync();
        await using TestBoard slow = await (await TestBoard.ConnectAsync(_gateway.BrokerPort, "slow")).WatchRegimesAsync();
        var (kept, isRetained) = await slow.StatusAsync();
        Assert.That((kept.Online, isRetained, kept.ModelCount), Is.EqualTo((true, true, 1)));
        // Five heartbeats. A further slow status would come before the end.
        for (int i = 0; i < 6; i++) await fast.StatusAsync();
        await _gateway.StopAsync();
        Assert.That((await slow.StatusAsync()).Frame.Online, Is.False);
    }

    [Test]
    public async Task NobodyElseCanWriteTheGatewaysSlowStatus()
    {
        const uint lyingSession = 4711;
        await using TestBoard liar = await TestBoard.ConnectAsync(_gateway.BrokerPort, "liar");
        await liar.PublishAsync(Topics.Regime(RunningGateway.Id), new StatusFrame { Online = true, Workers = 1, Session = lyingSession }.Encode(), isRetained: true);
        await using TestBoard slow = await (await TestBoard.ConnectAsync(_gateway.BrokerPort, "slow")).WatchRegimesAsync();
        Assert.That((await slow.StatusAsync()).Frame.Session, Is.Not.EqualTo(lyingSession));
    }

    [Test]
    public async Task AnotherGatewaysStatusIsKept()
    {
        await using TestBoard other = await TestBoard.ConnectAsync(_gateway.BrokerPort, "other");
        await other.PublishAsync(Topics.Status("other"), new StatusFrame { Online = true, Workers = 1, Session = 4711 }.Encode(), isRetained: true);

        await using TestBoard board = await (await TestBoard.ConnectAsync(_gateway.BrokerPort)).WatchStatusAsync();
        Assert.That((await board.StatusAsync(status => status.Session == 4711)).Online, Is.True);
    }

    [TestCase("crime/v1/response/board")]
    [TestCase("crime/v1/status/a b")]
    [TestCase("else/where")]
    public async Task OnlyStatusAndPresenceAreKept(string topic)
    {
        await using TestBoard board = await TestBoard.ConnectAsync(_gateway.BrokerPort, "sender");
        await board.PublishAsync(topic, [1, 2, 3], isRetained: true);
        await board.PublishAsync(Topics.Presence("sender"), [1, 2, 3], isRetained: true);

        using IMqttClient late = new MqttClientFactory().CreateMqttClient();
        var kept = new TaskCompletionSource<string>();
        late.ApplicationMessageReceivedAsync += received =>
        {
            if (received.ApplicationMessage.Topic != Topics.Status(RunningGateway.Id)) kept.TrySetResult(received.ApplicationMessage.Topic);
            return Task.CompletedTask;
        };
        await late.ConnectAsync(Options(_gateway.BrokerPort, "late").Build());
        // In the order subscribed: were the topic kept, it would come first.
        await late.SubscribeAsync(topic);
        await late.SubscribeAsync(Topics.Presence("sender"));
        Assert.That(await kept.Task.WaitAsync(TimeSpan.FromMilliseconds(Deadline.Ms)), Is.EqualTo(Topics.Presence("sender")));
    }

    [TestCase("gateway")]
    [TestCase("bad id")]
    [TestCase("123456789012345678901234567890123")]
    public async Task AClientOfThatIdIsRefused(string id)
    {
        Assert.That(await ConnectAsync(_gateway.BrokerPort, id), Is.EqualTo(MqttClientConnectResultCode.ClientIdentifierNotValid));
        Assert.That((await GatewayHttp.HealthAsync(_gateway.HttpPort)).GetProperty("connected").GetBoolean(), Is.True);
    }

    [TestCase(MqttProtocolVersion.V311)]
    [TestCase(MqttProtocolVersion.V500)]
    public async Task ClientsWithoutAnIdGetOneEach(MqttProtocolVersion version)
    {
        using IMqttClient one = new MqttClientFactory().CreateMqttClient(), other = new MqttClientFactory().CreateMqttClient();
        foreach (IMqttClient client in new[] { one, other })
        {
            MqttClientOptions options = Options(_gateway.BrokerPort, "").WithProtocolVersion(version).Build();
            Assert.That((await client.ConnectAsync(options)).ResultCode, Is.EqualTo(MqttClientConnectResultCode.Success));
        }
        // The same id would have ended the first connection.
        await one.PingAsync();
        await other.PingAsync();
    }

    [Test]
    public async Task AStrangerCannotAnnounceAHugePacket()
    {
        using var socket = new TcpClient("127.0.0.1", _gateway.BrokerPort);
        var watch = Stopwatch.StartNew();
        // A CONNECT that announces 256 MB.
        await socket.GetStream().WriteAsync(new byte[] { 0x10, 0xFF, 0xFF, 0xFF, 0x7F, 0x00 });
        await Deadline.UntilAsync(() => IsClosed(socket.Client), "the end of the connection");
        Assert.That(watch.ElapsedMilliseconds, Is.LessThan(5000), "that was the time-out of a CONNECT");
    }

    [Test]
    public async Task AnOversizedPacketEndsItsConnectionAndNothingElse()
    {
        await using TestBoard other = await TestBoard.ConnectAsync(_gateway.BrokerPort);
        using IMqttClient sender = new MqttClientFactory().CreateMqttClient();
        await sender.ConnectAsync(Options(_gateway.BrokerPort, "sender").Build());
        // The sending itself may fail or not, depending on who is faster.
        await Task.WhenAny(sender.PublishBinaryAsync(Topics.Request(RunningGateway.Id, "sender"), new byte[EmbeddedBroker.MaxPacketSize]));
        await Deadline.UntilAsync(() => !sender.IsConnected, "the end of the connection");
        Assert.That((await other.PingAsync()).Depth, Is.Zero);
        Assert.That(await _gateway.CounterAsync("malformed_frames"), Is.Zero);
    }

    [Test]
    public async Task TheLargestFramePasses()
    {
        await using TestBoard board = await TestBoard.ConnectAsync(_gateway.BrokerPort);
        await board.PublishAsync(Topics.Request(RunningGateway.Id, "board"), new byte[FrameFormat.MaxFrameSize]);
        await Deadline.UntilAsync(async () => await _gateway.CounterAsync("malformed_frames") == 1, "the frame");
        Assert.That((await board.PingAsync()).Depth, Is.Zero);
    }

    [Test]
    public async Task WithAPasswordOnlyThoseWhoKnowItGetIn()
    {
        GatewayOptions options = RunningGateway.Options(_models.Path);
        await using RunningGateway closed = await RunningGateway.StartAsync(
            options with { Broker = options.Broker with { Username = "boards", Password = "right" } });
        Assert.That(await ConnectAsync(closed.BrokerPort, "a"), Is.EqualTo(MqttClientConnectResultCode.BadUserNameOrPassword));
        Assert.That(await ConnectAsync(closed.BrokerPort, "a", "boards", "wrong"), Is.EqualTo(MqttClientConnectResultCode.BadUserNameOrPassword));
        Assert.That(await ConnectAsync(closed.BrokerPort, "a", "others", "right"), Is.EqualTo(MqttClientConnectResultCode.BadUserNameOrPassword));
        Assert.That(await ConnectAsync(closed.BrokerPort, "a", "boards", "right"), Is.EqualTo(MqttClientConnectResultCode.Success));
    }

    [Test]
    public async Task SubscriptionsAreLimited()
    {
        using IMqttClient client = new MqttClientFactory().CreateMqttClient();
        await client.ConnectAsync(Options(_gateway.BrokerPort, "many").Build());
        for (int i = 0; i < EmbeddedBroker.MaxSubscriptionsPerClient; i++)
            Assert.That((await client.SubscribeAsync($"a/{i}")).Items.Single().ResultCode, Is.EqualTo(MqttClientSubscribeResultCode.GrantedQoS0));
        Assert.That((await client.SubscribeAsync("one/more")).Items.Single().ResultCode, Is.EqualTo(MqttClientSubscribeResultCode.QuotaExceeded));
    }

    private static bool IsClosed(Socket socket) => socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0;

    private static MqttClientOptionsBuilder Options(int port, string id) =>
        new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", port).WithClientId(id);

    private static async Task<MqttClientConnectResultCode> ConnectAsync(int port, string id, string? username = null, string? password = null)
    {
        using IMqttClient client = new MqttClientFactory().CreateMqttClient();
        MqttClientOptionsBuilder options = Options(port, id);
        if (username != null) options.WithCredentials(username, password);
        return (await client.ConnectAsync(options.Build())).ResultCode;
    }
}
