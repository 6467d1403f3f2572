using Crime.Costs;
using NUnit.Framework;

namespace Crime.Shared.Tests.Costs;

public sealed class RadioCostTests
{
    [Test]
    public void EnergyIsPowerTimesTime() => Assert.That(new RadioCost(2_000_000, 495).EnergyUj, Is.EqualTo(990_000));

    [Test]
    public void TheEstimateFollowsWhatItTakes()
    {
        var cost = new RadioCost(2_000_000, 495);
        cost.Observe(1_000_000);
        Assert.That(cost.TimeUs, Is.EqualTo(1_750_000));
        for (int i = 0; i < 60; i++) cost.Observe(1_000_000);
        Assert.That(cost.TimeUs, Is.EqualTo(1_000_000).Within(4));
    }

    [TestCase(-1, 0)]
    [TestCase(0, 0)]
    [TestCase(RadioCost.MaxUs, RadioCost.MaxUs)]
    [TestCase(RadioCost.MaxUs + 1, RadioCost.MaxUs)]
    public void AnEstimateThatWasKeptIsClamped(int kept, int expected)
    {
        var cost = new RadioCost(5, 1);
        cost.Restore(kept);
        Assert.That(cost.TimeUs, Is.EqualTo(expected));
    }
}
