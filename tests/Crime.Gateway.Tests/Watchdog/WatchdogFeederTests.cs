using Crime.Gateway.Watchdog;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Watchdog;

public sealed class WatchdogFeederTests
{
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
}
