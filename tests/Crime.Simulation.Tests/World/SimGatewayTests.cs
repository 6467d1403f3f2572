using System;
using Crime.Frames;
using Crime.Simulation.Scenarios;
using Crime.Simulation.World;
using NUnit.Framework;

namespace Crime.Simulation.Tests.World;

public sealed class SimGatewayTests
{
    private SimGateway _gateway = null!;

    [SetUp]
    public void OccupyThreeWorkers()
    {
        var kind = new GatewayKind("three", 3, 0, 1000, 0);
        _gateway = new SimGateway(
            0, new GatewayNode("hub", kind, null, []), new GatewayCosts(kind, Worlds.Set()), modelId: 1, statusIntervalMs: 100, Safeguards.Admission);
        foreach (int costUs in new[] { 60_000, 10_000, 110_000 })
        {
            Assert.That((_gateway.PredictedWaitUs(0), _gateway.BacklogUs(0)), Is.EqualTo((0L, 0L)), "a worker is free");
            Assert.That(_gateway.TryAdmit(Request(costUs), 0), Is.True);
            _gateway.StartNext(0);
        }
    }

    [Test]
    public void TheBacklogIsWhenARequestWouldStartTimesTheWorkers()
    {
        Assert.That((_gateway.PredictedWaitUs(0), _gateway.BacklogUs(0)), Is.EqualTo((10_000L, 30_000L)));
        Assert.That(_gateway.BacklogUs(4000), Is.EqualTo(3 * 6000));
        Assert.That(_gateway.BacklogUs(20_000), Is.Zero, "later than predicted");
        // Up to the second, and then onto both.
        Assert.That(_gateway.TryAdmit(Request(70_000), 0), Is.True);
        Assert.That((_gateway.PredictedWaitUs(0), _gateway.BacklogUs(0)), Is.EqualTo((70_000L, 210_000L)));
        _gateway.Publish(0);
        StatusFrame status = _gateway.Status(1, 0, out _)!;
        Assert.That((status.BacklogUs, status.Workers, status.Depth), Is.EqualTo((210_000u, 3, 1)));
    }

    [TestCase(15_000, true)]
    [TestCase(14_999, false)]
    public void ItAdmitsByTheSame(int budgetUs, bool isAdmitted)
    {
        Assert.That(_gateway.TryAdmit(Request(5000, budgetUs), 0), Is.EqualTo(isAdmitted));
    }

    /// <summary>As the gateway's publisher has it: a request more or less in the queue, or a millisecond of backlog.</summary>
    [Test]
    public void NewsIsWhatTheLastStatusDidNotTell()
    {
        Assert.That(_gateway.HasNews(0), Is.True, "nothing was told yet");
        _gateway.Publish(0);
        Assert.That(_gateway.HasNews(0), Is.False);
        // Three workers: a millisecond of backlog is a third of one of delay.
        Assert.That((_gateway.HasNews(330), _gateway.HasNews(334)), Is.EqualTo((false, true)));
        Assert.That(_gateway.TryAdmit(Request(1), 0), Is.True);
        Assert.That(_gateway.HasNews(0), Is.True, "one waits");
    }

    [Test]
    public void TellingAllocatesNothing()
    {
        Assert.That(_gateway.TryAdmit(Request(70_000), 0), Is.True);
        long sumUs = _gateway.BacklogUs(0), before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) sumUs += _gateway.BacklogUs(i);
        Assert.That((GC.GetAllocatedBytesForCurrentThread() - before, sumUs > 0), Is.EqualTo((0L, true)));
    }

    private static SimRequest Request(int costUs, long budgetUs = 0) => new() { CostUs = costUs, ServiceUs = costUs, BudgetUs = budgetUs };
}
