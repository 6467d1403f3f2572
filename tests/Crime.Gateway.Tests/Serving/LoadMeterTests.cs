using Crime.Gateway.Serving;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Serving;

public sealed class LoadMeterTests
{
    private ManualTime _time = null!;
    private RequestQueue _queue = null!;

    [SetUp]
    public void MakeQueue()
    {
        _time = new ManualTime();
        _queue = new RequestQueue(10);
    }

    [Test]
    public void BacklogIsWhatWaitsAndWhatIsLeftOfWhatRuns()
    {
        var load = new LoadMeter(_queue, workerCount: 2, _time);
        Assert.That(load.BacklogUs, Is.Zero);
        _queue.TryAdd(new PendingRequest { CostUs = 500 });
        load.OnStarted(worker: 0, costUs: 300);
        load.OnStarted(worker: 1, costUs: 1000);
        Assert.That(load.BacklogUs, Is.EqualTo(1800));
        _time.AdvanceUs(200);
        Assert.That(load.BacklogUs, Is.EqualTo(500 + 100 + 800));
        // One that takes longer than predicted counts nothing, not less than nothing.
        _time.AdvanceUs(300);
        Assert.That(load.BacklogUs, Is.EqualTo(500 + 0 + 500));
        load.OnFinished(1);
        Assert.That(load.BacklogUs, Is.EqualTo(500));
    }

    [Test]
    public void TheWaitIsNothingWhileAWorkerIsIdle()
    {
        var load = new LoadMeter(_queue, workerCount: 2, _time);
        load.OnStarted(worker: 0, costUs: 1000);
        Assert.That(load.PredictedWaitUs, Is.Zero);
        Assert.That(load.BacklogUs, Is.Zero);
        load.OnStarted(worker: 1, costUs: 3000);
        Assert.That(load.PredictedWaitUs, Is.EqualTo(2000));
        _queue.TryAdd(new PendingRequest { CostUs = 500 });
        Assert.That(load.PredictedWaitUs, Is.EqualTo(2250));
    }

    [TestCase(1, 1024)]
    [TestCase(2, 512)]
    [TestCase(4, 256)]
    public void SteadyWorkIsUtilisationOverAllWorkers(int workerCount, int expected)
    {
        var load = new LoadMeter(_queue, workerCount, _time);
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
        var load = new LoadMeter(_queue, workerCount: 1, _time);
        load.OnArrival(1_000_000);
        Assert.That(load.Utilisation, Is.EqualTo(1024));
        _time.AdvanceUs(1_000_000);
        Assert.That(load.Utilisation, Is.EqualTo(1024 / System.Math.E).Within(1));
        _time.AdvanceUs(20_000_000);
        Assert.That(load.Utilisation, Is.Zero);
    }

    [Test]
    public void NumbersStayInTheirFields()
    {
        var load = new LoadMeter(_queue, workerCount: 1, _time);
        for (int i = 0; i < 100; i++) load.OnArrival(100_000_000);
        for (int i = 0; i < 10; i++) _queue.TryAdd(new PendingRequest { CostUs = 1_000_000_000 });
        Assert.That(load.Utilisation, Is.EqualTo(ushort.MaxValue));
        Assert.That(load.BacklogUs, Is.EqualTo(uint.MaxValue));
    }
}
