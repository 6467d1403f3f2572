using Crime.Costs;
using Crime.Device.Energy;
using NUnit.Framework;

namespace Crime.Device.Tests.Energy;

/// <summary>Energy from a board's profile, term by term.</summary>
public sealed class ModelledMeterTests
{
    private static readonly PowerProfile s_power = new() { ComputeMw = 165, WaitMw = 103, TransmitMw = 627, ListenMw = 330, WakeMw = 495, MinActiveUs = 50_000 };
    private static readonly ModelledMeter s_meter = new(s_power);

    [Test]
    public void EveryStateHasItsPower()
    {
        Assert.That(s_meter.Stop(new RadioTimeline { ComputeUs = 2000 }), Is.EqualTo(2 * 165));
        Assert.That(s_meter.Stop(new RadioTimeline { TransmitUs = 3000 }), Is.EqualTo(3 * 627));
        Assert.That(s_meter.Stop(new RadioTimeline { WaitUs = 4000 }), Is.EqualTo(4 * 103));
        Assert.That(s_meter.Stop(new RadioTimeline { WakeUs = 5000 }), Is.EqualTo(5 * 495));
    }

    [Test]
    public void ListeningComesOnTopOfWaiting()
    {
        // 20 ms until the answer, all of which the radio listens, and 50 ms after it.
        Assert.That(s_meter.Stop(new RadioTimeline { WaitUs = 20_000, ListenUs = 70_000 }), Is.EqualTo(20 * 330 + 50 * (330 - 103)));
        // 90 ms until the answer, of which it listens 50.
        Assert.That(s_meter.Stop(new RadioTimeline { WaitUs = 90_000, ListenUs = 100_000 }), Is.EqualTo(50 * 330 + 40 * 103 + 50 * (330 - 103)));
    }

    [TestCase(20_000, true, 70_000)]
    [TestCase(90_000, true, 100_000)]
    [TestCase(20_000, false, 20_000)]
    [TestCase(90_000, false, 50_000)]
    public void ARequestListensUntilItsAnswerAndAfterItForTheMinimumActiveTime(int waitUs, bool isAnswered, int listenUs)
    {
        var timeline = new RadioTimeline { TransmitUs = 1 };
        timeline.AddRequest(s_power, 700, waitUs, isAnswered);
        Assert.That((timeline.TransmitUs, timeline.WaitUs, timeline.ListenUs), Is.EqualTo((701, waitUs, listenUs)));
    }

    [Test]
    public void AResetForgetsAll()
    {
        var timeline = new RadioTimeline { ComputeUs = 1000, TransmitUs = 1000, WaitUs = 1000, ListenUs = 1000, WakeUs = 1000 };
        timeline.Reset();
        Assert.That(s_meter.Stop(timeline), Is.Zero);
    }
}
