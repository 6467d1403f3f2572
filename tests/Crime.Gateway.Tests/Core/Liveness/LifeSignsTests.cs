using Crime.Gateway.Core.Liveness;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Core.Liveness;

public sealed class LifeSignsTests
{
    private const int StallMs = 500;
    private const int LinkDownMs = 2000;

    private long _nowUs;
    private long _takenCount;
    private int _depth;
    private bool _isConnected;
    private LifeSigns _signs = null!;

    [SetUp]
    public void Make()
    {
        (_nowUs, _takenCount, _depth, _isConnected) = (1_000_000, 0, 0, true);
        _signs = new LifeSigns(StallMs, LinkDownMs);
        Assert.That(LookAfterMs(0), Is.Null);
    }

    [Test]
    public void AnEmptyQueueMayStandStillForEver()
    {
        Assert.That(LookAfterMs(1_000_000), Is.Null);
        Assert.That(LookAfterMs(1_000_000), Is.Null);
    }

    [Test]
    public void AQueueThatStandsStillIsTroubleOnlyBeyondTheLimit()
    {
        Assert.That(LookAfterMs(10_000), Is.Null);
        _depth = 1;
        Assert.That(LookAfterMs(StallMs), Is.Null);
        Assert.That(LookAfterMs(1), Does.Contain("none was taken for 500 ms"));
        Assert.That(_signs.Trouble, Is.Not.Null);
    }

    [Test]
    public void AFullQueueThatMovesIsWell()
    {
        _depth = 8;
        for (int i = 0; i < 100; i++)
        {
            _takenCount++;
            Assert.That(LookAfterMs(StallMs - 1), Is.Null);
        }
    }

    [Test]
    public void OneTakenRequestEndsTheTrouble()
    {
        _depth = 1;
        Assert.That(LookAfterMs(StallMs + 1), Is.Not.Null);
        _takenCount++;
        Assert.That(LookAfterMs(1), Is.Null);
        Assert.That(LookAfterMs(StallMs + 1), Is.Not.Null, "and the next standstill is trouble again");
    }

    [Test]
    public void ABrokerThatIsAwayIsTroubleOnlyBeyondTheLimit()
    {
        Assert.That(LookAfterMs(10_000), Is.Null);
        _isConnected = false;
        Assert.That(LookAfterMs(LinkDownMs), Is.Null);
        Assert.That(LookAfterMs(1), Does.Contain("no broker for 2000 ms"));
        _isConnected = true;
        Assert.That(LookAfterMs(1), Is.Null);
    }

    [Test]
    public void ABrokerThatNeverCameIsTroubleToo()
    {
        _isConnected = false;
        var signs = new LifeSigns(StallMs, LinkDownMs);
        Assert.That(signs.Look(0, 0, _isConnected, _nowUs), Is.Null, "it had no time yet");
        Assert.That(signs.Look(0, 0, _isConnected, _nowUs + LinkDownMs * 1000 + 1), Is.Not.Null);
    }

    private string? LookAfterMs(int timeMs)
    {
        _nowUs += timeMs * 1000L;
        return _signs.Look(_takenCount, _depth, _isConnected, _nowUs);
    }
}
