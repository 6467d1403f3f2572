using Crime.FixedPoint;
using NUnit.Framework;

namespace Crime.Shared.Tests.FixedPoint;

public sealed class QFormatTests
{
    [TestCase(0f, 15)]
    [TestCase(0.9999f, 15)]
    [TestCase(1f, 14)]
    [TestCase(7.99f, 12)]
    [TestCase(8f, 11)]
    [TestCase(32767f, 0)]
    [TestCase(1e9f, 0)]
    public void FractionBitsForTakesTheMostThatFit(float magnitude, int expected) =>
        Assert.That(QFormat.FractionBitsFor(magnitude), Is.EqualTo(expected));

    [Test]
    public void ConversionIsWithinHalfAUnit([Range(0, 15)] int fractionBits)
    {
        float unit = 1f / (1 << fractionBits);
        for (int i = -1000; i <= 1000; i++)
        {
            float value = i * unit * 30.7f;
            if (System.Math.Abs(value) > 32767 * unit) continue;
            Assert.That(QFormat.FromFloat(value, fractionBits) * unit, Is.EqualTo(value).Within(unit / 2));
        }
    }
}
