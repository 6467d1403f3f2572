using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Tests.Running;
using Crime.Model;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Systemd;

/// <summary>What systemd is told: by the real program, through a real socket.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class NotifyTests
{
    private const int WatchdogMs = 400;
    private const int StallMs = 200;

    // Of two of the largest hidden layers there are: some seconds, however fast the engine, for their weights fit no cache.
    private const int SlowLength = 4000;
    private const int SlowLayers = 2;

    private int _brokerPort;
    private int _httpPort;

    [SetUp]
    public void ChoosePorts() => (_brokerPort, _httpPort) = (Ports.Free(), Ports.Free());

    [Test]
    public async Task SystemdIsToldWhenTheGatewayIsReadyAndWhenItStops()
    {
        using var systemd = new Notifications();
        await using GatewayProcess gateway = systemd.Start(0, Options());
        Assert.That(await systemd.NextAsync(), Does.Contain("READY=1"));
        Assert.That(Ports.IsListening(_brokerPort) && Ports.IsListening(_httpPort), Is.True);
        gateway.Terminate();
        // Nobody asked for a watchdog: there is nothing between the two.
        Assert.That(await systemd.NextAsync(), Does.Contain("STOPPING=1"));
        var (code, output, _) = await systemd.ReadWhileAsync(gateway.EndAsync());
        Assert.That(code, Is.Zero);
        // journald's priority prefix: one line a message.
        Assert.That(output, Does.Contain("<6>"));
    }

    [Test]
    public async Task TheWatchdogIsFedWhileTheGatewayServes()
    {
        using var models = new ModelFolder(("features.crime", TestModels.Features));
        using var systemd = new Notifications();
        await using GatewayProcess gateway = systemd.Start(WatchdogMs, [.. Options(), $"--Watchdog:StallMs={StallMs}", $"--Models:Folder={models.Path}"]);
        Assert.That(await systemd.NextButWatchdogAsync(), Does.Contain("READY=1"));
        await GatewayHttp.UntilHealthyAsync(_httpPort);
        ModelFile model = TestModels.Parse(TestModels.Features);
        await using TestBoard board = await TestBoard.ConnectAsync(_brokerPort);
        for (int i = 0; i < 10; i++)
        {
            Assert.That((await board.AskAsync(board.Request(model, 20))).Code, Is.EqualTo(ResponseCode.Ok));
            Assert.That(await systemd.NextAsync(), Is.EqualTo("WATCHDOG=1"));
        }
        gateway.Terminate();
        Assert.That(await systemd.NextButWatchdogAsync(), Does.Contain("STOPPING=1"));
        Assert.That((await systemd.ReadWhileAsync(gateway.EndAsync())).Code, Is.Zero);
    }

    [Test]
    public async Task AWedgedQueueStarvesTheWatchdog()
    {
        // One worker, one request that takes it far longer than the limit, and one that waits behind it.
        byte[] slow = TestModels.Write("slow", inputs: 1, hidden: ModelFormat.MaxHidden, seed: 3, isForBoards: false, layers: SlowLayers);
        using var models = new ModelFolder(("slow.crime", slow));
        using var systemd = new Notifications();
        await using GatewayProcess gateway = systemd.Start(
            WatchdogMs, [.. Options(), "--Workers:Count=1", $"--Watchdog:StallMs={StallMs}", "--Shutdown:DrainMs=0", $"--Models:Folder={models.Path}"]);
        await GatewayHttp.UntilHealthyAsync(_httpPort);
        await using TestBoard board = await TestBoard.ConnectAsync(_brokerPort);
        ModelFile model = TestModels.Parse(slow);
        await board.SendAsync(board.Request(model, SlowLength));
        await Deadline.UntilAsync(async () => await board.PingAsync() is { Depth: 0, BacklogUs: > 0 }, "a busy worker");
        systemd.TakeAll();
        Assert.That(await systemd.NextAsync(), Is.EqualTo("WATCHDOG=1"), "a busy worker alone is no trouble");

        await board.SendAsync(board.Request(model, 1));
        await Deadline.UntilAsync(IsWedgedAsync, "a gateway that sees itself wedged");
        systemd.TakeAll();
        await Task.Delay(2 * WatchdogMs);
        Assert.That(systemd.TakeAll(), Is.Empty);
        Assert.That(await IsWedgedAsync(), Is.True, "the time without food was within the wedge");

        // The queue moves again: so does the watchdog.
        Assert.That((await systemd.ReadWhileAsync(board.ResponseAsync())).Code, Is.EqualTo(ResponseCode.Ok));
        Assert.That((await systemd.ReadWhileAsync(board.ResponseAsync())).Code, Is.EqualTo(ResponseCode.Ok));
        Assert.That(await systemd.NextAsync(), Is.EqualTo("WATCHDOG=1"));
        gateway.Terminate();
        var (code, output, _) = await systemd.ReadWhileAsync(gateway.EndAsync());
        Assert.That(code, Is.Zero);
        Assert.That(output, Does.Contain("wedged: requests wait, and none was taken for 200 ms").And.Contain("no longer wedged"));
    }

    [Test]
    public async Task ABrokerThatIsAwayStarvesTheWatchdog()
    {
        using var systemd = new Notifications();
        await using GatewayProcess gateway = systemd.Start(
            WatchdogMs, [.. Options(), "--Broker:Mode=external", "--Broker:Host=127.0.0.1", "--Watchdog:LinkDownMs=1000"]);
        Assert.That(await systemd.NextButWatchdogAsync(), Does.Contain("READY=1"));
        Assert.That(await systemd.NextAsync(), Is.EqualTo("WATCHDOG=1"), "for a while it may be away");
        // Nothing listens on the broker's port: some day no more food comes.
        await Deadline.UntilAsync(
            async () =>
            {
                systemd.TakeAll();
                await Task.Delay(2 * WatchdogMs);
                return systemd.TakeAll().Count == 0;
            },
            "a starved watchdog");
        gateway.Terminate();
        Assert.That(await systemd.NextButWatchdogAsync(), Does.Contain("STOPPING=1"));
        var (code, output, _) = await systemd.ReadWhileAsync(gateway.EndAsync());
        Assert.That(code, Is.Zero);
        Assert.That(output, Does.Contain("wedged: no broker for 1000 ms"));
    }

    private async Task<bool> IsWedgedAsync() =>
        (await GatewayHttp.HealthAsync(_httpPort)).GetProperty("status").GetString()!.Contains("none was taken");

    private string[] Options() => [$"--Broker:Port={_brokerPort}", $"--Http:Port={_httpPort}"];
}
