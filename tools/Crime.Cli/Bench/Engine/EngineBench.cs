// Times both sides of a case in turns, so that whatever else the machine does meets both.

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using Crime.Gateway.Inference;
using Crime.Modelling.ModelFiles;

namespace Crime.Cli.Bench.Engine;

/// <summary>What a case came to.</summary>
/// <param name="Case">The case.</param>
/// <param name="OnnxRuntimeUs">ONNX Runtime's best time of a run, in µs.</param>
/// <param name="CrimeUs">Ours.</param>
/// <param name="MedianRatio">Ratio of the median times of a run.</param>
/// <param name="Difference">Largest difference of a hidden state, as a share of the range of all of them.</param>
internal sealed record EngineResult(EngineCase Case, double OnnxRuntimeUs, double CrimeUs, double MedianRatio, double Difference)
{
    /// <summary>How many times as fast as ONNX Runtime: the ratio of the best times.</summary>
    public double Ratio => OnnxRuntimeUs / CrimeUs;
}

/// <summary>Runs cases.</summary>
internal static class EngineBench
{
    // Long enough for the runtime to compile properly what is called often.
    private const int WarmUpMs = 300;
    private const int MinTurns = 10;
    private const int TurnUs = 2000;

    /// <summary>Runs a case.</summary>
    /// <param name="one">The case.</param>
    /// <param name="vectorBits">Width of our vectors; 0 for the widest.</param>
    /// <param name="caseMs">How long to measure, in ms.</param>
    /// <param name="cancellation">Breaks off.</param>
    public static EngineResult Run(EngineCase one, int vectorBits, int caseMs, CancellationToken cancellation)
    {
        using var other = new OnnxTwin(one);
        var model = new FloatModel(ModelLoading.FloatOnly(one.Network()), vectorBits);
        BatchItem[] items = Items(one, model, hasStates: false);
        var network = new BatchNetwork(model, one.BatchCount);
        void RunOurs() => network.Run(items);

        double difference = Difference(one, model, other);
        List<double> others = [], ours = [];
        Turn(other.Run, WarmUpMs * 1000, others);
        Turn(RunOurs, WarmUpMs * 1000, ours);
        others.Clear();
        ours.Clear();
        long start = Stopwatch.GetTimestamp();
        for (int turns = 0; turns < MinTurns || Stopwatch.GetElapsedTime(start).TotalMilliseconds < caseMs; turns++)
        {
            cancellation.ThrowIfCancellationRequested();
            Turn(other.Run, TurnUs, others);
            Turn(RunOurs, TurnUs, ours);
        }
        return new EngineResult(one, others.Min(), ours.Min(), Median(others) / Median(ours), difference);
    }

    /// <summary>Lets the runtime compile what all cases have in common, so that the first one is not the worse for it.</summary>
    public static void WarmUp(EngineCase one, int vectorBits, CancellationToken cancellation) => Run(one, vectorBits, 1000, cancellation);

    /// <summary>Runs one side for a while, at least thrice, and notes the time of each run in µs.</summary>
    private static void Turn(Action run, double turnUs, List<double> timesUs)
    {
        double spentUs = 0;
        for (int runs = 0; runs < 3 || spentUs < turnUs; runs++)
        {
            long start = Stopwatch.GetTimestamp();
            run();
            // In ticks of the counter: a TimeSpan has no more than 0.1 µs.
            double us = (Stopwatch.GetTimestamp() - start) * 1e6 / Stopwatch.Frequency;
            timesUs.Add(us);
            spentUs += us;
        }
    }

    private static double Difference(EngineCase one, FloatModel model, OnnxTwin other)
    {
        BatchItem[] items = Items(one, model, hasStates: true);
        new BatchNetwork(model, one.BatchCount).Run(items);
        other.Run();
        float[] expected = other.Hidden.ToArray(), found = items.SelectMany(item => item.End!.Hidden(0).ToArray()).ToArray();
        return expected.Zip(found, (a, b) => Math.Abs((double)a - b)).Max() / (expected.Max() - expected.Min());
    }

    private static BatchItem[] Items(EngineCase one, FloatModel model, bool hasStates) => one.Inputs().Select(values => new BatchItem
    {
        Values = values,
        FractionBits = EngineCase.FractionBits,
        Logits = new float[model.ClassCount],
        End = hasStates ? new NetworkState(model) : null,
    }).ToArray();

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
