using Crime.Device.Inputs;
using NUnit.Framework;

namespace Crime.Device.Tests.Inputs;

public sealed class TimestepArrivalsTests
{
    [Test]
    public void OneIsThereAtOnceAndTheOthersFollowAtTheInterval()
    {
        var arrivals = new TimestepArrivals(2);
        arrivals.Begin(4, 500);
        arrivals.Update(500);
        Assert.That((arrivals.Count, arrivals.IsComplete, arrivals.RestUs(500)), Is.EqualTo((1, false, 2000)));
        arrivals.Update(2499);
        Assert.That((arrivals.Count, arrivals.RestUs(2499)), Is.EqualTo((1, 1)));
        arrivals.Update(2500);
        Assert.That((arrivals.Count, arrivals.RestUs(2500)), Is.EqualTo((2, 2000)));
        // Whoever comes late finds all that has come meanwhile, and the pace unchanged.
        arrivals.Update(5000);
        Assert.That((arrivals.Count, arrivals.RestUs(5000)), Is.EqualTo((3, 1500)));
        arrivals.Update(1_000_000);
        Assert.That((arrivals.Count, arrivals.IsComplete, arrivals.RestUs(1_000_000)), Is.EqualTo((4, true, 0)));
    }

    [Test]
    public void TheNextInputBeginsAnew()
    {
        var arrivals = new TimestepArrivals(1000);
        arrivals.Begin(1, 0);
        Assert.That((arrivals.Count, arrivals.IsComplete), Is.EqualTo((1, true)));
        arrivals.Begin(2, long.MaxValue / 2);
        Assert.That((arrivals.Count, arrivals.IsComplete, arrivals.RestUs(long.MaxValue / 2)), Is.EqualTo((1, false, 1_000_000)));
    }
}
