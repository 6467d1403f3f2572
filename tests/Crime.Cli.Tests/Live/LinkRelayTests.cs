using System;
using System.Diagnostics;
using System.Linq;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Boards;
using Crime.Cli.Live;
using NUnit.Framework;

namespace Crime.Cli.Tests.Live;

/// <summary>The relay between real sockets. Times are lower bounds only: a busy machine may be late, never early.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LinkRelayTests : IAsyncDisposable
{
    private readonly EchoServer _server = new();
    private readonly TestConditions _conditions = new();
    private readonly LinkRelay _relay;

    public LinkRelayTests() => _relay = new LinkRelay(_server.Endpoint, _conditions);

    public async ValueTask DisposeAsync()
    {
        await _relay.DisposeAsync();
        _server.Dispose();
    }

    private static async Task<Socket> ConnectAsync(BrokerEndpoint endpoint)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(endpoint.Host, endpoint.Port);
        return socket;
    }

    private static async Task<byte[]> ReceiveAsync(Socket socket, int count)
    {
        using var limit = new CancellationTokenSource(Deadline.Ms);
        var bytes = new byte[count];
        for (int have = 0; have < count;)
        {
            int read = await socket.ReceiveAsync(bytes.AsMemory(have), limit.Token);
            Assert.That(read, Is.Positive, $"the connection ended after {have} of {count} bytes");
            have += read;
        }
        return bytes;
    }

    /// <summary>Waits until the other side has said goodbye, or cut the connection.</summary>
    private static async Task<int> ReceiveEndAsync(Socket socket)
    {
        using var limit = new CancellationTokenSource(Deadline.Ms);
        try
        {
            return await socket.ReceiveAsync(new byte[1], limit.Token);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    [Test]
    public async Task BytesStayWholeAndInOrderHoweverDelaysVary()
    {
        Random random = TestSeed.Random();
        var delays = new Random(random.Next());
        _conditions.Delay = _ => { lock (delays) return delays.NextDouble() * 8; };
        var bytes = new byte[300_000];
        random.NextBytes(bytes);
        using Socket client = await ConnectAsync(_relay.Endpoint);
        Task<byte[]> back = ReceiveAsync(client, bytes.Length);
        for (int sent = 0; sent < bytes.Length;) sent += await client.SendAsync(bytes.AsMemory(sent, Math.Min(random.Next(1, 9000), bytes.Length - sent)));
        Assert.That((await back).SequenceEqual(bytes), Is.True);
    }

    [Test]
    public async Task EachWayTakesItsDelay()
    {
        _conditions.Delay = _ => 60;
        using Socket client = await ConnectAsync(_relay.Endpoint);
        var watch = Stopwatch.StartNew();
        await client.SendAsync(new byte[] { 7 });
        Assert.That(await ReceiveAsync(client, 1), Is.EqualTo(new byte[] { 7 }));
        // A timer of whole ms may cut one off each way.
        Assert.That(watch.ElapsedMilliseconds, Is.GreaterThanOrEqualTo(118));
    }

    [Test]
    public async Task WhatFollowsAStallWaitsBehindIt()
    {
        _conditions.Delay = call => call == 0 ? 250 : 0;
        using Socket client = await ConnectAsync(_relay.Endpoint);
        var watch = Stopwatch.StartNew();
        await client.SendAsync(new byte[] { 1 });
        await Deadline.UntilAsync(() => _conditions.Calls == 1, "the relay reads the first byte");
        await client.SendAsync(new byte[] { 2 });
        await Deadline.UntilAsync(() => _conditions.Calls == 2, "the relay reads the second byte");
        Assert.That(await ReceiveAsync(client, 2), Is.EqualTo(new byte[] { 1, 2 }));
        Assert.That(watch.ElapsedMilliseconds, Is.GreaterThanOrEqualTo(249));
    }

    [Test]
    public async Task AnOutageHoldsBytesUntilItEnds()
    {
        using Socket client = await ConnectAsync(_relay.Endpoint);
        await client.SendAsync(new byte[] { 1 });
        await ReceiveAsync(client, 1);
        _conditions.IsDown = true;
        await client.SendAsync(new byte[] { 2 });
        Task<byte[]> back = ReceiveAsync(client, 1);
        await Deadline.UntilAsync(() => _conditions.Calls >= 3, "the relay reads the second byte");
        Assert.That(await Task.WhenAny(back, Task.Delay(200)), Is.Not.SameAs(back), "a byte came through a link that is down");
        _conditions.IsDown = false;
        Assert.That(await back, Is.EqualTo(new byte[] { 2 }));
    }

    [Test]
    public async Task AConnectionOpenedInAnOutageReachesTheOtherEndAfterIt()
    {
        _conditions.IsDown = true;
        using Socket client = await ConnectAsync(_relay.Endpoint);
        await client.SendAsync(new byte[] { 1 });
        await Task.Delay(100);
        Assert.That(_server.Connections, Is.Empty);
        _conditions.IsDown = false;
        Assert.That(await ReceiveAsync(client, 1), Is.EqualTo(new byte[] { 1 }));
    }

    [Test]
    public async Task ManyConnectionsKeepTheirBytesApart()
    {
        _conditions.Delay = call => call % 7;
        async Task TalkAsync(int number)
        {
            using Socket client = await ConnectAsync(_relay.Endpoint);
            byte[] bytes = Enumerable.Range(0, 2_000).Select(i => (byte)(i * number)).ToArray();
            await client.SendAsync(bytes);
            Assert.That((await ReceiveAsync(client, bytes.Length)).SequenceEqual(bytes), Is.True, $"connection {number}");
        }

        await Task.WhenAll(Enumerable.Range(1, 100).Select(TalkAsync));
        Assert.That(_server.Connections, Has.Count.EqualTo(100));
    }

    [Test]
    public async Task AGoodbyeComesAfterTheBytesBeforeIt()
    {
        _conditions.Delay = _ => 20;
        using Socket client = await ConnectAsync(_relay.Endpoint);
        await client.SendAsync(new byte[] { 1, 2, 3 });
        client.Shutdown(SocketShutdown.Send);
        Assert.That(await ReceiveAsync(client, 3), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(await ReceiveEndAsync(client), Is.Zero);
    }

    [Test]
    public async Task AFailureOfOneSideEndsTheOther()
    {
        using Socket client = await ConnectAsync(_relay.Endpoint);
        await client.SendAsync(new byte[] { 1 });
        await ReceiveAsync(client, 1);
        Assert.That(_server.Connections.TryDequeue(out Socket? far), Is.True);
        far!.Close(0);
        Assert.That(await ReceiveEndAsync(client), Is.Zero);
        using Socket next = await ConnectAsync(_relay.Endpoint);
        await next.SendAsync(new byte[] { 9 });
        Assert.That(await ReceiveAsync(next, 1), Is.EqualTo(new byte[] { 9 }), "the relay goes on");
    }

    [Test]
    public async Task WhereNobodyListensConnectionsEnd()
    {
        await using var relay = new LinkRelay(new BrokerEndpoint("127.0.0.1", Ports.Free()), _conditions);
        try
        {
            using Socket client = await ConnectAsync(relay.Endpoint);
            Assert.That(await ReceiveEndAsync(client), Is.Zero);
        }
        catch (SocketException e)
        {
            // It ended before this side had noticed its beginning.
            Assert.That(e.SocketErrorCode, Is.EqualTo(SocketError.ConnectionReset));
        }
    }

    [Test]
    public async Task DisposingEndsEverythingEvenWhatIsUnderWay()
    {
        var relay = new LinkRelay(_server.Endpoint, _conditions);
        _conditions.Delay = _ => 60_000;
        using Socket client = await ConnectAsync(relay.Endpoint);
        await client.SendAsync(new byte[] { 1 });
        await Deadline.UntilAsync(() => _conditions.Calls == 1, "the relay reads the byte");
        await relay.DisposeAsync();
        Assert.That(await ReceiveEndAsync(client), Is.Zero);
        Assert.That(Ports.IsListening(relay.Endpoint.Port), Is.False);
    }

    private sealed class TestConditions : ILinkConditions
    {
        private readonly Lock _lock = new();
        private int _calls;
        private volatile bool _isDown;

        public Func<int, double> Delay { get; set; } = _ => 0;

        /// <summary>How many reads the relay has asked for.</summary>
        public int Calls => Volatile.Read(ref _calls);

        public bool IsDown
        {
            get => _isDown;
            set => _isDown = value;
        }

        public double OneWayMs(int byteCount)
        {
            lock (_lock) return Delay(_calls++);
        }
    }
}
