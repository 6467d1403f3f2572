using Crime.Device.Memory;
using Crime.Device.Sensors;
using NUnit.Framework;

namespace Crime.Device.Tests.Sensors;

/// <summary>The rate at which a sensor is read, and what is counted when it is not.</summary>
public sealed class SamplerTests
{
    private const int IntervalUs = 10_000;

    private readonly short[] _step = new short[1];
    private SampleRing _ring = null!;

    [Test]
    public void ASensorWithoutABufferIsReadAtItsRate()
    {
        Sampler sampler = Make(new FakeSensor(IntervalUs, IntervalUs));
        for (int i = 0; i < 100; i++) sampler.Take(i * IntervalUs + 100);
        Assert.That((sampler.ReadCount, sampler.LateCount, sampler.MostLateUs, _ring.LostCount), Is.EqualTo((100u, 0u, 100, 0u)));
        Assert.That(sampler.MeanLateUs, Is.InRange(60, 100));
    }

    [Test]
    public void AReadThatIsNotDueTakesNothing()
    {
        Sampler sampler = Make(new FakeSensor(IntervalUs, IntervalUs));
        sampler.Take(0);
        sampler.Take(IntervalUs - 1);
        Assert.That(sampler.ReadCount, Is.EqualTo(1));
    }

    /// <summary>The main thread has computed for 35 ms: three timesteps are missing, and the next one has its right time.</summary>
    [Test]
    public void ReadsThatWereMissedAreAGap()
    {
        Sampler sampler = Make(new FakeSensor(IntervalUs, IntervalUs));
        sampler.Take(0);
        sampler.Take(IntervalUs + 35_000);
        sampler.Take(5 * IntervalUs);
        Assert.That((sampler.ReadCount, sampler.LateCount, _ring.LostCount, _ring.Count), Is.EqualTo((3u, 1u, 3u, 6u)));
        Assert.That((Next(), Next(), Next()), Is.EqualTo((false, true, false)), "gap before");
    }

    [Test]
    public void ASensorWithABufferMayBeReadLate()
    {
        var sensor = new FakeSensor(IntervalUs, 16 * IntervalUs) { Steps = 16 };
        Sampler sampler = Make(sensor);
        sampler.Take(0);
        sensor.Steps = 24;
        sampler.Take(24 * IntervalUs);
        Assert.That((_ring.Count, _ring.LostCount), Is.EqualTo((40u, 0u)));
        sensor.Steps = 32;
        sensor.Lost = 5;
        sampler.Take(60 * IntervalUs);
        Assert.That((_ring.Count, _ring.LostCount), Is.EqualTo((77u, 5u)));
    }

    [Test]
    public void ASensorThatDoesNotAnswerIsAskedOnceASecond()
    {
        var sensor = new FakeSensor(IntervalUs, IntervalUs) { Steps = -1 };
        Sampler sampler = Make(sensor);
        for (int i = 0; i < 250; i++) sampler.Take(i * IntervalUs);
        Assert.That((sampler.ReadCount, sampler.FailedCount), Is.EqualTo((3u, 3u)));
        sensor.Steps = 1;
        sampler.Take(3 * Sampler.RetryUs);
        Assert.That(Next(), Is.True, "a gap");
    }

    private Sampler Make(FakeSensor sensor)
    {
        _ring = new SampleRing(1, 1000);
        return new Sampler(sensor, _ring, null!, new MemoryPlan());
    }

    private bool Next()
    {
        Assert.That(_ring.TryTake(_step), Is.True);
        return _ring.Gap > 0;
    }

    private sealed class FakeSensor(int intervalUs, int pollUs) : ISensor
    {
        public int Steps { get; set; } = 1;

        public int Lost { get; set; }

        public int Channels => 1;

        public int IntervalUs => intervalUs;

        public int PollUs => pollUs;

        public string Start() => null!;

        public int Read(short[] values, int mostSteps) => Steps;

        public int TakeLost()
        {
            int lost = Lost;
            Lost = 0;
            return lost;
        }
    }
}
