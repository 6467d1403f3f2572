using Crime.Mapping;
using Crime.Simulation.Results;
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
        RunTally hub = new SimulationRun(scenario, Worlds.Set(), new Policy(PolicyKind.Single, 0, "hub"), Goal.Time, 1).Run();
        // Nothing else of the time depends on the load: the same with hardly any load is taken off.
        Scenario idle = Worlds.Star(1, 0.001, Worlds.Quiet, everyS: 10, durationS: 5000, gateway: gateway);
        RunTally alone = new SimulationRun(idle, Worlds.Set(), new Policy(PolicyKind.Single, 0, "hub"), Goal.Time, 1).Run();
        Assert.That(hub.Fallbacks, Is.Zero);
        double waitMs = hub.MeanTimeMs - alone.MeanTimeMs;
        Assert.That(waitMs, Is.EqualTo(1000 * rho * ServiceS / (2 * (1 - rho))).Within(6).Percent);
    }

    [Test]
    public void AnAnswerWaitsForHalfABeaconInTheMean()
    {
        var policy = new Policy(PolicyKind.Single, 0, "hub");
        double TimeMs(RadioKind radio) => new SimulationRun(
            Worlds.Star(200, 0.15, Worlds.Quiet, everyS: 20, durationS: 2000, radio: radio), Worlds.Set(), policy, Goal.Time, 1).Run().MeanTimeMs;
        Assert.That(TimeMs(RadioKind.Doze) - TimeMs(RadioKind.Awake), Is.EqualTo(51.2).Within(1.5));
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
