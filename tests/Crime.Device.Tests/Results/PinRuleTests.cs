using Crime.Device.Results;
using NUnit.Framework;

namespace Crime.Device.Tests.Results;

/// <summary>Rules in the settings.</summary>
public sealed class PinRuleTests
{
    [TestCase("gpio 2 high 500", 2, PinEffect.High, 500)]
    [TestCase("gpio 48 low", 48, PinEffect.Low, 0)]
    [TestCase("gpio 0 toggle", 0, PinEffect.Toggle, 0)]
    public void ARuleIsRead(string value, int pin, object effect, int timeMs)
    {
        PinRule rule = PinRule.Parse("wave", value);
        Assert.That((rule.ClassName, rule.Pin, rule.Effect, rule.TimeMs), Is.EqualTo(("wave", pin, (PinEffect)effect, timeMs)));
    }

    [TestCase("gpio 2")]
    [TestCase("gpio 49 high")]
    [TestCase("gpio -1 high")]
    [TestCase("gpio two high")]
    [TestCase("gpio 2 up")]
    [TestCase("gpio 2 high 0")]
    [TestCase("gpio 2 high 3600001")]
    [TestCase("gpio 2 high 500 1")]
    [TestCase("gpio 2 toggle 500")]
    [TestCase("gpio  2 high")]
    [TestCase("led 2 high")]
    [TestCase("")]
    public void AnotherFormIsRefused(string value) => Assert.That(PinRule.Parse("wave", value), Is.Null);

    [Test]
    public void ARuleNeedsAClass() => Assert.That(PinRule.Parse("", "gpio 2 high"), Is.Null);
}
