using System;
using System.Collections.Generic;
using CsCheck;
using Crime.Costs;
using MathNet.Numerics.LinearAlgebra;
using NUnit.Framework;

namespace Crime.Shared.Tests.Costs;

public sealed class LineFitTests
{
    private const double Forgetting = 31 / 32.0;

    private static LineFit Fit(long alpha = 1_400_000, long beta = 500) => new(new CostLine(alpha, beta), 4, 16);

    /// <summary>Weighted least squares over all observations, by MathNet: what recursive least squares with forgetting comes to.</summary>
    private static (double AlphaNs, double BetaUs) Reference(IReadOnlyList<(int Length, double Cost)> observations)
    {
        Matrix<double> x = Matrix<double>.Build.Dense(observations.Count, 2, (i, k) => k == 0 ? 1 : observations[i].Length);
        Vector<double> y = Vector<double>.Build.Dense(observations.Count, i => observations[i].Cost);
        Matrix<double> weights = Matrix<double>.Build.DiagonalOfDiagonalVector(
            Vector<double>.Build.Dense(observations.Count, i => Math.Pow(Forgetting, observations.Count - 1 - i)));
        Matrix<double> weighted = x.TransposeThisAndMultiply(weights);
        Vector<double> theta = (weighted * x).Solve(weighted * y);
        return (theta[1], theta[0]);
    }

    // The seeds are pinned: noise decides how far the two fits are apart, and no bound of it holds for every seed.
    [TestCase(1, 1000.0, 300.0, 20)]
    [TestCase(2, 90.0, 20_000.0, 93)]
    [TestCase(3, 12_000.0, 0.0, 200)]
    [TestCase(4, 2.5, 40.0, 4096)]
    public void TheFitIsThatOfLeastSquaresWithForgetting(int seed, double alphaUs, double betaUs, int longest)
    {
        var random = new Random(seed);
        // Far off at the start; both forget it.
        LineFit fit = Fit((long)(alphaUs * 700), (long)(betaUs * 1.3));
        var observations = new List<(int, double)>();
        for (int i = 0; i < 400; i++)
        {
            int length = 1 + random.Next(longest);
            double cost = (betaUs + alphaUs * length) * (1 + 0.02 * (random.NextDouble() - 0.5));
            observations.Add((length, cost));
            fit.Observe(length, (long)Math.Round(cost));
            if (i < 250 || i % 15 != 0) continue;
            (double alpha, double beta) = Reference(observations);
            // Compared where the inputs are: at a quarter and at three quarters of the lengths.
            foreach (int at in new[] { longest / 4, longest * 3 / 4 })
            {
                double expected = beta + alpha * at;
                Assert.That(fit.BetaUs + fit.AlphaNs / 1000.0 * at, Is.EqualTo(expected).Within(0.01 * expected + 2), $"observation {i}, length {at}");
            }
        }
    }

    [Test]
    public void TheLineInUseFollowsInStepsThatAreNoticeable()
    {
        LineFit fit = Fit();
        int changes = 0;
        for (int i = 0; i < 200; i++)
            if (fit.Observe(5 + i % 30, 500 + 1400 * (5 + i % 30))) changes++;
        Assert.That((changes, fit.Line.AlphaNs), Is.EqualTo((0, 1_400_000)), "true from the start");
        for (int i = 0; i < 200; i++)
            if (fit.Observe(5 + i % 30, 500 + 2800 * (5 + i % 30))) changes++;
        Assert.That(changes, Is.InRange(3, 60));
        Assert.That(fit.Line.At(20), Is.EqualTo(56_500).Within(4).Percent);
    }

    [Test]
    public void EqualLengthsMoveTheLineAndLeaveItsSlope()
    {
        LineFit fit = Fit();
        for (int i = 0; i < 1000; i++) fit.Observe(40, 56_500);
        Assert.That(fit.AlphaNs, Is.EqualTo(1_400_000).Within(1).Percent);
        for (int i = 0; i < 100_000; i++) fit.Observe(40, 70_000 + i % 7 * 500);
        Assert.That(fit.AlphaNs, Is.EqualTo(1_400_000).Within(1).Percent, "nothing was learnt about it");
        Assert.That(fit.BetaUs + fit.AlphaNs / 1000.0 * 40, Is.EqualTo(71_500).Within(2).Percent);
        // And it is as ready to learn as before.
        for (int i = 0; i < 300; i++) fit.Observe(10 + i % 50, 2000 + 900 * (10 + i % 50));
        Assert.That(fit.AlphaNs, Is.EqualTo(900_000).Within(3).Percent);
    }

    [Test]
    public void AnInterruptionHardlyMovesTheLine()
    {
        LineFit fit = Fit();
        for (int i = 0; i < 100; i++) fit.Observe(5 + i % 30, 500 + 1400 * (5 + i % 30));
        fit.Observe(20, 20_000_000);
        Assert.That(fit.BetaUs + fit.AlphaNs / 1000.0 * 20, Is.EqualTo(28_500).Within(1).Percent);
    }

    [TestCase(2.0)]
    [TestCase(0.5)]
    [TestCase(30.0)]
    public void ALastingChangeGetsThrough(double factor)
    {
        LineFit fit = Fit();
        for (int i = 0; i < 100; i++) fit.Observe(5 + i % 30, 500 + 1400 * (5 + i % 30));
        for (int i = 0; i < 150; i++) fit.Observe(5 + i % 30, (long)(factor * (500 + 1400 * (5 + i % 30))));
        Assert.That(fit.BetaUs + fit.AlphaNs / 1000.0 * 20, Is.EqualTo(factor * 28_500).Within(5).Percent);
    }

    [Test]
    public void NoInputLeavesTheLimits() => TestSeed.Check(seed =>
        Gen.Select(Gen.Int[0, CostLine.MaxAlphaNs], Gen.Int[0, CostLine.MaxBetaUs],
                Gen.Select(Gen.OneOf(Gen.Int[0, 4096], Gen.Int, Gen.Int[4095, 4097]),
                    Gen.OneOf(Gen.Long[0, 100_000_000], Gen.Long, Gen.Long[99_999_999, 100_000_001])).Array[1, 300])
            .Sample((alpha, beta, observations) =>
            {
                LineFit fit = Fit(alpha, beta);
                foreach ((int length, long cost) in observations)
                {
                    fit.Observe(length, cost);
                    if (fit.AlphaNs is < 0 or > CostLine.MaxAlphaNs || fit.BetaUs is < 0 or > CostLine.MaxBetaUs) return false;
                    if (fit.Deviation is < 0 or > CostLine.MaxBetaUs) return false;
                }
                return true;
            }, iter: 3000, seed: seed));

    [Test]
    public void ItStaysNearWhatItSeesWhateverTheLengths() => TestSeed.Check(seed =>
        Gen.Select(Gen.Int[0, 20_000], Gen.Int[0, 500_000], Gen.Int[1, 4096].Array[60, 400])
            .Sample((alphaUs, betaUs, lengths) =>
            {
                long Cost(int length) => Math.Min(betaUs + (long)alphaUs * length, CostLine.MaxBetaUs);
                LineFit fit = Fit(Math.Min(alphaUs * 1000L, CostLine.MaxAlphaNs), betaUs);
                foreach (int length in lengths) fit.Observe(length, Cost(length));
                // A true line is kept, whatever it is asked about.
                return Math.Abs(fit.BetaUs + fit.AlphaNs * (lengths[^1] / 1000.0) - Cost(lengths[^1])) <= 0.01 * Cost(lengths[^1]) + 100;
            }, iter: 300, seed: seed));
}
