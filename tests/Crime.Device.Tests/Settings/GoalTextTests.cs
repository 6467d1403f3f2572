using Crime.Costs;
using Crime.Device.Settings;
using NUnit.Framework;

namespace Crime.Device.Tests.Settings;

public sealed class GoalTextTests
{
    [TestCase("time", Objective.Time, 0, 0)]
    [TestCase("energy", Objective.Energy, 0, 0)]
    [TestCase("weighted 0", Objective.Weighted, 0, 0)]
    [TestCase("weighted 1", Objective.Weighted, 1000, 0)]
    [TestCase("weighted 0.5", Objective.Weighted, 500, 0)]
    [TestCase("weighted 0.125", Objective.Weighted, 125, 0)]
    [TestCase("deadline 1 50", Objective.Deadline, 1, 50)]
    [TestCase("deadline 60000 99", Objective.Deadline, 60_000, 99)]
    public void AGoalIsRead(string text, Objective objective, int parameter, int percent)
    {
        Goal goal = GoalText.Parse(text);
        Assert.That((goal.Objective, goal.Parameter, goal.QuantilePercent), Is.EqualTo((objective, parameter, percent)));
        Assert.That(text, Does.StartWith(GoalText.NameOf(objective)));
    }

    [TestCase("")]
    [TestCase("speed")]
    [TestCase("time 1")]
    [TestCase("energy 1")]
    [TestCase("weighted")]
    [TestCase("weighted 2")]
    [TestCase("weighted 0.")]
    [TestCase("weighted 0.1234")]
    [TestCase("weighted 0.x")]
    [TestCase("weighted -0.5")]
    [TestCase("weighted 0.5 1")]
    [TestCase("deadline")]
    [TestCase("deadline 100")]
    [TestCase("deadline 0 95")]
    [TestCase("deadline 60001 95")]
    [TestCase("deadline 100 49")]
    [TestCase("deadline 100 100")]
    [TestCase("deadline 100 95 1")]
    [TestCase("deadline soon 95")]
    public void AnythingElseIsNone(string text) => Assert.That(GoalText.Parse(text), Is.Null);
}
