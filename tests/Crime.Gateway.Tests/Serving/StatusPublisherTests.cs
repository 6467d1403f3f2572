using System;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Core;
using Crime.Gateway.Broker;
using Crime.Gateway.Configuration;
using Crime.Gateway.Inference;
using Crime.Gateway.Models;
using Crime.Gateway.Serving;
using Crime.Gateway.Tests.Running;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Serving;

public sealed class StatusPublisherTests
{
    private const int MinIntervalMs = 100;

    private ManualTime _time = null!;
    private Outbox _outbox = null!;
    private RequestQueue _queue = null!;
    private GatewayGroup _group = null!;
    private LoadMeter _load = null!;
    private GatewayModel _model = null!;
    private CancellationTokenSource _end = null!;

    [SetUp]
    public void MakeParts()
    {
        _time = new ManualTime();
        _outbox = new Outbox(new GatewayCounters());
        _outbox.Open();
        _queue = new RequestQueue(5);
        _group = new GatewayGroup(RunningGateway.Options(""), _time);
        _load = new LoadMeter(_queue, workerCount: 2, _group, _time);
        var weights = new FloatModel(TestModels.Parse(TestModels.Features));
        _model = new GatewayModel("features", weights, image: [1, 2, 3, 4, 0x78, 0x56, 0x34, 0x12], new ServiceCost(1.5, 20));
        _end = new CancellationTokenSource(Deadline.Ms);
    }

    [TearDown]
    public void Dispose() => _end.Dispose();

    [Test]
    public async Task AStatusSaysEverything()
    {
        using StatusPublisher publisher = Publisher(heartbeatMs: 5000);
        _queue.TryAdd(new PendingRequest { CostUs = 700 });
        _load.OnStarted(0, 300);
        _load.OnArrival(500_000);
        publisher.Start();
        StatusFrame status = await NextAsync();
        Assert.That(status.Online, Is.True);
        Assert.That((status.Workers, status.Depth, status.Capacity), Is.EqualTo((2, 1, 5)));
        Assert.That((status.BacklogUs, status.Utilisation), Is.EqualTo((1000u, 256)));
        Assert.That(status.ModelCount, Is.EqualTo(1));
        Assert.That((status.ModelId[0], status.ImageChecksum[0]), Is.EqualTo((_model.Id, 0x12345678u)));
        Assert.That((status.Advert(0).AlphaNs[0], status.Advert(0).BetaUs[0]), Is.EqualTo((1500u, 20u)));
        await publisher.StopAsync();
    }

    [Test]
    public async Task AChangeIsToldAtOnceButNotTooOften()
    {
        using StatusPublisher publisher = Publisher(heartbeatMs: 5000);
        publisher.Start();
        await NextAsync();
        var watch = Stopwatch.StartNew();
        for (int i = 0; i < 5; i++)
        {
            _queue.TryAdd(new PendingRequest { CostUs = 1 });
            publisher.OnChange();
        }
        // The five changes come in few statuses, the last of which is complete.
        int count = 0;
        StatusFrame status;
        do
        {
            status = await NextAsync();
            count++;
        }
        while (status.Depth < 5);
        Assert.That(count, Is.LessThanOrEqualTo(2));
        Assert.That(watch.ElapsedMilliseconds, Is.LessThan(4000), "that was the heartbeat");
        await publisher.StopAsync();
    }

    [Test]
    public async Task NoNewsAreNoStatus()
    {
        using StatusPublisher publisher = Publisher(heartbeatMs: 400);
        publisher.Start();
        StatusFrame first = await NextAsync();
        var watch = Stopwatch.StartNew();
        Task<StatusFrame> next = NextAsync();
        while (!next.IsCompleted)
        {
            // A backlog that moved by less than the step.
            _load.OnStarted(0, StatusPace.BacklogStepUs - 1);
            publisher.OnChange();
            await Task.WhenAny(next, Task.Delay(20));
        }
        Assert.That((await next).Sequence, Is.EqualTo(first.Sequence + 1));
        Assert.That(watch.ElapsedMilliseconds, Is.GreaterThanOrEqualTo(300), "the heartbeat");
        await publisher.StopAsync();
    }

    [Test]
    public async Task AnAnnouncementNeedsNoNews()
    {
        using StatusPublisher publisher = Publisher(heartbeatMs: 5000);
        publisher.Start();
        await NextAsync();
        var watch = Stopwatch.StartNew();
        publisher.Announce();
        await NextAsync();
        Assert.That(watch.ElapsedMilliseconds, Is.LessThan(4000));
        await publisher.StopAsync();
    }

    [Test]
    public void OfflineIsALaterStatusWithoutModels()
    {
        using StatusPublisher publisher = Publisher(heartbeatMs: 5000);
        StatusFrame first = Decoded(publisher.NextOfflineFrame()), second = Decoded(publisher.NextOfflineFrame());
        Assert.That((first.Online, first.ModelCount, first.Workers), Is.EqualTo((false, 0, 2)));
        Assert.That(second.Session, Is.EqualTo(first.Session));
        Assert.That(second.Sequence, Is.EqualTo(first.Sequence + 1));
    }

    [Test]
    public async Task ALargeStatusHoldsAllModels()
    {
        GatewayModel[] models = Enumerable.Range(0, StatusFrame.MaxModels).Select(i =>
        {
            byte[] file = TestModels.Write($"m{i}", inputs: 1, hidden: 1, seed: i, isForBoards: false);
            return new GatewayModel($"m{i}", new FloatModel(TestModels.Parse(file)), image: null, new ServiceCost(1, 1));
        }).ToArray();
        using StatusPublisher publisher = Publisher(heartbeatMs: 5000, models);
        publisher.Start();
        StatusFrame status = await NextAsync();
        Assert.That(status.ModelId.Take(status.ModelCount), Is.EqualTo(models.Select(model => model.Id)));
        Assert.That(status.ImageChecksum, Is.All.Zero);
        await publisher.StopAsync();
    }

    private StatusPublisher Publisher(int heartbeatMs, GatewayModel[]? models = null)
    {
        GatewayOptions options = RunningGateway.Options("") with { Status = new StatusOptions(heartbeatMs, MinIntervalMs) };
        _outbox.StatusListenerCount = () => 1;
        return new StatusPublisher(options, new ModelRegistry(models ?? [_model]), _queue, _load, _group, _outbox, new GatewayCounters());
    }

    private async Task<StatusFrame> NextAsync()
    {
        await foreach (OutgoingMessage message in _outbox.ReadAllAsync(_end.Token))
        {
            Assert.That(message.Topic, Is.EqualTo(Topics.Status(RunningGateway.Id)));
            Assert.That(message.IsRetained, Is.True);
            return Decoded(message.Payload);
        }
        throw new InvalidOperationException("the outbox is closed");
    }

    private static StatusFrame Decoded(byte[] payload)
    {
        var status = new StatusFrame();
        Assert.That(status.Decode(payload), Is.EqualTo(FrameError.None));
        return status;
    }
}
