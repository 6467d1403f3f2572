using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling.ModelFiles;
using CsCheck;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Inference.Batches;

/// <summary>The fast path against the plain reference, over shapes, lengths and widths.</summary>
public sealed class BatchNetworkTests
{
    /// <summary>Of the output range: the largest minus the smallest of the numbers compared, and of zero.</summary>
    private const double Tolerance = 1e-5;

    private const double MinRange = 0.01;

    /// <summary>The widths that this CPU has.</summary>
    private static readonly int[] s_widths = new[] { 512, 256, 128 }.Where(bits => bits <= VectorWidth.WidestBits).ToArray();

    private static readonly Gen<Case> s_cases =
        from seed in Gen.Int[0, int.MaxValue]
        from kind in OneOf(CellKind.Lstm, CellKind.Gru)
        from inputs in Gen.Int[1, 40]
        from hidden in Gen.Int[1, 70]
        from layers in Gen.Int[1, 3]
        from direction in OneOf(Direction.Forward, Direction.Reverse, Direction.Both)
        from head in OneOf(HeadInput.FinalState, HeadInput.FirstStep, HeadInput.LastStep)
        from isTokens in OneOf(false, false, false, true)
        from lengths in Gen.OneOf(Gen.Int[1, 80].Array[1], Gen.Int[1, 12].Array[1, 20])
        from maxBatch in OneOf(1, 3, 8, 32)
        select new Case(seed, kind, inputs, hidden, layers, direction, head, isTokens, lengths, maxBatch);

    private static readonly Gen<Case> s_resumable = s_cases.Where(one => one.Direction == Direction.Forward && one.Head == HeadInput.FinalState);

    [TestCaseSource(nameof(s_widths))]
    public void EveryStateAndLogitIsThatOfTheReference(int bits)
    {
        double worst = 0;
        TestSeed.Check(seed => s_cases.Sample(one =>
        {
            PlainNetwork network = one.Network();
            var model = new FloatModel(network.File, bits);
            BatchItem[] items = Items(network, model, one.Lengths);
            new BatchNetwork(model, one.MaxBatch).Run(items);
            foreach (BatchItem item in items) worst = Math.Max(worst, Check(network, item));
        }, iter: 300, threads: 1, seed: seed));
        TestContext.Out.WriteLine($"{bits} bits: largest difference {worst:e2} of the output range");
    }

    // Every number of sequences takes another way through the products: groups of 8 or 4, pairs, one. Every hidden size ends a block elsewhere.
    [Test]
    public void EveryBatchCountAndBlockEndIsRight([ValueSource(nameof(s_widths))] int bits, [Values(CellKind.Lstm, CellKind.Gru)] CellKind kind)
    {
        for (int hidden = 1; hidden <= 35; hidden++)
        {
            var network = new PlainNetwork(hidden, kind, inputs: 1 + hidden % 5, hidden);
            var model = new FloatModel(network.File, bits);
            BatchItem[] items = Items(network, model, Enumerable.Repeat(5, hidden).ToArray());
            new BatchNetwork(model, maxBatch: 64).Run(items);
            foreach (BatchItem item in items) Check(network, item);
        }
    }

    [TestCaseSource(nameof(s_widths))]
    public void WhatIsBesideASequenceChangesNothingButRoundings(int bits) => TestSeed.Check(seed => s_cases.Sample(one =>
    {
        PlainNetwork network = one.Network();
        var model = new FloatModel(network.File, bits);
        BatchItem[] items = Items(network, model, one.Lengths);
        var engine = new BatchNetwork(model, one.MaxBatch);
        engine.Run(items);
        float[][] together = items.Select(item => item.Logits.ToArray()).ToArray();
        for (int n = 0; n < items.Length; n++)
        {
            engine.Run(items.AsSpan(n, 1));
            AssertNear(items[n].Logits.ToArray(), together[n]);
        }
        engine.Run(items);
        // The same batch again is the same to the bit: nothing is left of the runs between.
        for (int n = 0; n < items.Length; n++) Assert.That(items[n].Logits.ToArray(), Is.EqualTo(together[n]));
    }, iter: 150, threads: 1, seed: seed));

    [Test]
    public void AllWidthsFindTheSame() => TestSeed.Check(seed => s_cases.Sample(one =>
    {
        PlainNetwork network = one.Network();
        float[][] narrow = [], wide = [];
        foreach (int bits in s_widths)
        {
            var model = new FloatModel(network.File, bits);
            BatchItem[] items = Items(one.Network(), model, one.Lengths);
            new BatchNetwork(model, one.MaxBatch).Run(items);
            wide = items.Select(item => item.Logits.ToArray()).ToArray();
            if (narrow.Length == 0) narrow = wide;
            for (int n = 0; n < items.Length; n++) AssertNear(wide[n], narrow[n]);
        }
    }, iter: 100, threads: 1, seed: seed));

    [TestCaseSource(nameof(s_widths))]
    public void ASequenceCanBeHandedOverAtAnyStep(int bits) => TestSeed.Check(seed => s_resumable.Sample(one =>
    {
        PlainNetwork network = one.Network();
        var model = new FloatModel(network.File, bits);
        BatchItem[] whole = Items(network, model, one.Lengths);
        var engine = new BatchNetwork(model, one.MaxBatch);
        engine.Run(whole);
        BatchItem[] parts = whole.Where(item => item.Values.Length > model.ValuesPerStep)
            .Select(item => item with { Logits = new float[3], End = new NetworkState(model) }).ToArray();
        int[] cuts = parts.Select(item => item.Values.Length / model.ValuesPerStep / 2 * model.ValuesPerStep).ToArray();
        ReadOnlyMemory<short>[] rests = parts.Select((item, n) => item.Values[cuts[n]..]).ToArray();
        for (int n = 0; n < parts.Length; n++) parts[n].Values = parts[n].Values[..cuts[n]];
        engine.Run(parts);
        for (int n = 0; n < parts.Length; n++) (parts[n].Values, parts[n].Start) = (rests[n], parts[n].End);
        engine.Run(parts);
        float[][] expected = whole.Where(item => item.Values.Length > model.ValuesPerStep).Select(item => item.Logits.ToArray()).ToArray();
        for (int n = 0; n < parts.Length; n++) AssertNear(parts[n].Logits.ToArray(), expected[n]);
    }, iter: 60, threads: 1, seed: seed));

    [Test]
    public void NoRunAfterTheFirstAllocates([Values(CellKind.Lstm, CellKind.Gru)] CellKind kind, [Values] bool isTokens, [Values(1, 5, 40)] int count)
    {
        var network = new PlainNetwork(count, kind, inputs: 7, hidden: 21, layers: 2, Direction.Both, HeadInput.LastStep, isTokens);
        var model = new FloatModel(network.File);
        BatchItem[] items = Items(network, model, Enumerable.Range(1, count).ToArray());
        var engine = new BatchNetwork(model, maxBatch: 32);
        long BytesOfARun()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            engine.Run(items);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
        engine.Run(items);
        // The least of several: now and then, beside busy threads, the runtime counts something of its own against this one.
        Assert.That(Enumerable.Range(0, 10).Select(_ => BytesOfARun()).Min(), Is.Zero);
    }

    // Peepholes, other activations, clipping, simple cells: the general path behind the same door.
    [Test]
    public void NetworksWithOptionsAnswerAsTheGeneralPathDoes()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var network = new RandomNetwork(seed);
            var model = new FloatModel(ModelLoading.FloatOnly(network.Model));
            BatchItem[] items = network.Values.Select(values => new BatchItem
            {
                Values = values,
                FractionBits = RandomNetwork.FractionBits,
                Logits = new float[model.ClassCount],
                End = new NetworkState(model),
            }).ToArray();
            new BatchNetwork(model).Run(items);
            var general = new FloatNetwork(model);
            var logits = new float[model.ClassCount];
            foreach (BatchItem item in items)
            {
                int label = general.Run(item.Values.Span, RandomNetwork.FractionBits, logits);
                AssertNear(item.Logits.ToArray(), logits);
                AssertNear(item.End!.Hidden(model.Layers.Count - 1).ToArray(), general.Hidden.ToArray());
                Assert.That(item.Logits.Span[item.Label], Is.EqualTo(item.Logits.ToArray().Max()));
                Assert.That(logits[item.Label], Is.GreaterThanOrEqualTo(logits[label] - 1e-4f));
            }
        }
    }

    [Test]
    public void AMalformedItemIsRefusedBeforeAnythingIsComputed()
    {
        var network = new PlainNetwork(1, CellKind.Lstm, inputs: 4, hidden: 5, direction: Direction.Both);
        var model = new FloatModel(network.File);
        var engine = new BatchNetwork(model);
        void Refused(Action<BatchItem[]> spoil, string message)
        {
            BatchItem[] items = Items(network, model, [2, 3]);
            spoil(items);
            Assert.That(() => engine.Run(items), Throws.ArgumentException.With.Message.Contains(message));
            Assert.That(items[0].Logits.ToArray(), Is.All.Zero);
        }
        Refused(items => items[1].Values = default, "0 values are no whole number of timesteps of 4");
        Refused(items => items[1].Values = new short[6], "6 values are no whole number of timesteps of 4");
        Refused(items => items[1].Logits = new float[2], "room for 2 logits where the answer has 3");
        Refused(items => items[1].Start = new NetworkState(model), "cannot begin in the middle");
    }

    [Test]
    public void AnEmptyBatchIsNoWork() =>
        Assert.That(() => new BatchNetwork(new FloatModel(new PlainNetwork(1, CellKind.Gru, 2, 2).File)).Run([]), Throws.Nothing);

    private static Gen<T> OneOf<T>(params T[] choices) => Gen.Int[0, choices.Length - 1].Select(index => choices[index]);

    /// <returns>The largest difference as a share of the range.</returns>
    private static double Check(PlainNetwork network, BatchItem item)
    {
        var (layers, logits) = network.Reference(item.Values.ToArray());
        double worst = Difference(logits, item.Logits.ToArray(), logits, "logits");
        for (int layer = 0; layer < layers.Count; layer++)
        {
            worst = Math.Max(worst, Difference(
                Final(network, layer, layers[layer].Hidden),
                item.End!.Hidden(layer).ToArray(), layers[layer].Hidden.SelectMany(h => h).ToArray(), $"h of layer {layer}"));
            if (network.Model.Layers[layer].Kind == CellKind.Lstm)
                worst = Math.Max(worst, Difference(
                    Final(network, layer, layers[layer].Cell),
                    item.End!.Cell(layer).ToArray(), layers[layer].Cell.SelectMany(c => c).ToArray(), $"c of layer {layer}"));
        }
        Assert.That(logits[item.Label], Is.GreaterThanOrEqualTo(logits.Max() - 1e-4), "label");
        return worst;
    }

    /// <summary>Each direction's state at the end of its own way.</summary>
    private static double[] Final(PlainNetwork network, int layer, double[][] states)
    {
        LayerShape shape = network.Model.Layers[layer].Shape;
        return Enumerable.Range(0, shape.OutputCount)
            .Select(k => (shape.Direction == Direction.Reverse || k >= shape.HiddenCount ? states[0] : states[^1])[k]).ToArray();
    }

    /// <param name="expected">What the reference found.</param>
    /// <param name="actual">What the fast path found.</param>
    /// <param name="output">All that the reference put out there, at every timestep: its range is the measure.</param>
    /// <param name="what">For the message.</param>
    private static double Difference(IReadOnlyList<double> expected, IReadOnlyList<float> actual, double[] output, string what)
    {
        double range = Math.Max(MinRange, Math.Max(output.Max(), 0) - Math.Min(output.Min(), 0));
        double share = expected.Zip(actual, (e, a) => Math.Abs(e - a)).Max() / range;
        Assert.That(share, Is.LessThanOrEqualTo(Tolerance), what);
        return share;
    }

    private sealed record Case(
        int Seed, CellKind Kind, int Inputs, int Hidden, int Layers, Direction Direction, HeadInput Head, bool IsTokens, int[] Lengths, int MaxBatch)
    {
        public PlainNetwork Network() => new(Seed, Kind, Inputs, Hidden, Layers, Direction, Head, IsTokens);
    }

    private static BatchItem[] Items(PlainNetwork network, FloatModel model, int[] lengths) => lengths.Select(length => new BatchItem
    {
        Values = network.Sequence(length),
        FractionBits = PlainNetwork.FractionBits,
        Logits = new float[model.ClassCount],
        End = new NetworkState(model),
    }).ToArray();

    /// <summary>The same but for roundings, which grow a little from step to step.</summary>
    private static void AssertNear(float[] actual, float[] expected)
    {
        float range = MathF.Max((float)MinRange, MathF.Max(expected.Max(), 0) - MathF.Min(expected.Min(), 0));
        Assert.That(actual.Zip(expected, (a, b) => MathF.Abs(a - b)).Max() / range, Is.LessThanOrEqualTo((float)Tolerance));
    }
}
