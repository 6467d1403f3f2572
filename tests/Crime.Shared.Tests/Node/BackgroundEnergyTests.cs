using Crime.Costs;
using Crime.Node;
using NUnit.Framework;

namespace Crime.Shared.Tests.Node;

/// <summary>Energy that no input has caused, term by term.</summary>
public sealed class BackgroundEnergyTests
{
    private const int ListenMw = 227;

    // 62 mW while it computes, 227 mW while it listens, 524 mW while it transmits.
    private static readonly PowerProfile s_power = new PowerProfile
    {
        ComputeMw = 165, WaitMw = 103, TransmitMw = 627, ListenMw = 330, WakeMw = 495, SendUs = 1000, ReceiveUs = 2000,
        TransmitNsPerByte = 1000, TransmitOverheadUs = 300, MinActiveUs = 50_000,
    }.SubtractIdle(103);

    private BackgroundEnergy _background = null!;

    [SetUp]
    public void Make() => _background = new BackgroundEnergy(s_power);

    [Test]
    public void AStatusCostsItsReceptionAndTheMinimumActiveTime()
    {
        _background.OnReceived(1, 1_000_000, 1_000_000);
        Assert.That(_background.EnergyUj, Is.EqualTo(2 * 62 + 50 * ListenMw));
    }

    [Test]
    public void WindowsThatOverlapCountOnce()
    {
        _background.OnReceived(1, 1_000_000, 1_000_000);
        _background.OnReceived(1, 1_020_000, 1_020_000);
        Assert.That(_background.EnergyUj, Is.EqualTo(2 * 2 * 62 + 70 * ListenMw));
        _background.OnReceived(1, 2_000_000, 2_000_000);
        Assert.That(_background.EnergyUj, Is.EqualTo(3 * 2 * 62 + 120 * ListenMw));
    }

    [Test]
    public void AStatusDuringTheListeningOfAnInputCostsNoListening()
    {
        _background.OnInputListening(1_050_000);
        _background.OnReceived(1, 1_000_000, 1_000_000);
        Assert.That(_background.EnergyUj, Is.EqualTo(2 * 62));
    }

    [Test]
    public void APingCostsItsTransmissionAndTheListeningForItsPong()
    {
        _background.OnSent(100, 0);
        Assert.That(_background.EnergyUj, Is.EqualTo((long)(62 + 0.4 * 524 + 50.4 * ListenMw)));
    }

    [Test]
    public void AConnectionCostsItsMessagesAndTheListeningMeanwhile()
    {
        _background.OnExchange(BackgroundEnergy.ConnectMessages, 0, 20_000);
        double messagesUj = 3 * ((1 + 2) * 62 + 0.364 * 524);
        Assert.That(_background.EnergyUj, Is.EqualTo((long)(messagesUj + 70 * ListenMw)));
        // One that fails after half a minute has listened after each of its messages only.
        var failed = new BackgroundEnergy(s_power);
        failed.OnExchange(1, 0, 30_000_000);
        Assert.That(failed.EnergyUj, Is.EqualTo((long)(messagesUj / 3 + 100 * ListenMw)));
    }

    [Test]
    public void ARadioThatAlwaysListensPaysForMessagesOnly()
    {
        PowerProfile awake = new PowerProfile { ComputeMw = 384, WaitMw = 322, TransmitMw = 627, ListenMw = 322, ReceiveUs = 2000 }.SubtractIdle(322);
        var background = new BackgroundEnergy(awake);
        background.OnReceived(3, 0, 1_000_000);
        Assert.That(background.EnergyUj, Is.EqualTo(3 * 2 * 62));
    }

    [Test]
    public void AWakeCostsItsTime()
    {
        _background.OnWake(2_000_000);
        Assert.That(_background.EnergyUj, Is.EqualTo(2000 * (495 - 103)));
    }
}
