using System;
using Crime.Modelling.Import.Symbols;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Import.Symbols;

public sealed class SizeTests
{
    private static readonly Size s_batch = Size.Unknown("batch"), s_time = Size.Unknown("time");

    [Test]
    public void SumsAndProductsAreInOneForm()
    {
        Assert.That((s_batch + 1) * (s_time - 1), Is.EqualTo(s_time * s_batch - s_batch + s_time - 1));
        Assert.That((s_batch * 2 - s_batch - s_batch).IsNumber, Is.True);
        Assert.That((s_batch * s_time * 2 + 3).ToString(), Is.EqualTo("2*batch*time + 3"));
    }

    [Test]
    public void AQuotientIsExactOrNone()
    {
        Assert.That((s_batch * s_time * 6).DividedBy(s_time * 2), Is.EqualTo(s_batch * 3));
        Assert.That((s_batch * 3).DividedBy(2), Is.Null);
        Assert.That((s_batch + 1).DividedBy(s_batch), Is.Null);
        Assert.That(new Size(-7).DividedBy(2), Is.EqualTo(new Size(-3)), "plain numbers round towards zero, as ONNX does");
        Assert.That(s_batch.DividedBy(0), Is.Null);
    }

    [Test]
    public void AComparisonHoldsForEverySizeOrNone()
    {
        Assert.That((s_batch + 1).CompareTo(1), Is.EqualTo(1));
        Assert.That(s_batch.CompareTo(-1), Is.EqualTo(1));
        Assert.That(s_batch.CompareTo(1), Is.Null, "a batch may be one");
        Assert.That(s_batch.CompareTo(s_time), Is.Null);
        Assert.That((s_time - 1).CompareTo(s_time), Is.EqualTo(-1));
    }

    [Test]
    public void OverflowIsNoSize()
    {
        Assert.That(() => new Size(long.MaxValue) + 1, Throws.TypeOf<OverflowException>());
        Assert.That(() => new Size(long.MaxValue) * 2 * s_batch, Throws.TypeOf<OverflowException>());
        Size power = s_batch + 1;
        Assert.That(() => { for (int n = 0; n < 100; n++) power *= s_time + s_batch; }, Throws.TypeOf<OverflowException>());
    }
}
