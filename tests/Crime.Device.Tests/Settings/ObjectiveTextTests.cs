using Crime.Costs;
using Crime.Device.Settings;
using NUnit.Framework;

namespace Crime.Device.Tests.Settings;

public sealed class ObjectiveTextTests
{
    [TestCase("time", ObjectiveKind.Time, 0, 0)]
    [TestCase("energy", ObjectiveKind.Energy, 0, 0)]
    [TestCase("weighted 0", ObjectiveKind.Weighted, 0, 0)]
    [TestCase("weighted 1", ObjectiveKind.Weighted, 1000, 0)]
    [TestCase("weighted 0.5", ObjectiveKind.Weighted, 500, 0)]
    [TestCase("weighted 0.125", ObjectiveKind.Weighted, 125, 0)]
    [TestCase("deadline 1 50", ObjectiveKind.Deadline, 1, 50)]
    [TestCase("deadline 60000 99", ObjectiveKind.Deadline, 60_000, 99)]
    public void AnObjectiveIsRead(string text, ObjectiveKind kind, int parameter, int percent)
    {
        Objective read = ObjectiveText.Parse(text);
        Assert.That((read.Kind, read.Parameter, read.QuantilePercent), Is.EqualTo((kind, parameter, percent)));
        Assert.That(text, Does.StartWith(ObjectiveText.NameOf(kind)));
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
    public void AnythingElseIsNone(string text) => Assert.That(ObjectiveText.Parse(text), Is.Null);
}
