using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Net.Sockets;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Broker;
using Crime.Gateway.Tests.Running;
using MQTTnet;
using MQTTnet.Formatter;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Broker;

/// <summary>Connections that hold a place at the embedded broker and do nothing with it.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class ConnectionLifeTests
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

    /// <summary>More connections that never speak than the broker lets wait: a board connects and is served in the midst of them.</summary>
    [Test]
    public async Task SilentConnectionsLockNobodyOut()
    {
        var silent = new List<Socket>();
        try
        {
            for (int i = 0; i < ConnectionLimits.MaxUnnamed + 50; i++) silent.Add(await OpenAsync());
            await using TestBoard board = await TestBoard.ConnectAsync(_gateway.BrokerPort);
            Assert.That((await board.PingAsync()).Depth, Is.Zero);
            await Deadline.UntilAsync(() => silent.All(IsClosed), "the end of those without CONNECT");
            Assert.That((await board.PingAsync()).Depth, Is.Zero);
        }
        finally
        {
            foreach (Socket socket in silent) socket.Dispose();
        }
        await Deadline.UntilAsync(() => _gateway.Part<ConnectionLimits>().Count == 1, "the gateway's own connection alone");
    }

    [Test]
    public async Task AConnectionWithoutConnectEndsSoon()
    {
        using Socket socket = await OpenAsync();
        var watch = Stopwatch.StartNew();
        // Half of a CONNECT is none.
        await socket.SendAsync(new byte[] { 0x10, 20, 0, 4 });
        await Deadline.UntilAsync(() => IsClosed(socket), "the end of the connection");
        Assert.That(watch.Elapsed.TotalMilliseconds, Is.GreaterThan(ConnectionLimits.ConnectWithinMs - 500));
    }

    [Test]
    public async Task AClientThatFallsSilentIsDropped()
    {
        using Socket socket = await OpenAsync();
        // CONNECT of MQTT 3.1.1, clean session, keep-alive 1 s, client id "q".
        await socket.SendAsync(new byte[] { 0x10, 13, 0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 4, 2, 0, 1, 0, 1, (byte)'q' });
        var answer = new byte[4];
        Assert.That(await socket.ReceiveAsync(answer), Is.EqualTo(4));
        Assert.That(answer, Is.EqualTo(new byte[] { 0x20, 2, 0, 0 }));
        await Deadline.UntilAsync(() => IsClosed(socket), "the end of the connection");
        await Deadline.UntilAsync(() => _gateway.Part<BrokerConnections>().Find("q") == null, "the end of its entry");
    }

    [TestCase(0, ConnectionLimits.MaxKeepAliveS)]
    [TestCase(3600, ConnectionLimits.MaxKeepAliveS)]
    [TestCase(60, 0)]
    public async Task ALongKeepAliveIsShortened(int askedS, int toldS)
    {
        using IMqttClient client = new MqttClientFactory().CreateMqttClient();
        MqttClientOptions options = new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", _gateway.BrokerPort).WithClientId("client")
            .WithProtocolVersion(MqttProtocolVersion.V500).WithKeepAlivePeriod(TimeSpan.FromSeconds(askedS)).Build();
        Assert.That((await client.ConnectAsync(options)).ServerKeepAlive, Is.EqualTo(toldS));
    }

    /// <summary>A client that subscribes to answers of many boards leaves nothing behind.</summary>
    [Test]
    public async Task ForeignResponseTopicsAreForgotten()
    {
        var shortcut = _gateway.Part<BrokerShortcut>();
        for (int i = 0; i < 20; i++)
        {
            using IMqttClient client = new MqttClientFactory().CreateMqttClient();
            await client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", _gateway.BrokerPort).WithClientId($"client-{i}").Build());
            for (int board = 0; board < 20; board++) await client.SubscribeAsync(Topics.Response($"board-{i}-{board}"));
            Assert.That(shortcut.ResponseTopicCount, Is.GreaterThanOrEqualTo(20));
        }
        await Deadline.UntilAsync(() => shortcut.ResponseTopicCount == 0, "no topic of a client that has left");
    }

    private async Task<Socket> OpenAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", _gateway.BrokerPort);
        return socket;
    }

    private static bool IsClosed(Socket socket)
    {
        try
        {
            return socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0;
        }
        catch (SocketException)
        {
            // Reset.
            return true;
        }
    }
}
