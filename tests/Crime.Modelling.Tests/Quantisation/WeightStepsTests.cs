using System;
using System.Linq;
using Crime.Modelling.Quantisation;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Quantisation;

public sealed class WeightStepsTests
{
    private static double SquaredError(float[] weights, double step, int largestCode) =>
        weights.Sum(weight => Math.Pow(weight - WeightSteps.Code(weight / step, largestCode) * step, 2));

    [Test]
    public void WholeMultiplesOfAStepAreFoundAgain([Values(8, 6, 4)] int weightBits)
    {
        Random random = TestSeed.Random();
        int largest = WeightSteps.LargestCode(weightBits);
        for (int n = 0; n < 200; n++)
        {
            double step = Math.ScaleB(random.Next(1, 32767 / largest), -12);
            // A row that fills at least half of the range, as every row does that was quantised before.
            int[] codes = Enumerable.Range(0, random.Next(1, 40)).Select(_ => random.Next(-largest, largest + 1))
                .Append(random.Next((largest + 1) / 2, largest + 1)).ToArray();
            float[] weights = Array.ConvertAll(codes, code => (float)(code * step));
            double found = WeightSteps.Choose(weights, weightBits);
            Assert.That(weights.Select(weight => WeightSteps.Code(weight / found, largest) * found), Is.EqualTo(weights.Select(weight => (double)weight)));
        }
    }

    [Test]
    public void TheStepIsNeverWorseThanThatOfTheLargestWeight([Values(8, 6, 4)] int weightBits)
    {
        Random random = TestSeed.Random();
        int largest = WeightSteps.LargestCode(weightBits);
        double chosen = 0, plain = 0;
        for (int n = 0; n < 200; n++)
        {
            float[] weights = Enumerable.Range(0, 24).Select(_ => (float)(random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5)).ToArray();
            double error = SquaredError(weights, WeightSteps.Choose(weights, weightBits), largest);
            double plainError = SquaredError(weights, weights.Max(weight => Math.Abs((double)weight)) / largest, largest);
            Assert.That(error, Is.LessThanOrEqualTo(plainError));
            chosen += error;
            plain += plainError;
        }
        if (weightBits == 4) Assert.That(chosen, Is.LessThan(0.9 * plain), "with so few values the choice counts");
    }

    [Test]
    public void ZerosNeedNoStep() => Assert.That(WeightSteps.Choose(new float[5], 4), Is.Zero);
}
