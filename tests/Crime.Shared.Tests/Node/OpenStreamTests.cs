using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Frames;
using Crime.Mapping;
using Crime.Node;
using NUnit.Framework;

namespace Crime.Shared.Tests.Node;

/// <summary>A stream whose length is not known before its end, as that of a sensor.</summary>
public sealed class OpenStreamTests
{
    private const long StartUs = 1_000_000;
    private const long StepUs = 10_000;

    /// <summary>At its end only the class is missing.</summary>
    [Test]
    public void AStreamIsComputedAsItComes()
    {
        var bench = new NodeBench(MappingMode.Auto);
        InputFlow flow = bench.Flow;
        long endUs = Compute(flow, 30);
        Assert.That(flow.OnEnd(30, endUs), Is.EqualTo(InputAction.Compute));
        Assert.That((flow.StepStart, flow.StepCount, flow.IsFinal), Is.EqualTo((30, 0, true)));
        Assert.That(flow.OnComputed(2, endUs, endUs + 400), Is.EqualTo(InputAction.Complete));
        Assert.That((flow.Result.Target, flow.Result.Label, flow.Result.Length, flow.Result.TimeUs), Is.EqualTo((Target.Local, 2, 30, 400L)), "from its end on");
        Assert.That(flow.Result.ActiveUs, Is.EqualTo(endUs + 400 - StartUs));
        Assert.That(flow.Timeline.ComputeUs, Is.EqualTo(30 * 1400 + 400));
        Assert.That(flow.Counters.Requests, Is.Zero);
    }

    /// <summary>Timesteps that came with the end are computed with it, or sent.</summary>
    [TestCase(MappingMode.Local, InputAction.Compute)]
    [TestCase(MappingMode.Gateway, InputAction.Send)]
    public void TheRestIsDecidedAtTheEnd(MappingMode mode, InputAction expected)
    {
        var bench = new NodeBench(MappingMode.Local);
        long endUs = Compute(bench.Flow, 20);
        bench.Mapping.Mode = mode;
        Assert.That(bench.Flow.OnEnd(26, endUs), Is.EqualTo(expected));
        Assert.That((bench.Flow.StepStart, bench.Flow.StepCount), Is.EqualTo((20, 6)));
        if (mode == MappingMode.Gateway) Assert.That(bench.Flow.Result.DoneCount, Is.EqualTo(20));
    }

    /// <summary>A gateway that takes every input receives it whole.</summary>
    [Test]
    public void AStreamForAGatewayIsHeldUntilItsEnd()
    {
        var bench = new NodeBench(MappingMode.Gateway);
        InputFlow flow = bench.Flow;
        Assert.That(flow.BeginStream(1, StartUs), Is.EqualTo(InputAction.AwaitSteps));
        for (int i = 2; i <= 30; i++) Assert.That(flow.OnSteps(i, StartUs + i * StepUs), Is.EqualTo(InputAction.AwaitSteps), $"timestep {i}");
        Assert.That(flow.OnEnd(30, StartUs + 300_000), Is.EqualTo(InputAction.Send));
        Assert.That((flow.StepStart, flow.StepCount, flow.Result.DoneCount), Is.EqualTo((0, 30, 0)));
    }

    /// <summary>A decision about a stream needs a length before the length is known: the usual one, until more timesteps have come.</summary>
    [Test]
    public void TheUsualLengthStandsForTheLengthThatIsNotKnown()
    {
        var bench = new NodeBench(MappingMode.Auto);
        var probe = new LengthProbe();
        var flow = new InputFlow(NodeBench.Power, probe, null!);
        flow.SetModel(bench.Engine, true);
        Run(40);
        Assert.That(probe.Rests, Is.All.EqualTo(2), "no stream before it: a timestep that has come, and one that follows");
        Run(20);
        Assert.That(probe.Rests, Is.EqualTo(Enumerable.Range(0, 20).Select(done => 40 - done)));
        Run(50);
        // A stream counts a quarter: 40, then 35.
        Assert.That(probe.Rests, Is.EqualTo(Enumerable.Range(0, 50).Select(done => Math.Max(35 - done, 2))));

        void Run(int length)
        {
            probe.Rests.Clear();
            long endUs = Compute(flow, length);
            flow.OnEnd(length, endUs);
            flow.OnComputed(0, endUs, endUs + 400);
        }
    }

    /// <summary>The segmenter drops a sequence that is too short. What it has cost belongs to no input.</summary>
    [Test]
    public void AnAbandonedStreamHasNoResult()
    {
        var bench = new NodeBench(MappingMode.Local);
        InputFlow flow = bench.Flow;
        long beforeUj = flow.Background.EnergyUj, endUs = Compute(flow, 20);
        flow.Abandon(endUs);
        Assert.That(flow.Action, Is.EqualTo(InputAction.None));
        Assert.That(flow.Background.EnergyUj - beforeUj, Is.GreaterThanOrEqualTo(20 * 1400 * NodeBench.Power.ComputeMw / 1000));
        Assert.That(flow.Begin(10, 10, endUs), Is.EqualTo(InputAction.Compute));
        Assert.That((flow.StepStart, flow.StepCount, flow.IsFinal), Is.EqualTo((0, 10, true)), "the next input begins anew");
    }

    /// <summary>The state belongs to the former model, so the stream is computed again from its beginning.</summary>
    [Test]
    public void ANewModelDuringAStreamBeginsAnew()
    {
        var bench = new NodeBench(MappingMode.Local);
        InputFlow flow = bench.Flow;
        long nowUs = Compute(flow, 12);
        bench.SetModel(canCompute: true);
        Assert.That(flow.Action, Is.EqualTo(InputAction.AwaitRetry));
        Assert.That(flow.OnRetry(nowUs), Is.EqualTo(InputAction.Compute));
        Assert.That((flow.StepStart, flow.StepCount, flow.IsFinal), Is.EqualTo((0, InputFlow.MaxSteps, false)));
    }

    /// <summary>Gives timesteps one by one, and computes each.</summary>
    /// <returns>The time after the last one.</returns>
    private static long Compute(InputFlow flow, int length)
    {
        long nowUs = StartUs;
        for (int i = 0; i < length; i++)
        {
            nowUs = StartUs + i * StepUs;
            if (i == 0) flow.BeginStream(1, nowUs);
            else flow.OnSteps(i + 1, nowUs);
            Assert.That((flow.Action, flow.IsFinal), Is.EqualTo((InputAction.Compute, false)), $"timestep {i}");
            nowUs += 1400;
            Assert.That(flow.OnComputed(0, nowUs - 1400, nowUs), Is.EqualTo(InputAction.AwaitSteps));
        }
        return nowUs;
    }

    /// <summary>Keeps every input on the board, and notes the lengths that it is asked about.</summary>
    private sealed class LengthProbe : InputMapping
    {
        public List<int> Rests { get; } = [];

        public override void Decide(MappingEngine engine, int length, bool canCompute, long nowUs, Decision decision) => engine.DecideLocal(length, nowUs, decision);

        public override void DecideRest(MappingEngine engine, int length, bool isComplete, long nowUs, Decision decision)
        {
            Rests.Add(length);
            engine.DecideLocal(length, nowUs, decision);
        }

        public override void DecideAfterWake(MappingEngine engine, int length, long nowUs, Decision decision) => engine.DecideLocal(length, nowUs, decision);
    }
}
