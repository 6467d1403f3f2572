using System;
using System.Linq;
using Crime.Modelling.Ranges;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Ranges;

public sealed class MagnitudeHistogramTests
{
    [Test]
    public void APercentileIsWhatSortingFinds([Values(1, 2, 7, 1000, 20001)] int count)
    {
        Random random = TestSeed.Random();
        float[] values = Enumerable.Range(0, count).Select(_ => (float)(Math.Exp(random.NextDouble() * 40 - 30) * (random.Next(2) * 2 - 1))).ToArray();
        float[] sorted = values.Select(MathF.Abs).Order().ToArray();
        var histogram = new MagnitudeHistogram();
        histogram.Add(values.AsSpan(0, count / 2));
        histogram.Add(values.AsSpan(count / 2));
        foreach (double percent in new[] { 0.001, 1, 25, 50, 90, 99, 99.9, 99.99 })
        {
            float exact = sorted[(int)Math.Ceiling(percent * count / 100) - 1];
            Assert.That(histogram.Percentile(percent), Is.InRange(exact, exact * (1 + 1 / 4096f)), $"{percent} %");
        }
        Assert.That(histogram.Percentile(100), Is.EqualTo(sorted[^1]));
    }

    [Test]
    public void ZerosCount()
    {
        var histogram = new MagnitudeHistogram();
        Assert.That(histogram.Percentile(50), Is.Zero, "nothing counted");
        histogram.Add([0, -0f, 0, 5]);
        Assert.That(histogram.Percentile(75), Is.LessThan(1e-38f));
        Assert.That(histogram.Percentile(75.1), Is.EqualTo(5));
    }
}
