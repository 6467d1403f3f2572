using Crime.FixedPoint;
using NUnit.Framework;

namespace Crime.Shared.Tests.FixedPoint;

/// <summary>The vectors of SPEC.md, section 1.</summary>
public sealed class FixedTests
{
    [TestCase(0, 15, 0)]
    [TestCase(16383, 15, 0)]
    [TestCase(16384, 15, 1)]
    [TestCase(-16384, 15, 0)]
    [TestCase(-16385, 15, -1)]
    [TestCase(2147467263, 15, 65535)]
    [TestCase(-2147483648, 15, -65536)]
    [TestCase(5, 1, 3)]
    [TestCase(-5, 1, -2)]
    public void RoundShiftRoundsHalfUp(int value, int shift, int expected) =>
        Assert.That(Fixed.RoundShift(value, shift), Is.EqualTo(expected));

    [TestCase(0.49999997f, 0)]
    [TestCase(0.5f, 1)]
    [TestCase(-0.5f, 0)]
    [TestCase(-0.50000006f, -1)]
    [TestCase(1.5f, 2)]
    [TestCase(-1.5f, -1)]
    [TestCase(32766.49f, 32766)]
    [TestCase(32766.5f, 32767)]
    [TestCase(32767.5f, 32767)]
    [TestCase(float.PositiveInfinity, 32767)]
    [TestCase(-32767.5f, -32767)]
    [TestCase(-32767.502f, -32768)]
    [TestCase(-32768.5f, -32768)]
    [TestCase(float.NegativeInfinity, -32768)]
    [TestCase(float.NaN, 0)]
    public void RoundToInt16RoundsHalfUpAndSaturates(float value, int expected) =>
        Assert.That(Fixed.RoundToInt16(value), Is.EqualTo((short)expected));

    [Test]
    public void RoundToInt16IsFloorOfTheValuePlusOneHalfForEveryQuarter()
    {
        for (int quarters = -4 * 32768; quarters <= 4 * 32767; quarters++)
        {
            double expected = System.Math.Clamp(System.Math.Floor(quarters / 4.0 + 0.5), -32768, 32767);
            Assert.That(Fixed.RoundToInt16(quarters / 4f), Is.EqualTo((short)expected), $"{quarters} / 4");
        }
    }

    [TestCase(32768, 32767)]
    [TestCase(32767, 32767)]
    [TestCase(-32768, -32768)]
    [TestCase(-32769, -32768)]
    [TestCase(0, 0)]
    public void SaturateInt16LimitsTheRange(int value, int expected) =>
        Assert.That(Fixed.SaturateInt16(value), Is.EqualTo(expected));
}
