using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Frames;
using Crime.Gateway.Core.Status;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Core.Status;

/// <summary>When the slow status is due.</summary>
public sealed class RegimeRuleTests
{
    private const double ServiceUs = 10_000;
    private const long SecondUs = 1_000_000;

    private RegimeRule _rule = null!;
    private long _nowUs;
    private List<long> _publishedUs = null!;

    [SetUp]
    public void Make()
    {
        _rule = new RegimeRule();
        _nowUs = 5 * SecondUs;
        _publishedUs = [];
    }

    /// <summary>Publishes statuses with a steady wait, 20 a second.</summary>
    private void Hold(double waitInServices, int seconds, double refusedShare = 0, uint alphaNs = 1000, int workers = 1, uint relayWaitUs = 0)
    {
        for (int i = 0; i < seconds * 20; i++)
        {
            if (_rule.Next(Status(waitInServices, alphaNs, workers, relayWaitUs), ServiceUs, refusedShare, _nowUs) != null) _publishedUs.Add(_nowUs);
            _nowUs += SecondUs / 20;
        }
    }

    private static StatusFrame Status(double waitInServices, uint alphaNs = 1000, int workers = 1, uint relayWaitUs = 0)
    {
        var status = new StatusFrame
        {
            Online = true, Workers = workers, Session = 3, Sequence = 9, Capacity = 256, Depth = 2,
            BacklogUs = (uint)(waitInServices * ServiceUs * workers), HttpPort = 8080,
        };
        CostAdvert advert = status.Add(7, 1);
        advert.SetOwn(alphaNs, 5000);
        if (relayWaitUs == 0) return status;
        var beyond = new CostAdvert();
        beyond.SetOwn(10, 10);
        advert.AddVia(10, 4000, 77, beyond, 0);
        advert.RelayWaitUs = relayWaitUs;
        return status;
    }

    [Test]
    public void TheFirstStatusIsPublishedAsItIs()
    {
        StatusFrame slow = _rule.Next(Status(0), ServiceUs, 0, _nowUs)!;
        Assert.That((slow.Online, slow.Workers, slow.Session, slow.Sequence, slow.Capacity), Is.EqualTo((true, 1, 3u, 9u, 256)));
        Assert.That((slow.Depth, slow.BacklogUs, slow.HttpPort, slow.ModelCount, slow.ModelId[0]), Is.EqualTo((2, 0u, 8080, 1, 7u)));
        Assert.That((slow.Advert(0).Count, slow.Advert(0).AlphaNs[0], slow.Advert(0).BetaUs[0]), Is.EqualTo((1, 1000u, 5000u)));
    }

    [TestCase(0, Regime.Idle)]
    [TestCase(0.9, Regime.Idle)]
    [TestCase(1.1, Regime.Busy)]
    [TestCase(3.9, Regime.Busy)]
    [TestCase(4.1, Regime.Saturated)]
    public void TheWaitInServiceTimesIsTheRegime(double waitInServices, Regime regime)
    {
        Hold(waitInServices, 120);
        Assert.That(_rule.Current, Is.EqualTo(regime));
        Assert.That(_rule.MeanWaitUs, Is.EqualTo(waitInServices * ServiceUs).Within(2).Percent);
    }

    [Test]
    public void AThresholdIsHalfAsHighOnTheWayDown()
    {
        Hold(5, 120);
        Hold(2.1, 120);
        Assert.That(_rule.Current, Is.EqualTo(Regime.Saturated));
        Hold(1.9, 120);
        Assert.That(_rule.Current, Is.EqualTo(Regime.Busy));
        Hold(0.6, 120);
        Assert.That(_rule.Current, Is.EqualTo(Regime.Busy));
        Hold(0.4, 120);
        Assert.That(_rule.Current, Is.EqualTo(Regime.Idle));
    }

    [Test]
    public void RefusalsAreARegimeOfTheirOwn()
    {
        Hold(2.2, 60, refusedShare: 0.24);
        Assert.That(_rule.Current, Is.EqualTo(Regime.Busy));
        Hold(2.2, 1, refusedShare: 0.26);
        Assert.That(_rule.Current, Is.EqualTo(Regime.Refusing));
        Hold(2.2, 1, refusedShare: 0.13);
        Assert.That(_rule.Current, Is.EqualTo(Regime.Refusing));
        Hold(2.2, 1, refusedShare: 0.12);
        Assert.That(_rule.Current, Is.EqualTo(Regime.Saturated), "a wait of twice the service time keeps the regime below");
    }

    [Test]
    public void ASteadyLoadIsPublishedOnceAndAChangeOnce()
    {
        Hold(0, 600);
        Assert.That(_publishedUs, Has.Count.EqualTo(1));
        Hold(10, 600);
        Assert.That(_publishedUs.Count, Is.InRange(2, 3), "it may pass through the regime between");
        Hold(10, 3600);
        Assert.That(_publishedUs.Count, Is.InRange(2, 3));
    }

    /// <summary>A load that jumps all the time, at random: never two within the interval.</summary>
    [Test]
    public void NoTwoComeWithinTheInterval()
    {
        Random random = TestSeed.Random();
        for (int i = 0; i < 400; i++) Hold(random.Next(12), random.Next(1, 40), random.NextDouble() / 2, (uint)random.Next(100, 100_000), random.Next(1, 4));
        long[] pausesUs = [.. _publishedUs.Skip(1).Select((us, i) => us - _publishedUs[i])];
        Assert.That(pausesUs, Is.Not.Empty.And.All.GreaterThanOrEqualTo(RegimeRule.MinIntervalUs));
    }

    [Test]
    public void ANewConnectionGetsOneAtOnce()
    {
        Hold(0, 2);
        _rule.Announce();
        Hold(0, 2);
        Assert.That(_publishedUs, Has.Count.EqualTo(2));
    }

    [TestCase(1250u, 1, 1)]
    [TestCase(8000u, 1, 2)]
    [TestCase(1000u, 2, 2)]
    public void ACostThatMovesByAQuarterIsPublished(uint alphaNs, int workers, int expected)
    {
        Hold(0, 60);
        Hold(0, 60, alphaNs: alphaNs, workers: workers);
        Assert.That(_publishedUs, Has.Count.EqualTo(expected));
    }

    [TestCase(39_000u, 1)]
    [TestCase(40_000u, 2)]
    [TestCase(10_000u, 2)]
    [TestCase(11_000u, 1)]
    public void AWaitBehindOtherNodesIsPublishedWhenItDoublesOrHalves(uint relayWaitUs, int expected)
    {
        Hold(0, 60, relayWaitUs: 20_000);
        Hold(0, 60, relayWaitUs: relayWaitUs);
        Assert.That(_publishedUs, Has.Count.EqualTo(expected));
    }

    /// <summary>Between two statuses a wait drains: a burst each second is no steady wait.</summary>
    [Test]
    public void AWaitDrainsBetweenTwoStatuses()
    {
        for (int i = 0; i < 120; i++, _nowUs += SecondUs)
        {
            _rule.Next(Status(5), ServiceUs, 0, _nowUs);
            _rule.Next(Status(0), ServiceUs, 0, _nowUs + 50_000);
        }
        // 50 ms of wait that drain in 50 ms, once a second, and the ramps at both ends.
        Assert.That(_rule.MeanWaitUs, Is.InRange(1000, 6500));
        Assert.That(_rule.Current, Is.EqualTo(Regime.Idle));
    }
}
