// What a model costs before the first request has come: a few runs at load time. Without it boards would have to gamble
// the first inputs on an unknown price.

using System;
using System.Diagnostics;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Gateway.Core.Load;
using Crime.Gateway.Core.Queueing;

namespace Crime.Gateway.Models;

/// <summary>Measures models.</summary>
public static class ModelCalibration
{
    private const int ShortLength = 4;
    private const int LongLength = 64;
    private const int ManyCount = 8;
    private const int FractionBits = 12;
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
        var engine = new BatchNetwork(model, Batch.MaxCount) { WritesExpectedLength = true };
        short[] values = Values(model);
        BatchItem[] one = Items(model, 1), many = Items(model, ManyCount);
        WarmUp(engine, one, values);
        double shortUs = LeastUs(engine, one, values, ShortLength), longUs = LeastUs(engine, one, values, LongLength);
        double alphaUs = Math.Max(longUs - shortUs, 0) / (LongLength - ShortLength);
        var cost = new ServiceCost(alphaUs, shortUs - alphaUs * ShortLength);
        // A large network must not hold up the start: its share is measured on short sequences.
        bool isLarge = ManyCount * longUs > 1000 * BudgetMs;
        WarmUp(engine, many, values);
        cost.SeedShare(
            ManyCount, LeastUs(engine, many, values, isLarge ? ShortLength : LongLength) / (ManyCount * (isLarge ? shortUs : longUs)));
        return cost;
    }

    private static void WarmUp(BatchNetwork engine, BatchItem[] items, short[] values)
    {
        long start = Stopwatch.GetTimestamp();
        do Run(engine, items, values, ShortLength);
        while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < WarmUpMs);
    }

    /// <summary>
    /// The least of several runs: what disturbs a run only ever makes it longer. A price that is too low mends itself with
    /// the traffic that it attracts; one that is too high would not.
    /// </summary>
    private static double LeastUs(BatchNetwork engine, BatchItem[] items, short[] values, int length)
    {
        double leastUs = double.MaxValue;
        long start = Stopwatch.GetTimestamp();
        for (int runs = 0; runs < MinRuns || runs < MaxRuns && Stopwatch.GetElapsedTime(start).TotalMilliseconds < BudgetMs; runs++)
        {
            long runStart = Stopwatch.GetTimestamp();
            Run(engine, items, values, length);
            leastUs = Math.Min(leastUs, Stopwatch.GetElapsedTime(runStart).TotalMicroseconds);
        }
        return leastUs;
    }

    private static void Run(BatchNetwork engine, BatchItem[] items, short[] values, int length)
    {
        foreach (ref BatchItem item in items.AsSpan()) item.Values = values.AsMemory(0, length * engine.Model.ValuesPerStep);
        engine.Run(items);
    }

    private static BatchItem[] Items(FloatModel model, int count)
    {
        var items = new BatchItem[count];
        for (int i = 0; i < count; i++)
        {
            items[i].FractionBits = FractionBits;
            items[i].Logits = new float[model.LogitCount(LongLength)];
            items[i].Tokens = new byte[model.Decoder?.LongestOutput ?? 0];
        }
        return items;
    }

    /// <summary>Features within two deviations, or token numbers; a fixed seed, so that every start measures the same.</summary>
    private static short[] Values(FloatModel model)
    {
        const int two = 2 << FractionBits;
        var random = new Random(1);
        var values = new short[LongLength * model.ValuesPerStep];
        for (int i = 0; i < values.Length; i++)
            values[i] = (short)(model.Input == InputKind.Tokens ? random.Next(model.VocabularyCount) : random.Next(-two, two));
        return values;
    }
}
