using System.Collections.Generic;
using System.Diagnostics;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Core;
using Crime.Gateway.Tests.Running;
using Crime.Model;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Serving;

/// <summary>What the gateway says of itself while it is busy.</summary>
public sealed class LoadTests
{
    private const int Capacity = 3;

    private ModelFolder _models = null!;
    private RunningGateway _gateway = null!;
    private TestBoard _board = null!;
    private ModelFile _slow = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _models = ModelFolder.Usual();
        _slow = TestModels.Parse(TestModels.Slow);
        _gateway = await RunningGateway.StartAsync(RunningGateway.Options(_models.Path, Capacity));
        _board = await TestBoard.ConnectAsync(_gateway.BrokerPort);
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _board.DisposeAsync();
        await _gateway.DisposeAsync();
        _models.Dispose();
    }

    [Test]
    public async Task DepthAndBacklogAreTrueAndAFullQueueRefuses()
    {
        await using TestBoard watcher = await (await TestBoard.ConnectAsync(_gateway.BrokerPort, "watcher")).WatchStatusAsync();
        await OccupyWorkerAsync();
        for (int waiting = 1; waiting <= Capacity; waiting++)
        {
            // Of lengths that do not go together in a batch.
            await _board.SendAsync(_board.Request(_slow, 25 << waiting));
            Assert.That((await _board.PingAsync()).Depth, Is.EqualTo(waiting));
        }
        ResponseFrame refusal = await _board.AskAsync(_board.Request(_slow, 50));
        Assert.That(refusal.Code, Is.EqualTo(ResponseCode.QueueFull));
        Assert.That(refusal.Depth, Is.EqualTo(Capacity));

        PongFrame pong = await _board.PingAsync();
        var untilDone = Stopwatch.StartNew();
        Assert.That(pong.Depth, Is.EqualTo(Capacity));
        Assert.That(await _gateway.CounterAsync("depth"), Is.EqualTo(Capacity));
        StatusFrame full = await watcher.StatusAsync(status => status.Depth == Capacity);
        Assert.That(full.BacklogUs, Is.Positive);
        Assert.That(full.Utilisation, Is.Positive);
        Assert.That(full.Capacity, Is.EqualTo(Capacity));

        // The worker answers before it takes the next: the long one leaves three behind, and so on.
        for (int left = Capacity; left >= 0; left--)
        {
            ResponseFrame answer = await _board.ResponseAsync();
            Assert.That(answer.Code, Is.EqualTo(ResponseCode.Ok));
            Assert.That(answer.Depth, Is.EqualTo(left));
            Assert.That(answer.WaitUs, left == Capacity ? Is.LessThan(1_000_000) : Is.Positive);
        }
        Assert.That(pong.BacklogUs, Is.GreaterThan(1000 * untilDone.ElapsedMilliseconds / 4).And.LessThan(1000 * untilDone.ElapsedMilliseconds * 4 + 100_000));
        await watcher.StatusAsync(status => status.Depth == 0 && status.BacklogUs == 0);
    }

    [Test]
    public async Task ABudgetShorterThanTheQueueIsRefused()
    {
        await OccupyWorkerAsync();
        ModelFile quick = TestModels.Parse(TestModels.Features);
        ResponseFrame refusal = await _board.AskAsync(_board.Request(quick, 5, budgetUs: 20_000));
        Assert.That(refusal.Code, Is.EqualTo(ResponseCode.TooLate));
        Assert.That(refusal.BacklogUs, Is.GreaterThan(20_000));
        await _board.SendAsync(_board.Request(quick, 5, budgetUs: Deadline.Ms * 1000));
        Assert.That((await _board.ResponseAsync()).Code, Is.EqualTo(ResponseCode.Ok));
        Assert.That((await _board.ResponseAsync()).Code, Is.EqualTo(ResponseCode.Ok));
    }

    [Test]
    public async Task StatusesAreNumberedInOrderAndSparing()
    {
        await using TestBoard watcher = await (await TestBoard.ConnectAsync(_gateway.BrokerPort, "watcher")).WatchStatusAsync();
        ModelFile quick = TestModels.Parse(TestModels.Features);
        long before = await _gateway.CounterAsync("statuses");
        var watched = Stopwatch.StartNew();
        for (int i = 0; i < 300; i++) await _board.AskAsync(_board.Request(quick, 100));
        long published = await _gateway.CounterAsync("statuses") - before;
        Assert.That(published, Is.LessThanOrEqualTo(watched.ElapsedMilliseconds / RunningGateway.MinIntervalMs + 2));

        StatusFrame last = (await watcher.StatusAsync()).Frame;
        for (int i = 0; i < 5; i++)
        {
            StatusFrame next = (await watcher.StatusAsync()).Frame;
            Assert.That((next.Session, next.Sequence), Is.EqualTo((last.Session, last.Sequence + 1)));
            Assert.That(next.HttpPort, Is.EqualTo(_gateway.HttpPort));
            last = next;
        }
    }

    [Test]
    public async Task AGracefulStopFinishesWhatWaitsAndSaysOffline()
    {
        await using TestBoard watcher = await (await TestBoard.ConnectAsync(_gateway.BrokerPort, "watcher")).WatchStatusAsync();
        StatusFrame online = await watcher.StatusAsync(status => status.Online);
        await OccupyWorkerAsync();
        var awaited = new List<uint>();
        for (int i = 0; i < 3; i++)
        {
            RequestFrame request = _board.Request(_slow, 50);
            awaited.Add(request.Sequence);
            await _board.SendAsync(request);
        }
        await Deadline.UntilAsync(async () => (await _board.PingAsync()).Depth == 3, "three requests that wait");

        Task stopping = _gateway.StopAsync();
        RequestFrame late = _board.Request(_slow, 50);
        await _board.SendAsync(late);
        while (awaited.Count > 0)
        {
            ResponseFrame answer = await _board.ResponseAsync();
            // What came now is refused, unless the gateway was gone before it arrived.
            ResponseCode[] expected = answer.Sequence == late.Sequence ? [ResponseCode.Stopping, ResponseCode.QueueFull] : [ResponseCode.Ok];
            Assert.That(expected, Does.Contain(answer.Code), $"request {answer.Sequence}");
            awaited.Remove(answer.Sequence);
        }
        StatusFrame offline = await watcher.StatusAsync(status => !status.Online);
        Assert.That(offline.Session, Is.EqualTo(online.Session));
        Assert.That(offline.Sequence, Is.GreaterThan(online.Sequence));
        await stopping;
    }

    [Test]
    public async Task AStopWithoutTimeRefusesWhatWaits()
    {
        await using RunningGateway hurried = await RunningGateway.StartAsync(RunningGateway.Options(_models.Path) with { DrainMs = 0 });
        await using TestBoard board = await TestBoard.ConnectAsync(hurried.BrokerPort);
        RequestFrame running = board.Request(_slow, 3000), waiting = board.Request(_slow, 50);
        await OccupyWorkerAsync(hurried, board, running);
        await board.SendAsync(waiting);
        Assert.That((await board.PingAsync()).Depth, Is.EqualTo(1));
        Task stopping = hurried.StopAsync();
        ResponseFrame refusal = await board.ResponseAsync(), answer = await board.ResponseAsync();
        Assert.That((refusal.Sequence, refusal.Code), Is.EqualTo((waiting.Sequence, ResponseCode.Stopping)));
        Assert.That((answer.Sequence, answer.Code), Is.EqualTo((running.Sequence, ResponseCode.Ok)));
        await stopping;
    }

    [Test]
    public async Task ACancelledRequestLeavesTheQueueUncomputed()
    {
        RequestFrame running = _board.Request(_slow, 3000), waiting = _board.Request(_slow, 50);
        await OccupyWorkerAsync(_gateway, _board, running);
        await _board.SendAsync(waiting);
        await _board.CancelAsync(waiting.Sequence);
        ResponseFrame cancelled = await _board.ResponseAsync();
        Assert.That((cancelled.Sequence, cancelled.Code, cancelled.Depth), Is.EqualTo((waiting.Sequence, ResponseCode.Cancelled, 0)));
        // Neither a running request, nor one that was never sent, nor that of another board.
        await _board.CancelAsync(running.Sequence);
        await _board.CancelAsync(running.Sequence + 1000);
        await using TestBoard other = await TestBoard.ConnectAsync(_gateway.BrokerPort, "other");
        RequestFrame next = _board.Request(_slow, 50);
        await _board.SendAsync(next);
        await Deadline.UntilAsync(async () => (await _board.PingAsync()).Depth == 1, "a request that waits");
        await other.CancelAsync(next.Sequence);
        await other.PingAsync();
        ResponseFrame first = await _board.ResponseAsync(), second = await _board.ResponseAsync();
        Assert.That((first.Sequence, first.Code), Is.EqualTo((running.Sequence, ResponseCode.Ok)));
        Assert.That((second.Sequence, second.Code), Is.EqualTo((next.Sequence, ResponseCode.Ok)));
        Assert.That(await _gateway.CounterAsync("refused_cancelled"), Is.EqualTo(1));
    }

    /// <summary>Gives the only worker something for a second or so.</summary>
    private Task OccupyWorkerAsync() => OccupyWorkerAsync(_gateway, _board, _board.Request(_slow, 3000));

    // The published depth of an idle worker is 0 as well, so that only the queue knows when the worker has begun.
    private static async Task OccupyWorkerAsync(RunningGateway gateway, TestBoard board, RequestFrame request)
    {
        long takenBefore = gateway.Part<GatewayCore>().Queue.TakenCount;
        await board.SendAsync(request);
        await Deadline.UntilAsync(() => gateway.Part<GatewayCore>().Queue.TakenCount > takenBefore, "a busy worker");
        await board.PingAsync();
    }
}
