using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Frames;
using Crime.Gateway.Core.Queueing;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Core.Queueing;

public sealed class RequestQueueTests
{
    private const int Length = 20;
    private const double AloneUs = 1000;

    private const long NowUs = 1_000_000;

    private readonly Batch _batch = new(worker: 0);
    private CostModel _model = null!;
    private CostModel _other = null!;

    [SetUp]
    public void MakeModels()
    {
        _model = new CostModel(1, 1, 980);
        _other = new CostModel(2, 1, 980);
    }

    [Test]
    public void TheEarliestDeadlineComesFirstAndAmongEqualsTheEarlier()
    {
        var random = new Random(1);
        var queue = new RequestQueue(100);
        // Of lengths that nothing goes together with: every batch is one.
        PendingRequest[] requests = Enumerable.Range(0, 12).Select(i => Request(deadlineUs: 1_000_000_000 + random.Next(4), length: Length << i)).ToArray();
        foreach (PendingRequest request in requests) Assert.That(queue.TryAdd(request), Is.True);
        foreach (PendingRequest expected in requests.OrderBy(request => request.DeadlineUs))
            Assert.That(Taken(queue), Is.EqualTo(new[] { expected }));
        Assert.That(queue.Depth, Is.Zero);
    }

    [Test]
    public void DepthAndWorkAreThoseOfWhatWaits()
    {
        var queue = new RequestQueue(2);
        Assert.That((queue.Depth, queue.WaitingUs), Is.EqualTo((0, 0L)));
        queue.TryAdd(Request(costUs: 10));
        queue.TryAdd(Request(costUs: 200.4, length: 2000));
        Assert.That((queue.Depth, queue.WaitingUs), Is.EqualTo((2, 210L)));
        Assert.That(queue.TryAdd(Request(costUs: 3000)), Is.False);
        Assert.That((queue.Depth, queue.WaitingUs), Is.EqualTo((2, 210L)));
        Taken(queue);
        Assert.That((queue.Depth, queue.WaitingUs), Is.EqualTo((1, 200L)));
    }

    [Test]
    public void ABatchIsOfOneModelAndOfSimilarLengths()
    {
        var queue = new RequestQueue(100);
        PendingRequest[] together = [Request(length: 20), Request(length: 24), Request(length: 30), Request(length: 16)];
        PendingRequest[] apart = [Request(length: 100), Request(length: 20, model: _other)];
        foreach (PendingRequest request in together.Concat(apart)) queue.TryAdd(request);
        Assert.That(Taken(queue), Is.EqualTo(together));
        Assert.That(Taken(queue), Is.EqualTo(apart[..1]));
        Assert.That(Taken(queue), Is.EqualTo(apart[1..]));
    }

    [TestCase(3)]
    [TestCase(1)]
    public void ABatchIsTheLargestThatMeetsTheEarliestDeadline(int fitting)
    {
        var queue = new RequestQueue(100);
        _model.Cost.SeedShare(2, 1);
        queue.TryAdd(Request(deadlineUs: NowUs + (long)(fitting * AloneUs)));
        for (int i = 0; i < 5; i++) queue.TryAdd(Request());
        Assert.That(Taken(queue), Has.Count.EqualTo(fitting));
    }

    [Test]
    public void ABatchIsNoLongerThanOthersShallWait()
    {
        var queue = new RequestQueue(100);
        for (int i = 0; i < 50; i++) queue.TryAdd(Request());
        Assert.That(Taken(queue), Has.Count.EqualTo(Batch.MaxDurationUs / AloneUs));
        // At a fifth of the price together, as many as a batch can hold.
        _model.Cost.SeedShare(2, 0.2);
        Assert.That(Taken(queue), Has.Count.EqualTo(Batch.MaxCount));
    }

    [Test]
    public void WhatComesAlreadyLateForTheOthersIsRefused()
    {
        var queue = new RequestQueue(100);
        long nowUs = NowUs;
        PendingRequest tight = Request(deadlineUs: nowUs + 2000), urgent = Request(deadlineUs: nowUs + 1500), late = Request(deadlineUs: nowUs + 2500);
        Assert.That(queue.Admit(tight, nowUs, leftUs: [500]), Is.EqualTo(ResponseCode.Ok));
        Assert.That(queue.Admit(late, nowUs, [500]), Is.EqualTo(ResponseCode.Ok));
        // It could be ready in time itself, but the tight one no longer.
        Assert.That(queue.Admit(urgent, nowUs, [500]), Is.EqualTo(ResponseCode.TooLate));
        Assert.That(queue.Admit(Request(deadlineUs: nowUs + 2499), nowUs, [500]), Is.EqualTo(ResponseCode.TooLate));
        Assert.That(queue.Depth, Is.EqualTo(2));
        // Two workers halve the wait: everybody is in time.
        Assert.That(queue.Admit(urgent, nowUs, [250, 250]), Is.EqualTo(ResponseCode.Ok));
        Assert.That(Taken(queue)[0], Is.SameAs(urgent));
    }

    [Test]
    public void ARequestNeedsTheFirstFreeWorkerOnly()
    {
        var queue = new RequestQueue(100);
        long nowUs = NowUs;
        PendingRequest urgent = Request(deadlineUs: nowUs + 11_000);
        Assert.That(queue.Admit(Request(deadlineUs: nowUs + 10_999), nowUs, [60_000, 10_000, 110_000]), Is.EqualTo(ResponseCode.TooLate));
        Assert.That(queue.Admit(urgent, nowUs, [60_000, 10_000, 110_000]), Is.EqualTo(ResponseCode.Ok));
        // The next is done before it, by the same worker; before that nobody is any more, or one of both would be late.
        Assert.That(queue.Admit(Request(deadlineUs: nowUs + 10_500), nowUs, [60_000, 9_000, 110_000]), Is.EqualTo(ResponseCode.Ok));
        Assert.That(queue.Admit(Request(deadlineUs: nowUs + 10_400), nowUs, [60_000, 9_000, 110_000]), Is.EqualTo(ResponseCode.TooLate));
        Assert.That(queue.Depth, Is.EqualTo(2));
    }

    [Test]
    public void WhoIsAdmittedIsInTime()
    {
        var random = new Random(1);
        int admittedCount = 0;
        for (int world = 0; world < 300; world++)
        {
            var queue = new RequestQueue(100);
            long nowUs = NowUs;
            long[] leftUs = Enumerable.Range(0, random.Next(1, 6)).Select(_ => random.Next(3) == 0 ? 0L : random.Next(20_000)).ToArray();
            for (int i = 0; i < 30; i++)
            {
                PendingRequest request = Request(costUs: random.Next(1, 5000), deadlineUs: nowUs + random.Next(40_000));
                request.AloneUs = request.CostUs;
                if (queue.Admit(request, nowUs, leftUs) == ResponseCode.Ok) admittedCount++;
            }
            long[] freeUs = Array.ConvertAll(leftUs, us => nowUs + us);
            foreach (PendingRequest request in queue.Close())
            {
                int worker = Array.IndexOf(freeUs, freeUs.Min());
                freeUs[worker] += (long)request.CostUs;
                Assert.That(freeUs[worker], Is.LessThanOrEqualTo(request.DeadlineUs), $"world {world}");
            }
        }
        // Of 9000.
        Assert.That(admittedCount, Is.InRange(3000, 8000));
    }

    [Test]
    public void WhatCanWaitMakesNobodyLate()
    {
        var queue = new RequestQueue(100);
        long nowUs = NowUs;
        PendingRequest tight = Request(deadlineUs: nowUs + 2000), later = Request(deadlineUs: nowUs + 3000), old = Request(deadlineUs: nowUs + 100);
        old.HasDeadline = false;
        foreach (PendingRequest request in new[] { tight, later, old })
            Assert.That(queue.Admit(request, nowUs, leftUs: [500]), Is.EqualTo(ResponseCode.Ok));
        // The order still holds for who comes next.
        PendingRequest next = Request(deadlineUs: nowUs + 10_000);
        Assert.That(queue.Admit(next, nowUs, [500]), Is.EqualTo(ResponseCode.Ok));
        Assert.That(queue.Close(), Is.EqualTo(new[] { tight, later, old, next }));
    }

    [Test]
    public void WaitingWorkersShareTheRequests()
    {
        var queue = new RequestQueue(100);
        Batch[] batches = [new(worker: 0), new(worker: 1)];
        foreach (Batch batch in batches) Assert.That(queue.TryTake(batch, NowUs), Is.EqualTo(TakeOutcome.Empty));
        Assert.That(queue.NeedsTaker, Is.False);
        queue.TryAdd(Request());
        queue.TryAdd(Request());
        Assert.That(queue.NeedsTaker, Is.True);
        foreach (Batch batch in batches) Assert.That(Taken(queue, batch), Has.Count.EqualTo(1));
        Assert.That((queue.NeedsTaker, queue.TakenCount), Is.EqualTo((false, 2L)));
    }

    [Test]
    public void NothingWaitsForBusyWorkersWhileAWorkerIsIdle()
    {
        var queue = new RequestQueue(100);
        queue.TryAdd(Request());
        Assert.That((queue.Depth, queue.DepthBehindBusyWorkers), Is.EqualTo((1, 1)), "no worker is idle");
        Taken(queue, _batch);
        Assert.That(queue.TryTake(_batch, NowUs), Is.EqualTo(TakeOutcome.Empty));
        queue.TryAdd(Request());
        queue.TryAdd(Request());
        Assert.That((queue.Depth, queue.DepthBehindBusyWorkers), Is.EqualTo((2, 0)));
        Taken(queue, _batch);
        queue.TryAdd(Request());
        Assert.That((queue.Depth, queue.DepthBehindBusyWorkers), Is.EqualTo((1, 1)), "the worker is busy");
    }

    [Test]
    public void AWorkerThatAsksTwiceWaitsOnce()
    {
        var queue = new RequestQueue(100);
        var batch = new Batch(worker: 0);
        for (int i = 0; i < 3; i++) Assert.That(queue.TryTake(batch, NowUs), Is.EqualTo(TakeOutcome.Empty));
        queue.TryAdd(Request());
        queue.TryAdd(Request());
        Assert.That(Taken(queue, batch), Has.Count.EqualTo(2), "no other worker waits for its share");
    }

    [Test]
    public void ClosingGivesBackTheRest()
    {
        var queue = new RequestQueue(4);
        queue.TryAdd(Request(costUs: 1));
        queue.TryAdd(Request(costUs: 2));
        Assert.That(queue.Close().Select(request => request.CostUs), Is.EqualTo(new[] { 1.0, 2.0 }));
        Assert.That((queue.Depth, queue.WaitingUs), Is.EqualTo((0, 0L)));
        Assert.That(queue.TryAdd(Request()), Is.False);
        Assert.That(queue.Admit(Request(), 0, [0]), Is.EqualTo(ResponseCode.Stopping));
        Assert.That(queue.TryTake(_batch, NowUs), Is.EqualTo(TakeOutcome.Closed));
    }

    [Test]
    public void ClosingTheEntranceLetsOutWhatIsInside()
    {
        var queue = new RequestQueue(4);
        PendingRequest first = Request(), second = Request(length: 10 * Length);
        queue.TryAdd(first);
        queue.TryAdd(second);
        queue.CloseEntrance();
        Assert.That(queue.TryAdd(Request()), Is.False);
        Assert.That(Taken(queue), Is.EqualTo(new[] { first }));
        Assert.That(Taken(queue), Is.EqualTo(new[] { second }));
        Assert.That(queue.TryTake(_batch, NowUs), Is.EqualTo(TakeOutcome.Closed));
    }

    private List<PendingRequest> Taken(RequestQueue queue, Batch? batch = null)
    {
        batch ??= _batch;
        Assert.That(queue.TryTake(batch, NowUs), Is.EqualTo(TakeOutcome.Taken));
        return batch.Requests.ToArray().ToList();
    }

    /// <summary>A request with a deadline where one is given.</summary>
    private PendingRequest Request(long? deadlineUs = null, int length = Length, double costUs = AloneUs, CostModel? model = null)
    {
        var request = new TestRequest
        {
            Model = model ?? _model,
            CostUs = costUs,
            AloneUs = AloneUs,
            HasDeadline = deadlineUs != null,
            DeadlineUs = deadlineUs ?? long.MaxValue,
        };
        request.Frame.Length = length;
        return request;
    }
}
