using Crime.Costs;
using Crime.Simulation.Scenarios;
using Crime.Simulation.World;
using NUnit.Framework;

namespace Crime.Simulation.Tests.World;

public sealed class QueueTests
{
    /// <summary>
    /// Many boards with rare inputs make Poisson arrivals; the service takes a constant time: M/D/1, whose mean wait is
    /// <c>rho S / (2 (1 - rho))</c> (Pollaczek and Khinchine).
    /// </summary>
    [TestCase(0.3)]
    [TestCase(0.7)]
    public void TheWaitIsThatOfTheory(double rho)
    {
        const double ServiceS = 0.01;
        const int Boards = 400;
        var gateway = new GatewayKind("slow", 1, 0, ServiceS * 1e6, 0);
        Scenario scenario = Worlds.Star(Boards, 0.001, Worlds.Quiet, everyS: Boards * ServiceS / rho, durationS: 1500, gateway: gateway);
        RunTally hub = new SimulationRun(scenario, Worlds.Set(), s_hub, Objective.Time, 1).Run();
        // Nothing else of the time depends on the load: the same with hardly any load is taken off.
        Scenario idle = Worlds.Star(1, 0.001, Worlds.Quiet, everyS: 10, durationS: 5000, gateway: gateway);
        RunTally alone = new SimulationRun(idle, Worlds.Set(), new Policy(PolicyKind.Single, 0, "hub"), Objective.Time, 1).Run();
        Assert.That(hub.Fallbacks, Is.Zero);
        double waitMs = hub.MeanTimeMs - alone.MeanTimeMs;
        Assert.That(waitMs, Is.EqualTo(1000 * rho * ServiceS / (2 * (1 - rho))).Within(6).Percent);
    }

    /// <summary>One board with rare inputs: hardly anything but the answer is on its way to it.</summary>
    private static readonly Policy s_hub = new(PolicyKind.Single, 0, "hub");

    private static RunTally Rare(LinkKind link, RadioKind radio) => new SimulationRun(
        Worlds.Star(1, 0.15, link, everyS: 10, durationS: 50_000, radio: radio), Worlds.Set(), new Policy(PolicyKind.Single, 0, "hub"), Objective.Time, 1)
    {
        StatusIntervalMs = 8000,
    }.Run();

    [Test]
    public void AnAnswerThatTheRadioDoesNotListenForWaitsForHalfABeaconInTheMean() =>
        Assert.That(Rare(Worlds.Far, RadioKind.Doze).MeanTimeMs - Rare(Worlds.Far, RadioKind.Awake).MeanTimeMs, Is.EqualTo(51.2).Within(1.5));

    [Test]
    public void AnAnswerThatTheRadioStillListensForComesAtOnce() =>
        Assert.That(Rare(Worlds.Quiet, RadioKind.Doze).MeanTimeMs, Is.EqualTo(Rare(Worlds.Quiet, RadioKind.Awake).MeanTimeMs).Within(0.001));

    /// <summary>
    /// Listening is part of the idle baseline of a radio that always listens. In modem sleep a request pays for it from its transmission on, until
    /// the minimum active time after the answer.
    /// </summary>
    [Test]
    public void ARequestInModemSleepPaysForListening()
    {
        RunTally awake = Rare(Worlds.Quiet, RadioKind.Awake), dozing = Rare(Worlds.Quiet, RadioKind.Doze);
        var costs = new BoardCosts(Worlds.Star(1, 0.15, Worlds.Quiet, radio: RadioKind.Doze).Boards[0], Worlds.Set());
        Assert.That(costs.Power.MinActiveUs, Is.EqualTo(50_000));
        double InputMj(RunTally tally) => tally.EnergyUj / tally.Finished / 1000;
        double beforeUs = costs.EncodeUs((int)Worlds.Set().Lengths.MeanLength) + s_hub.DecisionIl * costs.UsPerIl;
        double expectedMj = costs.Power.ListenExtraMw * (dozing.MeanTimeMs * 1000 - beforeUs + costs.Power.MinActiveUs) / 1e6;
        Assert.That(InputMj(dozing) - InputMj(awake), Is.EqualTo(expectedMj).Within(1).Percent);
    }

    [Test]
    public void TheQuantileOfWaitsIsWithinAnEighthOfADoubling()
    {
        var tally = new RunTally(1, 1);
        for (int i = 1; i <= 1000; i++) tally.AddWait(i * 1000);
        Assert.That(tally.WaitQuantileMs(0.99), Is.InRange(990, 990 * 1.125));
        Assert.That(tally.WaitQuantileMs(0.5), Is.InRange(500, 500 * 1.125));
    }
}
