using System;
using System.Linq;
using Crime.FixedPoint;
using NUnit.Framework;

namespace Crime.Shared.Tests.FixedPoint;

/// <summary>The softmax in integers against the softmax in real numbers.</summary>
public sealed class ConfidenceTests
{
    [TestCase(0)]
    [TestCase(7)]
    [TestCase(15)]
    [TestCase(30)]
    public void ItIsWithinOnePerMilleOfTheSoftmax(int fractionBits)
    {
        var random = new Random(fractionBits);
        for (int round = 0; round < 20_000; round++)
        {
            double spread = Math.Exp(random.NextDouble() * 8 - 4);
            var logits = new int[random.Next(1, 256)];
            for (int i = 0; i < logits.Length; i++)
                logits[i] = (int)Math.Clamp((random.NextDouble() - 0.5) * spread * Math.Pow(2, fractionBits), int.MinValue, int.MaxValue);
            int label = Array.IndexOf(logits, logits.Max());
            double softmax = 1 / logits.Sum(logit => Math.Exp(((double)logit - logits[label]) / Math.Pow(2, fractionBits)));
            int perMille = Confidence.PerMille(logits, label, logits.Length, fractionBits);
            Assert.That(perMille, Is.EqualTo(Math.Max(1, 1000 * softmax)).Within(1), string.Join(' ', logits));
            if (fractionBits > 15) continue;
            short[] narrow = [.. logits.Select(logit => (short)Math.Clamp(logit, short.MinValue, short.MaxValue))];
            if (narrow.Zip(logits).All(pair => pair.First == pair.Second))
                Assert.That(Confidence.PerMille(narrow, label, narrow.Length, fractionBits), Is.EqualTo(perMille));
        }
    }

    [Test]
    public void ExtremeLogitsHaveAConfidence()
    {
        Assert.That(Confidence.PerMille([int.MinValue, int.MaxValue], 1, 2, 0), Is.EqualTo(1000));
        Assert.That(Confidence.PerMille([5], 0, 1, 12), Is.EqualTo(1000));
        Assert.That(Confidence.PerMille([7, 7], 0, 2, 12), Is.EqualTo(500));
        Assert.That(Confidence.PerMille([short.MinValue, short.MaxValue], 1, 2, 0), Is.EqualTo(1000));
    }

    /// <summary>A frame from the network may name another label than the largest logit.</summary>
    [Test]
    public void AWrongLabelIsNoFault() => Assert.That(Confidence.PerMille([3, 100, -5], 0, 3, 0), Is.InRange(1, 1000));
}
