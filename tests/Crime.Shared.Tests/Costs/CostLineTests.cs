using CsCheck;
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
        Assert.That((line.Alpha, line.Beta, line.At(4096)), Is.EqualTo((CostLine.MaxAlpha, CostLine.MaxBeta, CostLine.MaxBeta)));
        line = new CostLine(-1, -1);
        Assert.That((line.Alpha, line.Beta), Is.EqualTo((0, 0)));
    }

    [Test]
    public void ThroughFindsTheLine()
    {
        CostLine line = CostLine.Through(4, 8_600, 16, 33_080);
        Assert.That((line.Alpha, line.Beta), Is.EqualTo((2_040_000, 440)));
    }

    [Test]
    public void ThroughOfFallingCostsIsFlat() => Assert.That(CostLine.Through(4, 100, 16, 90).Alpha, Is.Zero);

    [Test]
    public void EnergyIsPowerTimesTime()
    {
        // 1 ms at 165 mW are 165 uJ.
        CostLine energy = new CostLine(1_000_000, 1000).Energy(165);
        Assert.That((energy.Alpha, energy.Beta), Is.EqualTo((165_000, 165)));
    }

    [Test]
    public void BreakEvenIsTheFirstLengthThatIsStrictlyCheaperAway() =>
        Gen.Select(Gen.Int[0, 3_000_000], Gen.Int[0, 5_000], Gen.Int[0, 300_000], Gen.Int[0, 5_000], Gen.Int[0, 300_000])
            .Sample((localAlpha, localBeta, remoteAlpha, remoteBeta, dynamic) =>
            {
                var local = new CostLine(localAlpha, localBeta);
                var remote = new CostLine(remoteAlpha, remoteBeta);
                int found = CostLine.BreakEvenLength(local, remote, dynamic);
                for (int length = 1; length <= 2000; length++)
                {
                    // In thousandths, so that no rounding hides a crossing.
                    long here = localBeta * 1000L + (long)localAlpha * length;
                    long away = (remoteBeta + dynamic) * 1000L + (long)remoteAlpha * length;
                    bool isCheaper = away < here;
                    if (localAlpha > remoteAlpha && isCheaper != (length >= found)) return false;
                    if (localAlpha <= remoteAlpha && remoteBeta + dynamic >= localBeta && found != CostLine.Never) return false;
                }
                return true;
            }, iter: 500, seed: "0000KOIPe036");
}
