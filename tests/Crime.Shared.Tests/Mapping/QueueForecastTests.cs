using Crime.Mapping;
using NUnit.Framework;

namespace Crime.Shared.Tests.Mapping;

public sealed class QueueForecastTests
{
    [Test]
    public void AStandingQueueWaitsItsBacklogPerWorker()
    {
        var queue = new QueueForecast();
        queue.OnStatus(80_000, 2, QueueForecast.FullUtilisation, 12, 1000);
        Assert.That((queue.WaitUs(1000), queue.WaitUs(500_000), queue.Depth), Is.EqualTo((40_000, 40_000, 12)));
    }

    [Test]
    public void AnUnderloadedQueueDrainsWithTheAgeOfTheReport()
    {
        var queue = new QueueForecast();
        queue.OnStatus(80_000, 1, QueueForecast.FullUtilisation / 2, 12, 0);
        Assert.That((queue.WaitUs(0), queue.WaitUs(100_000), queue.WaitUs(160_000), queue.WaitUs(1_000_000)), Is.EqualTo((80_000, 30_000, 0, 0)));
    }

    [Test]
    public void AnOverloadedQueueGrowsWithTheAgeOfTheReport()
    {
        var queue = new QueueForecast();
        queue.OnStatus(0, 4, 2 * QueueForecast.FullUtilisation, 0, 0);
        Assert.That(queue.WaitUs(100_000), Is.EqualTo(100_000));
    }

    [Test]
    public void AnAnswerRefreshesTheBacklogAndKeepsTheUtilisation()
    {
        var queue = new QueueForecast();
        queue.OnStatus(0, 2, 2 * QueueForecast.FullUtilisation, 0, 0);
        queue.OnBacklog(20_000, 3, 1_000_000);
        Assert.That((queue.WaitUs(1_000_000), queue.WaitUs(1_010_000), queue.Depth), Is.EqualTo((10_000, 20_000, 3)));
    }

    [TestCase(uint.MaxValue, 0, 65535)]
    [TestCase(uint.MaxValue, 255, 0)]
    public void ForeignValuesStayWithinLimits(uint backlog, int workers, int utilisation)
    {
        var queue = new QueueForecast();
        queue.OnStatus(backlog, workers, utilisation, 65535, 0);
        Assert.That(queue.WaitUs(long.MaxValue / 2), Is.InRange(0, QueueForecast.MaxUs));
    }
}
