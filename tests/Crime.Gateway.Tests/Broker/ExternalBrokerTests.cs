using System;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Serving;
using Crime.Gateway.Configuration;
using Crime.Gateway.Tests.Running;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Broker;

/// <summary>The gateway at a real Mosquitto.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class ExternalBrokerTests
{
    private ModelFolder _models = null!;

    [SetUp]
    public void MakeModels() => _models = new ModelFolder(("features.crime", TestModels.Features));

    [TearDown]
    public void DeleteModels() => _models.Dispose();

    [Test]
    public async Task ARetainedStatusIsThereForWhoComesLater()
    {
        await using Mosquitto broker = await Mosquitto.StartAsync(Ports.Free());
        await using RunningGateway gateway = await RunningGateway.StartAsync(External(broker.Port));
        // Two statuses, so that the first one is kept by now.
        await Deadline.UntilAsync(async () => await gateway.CounterAsync("statuses") >= 2, "a heartbeat");
        await using TestBoard board = await (await TestBoard.ConnectAsync(broker.Port)).WatchStatusAsync();
        var (status, isRetained) = await board.StatusAsync();
        Assert.That(isRetained, Is.True);
        Assert.That(status.Online, Is.True);
        Assert.That(status.IndexOf(TestModels.Parse(TestModels.Features).Id), Is.Zero);
    }

    /// <summary>The connection stays open, and takes what is sent: the gateway must not take that for life.</summary>
    [Test]
    public async Task ABrokerThatHangsIsNoticed()
    {
        await using Mosquitto broker = await Mosquitto.StartAsync(Ports.Free());
        await using RunningGateway gateway = await RunningGateway.StartAsync(External(broker.Port));
        broker.Freeze();
        await Deadline.UntilAsync(() => !gateway.Part<MqttLink>().IsConnected, "the loss of the broker");
        using var answer = await GatewayHttp.SendAsync(gateway.HttpPort, "/healthz");
        Assert.That((int)answer.StatusCode, Is.EqualTo(503));
    }

    [Test]
    public async Task ABrokerThatIsAwayAtTheStartIsWaitedForAndFoundAgain()
    {
        int port = Ports.Free();
        await using RunningGateway gateway = await RunningGateway.StartUnconnectedAsync(External(port));
        using (var answer = await GatewayHttp.SendAsync(gateway.HttpPort, "/healthz"))
            Assert.That((int)answer.StatusCode, Is.EqualTo(503));
        Assert.That((await GatewayHttp.HealthAsync(gateway.HttpPort)).GetProperty("connected").GetBoolean(), Is.False);

        await using (await Mosquitto.StartAsync(port))
        {
            await GatewayHttp.UntilHealthyAsync(gateway.HttpPort);
            await using TestBoard board = await TestBoard.ConnectAsync(port);
            Assert.That((await board.AskAsync(board.Request(TestModels.Parse(TestModels.Features), 5))).Code, Is.EqualTo(ResponseCode.Ok));
        }
        await Deadline.UntilAsync(() => !gateway.Part<MqttLink>().IsConnected, "the loss of the broker");

        await using (await Mosquitto.StartAsync(port))
        {
            await GatewayHttp.UntilHealthyAsync(gateway.HttpPort);
            await using TestBoard board = await (await TestBoard.ConnectAsync(port)).WatchStatusAsync();
            Assert.That((await board.AskAsync(board.Request(TestModels.Parse(TestModels.Features), 5))).Code, Is.EqualTo(ResponseCode.Ok));
            Assert.That((await board.StatusAsync()).Frame.Online, Is.True);
        }
    }

    [Test]
    public Task TheLastWillComesWhenTheGatewayIsKilled() => AssertLastWillAsync(board => board.WatchStatusAsync());

    /// <summary>The slow status has the same end as the fast one: a connection of its own carries its will.</summary>
    [Test]
    public Task TheSlowStatusHasAWillAsWell() => AssertLastWillAsync(board => board.WatchRegimesAsync());

    private async Task AssertLastWillAsync(Func<TestBoard, Task<TestBoard>> watch)
    {
        await using Mosquitto broker = await Mosquitto.StartAsync(Ports.Free());
        int httpPort = Ports.Free();
        await using GatewayProcess gateway = GatewayProcess.Start(
            "--Broker:Mode=external", "--Broker:Host=127.0.0.1", $"--Broker:Port={broker.Port}", $"--Http:Port={httpPort}",
            $"--Models:Folder={_models.Path}");
        await GatewayHttp.UntilHealthyAsync(httpPort);
        await using TestBoard board = await watch(await TestBoard.ConnectAsync(broker.Port));
        StatusFrame alive = await board.StatusAsync(status => status.Online);

        gateway.Kill();
        StatusFrame dead = await board.StatusAsync(status => !status.Online);
        Assert.That(dead.Session, Is.EqualTo(alive.Session));

        await using TestBoard late = await watch(await TestBoard.ConnectAsync(broker.Port, "late"));
        var (kept, isRetained) = await late.StatusAsync();
        Assert.That(isRetained, Is.True);
        Assert.That(kept.Online, Is.False);
    }

    [Test]
    public async Task GarbageOnEveryTopicChangesNothingButACounter()
    {
        await using Mosquitto broker = await Mosquitto.StartAsync(Ports.Free());
        await using RunningGateway gateway = await RunningGateway.StartAsync(External(broker.Port));
        await Garbage.ChangesOnlyACounterAsync(gateway, broker.Port);
    }

    private GatewayOptions External(int port) => RunningGateway.Options(_models.Path) with
    {
        Broker = new BrokerOptions(BrokerMode.External, "127.0.0.1", port, "", ""),
    };
}
