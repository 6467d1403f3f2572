using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Redirects;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;
using nanoFramework.M2Mqtt;
using nanoFramework.M2Mqtt.Exceptions;
using nanoFramework.M2Mqtt.Messages;
using MqttClient = nanoFramework.M2Mqtt.MqttClient;

namespace Crime.VirtualBoard.Tests.Device;

/// <summary>The virtual MQTT client behaves as the real one was seen to behave, over a real broker.</summary>
public sealed class MqttClientTests
{
    private TestBroker _broker = null!;
    private Board _board = null!;
    private ConcurrentQueue<(string Topic, byte[] Payload, bool Retain)> _arrived = null!;

    [SetUp]
    public async Task Start()
    {
        _broker = await TestBroker.StartAsync();
        _board = TestBoards.Make();
        // Each broker has a queue of its own: one that is stopped still sends the wills of its last clients.
        var arrived = _arrived = new();
        _broker.Server.InterceptingPublishAsync += e =>
        {
            arrived.Enqueue((e.ApplicationMessage.Topic, System.Buffers.BuffersExtensions.ToArray(e.ApplicationMessage.Payload), e.ApplicationMessage.Retain));
            return Task.CompletedTask;
        };
    }

    [TearDown]
    public async Task Stop()
    {
        _board.Dispose();
        await _broker.DisposeAsync();
    }

    private MqttClient Client() => new("127.0.0.1", _broker.Port, false, null, null, MqttSslProtocols.None);

    private static MqttReasonCode Connect(MqttClient client, string will = "gone") =>
        client.Connect("board", null, null, true, MqttQoSLevel.AtMostOnce, true, "will", will, true, 15);

    private static void Publish(MqttClient client, string topic, string text) =>
        client.Publish(topic, Encoding.UTF8.GetBytes(text), null, null, MqttQoSLevel.AtMostOnce, false);

    private void AwaitArrival(Func<(string Topic, byte[] Payload, bool Retain), bool> isIt)
    {
        Deadline.UntilAsync(() => _arrived.Any(isIt), "the message").GetAwaiter().GetResult();
    }

    [Test]
    public void MessagesGoThereAndBack()
    {
        string? received = null;
        TestBoards.Run(_board, () =>
        {
            MqttClient client = Client();
            var came = new AutoResetEvent(false);
            client.MqttMsgPublishReceived += (_, e) =>
            {
                received = e.Topic + "=" + Encoding.UTF8.GetString(e.Message);
                EventWaitHandleStandIn.Set(came);
            };
            Assert.That(Connect(client), Is.EqualTo(MqttReasonCode.Success));
            client.Subscribe(["a/+"], [MqttQoSLevel.AtMostOnce]);
            Publish(client, "a/b", "hello");
            Assert.That(WaitHandleStandIn.WaitOne(came, 10_000, false), Is.True);
        });
        Assert.That(received, Is.EqualTo("a/b=hello"));
    }

    /// <summary>Messages that the board sends to itself: when each was sent, and when it came, in µs before it was handled.</summary>
    private List<(long SentUs, double CameUs)> Echoes(int count)
    {
        double receiveUs = TestBoards.Profile.MqttReceiveIl * TestBoards.Profile.UsPerIl;
        var echoes = new List<(long, double)>();
        TestBoards.Run(_board, () =>
        {
            MqttClient client = Client();
            var came = new AutoResetEvent(false);
            long cameAt = 0;
            client.MqttMsgPublishReceived += (_, _) =>
            {
                cameAt = _board.Clock.NowUs();
                EventWaitHandleStandIn.Set(came);
            };
            Connect(client);
            client.Subscribe(["a"], [MqttQoSLevel.AtMostOnce]);
            for (int i = 0; i < count; i++)
            {
                ThreadStandIn.Sleep(130);
                Publish(client, "a", "x");
                long sentAt = _board.Clock.NowUs();
                Assert.That(WaitHandleStandIn.WaitOne(came, 10_000, false), Is.True);
                echoes.Add((sentAt, cameAt - receiveUs));
            }
        });
        return echoes;
    }

    private static bool IsAtABeacon(double timeUs)
    {
        double sinceBeaconUs = timeUs % TestBoards.Profile.BeaconIntervalUs;
        return Math.Min(sinceBeaconUs, TestBoards.Profile.BeaconIntervalUs - sinceBeaconUs) < 50;
    }

    [Test]
    public void AnAnswerThatComesSoonDoesNotWaitForABeacon()
    {
        List<(long SentUs, double CameUs)> echoes = Echoes(8);
        // One on which the host is late waits after all. A request of 6 bytes is on the air for 310 µs.
        bool IsSoon((long SentUs, double CameUs) echo) => echo.CameUs - echo.SentUs <= TestBoards.Profile.ListenOnUs + 400;
        Assert.That(echoes.Where(echo => !IsSoon(echo)).Select(echo => IsAtABeacon(echo.CameUs)), Has.None.False);
        Assert.That(echoes.Count(echo => IsSoon(echo) && !IsAtABeacon(echo.CameUs)), Is.AtLeast(4));
    }

    [Test]
    public void AnAnswerThatComesLateWaitsForTheNextBeacon()
    {
        // There and back: 60 ms, when the radio has stopped listening.
        _board.Options.Link.ExtraDelayMs = 30;
        Assert.That(Echoes(4).Select(echo => IsAtABeacon(echo.CameUs)), Has.None.False);
    }

    [Test]
    public void WhatWaitsForABeaconComesWhenTheBoardSendsAndBeforeItsAnswer()
    {
        var came = new ConcurrentQueue<(string Topic, long AtUs)>();
        long beaconUs = 0;
        TestBoards.Run(_board, () =>
        {
            MqttClient client = Client();
            client.MqttMsgPublishReceived += (_, e) => came.Enqueue((e.Topic, _board.Clock.NowUs()));
            Connect(client);
            client.Subscribe(["status", "answer"], [MqttQoSLevel.AtMostOnce, MqttQoSLevel.AtMostOnce]);
            double interval = TestBoards.Profile.BeaconIntervalUs;
            beaconUs = (long)(Math.Ceiling(_board.Clock.NowUs() / interval + 2) * interval);
            _board.Clock.SleepUntil(beaconUs + 1000);
            _ = _broker.Server.InjectApplicationMessage(new MQTTnet.Server.InjectedMqttApplicationMessage(
                new MQTTnet.MqttApplicationMessage { Topic = "status", PayloadSegment = "s"u8.ToArray() }) { SenderClientId = "gw" });
            ThreadStandIn.Sleep(30);
            Assert.That(came, Is.Empty, "nothing was sent: it waits");
            Publish(client, "answer", "x");
            for (int i = 0; i < 100 && came.Count < 2; i++) ThreadStandIn.Sleep(20);
        });
        Assert.That(came.Select(message => message.Topic), Is.EqualTo(new[] { "status", "answer" }));
        Assert.That(came.First().AtUs, Is.InRange(beaconUs + 31_000, beaconUs + 90_000), "not at the next beacon");
    }

    [Test]
    public void OfflinePublishQueuesSilentlyAndGoesOutOnTheNextConnection()
    {
        TestBoards.Run(_board, () =>
        {
            MqttClient client = Client();
            Publish(client, "early", "1");
            ThreadStandIn.Sleep(300);
            Assert.That(_arrived, Is.Empty);
            Connect(client);
            ThreadStandIn.Sleep(300);
        });
        AwaitArrival(message => message.Topic == "early");
    }

    [Test]
    public void TheWillIsSentWithoutADisconnectAndCutAtAZero()
    {
        TestBoards.Run(_board, () =>
        {
            MqttClient client = Client();
            Connect(client, will: "ab\0cd");
            client.Close();
        });
        AwaitArrival(message => message.Topic == "will");
        Assert.That(_arrived.Single(message => message.Topic == "will").Payload, Is.EqualTo("ab"u8.ToArray()));
    }

    [Test]
    public void ADisconnectSendsNoWillAndASecondOneThrows()
    {
        bool throws = false;
        TestBoards.Run(_board, () =>
        {
            MqttClient client = Client();
            Connect(client);
            client.Disconnect();
            ThreadStandIn.Sleep(300);
            try
            {
                client.Disconnect();
            }
            catch (MqttCommunicationException)
            {
                throws = true;
            }
        });
        Assert.That(throws, Is.True);
        Assert.That(_arrived.Any(message => message.Topic == "will"), Is.False);
    }

    [Test]
    public async Task ALostConnectionIsReportedOnceAboutTwoHundredMillisecondsLater()
    {
        int closed = 0;
        long lostAt = 0, closedAt = 0;
        var connected = new TaskCompletionSource();
        Thread thread = _board.Run(() =>
        {
            MqttClient client = Client();
            client.ConnectionClosed += (_, _) =>
            {
                closed++;
                closedAt = _board.Clock.NowUs();
            };
            Connect(client);
            connected.SetResult();
            while (client.IsConnected) ThreadStandIn.Sleep(1);
            lostAt = _board.Clock.NowUs();
            ThreadStandIn.Sleep(1000);
        });
        await connected.Task;
        await _broker.Server.StopAsync(new MQTTnet.Server.MqttServerStopOptions());
        Assert.That(thread.Join(20_000), Is.True);
        Assert.That(closed, Is.EqualTo(1));
        Assert.That(closedAt - lostAt, Is.InRange(150_000, 260_000));
    }

    [Test]
    public async Task AReconnectOnTheSameClientBeforeTheEndIsReportedDies()
    {
        bool diedAgain = false;
        var connected = new TaskCompletionSource();
        var restarted = new ManualResetEventSlim();
        Thread thread = _board.Run(() =>
        {
            MqttClient client = Client();
            Connect(client);
            connected.SetResult();
            while (client.IsConnected) ThreadStandIn.Sleep(1);
            Connect(client);
            restarted.Set();
            for (int i = 0; i < 100 && client.IsConnected; i++) ThreadStandIn.Sleep(20);
            diedAgain = !client.IsConnected;
        });
        await connected.Task;
        // The broker stays; only this connection is cut.
        foreach (var session in await _broker.Server.GetClientsAsync())
            await session.DisconnectAsync(new MQTTnet.Server.MqttServerClientDisconnectOptions());
        Assert.That(thread.Join(20_000), Is.True);
        Assert.That((restarted.IsSet, diedAgain), Is.EqualTo((true, true)));
    }

    [Test]
    public void AnExceptionInAHandlerEndsTheConnection()
    {
        bool isConnected = true;
        TestBoards.Run(_board, () =>
        {
            MqttClient client = Client();
            client.MqttMsgPublishReceived += (_, _) => throw new InvalidOperationException();
            Connect(client);
            client.Subscribe(["a"], [MqttQoSLevel.AtMostOnce]);
            Publish(client, "a", "x");
            for (int i = 0; i < 100 && client.IsConnected; i++) ThreadStandIn.Sleep(20);
            isConnected = client.IsConnected;
        });
        Assert.That(isConnected, Is.False);
    }

    [Test]
    public void AWildcardTopicIsAcceptedAndKillsTheConnection()
    {
        bool isConnected = true;
        TestBoards.Run(_board, () =>
        {
            MqttClient client = Client();
            Connect(client);
            Publish(client, "a/#", "x");
            for (int i = 0; i < 100 && client.IsConnected; i++) ThreadStandIn.Sleep(20);
            isConnected = client.IsConnected;
        });
        Assert.That(isConnected, Is.False);
    }

    [Test]
    public void ASlowHandlerHoldsUpTheNextMessage()
    {
        long firstAt = 0, secondAt = 0;
        TestBoards.Run(_board, () =>
        {
            MqttClient client = Client();
            var both = new AutoResetEvent(false);
            client.MqttMsgPublishReceived += (_, e) =>
            {
                if (e.Topic == "first")
                {
                    firstAt = _board.Clock.NowUs();
                    ThreadStandIn.Sleep(500);
                    return;
                }
                secondAt = _board.Clock.NowUs();
                EventWaitHandleStandIn.Set(both);
            };
            Connect(client);
            client.Subscribe(["first", "second"], [MqttQoSLevel.AtMostOnce, MqttQoSLevel.AtMostOnce]);
            Publish(client, "first", "x");
            Publish(client, "second", "x");
            WaitHandleStandIn.WaitOne(both, 10_000, false);
        });
        Assert.That(secondAt - firstAt, Is.GreaterThanOrEqualTo(500_000));
    }

    [Test]
    public void AnUnreachableBrokerThrows()
    {
        Exception? thrown = null;
        TestBoards.Run(_board, () =>
        {
            var client = new MqttClient("127.0.0.1", Ports.Free(), false, null, null, MqttSslProtocols.None);
            try
            {
                Connect(client);
            }
            catch (Exception e)
            {
                thrown = e;
            }
        });
        Assert.That(thrown, Is.InstanceOf<MqttConnectionException>());
    }

    [Test]
    public void AllRequestsArriveInOrder()
    {
        TestBoards.Run(_board, () =>
        {
            MqttClient client = Client();
            Connect(client);
            for (int i = 0; i < 50; i++) Publish(client, "n", i.ToString());
            ThreadStandIn.Sleep(500);
        });
        AwaitArrival(message => message.Topic == "n" && Encoding.UTF8.GetString(message.Payload) == "49");
        Assert.That(
            _arrived.Where(message => message.Topic == "n").Select(message => int.Parse(Encoding.UTF8.GetString(message.Payload))),
            Is.EqualTo(Enumerable.Range(0, 50)));
    }
}
