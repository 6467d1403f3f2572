using System;
using Crime.Mapping;
using NUnit.Framework;

namespace Crime.Shared.Tests.Mapping;

public sealed class LinkEstimatorTests
{
    [Test]
    public void TheFirstSampleSetsTheEstimateAsRfc6298Says()
    {
        var link = new LinkEstimator();
        link.AddSample(60_000, 0);
        Assert.That((link.RttUs, link.DeviationUs, link.IsUsable), Is.EqualTo((60_000, 30_000, true)));
    }

    [Test]
    public void LaterSamplesAreSmoothedAsRfc6298Says()
    {
        var link = new LinkEstimator();
        var random = new Random(1);
        double rtt = 0, deviation = 0;
        for (int i = 0; i < 200; i++)
        {
            int sample = 40_000 + random.Next(100_000);
            link.AddSample(sample, i * 1000);
            if (i == 0)
            {
                rtt = sample;
                deviation = sample / 2.0;
            }
            else
            {
                deviation += (Math.Abs(rtt - sample) - deviation) / 4;
                rtt += (sample - rtt) / 8;
            }
            Assert.That(link.RttUs, Is.EqualTo(rtt).Within(20), $"sample {i}");
            Assert.That(link.DeviationUs, Is.EqualTo(deviation).Within(20), $"sample {i}");
        }
    }

    [Test]
    public void ALossMakesTheLinkSuspectAndBacksOff()
    {
        var link = new LinkEstimator();
        link.AddSample(60_000, 0);
        long now = 0;
        int[] expected = [500_000, 1_000_000, 2_000_000, 4_000_000, 8_000_000, 16_000_000, 32_000_000, 32_000_000];
        foreach (int wait in expected)
        {
            link.OnLoss(now, isRare: false);
            Assert.That(link.IsUsable, Is.False);
            Assert.That((link.PingIsDue(now + wait - 1), link.PingIsDue(now + wait)), Is.EqualTo((false, true)));
            now += wait;
        }
    }

    [Test]
    public void TheSampleThatEndsASuspicionStartsAnew()
    {
        var link = new LinkEstimator();
        for (int i = 0; i < 20; i++) link.AddSample(60_000, i);
        link.OnLoss(100, isRare: false);
        link.AddSample(360_000, 600_000);
        Assert.That((link.RttUs, link.DeviationUs, link.IsUsable), Is.EqualTo((360_000, 180_000, true)));
    }

    [Test]
    public void ASampleAfterLongSilenceStartsAnew()
    {
        var link = new LinkEstimator();
        link.AddSample(60_000, 0);
        link.AddSample(10_000, LinkEstimator.StaleUs + 1);
        Assert.That(link.RttUs, Is.EqualTo(10_000));
    }

    [Test]
    public void AGoodLinkIsPingedWhenItsEstimateIsOld()
    {
        var link = new LinkEstimator();
        Assert.That(link.PingIsDue(0), Is.True, "never measured");
        link.AddSample(60_000, 1000);
        Assert.That((link.PingIsDue(1000 + LinkEstimator.FreshUs - 1), link.PingIsDue(1000 + LinkEstimator.FreshUs)), Is.EqualTo((false, true)));
    }

    [Test]
    public void AReconnectAsksForAPingAtOnceAndForgetsTheBackOff()
    {
        var link = new LinkEstimator();
        link.AddSample(60_000, 0);
        for (int i = 0; i < 5; i++) link.OnLoss(0, isRare: false);
        link.OnReconnect(10);
        Assert.That((link.IsUsable, link.PingIsDue(10)), Is.EqualTo((false, true)));
        link.OnLoss(10, isRare: false);
        Assert.That(link.PingIsDue(10 + LinkEstimator.FirstBackOffUs), Is.True);
    }

    [TestCase(long.MaxValue, LinkEstimator.MaxRttUs)]
    [TestCase(-5, 0)]
    public void SamplesAreClamped(long sample, int expected)
    {
        var link = new LinkEstimator();
        link.AddSample(sample, 0);
        Assert.That(link.RttUs, Is.EqualTo(expected));
    }

    [Test]
    public void TheTimeoutIsTheExpectationPlusFourDeviationsOrTheMargin()
    {
        var link = new LinkEstimator();
        link.AddSample(60_000, 0);
        Assert.That(link.TimeoutUs(100_000, 50_000, 2_000_000), Is.EqualTo(220_000));
        Assert.That(link.TimeoutUs(100_000, 500_000, 2_000_000), Is.EqualTo(600_000));
        Assert.That(link.TimeoutUs(100_000, 50_000, 150_000), Is.EqualTo(150_000));
    }
}
