using System;
using System.Linq;
using Crime.Modelling.Evaluation;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Evaluation;

public sealed class AnswerFiguresTests
{
    [Test]
    public void TheAreaUnderTheCurveIsTheShareOfOrderedPairs()
    {
        var random = new Random(TestSeed.Next());
        // Few different scores, so that many are equal.
        double[] scores = [.. Enumerable.Range(0, 60).Select(_ => (double)random.Next(8))];
        bool[] isNormal = [true, false, .. Enumerable.Range(0, 58).Select(_ => random.Next(3) > 0)];
        double right = 0, pairs = 0;
        for (int normal = 0; normal < 60; normal++)
        {
            for (int other = 0; other < 60; other++)
            {
                if (!isNormal[normal] || isNormal[other]) continue;
                pairs++;
                right += scores[other] > scores[normal] ? 1 : scores[other] == scores[normal] ? 0.5 : 0;
            }
        }
        Assert.That(AnswerFigures.Auc(scores, isNormal), Is.EqualTo(right / pairs).Within(1e-12));
        Assert.That(AnswerFigures.Auc([0, 0, 1], [true, true, false]), Is.EqualTo(1));
        Assert.That(AnswerFigures.Auc([0, 1], [true, true]), Is.Null, "nothing to compare");
    }

    [Test]
    public void TheIntervalOfAMeanIsThatOfAsManyTrials()
    {
        Assert.That(ShareInterval.Wilson(0.9, 50.0), Is.EqualTo(ShareInterval.Wilson(45, 50)));
        ShareInterval few = ShareInterval.Wilson(0.9, 12.5), many = ShareInterval.Wilson(0.9, 50.0);
        Assert.That(few.High - few.Low, Is.GreaterThan(many.High - many.Low));
    }
}
