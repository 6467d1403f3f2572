using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Costs;
using Crime.Simulation.Inputs;
using Crime.Simulation.Scenarios;
using Crime.Simulation.World;
using NUnit.Framework;

namespace Crime.Simulation.Tests.World;

/// <summary>The parts that a live run and its simulation share: inputs of a recording, and link traces.</summary>
public sealed class ReplayTests
{
    private static readonly LinkKind s_twoLevels = Worlds.Quiet with { LevelsMs = [20, 160], HoldS = 8 };

    private static SimulationRun Run(LinkKind link, Replay? replay, Policy policy, int boards = 2) =>
        new(Worlds.Star(boards, 0.15, link, durationS: 40), Worlds.Set(), policy, Objective.Time, 1) { Replay = replay };

    [Test]
    public void EveryInputOfARecordingIsRunOnceWithItsLength()
    {
        var replay = new Replay([[7, 8, 7], [20, 21, 22, 23, 24]], 500);
        RunTally tally = Run(Worlds.Quiet, replay, Policy.Crime).Run();
        Assert.That(tally.Finished, Is.EqualTo(8));
        Assert.That(tally.CountByLength[7], Is.EqualTo(2));
        Assert.That(Enumerable.Range(20, 5).Select(length => tally.CountByLength[length]), Is.All.EqualTo(1));
        Assert.That(tally.CountByLength.Sum(), Is.EqualTo(8));
    }

    [Test]
    public void InputsBeginAtTheIntervalOrWhenTheOneBeforeIsDone()
    {
        var boards = new Policy(PolicyKind.Local, -1, "boards");
        // 9440 IL per step at 0.15 us: 20 steps take 29 ms, so that ten inputs end within the slices of their intervals.
        RunTally spaced = Run(Worlds.Quiet, new Replay([Enumerable.Repeat(20, 10).ToArray()], 1000), boards, boards: 1).Run();
        int[] begun = Enumerable.Range(0, RunTally.SliceCount).Where(slice => spaced.CountBySlice[slice] > 0).ToArray();
        Assert.That(begun.Zip(begun.Skip(1), (a, b) => (b - a) * spaced.SliceUs / 1e6), Is.All.EqualTo(1).Within(0.1));
        RunTally dense = Run(Worlds.Quiet, new Replay([Enumerable.Repeat(20, 10).ToArray()], 1), boards, boards: 1).Run();
        Assert.That(dense.MeanTimeMs, Is.EqualTo(spaced.MeanTimeMs).Within(1).Percent, "an input does not count the wait for the one before");
    }

    [Test]
    public void LevelsThatAreListedTakeTurns()
    {
        LinkTrace trace = Run(s_twoLevels, null, Policy.Crime).TraceOf(1);
        double[] levels = new[] { 0, 7.999999, 8, 15.999999, 16, 24 }.Select(s => trace.LevelMs((long)Math.Round(s * 1e6))).ToArray();
        Assert.That(levels, Is.EqualTo(new double[] { 20, 20, 160, 160, 20, 160 }));
    }

    [Test]
    public void TheTraceIsThatOfTheSimulation()
    {
        // All go to the gateway; nothing but the level of the link differs from a link of 10 ms.
        LinkKind drawn = Worlds.Quiet with { LevelSigma = 1 };
        var hub = new Policy(PolicyKind.Single, 0, "hub");
        var replay = new Replay([Enumerable.Repeat(10, 20).ToArray()], 500);
        SimulationRun run = Run(drawn, replay, hub, boards: 1);
        double levelMs = run.TraceOf(0).LevelMs(0);
        Assert.That(levelMs, Is.Not.EqualTo(10).Within(0.1));
        Assert.That(run.Run().MeanTimeMs - Run(Worlds.Quiet, replay, hub, boards: 1).Run().MeanTimeMs, Is.EqualTo(levelMs - 10).Within(0.01));
        Assert.That(() => run.TraceOf(1), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void EachBoardHasATraceOfItsOwn()
    {
        SimulationRun run = Run(Worlds.Quiet with { LevelSigma = 1, HoldS = 5 }, null, Policy.Crime);
        double[] once = [run.TraceOf(0).LevelMs(0), run.TraceOf(1).LevelMs(0)], again = [run.TraceOf(0).LevelMs(0), run.TraceOf(1).LevelMs(0)];
        Assert.That(once[0], Is.Not.EqualTo(once[1]));
        Assert.That(again, Is.EqualTo(once), "the same for the same seed");
    }

    [Test]
    public void AMeasuredSetCostsWhatWasMeasured()
    {
        // 100 us per step and 50 us per input on a board of 0.5 us per instruction.
        var kernels = new Dictionary<KernelKind, KernelCost> { [KernelKind.Table] = new KernelCost(200, 0, 100) };
        InputSet set = InputSet.Measured("mine", 6, new KernelCost(1, 0, 1), kernels, 250, new LengthDistribution([new LengthCount(40, 0, 1)]));
        var boards = new Policy(PolicyKind.Local, -1, "boards");
        SimulationRun run = new(
            Worlds.Star(1, 0.5, Worlds.Quiet, durationS: 100), set, boards, Objective.Time, 1)
        {
            Replay = new Replay([Enumerable.Repeat(40, 50).ToArray()], 100),
        };
        Assert.That(run.Run().MeanTimeMs, Is.EqualTo(4.05 + boards.DecisionIl * 0.0005).Within(1).Percent);
    }

    [Test]
    public void WhatTheHostAddsIsAddedBothWays()
    {
        var hub = new Policy(PolicyKind.Single, 0, "hub");
        SimulationRun run = Run(Worlds.Quiet, new Replay([Enumerable.Repeat(10, 400).ToArray()], 100), hub, boards: 1);
        double plainMs = run.Run().MeanTimeMs;
        Assert.That((run with { HostMs = [3] }).Run().MeanTimeMs - plainMs, Is.EqualTo(6).Within(0.01));
        Assert.That((run with { HostMs = [0, 6] }).Run().MeanTimeMs - plainMs, Is.EqualTo(6).Within(0.6), "each way draws its own");
    }

    [Test]
    public void StatusesTakeTimeFromABoardThatComputes()
    {
        // An idle gateway publishes once a second, and an input of 4 steps stays on the board for 6.1 ms: a status falls into one of 164. The
        // interval is no part of a second, so that statuses do not keep to the same place between inputs.
        SimulationRun run = Run(Worlds.Quiet, new Replay([Enumerable.Repeat(4, 2000).ToArray()], 47), Policy.Crime, boards: 1);
        double moreMs = (run with { StatusIl = 10_000 }).Run().MeanTimeMs - (run with { StatusIl = 0 }).Run().MeanTimeMs;
        Assert.That(moreMs, Is.EqualTo(1.5 * 0.0061).Within(50).Percent);
    }

    [Test]
    public void WhoeverDecidesPaysForStatusesAndWhoeverDoesNotNeedNotListen()
    {
        // So short that they stay on the board: statuses fall into some of them.
        SimulationRun deciding = Run(Worlds.Quiet, new Replay([Enumerable.Repeat(4, 2000).ToArray()], 47), Policy.Crime, boards: 1);
        double paidMs = deciding.Run().MeanTimeMs;
        Assert.That(paidMs, Is.EqualTo((deciding with { StatusIl = SimulationRun.MeasuredStatusIl }).Run().MeanTimeMs));
        Assert.That(paidMs, Is.Not.EqualTo((deciding with { StatusIl = 0 }).Run().MeanTimeMs));
        SimulationRun alone = deciding with { Policy = new Policy(PolicyKind.Local, -1, "boards") };
        Assert.That(alone.Run().MeanTimeMs, Is.EqualTo((alone with { StatusIl = 0 }).Run().MeanTimeMs));
    }

    [Test]
    public void StatusesOfTheSameBeaconComeBeforeTheAnswer()
    {
        var hub = new Policy(PolicyKind.Single, 0, "hub");
        SimulationRun run = new(
            Worlds.Star(1, 0.15, Worlds.Far, durationS: 40, radio: RadioKind.Doze), Worlds.Set(), hub, Objective.Time, 1)
        {
            Replay = new Replay([Enumerable.Repeat(10, 400).ToArray()], 475),
        };
        double moreMs = (run with { StatusIl = 10_000 }).Run().MeanTimeMs - run.Run().MeanTimeMs;
        // The gateway tells that the request has come: one status of 1.5 ms with most answers, and never more than a few.
        Assert.That(moreMs, Is.InRange(0.5, 4));
    }

    [Test]
    public void ALostStatusHoldsUpTheAnswerBehindIt()
    {
        var hub = new Policy(PolicyKind.Single, 0, "hub");
        double TimeMs(double resendMs) => (Run(
            Worlds.Quiet with { Loss = 0.2, ResendMs = resendMs }, new Replay([Enumerable.Repeat(10, 2000).ToArray()], 50), hub, boards: 1)
            with { StatusIl = 0.001 }).Run().MeanTimeMs;
        // Requests and answers are lost themselves in a fifth of the cases each, which makes 0.4 of what is added.
        Assert.That((TimeMs(100) - TimeMs(0)) / 100, Is.GreaterThan(0.45));
    }
}
