using System;
using Crime.Gateway.Serving;
using Crime.Gateway.Tests.Running;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Serving;

public sealed class LoadMeterTests
{
    private ManualTime _time = null!;
    private RequestQueue _queue = null!;
    private GatewayGroup _group = null!;

    [SetUp]
    public void MakeQueue()
    {
        _time = new ManualTime();
        _queue = new RequestQueue(10);
        _group = new GatewayGroup(RunningGateway.Options(""), _time);
    }

    [Test]
    public void WorkIsWhatWaitsAndWhatIsLeftOfWhatRuns()
    {
        var load = new LoadMeter(_queue, workerCount: 2, _group, _time);
        Assert.That(Told(load), Is.EqualTo((0, 0, 0u)));
        _queue.TryAdd(new PendingRequest { CostUs = 500 });
        load.OnStarted(worker: 0, costUs: 300);
        load.OnStarted(worker: 1, costUs: 1000);
        // The waiting one goes to the worker that has less left: that is the earlier to be free again, too.
        Assert.That(Told(load), Is.EqualTo((1800, 300 + 500, 2 * 800u)));
        _time.AdvanceUs(200);
        Assert.That(Told(load), Is.EqualTo((500 + 100 + 800, 100 + 500, 2 * 600u)));
        // One that takes longer than predicted counts nothing, not less than nothing.
        _time.AdvanceUs(300);
        Assert.That(Told(load), Is.EqualTo((500 + 0 + 500, 500, 2 * 500u)));
        load.OnFinished(1);
        Assert.That(Told(load), Is.EqualTo((500, 250, 500u)));
    }

    [Test]
    public void WhileNothingWaitsTheBacklogIsTheLeastThatAWorkerHasLeft()
    {
        var load = new LoadMeter(_queue, workerCount: 2, _group, _time);
        load.OnStarted(worker: 0, costUs: 1000);
        Assert.That(Left(load), Is.EqualTo(new long[] { 1000, 0 }));
        Assert.That(Told(load), Is.EqualTo((1000, 0, 0u)), "whoever comes starts at once");
        load.OnStarted(worker: 1, costUs: 3000);
        Assert.That(Left(load), Is.EqualTo(new long[] { 1000, 3000 }));
        Assert.That(Told(load), Is.EqualTo((4000, 1000, 2 * 1000u)));
    }

    [Test]
    public void TellingAllocatesNothing()
    {
        var load = new LoadMeter(_queue, workerCount: 255, _group, _time);
        for (int i = 0; i < 255; i++) load.OnStarted(i, 1000 + i * 7 % 255);
        Assert.That(load.BacklogUs + load.WorkUs, Is.Positive);
        long before = GC.GetAllocatedBytesForCurrentThread(), sum = 0;
        for (int i = 0; i < 100; i++) sum += load.BacklogUs + load.WorkUs;
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(sum, Is.Positive);
    }

    [TestCase(1, 1024)]
    [TestCase(2, 512)]
    [TestCase(4, 256)]
    public void SteadyWorkIsUtilisationOverAllWorkers(int workerCount, int expected)
    {
        var load = new LoadMeter(_queue, workerCount, _group, _time);
        // 1 ms of work every ms, for ten time constants.
        for (int i = 0; i < 10_000; i++)
        {
            load.OnArrival(1000);
            _time.AdvanceUs(1000);
        }
        Assert.That(load.Utilisation, Is.EqualTo(expected).Within(1).Percent);
    }

    [Test]
    public void UtilisationFadesWithATimeConstantOfASecond()
    {
        var load = new LoadMeter(_queue, workerCount: 1, _group, _time);
        load.OnArrival(1_000_000);
        Assert.That(load.Utilisation, Is.EqualTo(1024));
        _time.AdvanceUs(1_000_000);
        Assert.That(load.Utilisation, Is.EqualTo(1024 / Math.E).Within(1));
        _time.AdvanceUs(20_000_000);
        Assert.That(load.Utilisation, Is.Zero);
    }

    [Test]
    public void NumbersStayInTheirFields()
    {
        var load = new LoadMeter(_queue, workerCount: 1, _group, _time);
        for (int i = 0; i < 100; i++) load.OnArrival(100_000_000);
        for (int i = 0; i < 10; i++) _queue.TryAdd(new PendingRequest { CostUs = 1_000_000_000 });
        Assert.That(load.Utilisation, Is.EqualTo(ushort.MaxValue));
        Assert.That((load.WorkUs, load.BacklogUs), Is.EqualTo((10_000_000_000, uint.MaxValue)));
    }

    private static (long WorkUs, long StartDelayUs, uint BacklogUs) Told(LoadMeter load) => (load.WorkUs, load.StartDelayUs, load.BacklogUs);

    private static long[] Left(LoadMeter load)
    {
        long[] leftUs = new long[load.WorkerCount];
        load.ReadLeftUs(leftUs);
        return leftUs;
    }
}
