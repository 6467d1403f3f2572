using System;
using System.Threading.Tasks;
using Crime.Costs;
using Crime.Device;
using Crime.Device.Energy;
using Crime.Device.Inference;
using Crime.Device.Memory;
using Crime.Device.Offload;
using Crime.Device.Settings;
using Crime.Device.Terminal;
using Crime.Frames;
using Crime.Mapping;
using Crime.Model;
using Crime.Node;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Redirects;
using Crime.VirtualBoard.Tests.Duty;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Inference;

/// <summary>How long a radio listens because of a request, as the firmware counts it.</summary>
public sealed class ListeningTests
{
    private const uint Session = 5;
    private static readonly byte[] s_bytes = TestModels.Write(TestModels.Make(3, [(CellKind.Lstm, 5)], 3, seed: 3));

    [Test]
    public async Task UntilTheAnswerForAWhileAtMostAndOnAfterIt()
    {
        await using AnsweringGateway gateway = await AnsweringGateway.StartAsync(FirmwareFlash.ModelId(s_bytes));
        InputFlow flow = Offload(gateway.Port, timeoutMs: 20_000);
        RadioTimeline timeline = flow.Timeline;
        PowerProfile power = flow.Power;
        Assert.That((flow.Counters.Requests, flow.Counters.Answers), Is.EqualTo((1, 1)));
        long waitUs = timeline.WaitUs + power.SendUs + power.ReceiveUs;
        Assert.That(timeline.ListenUs, Is.EqualTo(Math.Min(waitUs, power.MinActiveUs) + power.MinActiveUs).And.GreaterThan(power.MinActiveUs));
    }

    [TestCase(80, 50)]
    [TestCase(50, 50)]
    [TestCase(20, 20)]
    public async Task WithoutAnAnswerForAWhileAtMost(int waitMs, int expectedMs)
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        InputFlow flow = Offload(broker.Port, timeoutMs: 400, waitMs);
        RadioTimeline timeline = flow.Timeline;
        Assert.That((flow.Counters.Requests, flow.Counters.Timeouts), Is.EqualTo((1, 1)));
        // The MQTT client computes in a part of the wait.
        long waitUs = timeline.WaitUs + flow.Power.SendUs;
        Assert.That(waitUs, Is.EqualTo(waitMs * 1000).Within(1000));
        Assert.That(timeline.ListenUs, Is.EqualTo(Math.Min(waitUs, 50_000)).And.EqualTo(expectedMs * 1000).Within(1000));
    }

    private static InputFlow Offload(int port, int timeoutMs, int waitMs = 0)
    {
        using Board board = TestBoards.Make();
        var settings = new BoardSettings { BoardId = "board", BrokerHost = "127.0.0.1", BrokerPort = port, TimeoutMarginMs = timeoutMs, TimeoutMaxMs = timeoutMs };
        var flow = new InputFlow(settings.Power(), new ModeMapping { Mode = MappingMode.Gateway }, null);
        TestBoards.Run(board, () => Offload(settings, flow, waitMs));
        return flow;
    }

    /// <summary>Sends a request. What the firmware waits here does not move the board's clock: a thread of the board's has to.</summary>
    private static void Offload(BoardSettings settings, InputFlow flow, int waitMs)
    {
        Assert.That(ModelReader.TryRead(s_bytes, out ModelFile model), Is.EqualTo(ModelError.None));
        var console = new SerialConsole("COM2", 115200, 17, 16);
        var request = new OpenRequest(Session);
        var network = new LinkFlow(request, null, flow);
        var inbox = new Inbox(request, flow, "gestures");
        var connection = new BrokerConnection(settings, console, inbox, flow.Counters, new MemoryPlan());
        var sender = new RequestSender(settings, connection, inbox, network);
        var link = new LinkKeeper(settings, console, connection, network, new MemoryPlan());
        var driver = new InputDriver(flow, sender, inbox, link, new ModelledMeter(flow.Power), null);
        var engine = new MappingEngine(
            new EngineSetup
            {
                ModelId = model.Id, LongestLength = 10, LocalTime = new CostLine(1_000_000, 100), BytesPerStep = 6, Power = flow.Power,
                TimeoutMarginUs = settings.TimeoutMarginMs * 1000, TimeoutMaxUs = settings.TimeoutMaxMs * 1000,
            },
            NodeKey.Of(settings.BoardId));
        sender.SetModel(model);
        driver.SetModel(model, null, engine, 0);
        Assert.That(connection.Open(BrokerConnection.KeepAliveS, receivesRegimes: false), Is.True);
        var status = new StatusFrame { Online = true, Workers = 1, Session = 7, Sequence = 1, Capacity = 8 };
        status.Add(model.Id, 0).SetOwn(300, 20);
        long nowUs = Clock.NowUs();
        inbox.OnMessage(Topics.Status("gw"), status.Encode(), nowUs);
        Assert.That(engine.TakePing(nowUs, false, 0, out uint sequence), Is.SameAs(engine.Candidate(0)));
        inbox.OnMessage(Topics.Response(settings.BoardId), new PongFrame { Session = Session, Sequence = sequence }.Encode(), nowUs);
        if (waitMs > 0)
        {
            ThreadStandIn.Start(ThreadStandIn.New(() =>
            {
                ThreadStandIn.Sleep(waitMs);
                Clock.NowUs();
            }));
        }
        // A board without a kernel asks again after a time-out; one request is enough here.
        driver.Begin(10);
        while (!driver.Step(new short[30]) && flow.Action != InputAction.AwaitRetry)
        {
        }
    }
}
