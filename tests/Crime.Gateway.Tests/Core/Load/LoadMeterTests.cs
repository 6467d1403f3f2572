using System;
using Crime.Gateway.Core.Load;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Core.Load;

public sealed class LoadMeterTests
{
    private long _nowUs = 1_000_000;
    private long _waitingUs;

    [SetUp]
    public void Reset() => (_nowUs, _waitingUs) = (1_000_000, 0);

    [Test]
    public void WorkIsWhatWaitsAndWhatIsLeftOfWhatRuns()
    {
        var load = new LoadMeter(workerCount: 2);
        Assert.That(Reported(load), Is.EqualTo((0, 0, 0u)));
        _waitingUs = 500;
        load.OnStarted(worker: 0, costUs: 300, _nowUs);
        load.OnStarted(worker: 1, costUs: 1000, _nowUs);
        // The waiting one goes to the worker that has less left: that is the earlier to be free again, too.
        Assert.That(Reported(load), Is.EqualTo((1800, 300 + 500, 2 * 800u)));
        _nowUs += 200;
        Assert.That(Reported(load), Is.EqualTo((500 + 100 + 800, 100 + 500, 2 * 600u)));
        // One that takes longer than predicted counts nothing, not less than nothing.
        _nowUs += 300;
        Assert.That(Reported(load), Is.EqualTo((500 + 0 + 500, 500, 2 * 500u)));
        load.OnFinished(1);
        Assert.That(Reported(load), Is.EqualTo((500, 250, 500u)));
    }

    [Test]
    public void WhileNothingWaitsTheBacklogIsTheLeastThatAWorkerHasLeft()
    {
        var load = new LoadMeter(workerCount: 2);
        load.OnStarted(worker: 0, costUs: 1000, _nowUs);
        Assert.That(Left(load), Is.EqualTo(new long[] { 1000, 0 }));
        Assert.That(Reported(load), Is.EqualTo((1000, 0, 0u)), "a request that arrives starts at once");
        load.OnStarted(worker: 1, costUs: 3000, _nowUs);
        Assert.That(Left(load), Is.EqualTo(new long[] { 1000, 3000 }));
        Assert.That(Reported(load), Is.EqualTo((4000, 1000, 2 * 1000u)));
    }

    [Test]
    public void ReadingAllocatesNothing()
    {
        var load = new LoadMeter(workerCount: 255);
        for (int i = 0; i < 255; i++) load.OnStarted(i, 1000 + i * 7 % 255, _nowUs);
        Assert.That(load.BacklogUs(_waitingUs, _nowUs) + load.WorkUs(_waitingUs, _nowUs), Is.Positive);
        long before = GC.GetAllocatedBytesForCurrentThread(), sum = 0;
        for (int i = 0; i < 100; i++) sum += load.BacklogUs(_waitingUs, _nowUs) + load.WorkUs(_waitingUs, _nowUs);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(sum, Is.Positive);
    }

    [TestCase(1, 1024)]
    [TestCase(2, 512)]
    [TestCase(4, 256)]
    public void SteadyWorkIsUtilisationOverAllWorkers(int workerCount, int expected)
    {
        var load = new LoadMeter(workerCount: workerCount);
        // 1 ms of work every ms, for ten time constants.
        for (int i = 0; i < 10_000; i++)
        {
            load.OnArrival(1000, _nowUs);
            _nowUs += 1000;
        }
        Assert.That(load.Utilisation(_nowUs), Is.EqualTo(expected).Within(1).Percent);
    }

    [Test]
    public void UtilisationFadesWithATimeConstantOfASecond()
    {
        var load = new LoadMeter(workerCount: 1);
        load.OnArrival(1_000_000, _nowUs);
        Assert.That(load.Utilisation(_nowUs), Is.EqualTo(1024));
        _nowUs += 1_000_000;
        Assert.That(load.Utilisation(_nowUs), Is.EqualTo(1024 / Math.E).Within(1));
        _nowUs += 20_000_000;
        Assert.That(load.Utilisation(_nowUs), Is.Zero);
    }

    [Test]
    public void NumbersStayInTheirFields()
    {
        var load = new LoadMeter(workerCount: 1);
        for (int i = 0; i < 100; i++) load.OnArrival(100_000_000, _nowUs);
        _waitingUs = 10_000_000_000;
        Assert.That(load.Utilisation(_nowUs), Is.EqualTo(ushort.MaxValue));
        Assert.That((load.WorkUs(_waitingUs, _nowUs), load.BacklogUs(_waitingUs, _nowUs)), Is.EqualTo((10_000_000_000, uint.MaxValue)));
    }

    private (long WorkUs, long StartDelayUs, uint BacklogUs) Reported(LoadMeter load) =>
        (load.WorkUs(_waitingUs, _nowUs), load.StartDelayUs(_waitingUs, _nowUs), load.BacklogUs(_waitingUs, _nowUs));

    private long[] Left(LoadMeter load)
    {
        long[] leftUs = new long[load.WorkerCount];
        load.ReadLeftUs(leftUs, _nowUs);
        return leftUs;
    }
}
