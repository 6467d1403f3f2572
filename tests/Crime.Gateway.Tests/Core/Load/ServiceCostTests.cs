using System;
using System.Linq;
using Crime.Gateway.Core.Load;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Core.Load;

public sealed class ServiceCostTests
{
    [Test]
    public void BeforeAnythingWasSeenTheCalibrationHolds()
    {
        var cost = new ServiceCost(alphaUs: 0.25, betaUs: 7);
        Assert.That((cost.Line.AlphaNs, cost.Line.BetaUs), Is.EqualTo((250, 7)));
    }

    [Test]
    public void AnotherLineIsLearnt()
    {
        var cost = new ServiceCost(alphaUs: 0.25, betaUs: 7);
        var random = new Random(1);
        for (int i = 0; i < 1000; i++)
        {
            int length = random.Next(5, 200);
            cost.Observe(length, 40 + 2.0 * length);
        }
        Assert.That(cost.Line.AlphaNs, Is.EqualTo(2000).Within(1).Percent);
        Assert.That(cost.Line.BetaUs, Is.EqualTo(40).Within(5).Percent);
    }

    [Test]
    public void NoisyTimesGiveTheLineThatLeastSquaresGive()
    {
        var random = new Random(2);
        double[] lengths = Enumerable.Range(0, 2000).Select(_ => (double)random.Next(5, 200)).ToArray();
        double[] timesUs = lengths.Select(length => 100 + 3 * length + 20 * (random.NextDouble() - 0.5)).ToArray();
        var cost = new ServiceCost(alphaUs: 3, betaUs: 100);
        for (int i = 0; i < lengths.Length; i++) cost.Observe((int)lengths[i], timesUs[i]);

        // Forgetting leaves about 50 observations; an ordinary fit over the last 150 must agree within the noise.
        (double betaUs, double alphaUs) = MathNet.Numerics.Fit.Line(lengths[^150..], timesUs[^150..]);
        Assert.That(cost.Line.AlphaNs, Is.EqualTo(1000 * alphaUs).Within(3).Percent);
        Assert.That(cost.Line.At(100), Is.EqualTo(betaUs + 100 * alphaUs).Within(1).Percent);
    }

    [TestCase(1)]
    [TestCase(20)]
    [TestCase(4096)]
    public void WithoutVariationInLengthTheLineScales(int length)
    {
        var cost = new ServiceCost(alphaUs: 0.5, betaUs: 10);
        double twiceAsMuch = 2 * (10 + 0.5 * length);
        for (int i = 0; i < 1000; i++) cost.Observe(length, twiceAsMuch);
        Assert.That(cost.Line.AlphaNs, Is.EqualTo(1000).Within(1).Percent);
        Assert.That(cost.Line.BetaUs, Is.EqualTo(20).Within(1).Percent.Or.EqualTo(20).Within(1));
    }

    [Test]
    public void NoiseAtOneLengthDoesNotTurnTheLine()
    {
        var cost = new ServiceCost(alphaUs: 0.5, betaUs: 10);
        var random = new Random(3);
        for (int i = 0; i < 1000; i++) cost.Observe(100, 60 * (0.7 + 0.6 * random.NextDouble()));
        Assert.That(cost.Line.AlphaNs, Is.EqualTo(500).Within(15).Percent);
        Assert.That(cost.Line.At(100), Is.EqualTo(60).Within(15).Percent);
    }

    [Test]
    public void OneInterruptionMovesLittleAndALastingChangeGetsThrough()
    {
        var cost = new ServiceCost(alphaUs: 1, betaUs: 10);
        for (int i = 0; i < 200; i++) cost.Observe(50 + i % 20, 60 + i % 20);
        cost.Observe(60, 1_000_000);
        Assert.That(cost.Line.At(60), Is.EqualTo(70).Within(15).Percent);
        for (int i = 0; i < 400; i++) cost.Observe(50 + i % 20, 10_000);
        Assert.That(cost.Line.At(60), Is.EqualTo(10_000).Within(2).Percent);
    }

    [Test]
    public void NeitherPartIsEverNegative()
    {
        var cost = new ServiceCost(alphaUs: 1, betaUs: 10);
        var random = new Random(4);
        for (int i = 0; i < 2000; i++)
        {
            int length = random.Next(1, 4097);
            // Longer is cheaper, then much dearer than proportional.
            cost.Observe(length, i < 1000 ? 5000 - length : 0.01 * length * length);
            Assert.That(cost.Line.AlphaNs, Is.GreaterThanOrEqualTo(0));
            Assert.That(cost.Line.BetaUs, Is.GreaterThanOrEqualTo(0));
        }
    }

    [Test]
    public void BatchesTeachTheirShareAndLeaveTheLineOfOneAlone()
    {
        var cost = new ServiceCost(alphaUs: 0.5, betaUs: 10);
        for (int i = 0; i < 200; i++) cost.ObserveBatch(8, 40, aloneUs: 8 * 30, timeUs: 96);
        Assert.That(cost.ShareOf(8), Is.EqualTo(0.4).Within(1).Percent);
        Assert.That(cost.ShareOf(15), Is.EqualTo(cost.ShareOf(8)));
        Assert.That((cost.ShareOf(1), cost.ShareOf(2)), Is.EqualTo((1.0, 1.0)));
        Assert.That(cost.CurrentShare, Is.EqualTo(0.4).Within(1).Percent);
        Assert.That((cost.Line.AlphaNs, cost.Line.BetaUs), Is.EqualTo((500, 10)));

        // The load goes: requests are alone again, and add what one alone costs.
        for (int i = 0; i < 500; i++) cost.ObserveBatch(1, 40, aloneUs: 30, timeUs: 60);
        Assert.That(cost.CurrentShare, Is.EqualTo(1).Within(1).Percent);
        Assert.That(cost.AloneUs(40), Is.EqualTo(60).Within(2).Percent);
    }

    /// <summary>A batch without a gain only delays its first answers. A larger size may still gain, and is tried.</summary>
    [Test]
    public void BatchesThatSaveNoTimeAreGivenUpAndTriedAgain()
    {
        var cost = new ServiceCost(alphaUs: 0.5, betaUs: 10);
        Assert.That(cost.GainsFrom(2), Is.True, "not tried yet");
        for (int i = 0; i < 20; i++) cost.ObserveBatch(2, 40, 2 * 30, 2 * 30);
        Assert.That((cost.GainsFrom(2), cost.GainsFrom(3), cost.GainsFrom(4)), Is.EqualTo((false, false, true)), "4 at a time were not tried");
        for (int i = 0; i < 5000; i++) cost.ObserveBatch(1, 40, 30, 30);
        Assert.That(cost.GainsFrom(2), Is.True, "tried again");
        for (int i = 0; i < 20; i++) cost.ObserveBatch(8, 40, 8 * 30, 4 * 30);
        foreach (int count in new[] { 2, 4, 16 })
            for (int i = 0; i < 20; i++) cost.ObserveBatch(count, 40, count * 30, count * 30);
        Assert.That((cost.GainsFrom(2), cost.GainsFrom(8), cost.GainsFrom(16)), Is.EqualTo((true, true, false)), "8 at a time take half the time");
    }

    [Test]
    public void WhatWasMeasuredOfBatchesIsSpreadOverTheSmallerOnes()
    {
        var cost = new ServiceCost(alphaUs: 0.5, betaUs: 10);
        cost.SeedShare(8, 0.4);
        double[] shares = new[] { 1, 2, 4, 8, 32 }.Select(cost.ShareOf).ToArray();
        Assert.That(shares, Is.EqualTo(new[] { 1, 0.8, 0.6, 0.4, 0.4 }).Within(1e-9));
    }
}
