using System;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Crime.Cli.Boards;
using Crime.Cli.Monitor;
using Crime.Frames;
using Crime.Modelling;
using MQTTnet;
using MQTTnet.Server;
using NUnit.Framework;

namespace Crime.Cli.Tests.Monitor;

/// <summary>The monitor on a real broker.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class MqttMonitorTests
{
    private readonly Channel<MonitorEvent> _events = Channel.CreateUnbounded<MonitorEvent>();
    private readonly MonitorTotals _totals = new();
    private int _port;

    private async Task<MqttServer> StartBrokerAsync()
    {
        MqttServer server = new MqttServerFactory().CreateMqttServer(new MqttServerOptionsBuilder()
            .WithDefaultEndpoint().WithDefaultEndpointPort(_port).WithDefaultEndpointBoundIPAddress(IPAddress.Loopback).WithMaxPendingMessagesPerClient(5000).Build());
        await server.StartAsync();
        return server;
    }

    private static Task PublishAsync(MqttServer server, string topic, byte[] payload) => server.InjectApplicationMessage(
        new InjectedMqttApplicationMessage(new MqttApplicationMessageBuilder().WithTopic(topic).WithPayload(payload).Build()) { SenderClientId = "test" });

    private static byte[] Frame(params (uint Input, Target Target)[] inferences)
    {
        var frame = new TelemetryFrame { Session = 7, Count = inferences.Length };
        for (int i = 0; i < inferences.Length; i++)
        {
            frame.Records[i] = new TelemetryRecord
            {
                Input = inferences[i].Input, Length = 30, Label = 4, Target = inferences[i].Target,
                TimeUs = 48_493, TailUs = 50_000, EnergyUj = 7998, BreakEvenLength = 65535,
                Depth = 3, Measured = true,
            };
        }
        return frame.Encode();
    }

    private async Task AwaitAsync(int events)
    {
        using var limit = new CancellationTokenSource(Deadline.Ms);
        for (int i = 0; i < events; i++) _totals.Add(await _events.Reader.ReadAsync(limit.Token));
    }

    private async Task<(MqttSource Source, Task Running)> StartAsync(string board, CancellationToken cancellation)
    {
        var source = new MqttSource(new BrokerEndpoint("127.0.0.1", _port), board);
        await source.OpenAsync(cancellation);
        return (source, source.RunAsync(_events.Writer, cancellation));
    }

    [Test]
    public async Task TelemetryOfAllBoardsBecomesReadings()
    {
        _port = Ports.Free();
        using MqttServer broker = await StartBrokerAsync();
        using var stop = new CancellationTokenSource();
        var (source, running) = await StartAsync("", stop.Token);
        using (source)
        {
            for (uint i = 0; i < 500; i++)
            {
                string board = i % 2 == 0 ? "even" : "odd";
                await PublishAsync(broker, Topics.Telemetry(board), Frame((i / 2 * 2, (Target)(i % 2)), (i / 2 * 2 + 1, (Target)(i % 2))));
            }
            await PublishAsync(broker, Topics.Telemetry("even"), [1, 2, 3]);
            await AwaitAsync(1001);
            await stop.CancelAsync();
            Assert.That(async () => await running, Throws.InstanceOf<OperationCanceledException>());
        }
        Assert.That(_totals.Rows.Select(row => (row.Board, row.Target, row.Count)), Is.EqualTo(new[] { ("even", "local", 500), ("odd", "gateway", 500) }));
        Assert.That((_totals.Garbled, _totals.Missing, _totals.Outages), Is.EqualTo((1, 0, 0)));
        Assert.That(_totals.Last, Is.EqualTo(new Reading(499, 30, "gateway", 4, 48.493, 98.493, 7.998, 81.204, null, 3, "ina219")));
    }

    [Test]
    public async Task OnlyTheBoardThatWasAskedForIsHeard()
    {
        _port = Ports.Free();
        using MqttServer broker = await StartBrokerAsync();
        using var stop = new CancellationTokenSource();
        var (source, _) = await StartAsync("mine", stop.Token);
        using (source)
        {
            await PublishAsync(broker, Topics.Telemetry("other"), Frame((0, Target.Local)));
            await PublishAsync(broker, Topics.Telemetry("mine"), Frame((0, Target.Local)));
            await AwaitAsync(1);
            await stop.CancelAsync();
        }
        Assert.That(_totals.Rows.Single().Board, Is.EqualTo("mine"));
    }

    [Test]
    public async Task ABrokerMayGoAndComeBack()
    {
        _port = Ports.Free();
        MqttServer broker = await StartBrokerAsync();
        using var stop = new CancellationTokenSource();
        var (source, _) = await StartAsync("", stop.Token);
        using (source)
        {
            await PublishAsync(broker, Topics.Telemetry("a"), Frame((0, Target.Local)));
            await AwaitAsync(1);
            await broker.StopAsync();
            broker.Dispose();
            await AwaitAsync(1);
            Assert.That(_totals.Outages, Is.EqualTo(1));
            using MqttServer again = await StartBrokerAsync();
            await AwaitAsync(1);
            await PublishAsync(again, Topics.Telemetry("a"), Frame((5, Target.Local)));
            await AwaitAsync(1);
            await stop.CancelAsync();
        }
        Assert.That((_totals.Readings, _totals.Missing), Is.EqualTo((2, 4)));
    }

    [Test]
    public void ABrokerThatIsNotThereIsTheUsersMistake()
    {
        using var source = new MqttSource(new BrokerEndpoint("127.0.0.1", Ports.Free()), "");
        Assert.That(async () => await source.OpenAsync(CancellationToken.None), Throws.InstanceOf<UserInputException>().With.Message.Contains("cannot connect"));
    }
}
