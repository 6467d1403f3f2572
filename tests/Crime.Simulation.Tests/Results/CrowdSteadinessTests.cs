using System;
using Crime.Simulation.Events;
using Crime.Simulation.Results;
using Crime.Simulation.World;
using NUnit.Framework;

namespace Crime.Simulation.Tests.Results;

public sealed class CrowdSteadinessTests
{
    private const long DurationUs = 60_000_000;

    [Test]
    public void BoardsThatDecideAtRandomAreSteady()
    {
        var random = new RandomStream(2, StreamPurpose.Draws, 0);
        CrowdSteadiness measure = Crowd(_ => random.NextUniform() < 0.6);
        Assert.That(measure.Overdispersion, Is.EqualTo(1).Within(0.2));
        Assert.That(measure.MeanShare, Is.EqualTo(0.6).Within(0.01));
        Assert.That(measure.IsSteady, Is.True);
    }

    [Test]
    public void BoardsThatAllTurnAtOnceAreNot()
    {
        // All go while the queue is empty, none while it is full.
        CrowdSteadiness measure = Crowd(slice => slice / 2 % 2 == 0);
        Assert.That(measure.Overdispersion, Is.GreaterThan(100));
        Assert.That(measure.Slices.Low, Is.Zero);
        Assert.That(measure.Slices.High, Is.EqualTo(1));
        Assert.That(measure.IsSteady, Is.False);
    }

    private static CrowdSteadiness Crowd(Func<int, bool> isAway)
    {
        var tally = new RunTally(10, DurationUs);
        for (int slice = 0; slice < RunTally.SliceCount; slice++)
            for (int board = 0; board < 300; board++) tally.AddDecision(5, isAway(slice), slice * tally.SliceUs);
        return CrowdSteadiness.Of(tally, 1, 60);
    }
}
