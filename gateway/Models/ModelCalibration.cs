// What a model costs before the first request has come: a few runs at load time. Without it boards would have to gamble
// the first inputs on an unknown price.

using System;
using System.Diagnostics;
using Crime.Gateway.Inference;
using Crime.Gateway.Serving;
using Crime.Model;

namespace Crime.Gateway.Models;

/// <summary>Measures models.</summary>
public static class ModelCalibration
{
    private const int ShortLength = 4;
    private const int LongLength = 64;
    private const int MinRuns = 3;
    private const int MaxRuns = 25;
    private const int BudgetMs = 10;

    // Fills caches and tables. The engine itself is compiled properly at its first call (TieredCompilationQuickJit in the
    // project): with .NET's usual quick code first, the price comes out six times too high.
    private const int WarmUpMs = 20;

    /// <summary>Measures a model.</summary>
    /// <returns>Its cost line, to be kept true by what requests really take.</returns>
    public static ServiceCost Measure(FloatModel model)
    {
        var engine = new BatchNetwork(model, maxBatch: 1);
        var logits = new float[model.ClassCount];
        short[] values = Values(model);
        WarmUp(engine, values, logits);
        double shortUs = LeastUs(engine, values, ShortLength, logits), longUs = LeastUs(engine, values, LongLength, logits);
        double alphaUs = Math.Max(longUs - shortUs, 0) / (LongLength - ShortLength);
        return new ServiceCost(alphaUs, shortUs - alphaUs * ShortLength);
    }

    private static void WarmUp(BatchNetwork engine, short[] values, float[] logits)
    {
        long start = Stopwatch.GetTimestamp();
        do Run(engine, values, ShortLength, logits);
        while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < WarmUpMs);
    }

    /// <summary>
    /// The least of several runs: what disturbs a run only ever makes it longer. A price that is too low mends itself with
    /// the traffic that it attracts; one that is too high would not.
    /// </summary>
    private static double LeastUs(BatchNetwork engine, short[] values, int length, float[] logits)
    {
        double leastUs = double.MaxValue;
        long start = Stopwatch.GetTimestamp();
        for (int runs = 0; runs < MinRuns || runs < MaxRuns && Stopwatch.GetElapsedTime(start).TotalMilliseconds < BudgetMs; runs++)
        {
            long runStart = Stopwatch.GetTimestamp();
            Run(engine, values, length, logits);
            leastUs = Math.Min(leastUs, Stopwatch.GetElapsedTime(runStart).TotalMicroseconds);
        }
        return leastUs;
    }

    private static void Run(BatchNetwork engine, short[] values, int length, float[] logits)
    {
        var item = new BatchItem { Values = values.AsMemory(0, length * engine.Model.ValuesPerStep), FractionBits = 12, Logits = logits };
        engine.Run(new Span<BatchItem>(ref item));
    }

    /// <summary>Features within two deviations, or token numbers; a fixed seed, so that every start measures the same.</summary>
    private static short[] Values(FloatModel model)
    {
        const int twoInQ12 = 2 << 12;
        var random = new Random(1);
        var values = new short[LongLength * model.ValuesPerStep];
        for (int i = 0; i < values.Length; i++)
            values[i] = (short)(model.Input == InputKind.Tokens ? random.Next(model.VocabularyCount) : random.Next(-twoInQ12, twoInQ12));
        return values;
    }
}
