using System;
using Crime.Gateway.Broker;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Broker;

/// <summary>Two clients with one id.</summary>
public sealed class TakeoverWatchTests
{
    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Now;
    }

    private readonly Clock _clock = new();

    [Test]
    public void ReplacementsInSequenceAreReportedOnce()
    {
        var watch = new TakeoverWatch(_clock);
        for (int i = 1; i <= 10; i++)
        {
            Assert.That(watch.IsClash("twin"), Is.EqualTo(i == TakeoverWatch.TakeoversOfClash));
            Assert.That(watch.IsClash("other" + i), Is.False, "each id counts for itself");
            _clock.Now += TakeoverWatch.LongestPause;
        }
    }

    /// <summary>A board that starts anew replaces its own dead connection.</summary>
    [Test]
    public void ReplacementsNowAndThenAreNone()
    {
        var watch = new TakeoverWatch(_clock);
        for (int i = 0; i < 10; i++)
        {
            Assert.That(watch.IsClash("board"), Is.False);
            _clock.Now += TakeoverWatch.LongestPause + TimeSpan.FromMilliseconds(1);
        }
    }
}
