using Crime.Gateway.Core.Status;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Core.Status;

public sealed class StatusPaceTests
{
    [TestCase(50, 8, 50)]
    [TestCase(50, 600, 90)]
    [TestCase(50, 1000, 150)]
    [TestCase(50, 100_000, 150)]
    [TestCase(400, 1000, 400)]
    [TestCase(10, 0, 10)]
    public void ManyBoardsAreToldLessOftenButPromptly(int leastMs, int boards, int expectedMs) =>
        Assert.That(StatusPace.IntervalMs(leastMs, heartbeatMs: 1000, boards), Is.EqualTo(expectedMs));

    [TestCase(50, 150)]
    [TestCase(1000, 1000)]
    public void AnUnknownNumberOfBoardsCountsAsMany(int leastMs, int expectedMs) =>
        Assert.That(StatusPace.IntervalMs(leastMs, heartbeatMs: 1000, listenerCount: null), Is.EqualTo(expectedMs));

    [Test]
    public void AHeartbeatIsNeverLate() => Assert.That(StatusPace.IntervalMs(50, heartbeatMs: 100, listenerCount: 5000), Is.EqualTo(100));
}
