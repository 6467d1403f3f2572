using Crime.Device.Sensors;
using NUnit.Framework;

namespace Crime.Device.Tests.Sensors;

/// <summary>Timesteps between the thread of a sensor and the main thread.</summary>
public sealed class SampleRingTests
{
    private readonly short[] _step = new short[2];
    private SampleRing _ring = null!;

    [SetUp]
    public void Make() => _ring = new SampleRing(2, 3);

    [Test]
    public void TimestepsComeOutInTheirOrder()
    {
        for (short round = 0; round < 5; round++)
        {
            Assert.That(Add(round, round % 2 == 1), Is.True);
            Assert.That(Add((short)(round + 100), false), Is.True);
            Take(round, round % 2 == 1);
            Take((short)(round + 100), false);
        }
        Assert.That(_ring.TryTake(_step), Is.False);
        Assert.That((_ring.Count, _ring.LostCount), Is.EqualTo((10u, 0u)));
    }

    /// <summary>The oldest timesteps stay: a sequence that has begun is whole up to the gap.</summary>
    [Test]
    public void AFullRingLosesTheNewTimestepAndMarksTheGap()
    {
        for (short i = 0; i < 5; i++) Assert.That(Add(i, false), Is.EqualTo(i < 3));
        for (short i = 0; i < 3; i++) Take(i, false);
        Add(9, false);
        Take(9, false, gap: 2);
        Add(10, false);
        Take(10, false);
        Assert.That((_ring.Count, _ring.LostCount), Is.EqualTo((7u, 2u)));
    }

    [Test]
    public void AGapOfTheSensorIsMarked()
    {
        Add(1, false);
        _ring.AddGap(7);
        Add(2, false);
        Take(1, false);
        Take(2, false, gap: 7);
        Assert.That((_ring.Count, _ring.LostCount), Is.EqualTo((9u, 7u)));
        _ring.AddGap(100);
        _ring.AddGap(int.MaxValue - 50);
        Add(3, false);
        Take(3, false, SampleRing.MostGap);
    }

    private bool Add(short value, bool isTriggered) => _ring.Add([0, value, (short)-value], 1, isTriggered);

    private void Take(short value, bool isTriggered, int gap = 0)
    {
        Assert.That(_ring.TryTake(_step), Is.True);
        Assert.That(_step, Is.EqualTo(new[] { value, (short)-value }));
        Assert.That((_ring.IsTriggered, _ring.Gap), Is.EqualTo((isTriggered, gap)));
    }
}
