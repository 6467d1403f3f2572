using Crime.Costs;
using NUnit.Framework;

namespace Crime.Shared.Tests.Costs;

public sealed class CostLineTests
{
    [TestCase(0, 500)]
    [TestCase(1, 502)]
    [TestCase(200, 900)]
    public void ALineIsItsInterceptPlusItsSlope(int length, int expected) => Assert.That(new CostLine(2000, 500).At(length), Is.EqualTo(expected));

    [Test]
    public void ForeignValuesAreClamped()
    {
        var line = new CostLine(uint.MaxValue, uint.MaxValue);
        Assert.That((line.AlphaNs, line.BetaUs, line.At(4096)), Is.EqualTo((CostLine.MaxAlphaNs, CostLine.MaxBetaUs, CostLine.MaxBetaUs)));
        line = new CostLine(-1, -1);
        Assert.That((line.AlphaNs, line.BetaUs), Is.EqualTo((0, 0)));
    }

    [Test]
    public void ThroughFindsTheLine()
    {
        CostLine line = CostLine.Through(4, 8_600, 16, 33_080);
        Assert.That((line.AlphaNs, line.BetaUs), Is.EqualTo((2_040_000, 440)));
    }

    [Test]
    public void ThroughOfFallingCostsIsFlat() => Assert.That(CostLine.Through(4, 100, 16, 90).AlphaNs, Is.Zero);
}
