using Crime.Costs;
using Crime.Device.Energy;
using NUnit.Framework;

namespace Crime.Device.Tests.Energy;

/// <summary>Energy from a board's profile, term by term.</summary>
public sealed class ModelledMeterTests
{
    private static readonly ModelledMeter s_meter = new(new PowerProfile(165, 103, 627, 1600, 300, listenMw: 330, listenOnUs: 50_000), radioUpMw: 495);

    [Test]
    public void EveryStateHasItsPower()
    {
        Assert.That(s_meter.Stop(new Activity { ComputeUs = 2000 }), Is.EqualTo(2 * 165));
        Assert.That(s_meter.Stop(new Activity { TransmitUs = 3000 }), Is.EqualTo(3 * 627));
        Assert.That(s_meter.Stop(new Activity { WaitUs = 4000 }), Is.EqualTo(4 * 103));
        Assert.That(s_meter.Stop(new Activity { RadioUpUs = 5000 }), Is.EqualTo(5 * 495));
    }

    [Test]
    public void ListeningComesOnTopOfWaiting()
    {
        // 20 ms until the answer, all of which the radio listens, and 50 ms after it.
        Assert.That(s_meter.Stop(new Activity { WaitUs = 20_000, ListenUs = 70_000 }), Is.EqualTo(20 * 330 + 50 * (330 - 103)));
        // 90 ms until the answer, of which it listens 50.
        Assert.That(s_meter.Stop(new Activity { WaitUs = 90_000, ListenUs = 100_000 }), Is.EqualTo(50 * 330 + 40 * 103 + 50 * (330 - 103)));
    }

    [Test]
    public void AResetForgetsAll()
    {
        var activity = new Activity { ComputeUs = 1000, TransmitUs = 1000, WaitUs = 1000, ListenUs = 1000, RadioUpUs = 1000 };
        activity.Reset();
        Assert.That(s_meter.Stop(activity), Is.Zero);
    }
}
