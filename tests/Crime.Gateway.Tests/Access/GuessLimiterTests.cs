using System;
using System.Linq;
using System.Net;
using Crime.Gateway.Access;
using Crime.Gateway.Tests.Serving;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Access;

public sealed class GuessLimiterTests
{
    private static readonly IPAddress s_one = IPAddress.Parse("192.0.2.1"), s_other = IPAddress.Parse("192.0.2.2");

    private readonly ManualTime _time = new();

    [Test]
    public void EachRefusalWaitsLonger()
    {
        var limiter = new GuessLimiter(_time);
        double[] delays = [.. Enumerable.Range(0, 7).Select(_ =>
        {
            TimeSpan delay = limiter.Begin(s_one).Delay;
            limiter.End(s_one);
            return delay.TotalMilliseconds;
        })];
        Assert.That(delays, Is.EqualTo(new double[] { 250, 500, 1000, 2000, 4000, 8000, 8000 }));
        Assert.That(limiter.Begin(s_other), Is.EqualTo((TimeSpan.FromMilliseconds(250), true)), "another address");
    }

    [Test]
    public void WhileManyWaitFurtherOnesAreNotLookedAt()
    {
        var limiter = new GuessLimiter(_time);
        for (int i = 0; i < GuessLimiter.MaxWaitingPerAddress; i++)
        {
            Assert.That(limiter.MayTry(s_one), Is.True);
            limiter.Begin(s_one);
        }
        Assert.That((limiter.MayTry(s_one), limiter.MayTry(s_other)), Is.EqualTo((false, true)));
        limiter.End(s_one);
        Assert.That(limiter.MayTry(s_one), Is.True);
    }

    [Test]
    public void AnAddressIsForgottenAfterAMinute()
    {
        var limiter = new GuessLimiter(_time);
        for (int i = 0; i < 3; i++)
        {
            limiter.Begin(s_one);
            limiter.End(s_one);
        }
        _time.AdvanceUs(1000 * (long)GuessLimiter.ForgottenAfterMs);
        Assert.That(limiter.Begin(s_one).IsFirst, Is.False);
        _time.AdvanceUs(1000 * (GuessLimiter.ForgottenAfterMs + 1L));
        Assert.That(limiter.Begin(s_one), Is.EqualTo((TimeSpan.FromMilliseconds(GuessLimiter.FirstDelayMs), true)));
    }

    [Test]
    public void OneMachineHasOnePrefixOfIpv6()
    {
        var limiter = new GuessLimiter(_time);
        for (int i = 0; i < GuessLimiter.MaxWaitingPerAddress; i++) limiter.Begin(IPAddress.Parse($"2001:db8::{i + 1:x}"));
        Assert.That((limiter.MayTry(IPAddress.Parse("2001:db8::ffff")), limiter.MayTry(IPAddress.Parse("2001:db8:0:1::1"))), Is.EqualTo((false, true)));
        for (int i = 0; i < GuessLimiter.MaxWaitingPerAddress; i++) limiter.Begin(s_one.MapToIPv6());
        Assert.That(limiter.MayTry(s_one), Is.False, "the same address in the other form");
    }

    [Test]
    public void ManyAddressesDoNotFillTheMemory()
    {
        var limiter = new GuessLimiter(_time);
        for (int i = 0; i < GuessLimiter.MaxAddresses + 100; i++)
        {
            limiter.Begin(new IPAddress(i));
            _time.AdvanceUs(1000);
        }
        Assert.That(limiter.Begin(new IPAddress(0)).IsFirst, Is.True, "the oldest was forgotten");
        Assert.That(limiter.Begin(new IPAddress(GuessLimiter.MaxAddresses + 99)).IsFirst, Is.False);
    }
}
