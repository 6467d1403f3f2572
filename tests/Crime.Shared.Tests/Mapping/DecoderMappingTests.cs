using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Costs;
using Crime.Mapping;
using NUnit.Framework;

namespace Crime.Shared.Tests.Mapping;

public sealed class DecoderMappingTests
{
    private static MappingEngine Engine(OutputLength output, int stepNs, bool isFitted = true) => new(
        new EngineSetup
        {
            ModelId = 1, LongestLength = 60, LocalTime = new CostLine(2_000_000, 500), Output = output, OutputDeviation = 500, OutputStepNs = stepNs,
            Power = new PowerProfile(), UseRefit = isFitted,
        },
        7);

    [Test]
    public void TheNodeCostsReadingAndWriting()
    {
        MappingEngine engine = Engine(new OutputLength(900, 1500), 3_000_000);
        Assert.That((engine.LocalTime.AlphaNs, engine.LocalTime.BetaUs), Is.EqualTo((4_700_000, 5000)));
        Assert.That((engine.InputTime.AlphaNs, engine.InputTime.BetaUs), Is.EqualTo((2_000_000, 500)));
    }

    [Test]
    public void TheLineFollowsOutputsThatBecomeLonger([Values] bool isAtGateway)
    {
        MappingEngine engine = Engine(new OutputLength(500, 1000), 3_000_000);
        var random = new Random(1);
        for (int n = 0; n < 400; n++)
        {
            int length = random.Next(2, 40), steps = 2 * length + 3 + random.Next(-1, 2);
            if (isAtGateway) engine.OnOutput(length, steps);
            else engine.OnLocal(length, 2000L * length + 500 + 3000L * steps, steps);
        }
        double mean = Enumerable.Range(2, 38).Average(length => Math.Abs(engine.LocalTime.At(length) / (2000.0 * length + 500 + 3000 * (2 * length + 3)) - 1));
        Assert.That(mean, Is.LessThan(0.05));
        Assert.That(engine.InputTime.At(20), Is.EqualTo(40_500).Within(5).Percent, "a longer output is no slower reading");
    }

    [Test]
    public void AnotherEngineGoesOnFromTheFittedLine()
    {
        MappingEngine engine = Engine(new OutputLength(500, 1000), 3_000_000), plain = Engine(null!, 0);
        for (int n = 0; n < 400; n++) engine.OnOutput(4 + n % 30, 2 * (4 + n % 30) - 3);
        Assert.That((engine.Output.GammaThousandths, engine.Output.DeltaThousandths), Is.EqualTo((2000, -3000)).Using<(int, int)>(
            (one, other) => Math.Abs(one.Item1 - other.Item1) < 60 && Math.Abs(one.Item2 - other.Item2) < 900));
        Assert.That(engine.OutputDeviation, Is.LessThan(500), "the deviation is fitted, too");
        MappingEngine next = new(
            new EngineSetup
            {
                ModelId = 1, LongestLength = 60, LocalTime = engine.InputTime, Output = engine.Output, OutputDeviation = engine.OutputDeviation,
                OutputStepNs = 3_000_000, Power = new PowerProfile(),
            },
            7);
        Assert.That((next.LocalTime.AlphaNs, next.LocalTime.BetaUs), Is.EqualTo((engine.LocalTime.AlphaNs, engine.LocalTime.BetaUs)));
        Assert.That((plain.Output, plain.OutputDeviation), Is.EqualTo(((OutputLength?)null, 0)));
    }

    [Test]
    public void AnEngineThatLearnsNothingKeepsTheMeanOutput()
    {
        MappingEngine engine = Engine(new OutputLength(0, 8000), 3_000_000, isFitted: false);
        for (int n = 0; n < 100; n++) engine.OnLocal(20, 400_000, 40);
        Assert.That(engine.LocalTime.At(10), Is.EqualTo(20_000 + 500 + 24_000));
    }

    [Test]
    public void TheFitOfOutputLengthsIsThatOfLeastSquares()
    {
        var fit = new OutputFit(new OutputLength(1000, 0), 0, EngineSetup.ShortLength, EngineSetup.LongLength);
        var random = new Random(2);
        var pairs = new List<(double Length, double Steps)>();
        for (int n = 0; n < 2000; n++)
        {
            int length = random.Next(1, 50), steps = Math.Max(1, (int)Math.Round(1.4 * length - 2 + 4 * random.NextDouble()));
            fit.Observe(length, steps);
            pairs.Add((length, steps));
        }
        (double delta, double gamma) = MathNet.Numerics.Fit.Line([.. pairs.Select(pair => pair.Length)], [.. pairs.Select(pair => pair.Steps)]);
        foreach (int length in (int[])[5, 20, 45])
            Assert.That(fit.Line.ThousandthsAt(length) / 1000.0, Is.EqualTo(gamma * length + delta).Within(0.05 * (gamma * length + delta) + 0.3));
        Assert.That(fit.DeviationThousandths, Is.InRange(500, 2500));
    }

    [Test]
    public void ANegativeDeltaIsLearnt()
    {
        var fit = new OutputFit(new OutputLength(500, 0), 0, EngineSetup.ShortLength, EngineSetup.LongLength);
        var random = new Random(3);
        for (int n = 0; n < 1000; n++)
        {
            int length = random.Next(10, 60);
            fit.Observe(length, length - 8);
        }
        Assert.That(fit.Line.DeltaThousandths, Is.EqualTo(-8000).Within(600));
        Assert.That(fit.Line.GammaThousandths, Is.EqualTo(1000).Within(20));
    }
}
