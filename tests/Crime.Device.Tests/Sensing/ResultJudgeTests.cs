using System;
using Crime.Sensing;
using NUnit.Framework;

namespace Crime.Device.Tests.Sensing;

/// <summary>From labels to names and decisions.</summary>
public sealed class ResultJudgeTests
{
    private static readonly string[] s_names = ["wave", "circle", "rest"];

    [Test]
    public void AResultHasTheNameOfItsClass()
    {
        ResultJudge judge = Make(0, 1, 1);
        Assert.That(Judge(judge, 1, 400), Is.EqualTo(("circle", "circle")));
    }

    [TestCase(699, ResultJudge.Unknown)]
    [TestCase(700, "wave")]
    [TestCase(0, "wave", Description = "a confidence that is not known")]
    public void BelowTheLeastConfidenceAResultIsUnknown(int perMille, string name) =>
        Assert.That(Judge(Make(700, 1, 1), 0, perMille), Is.EqualTo((name, name)));

    [Test]
    public void TwoOfThreeResultsDecide()
    {
        ResultJudge judge = Make(500, 2, 3);
        Assert.That(Judge(judge, 0), Is.EqualTo(("wave", ResultJudge.Unknown)));
        Assert.That(Judge(judge, 1), Is.EqualTo(("circle", ResultJudge.Unknown)));
        Assert.That(Judge(judge, 0), Is.EqualTo(("wave", "wave")));
        Assert.That(Judge(judge, 2), Is.EqualTo(("rest", ResultJudge.Unknown)));
        Assert.That(Judge(judge, 1, 100), Is.EqualTo((ResultJudge.Unknown, ResultJudge.Unknown)), "an uncertain result has no vote");
        Assert.That(Judge(judge, 1), Is.EqualTo(("circle", ResultJudge.Unknown)));
        Assert.That(Judge(judge, 1), Is.EqualTo(("circle", "circle")));
    }

    [Test]
    public void ResultsOfAnotherModelDoNotVote()
    {
        ResultJudge judge = Make(0, 2, 2);
        Judge(judge, 0);
        judge.SetModel(["other"]);
        Assert.That(Judge(judge, 0), Is.EqualTo(("other", ResultJudge.Unknown)));
    }

    [Test]
    public void AResultThatTheGatewayPublishesHasNoName()
    {
        ResultJudge judge = Make(0, 1, 1);
        Judge(judge, 0);
        judge.Judge(Classification.NoClass, 0);
        Assert.That((judge.Name, judge.Decision), Is.EqualTo(((string?)null, (string?)null)));
        judge.Judge(3, 0);
        Assert.That(judge.Name, Is.Null, "a label that the model does not have");
    }

    [Test]
    public void JudgingAllocatesNothing()
    {
        ResultJudge judge = Make(500, 2, 3);
        judge.Judge(1, 900);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) judge.Judge(1, 900);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private static ResultJudge Make(int leastPerMille, int votes, int of)
    {
        var judge = new ResultJudge(leastPerMille, votes, of);
        judge.SetModel(s_names);
        return judge;
    }

    private static (string Name, string Decision) Judge(ResultJudge judge, int label, int perMille = 900)
    {
        judge.Judge(label, perMille);
        return (judge.Name, judge.Decision);
    }
}
