using Crime.Gateway.Configuration;
using Crime.Gateway.Inference;
using Crime.Gateway.Models;
using Crime.Gateway.Serving;
using Crime.Gateway.Tests.Running;
using Crime.Gateway.Tests.Serving;
using Crime.Gateway.Watchdog;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Watchdog;

public sealed class LifeSignsTests
{
    private const int StallMs = 500;
    private const int LinkDownMs = 2000;

    private ManualTime _time = null!;
    private RequestQueue _queue = null!;
    private GatewayCounters _counters = null!;
    private LifeSigns _signs = null!;
    private bool _isConnected;

    [SetUp]
    public void Make()
    {
        _time = new ManualTime();
        _queue = new RequestQueue(8);
        _counters = new GatewayCounters();
        _isConnected = true;
        _signs = new LifeSigns(new WatchdogOptions(StallMs, LinkDownMs), _queue, _counters, () => _isConnected, _time);
        Assert.That(_signs.Look(), Is.Null);
    }

    [TearDown]
    public void Dispose() => _counters.Dispose();

    [Test]
    public void AnEmptyQueueMayStandStillForEver()
    {
        Assert.That(LookAfterMs(1_000_000), Is.Null);
        Assert.That(LookAfterMs(1_000_000), Is.Null);
    }

    [Test]
    public void AQueueThatStandsStillIsTroubleOnlyBeyondTheLimit()
    {
        Assert.That(LookAfterMs(10_000), Is.Null);
        _queue.TryAdd(new PendingRequest());
        Assert.That(LookAfterMs(StallMs), Is.Null);
        Assert.That(LookAfterMs(1), Does.Contain("none was taken for 500 ms"));
        Assert.That(_signs.Trouble, Is.Not.Null);
    }

    [Test]
    public void AFullQueueThatMovesIsWell()
    {
        var weights = new FloatModel(TestModels.Parse(TestModels.Features));
        var model = new GatewayModel("features", weights, image: null, new ServiceCost(1, 1));
        for (int i = 0; i < 100; i++)
        {
            _queue.TryAdd(new PendingRequest { Model = model });
            _queue.Take(new Batch(), _time);
            _queue.TryAdd(new PendingRequest { Model = model });
            _counters.RecordBatch(1);
            Assert.That(LookAfterMs(StallMs - 1), Is.Null);
        }
    }

    [Test]
    public void OneTakenRequestEndsTheTrouble()
    {
        _queue.TryAdd(new PendingRequest());
        Assert.That(LookAfterMs(StallMs + 1), Is.Not.Null);
        _counters.RecordBatch(1);
        Assert.That(LookAfterMs(1), Is.Null);
        Assert.That(LookAfterMs(StallMs + 1), Is.Not.Null, "and the next standstill is trouble again");
    }

    [Test]
    public void ABrokerThatIsAwayIsTroubleOnlyBeyondTheLimit()
    {
        Assert.That(LookAfterMs(10_000), Is.Null);
        _isConnected = false;
        Assert.That(LookAfterMs(LinkDownMs), Is.Null);
        Assert.That(LookAfterMs(1), Does.Contain("no broker for 2000 ms"));
        _isConnected = true;
        Assert.That(LookAfterMs(1), Is.Null);
    }

    [Test]
    public void ABrokerThatNeverCameIsTroubleToo()
    {
        _isConnected = false;
        var signs = new LifeSigns(new WatchdogOptions(StallMs, LinkDownMs), _queue, _counters, () => _isConnected, _time);
        _time.AdvanceUs(1_000_000_000);
        Assert.That(signs.Look(), Is.Null, "it had no time yet");
        _time.AdvanceUs(LinkDownMs * 1000 + 1);
        Assert.That(signs.Look(), Is.Not.Null);
    }

    [TestCase("30000000", null, 30_000)]
    [TestCase("999", null, 1)]
    [TestCase("1000000", "1", null)]
    [TestCase("0", null, null)]
    [TestCase("", null, null)]
    [TestCase(null, null, null)]
    [TestCase("-1", null, null)]
    [TestCase("soon", null, null)]
    [TestCase("9223372036854775807", "", int.MaxValue)]
    [TestCase("92233720368547758080", null, null)]
    public void TheLimitOfSystemdIsReadFromItsVariables(string? limitUs, string? process, int? expectedMs) =>
        Assert.That(WatchdogFeeder.LimitMs(name => name == "WATCHDOG_USEC" ? limitUs : process), Is.EqualTo(expectedMs));

    [Test]
    public void TheLimitIsForThisProcess() =>
        Assert.That(WatchdogFeeder.LimitMs(name => name == "WATCHDOG_USEC" ? "5000" : $"{System.Environment.ProcessId}"), Is.EqualTo(5));

    private string? LookAfterMs(int timeMs)
    {
        _time.AdvanceUs(timeMs * 1000L);
        return _signs.Look();
    }
}
