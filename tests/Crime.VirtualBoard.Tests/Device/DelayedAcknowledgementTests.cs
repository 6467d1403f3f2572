using System;
using System.Collections.Concurrent;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Model;
using Crime.VirtualBoard.Redirects;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;
using nanoFramework.M2Mqtt;
using nanoFramework.M2Mqtt.Messages;
using MqttClient = nanoFramework.M2Mqtt.MqttClient;

namespace Crime.VirtualBoard.Tests.Device;

/// <summary>The MQTT client's writes wait for acknowledgements as those of the device do. The delays are long, so that a slow host is none.</summary>
public sealed class DelayedAcknowledgementTests
{
    private const int TestLimitMs = 300_000;

    private TestBroker _broker = null!;
    private ConcurrentQueue<(string Topic, long AtUs)> _arrived = null!;
    private Board? _board;

    [SetUp]
    public async Task Start()
    {
        _broker = await TestBroker.StartAsync();
        _arrived = new();
        _broker.Server.InterceptingPublishAsync += e =>
        {
            _arrived.Enqueue((e.ApplicationMessage.Topic, _board!.UptimeUs));
            return Task.CompletedTask;
        };
    }

    [TearDown]
    public async Task Stop()
    {
        _board?.Dispose();
        await _broker.DisposeAsync();
    }

    private static void Publish(MqttClient client, string topic) => client.Publish(topic, [1], null, null, MqttQoSLevel.AtMostOnce, false);

    private void Run(int delayedAckMs, Action<MqttClient, AutoResetEvent> code)
    {
        _board = TestBoards.Make(profile: TestBoards.Profile.With("peer_delayed_ack_ms", delayedAckMs));
        TestBoards.Run(_board, () =>
        {
            _board.SetRadio(RadioState.Associated, _board.Clock.NowUs());
            var client = new MqttClient("127.0.0.1", _broker.Port, false, null, null, MqttSslProtocols.None);
            var answered = new AutoResetEvent(false);
            client.MqttMsgPublishReceived += (_, _) => EventWaitHandleStandIn.Set(answered);
            client.Connect("board", null, null, false, MqttQoSLevel.AtMostOnce, false, null, null, true, 15);
            client.Subscribe(["answer"], [MqttQoSLevel.AtMostOnce]);
            code(client, answered);
        });
    }

    /// <summary>On the board's clock, which the host's lateness does not move. The acknowledgement has come before the radio dozes.</summary>
    [Test]
    public void ASecondPublishWithoutAnAnswerInBetweenLeavesADelayedAcknowledgementLater()
    {
        const int MarginUs = 20;
        BoardProfile profile = TestBoards.Profile;
        int airUs = (int)(profile.TransmitOverheadUs + 6 * profile.TransmitNsPerByte / 1000);
        double atOnceMw = 0, laterMw = 0;
        long leavesAtUs = 0;
        Run(40, (client, _) =>
        {
            Publish(client, "a");
            leavesAtUs = _board!.Clock.NowUs() + airUs + 40_000 + 2 * (long)profile.LinkDelayUs;
            Publish(client, "b");
            long secondUs = _board.Clock.NowUs();
            for (int i = 0; i < 200 && _arrived.Count < 2; i++) ThreadStandIn.Sleep(20);
            atOnceMw = _board.MeanPowerMw(secondUs, secondUs + airUs);
            laterMw = _board.MeanPowerMw(leavesAtUs + MarginUs, leavesAtUs + airUs - MarginUs);
        });
        Assert.That(_arrived.Select(message => message.Topic), Is.EqualTo(new[] { "a", "b" }));
        Assert.That(_arrived.Last().AtUs, Is.AtLeast(leavesAtUs + airUs + profile.LinkDelayUs - MarginUs - BoardClock.HostAheadUs));
        Assert.That(laterMw, Is.EqualTo(profile.TransmitMw).Within(1), "the radio transmits then");
        Assert.That(atOnceMw, Is.LessThan(profile.TransmitMw - 1), "and not before");
    }

    [Test]
    public void AnAnswerInBetweenLetsTheSecondPublishLeaveAtOnce() => Run(2 * TestLimitMs, (client, answered) =>
    {
        for (int i = 0; i < 4; i++)
        {
            Publish(client, "answer");
            Assert.That(WaitHandleStandIn.WaitOne(answered, TestLimitMs, false), Is.True, $"publish {i} waits for an acknowledgement");
        }
    });

    [Test]
    public void AnyOtherMessageOfTheBrokerLetsTheSecondPublishLeaveToo() => Run(2 * TestLimitMs, (client, answered) =>
    {
        Publish(client, "a");
        Publish(client, "answer");
        while (_arrived.IsEmpty) ThreadStandIn.Sleep(20);
        Assert.That(answered.WaitOne(0), Is.False);
        _ = _broker.Server.InjectApplicationMessage(new MQTTnet.Server.InjectedMqttApplicationMessage(
            new MQTTnet.MqttApplicationMessage { Topic = "answer", PayloadSegment = "s"u8.ToArray() }) { SenderClientId = "gw" });
        for (int i = 0; i < 2; i++) Assert.That(WaitHandleStandIn.WaitOne(answered, TestLimitMs, false), Is.True);
        Assert.That(_arrived.Select(message => message.Topic), Has.Exactly(1).EqualTo("a"));
    });
}
