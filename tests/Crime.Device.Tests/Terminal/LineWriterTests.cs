using System;
using System.Runtime.InteropServices;
using Crime.Device.Terminal;
using NUnit.Framework;

namespace Crime.Device.Tests.Terminal;

public sealed class LineWriterTests
{
    [TestCase(0, "0")]
    [TestCase(-1, "-1")]
    [TestCase(1234567890123, "1234567890123")]
    [TestCase(long.MaxValue, "9223372036854775807")]
    public void NumbersAreDecimal(long value, string expected) => Assert.That(new LineWriter().Number(value).ToString(), Is.EqualTo(expected));

    [TestCase(0, "0.000")]
    [TestCase(7, "0.007")]
    [TestCase(61234, "61.234")]
    [TestCase(-1005, "-1.005")]
    [TestCase(1000000, "1000.000")]
    public void ThousandthsHaveThreePlaces(long value, string expected) =>
        Assert.That(new LineWriter().Thousandths(value).ToString(), Is.EqualTo(expected));

    [TestCase(0u, "00000000")]
    [TestCase(0xFEDCBA98u, "fedcba98")]
    public void HexHasEightDigits(uint value, string expected) => Assert.That(new LineWriter().Hex(value).ToString(), Is.EqualTo(expected));

    [Test]
    public void ForeignLettersBecomeQuestionMarksAndLongLinesAreCut()
    {
        var line = new LineWriter();
        Assert.That(line.Text("a\u00e4\n\u0001b").ToString(), Is.EqualTo("a???b"));
        line.Clear().Text(new string('x', LineWriter.Capacity + 50)).Number(1);
        Assert.That(line.Length, Is.EqualTo(LineWriter.Capacity));
    }

    [Test]
    public void NumbersAreBase64()
    {
        Random random = TestSeed.Random();
        for (int count = 0; count <= 75; count++)
        {
            var values = new short[count + 1];
            random.NextBytes(MemoryMarshal.AsBytes(values.AsSpan()));
            string expected = Convert.ToBase64String(MemoryMarshal.AsBytes(values.AsSpan(1)));
            Assert.That(new LineWriter().Base64(values, 1, count).ToString(), Is.EqualTo(expected));
        }
    }
}
