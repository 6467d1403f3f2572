using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Gateway.Inference;
using Crime.Model;
using CsCheck;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Inference.Batches;

/// <summary>The fast path against the plain reference, over shapes, lengths and widths. CsCheck prints the seed of a failure.</summary>
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

    [TestCaseSource(nameof(s_widths))]
    public void EveryStateAndLogitIsThatOfTheReference(int bits)
    {
        double worst = 0;
        s_cases.Sample(one =>
        {
            PlainNetwork network = one.Network();
            var model = new FloatModel(network.File, bits);
            BatchItem[] items = one.Items(network, model);
            new BatchNetwork(model, one.MaxBatch).Run(items);
            foreach (BatchItem item in items) worst = Math.Max(worst, Check(network, item));
        }, iter: 400, threads: 1);
        TestContext.Out.WriteLine($"{bits} bits: largest difference {worst:e2} of the output range");
    }

    private static Gen<T> OneOf<T>(params T[] choices) => Gen.Int[0, choices.Length - 1].Select(index => choices[index]);

    /// <returns>The largest difference as a share of the range.</returns>
    private static double Check(PlainNetwork network, BatchItem item)
    {
        var (layers, logits) = network.Reference(item.Values.ToArray());
        double worst = Difference(logits, item.Logits.ToArray(), logits, "logits");
        for (int layer = 0; layer < layers.Count; layer++)
        {
            worst = Math.Max(worst, Difference(
                Final(network, layer, layers[layer].Hidden), item.End!.Hidden(layer).ToArray(), layers[layer].Hidden.SelectMany(h => h).ToArray(), $"h of layer {layer}"));
            if (network.Model.Layers[layer].Kind == CellKind.Lstm)
                worst = Math.Max(worst, Difference(
                    Final(network, layer, layers[layer].Cell), item.End!.Cell(layer).ToArray(), layers[layer].Cell.SelectMany(c => c).ToArray(), $"c of layer {layer}"));
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

        public BatchItem[] Items(PlainNetwork network, FloatModel model) => Lengths.Select(length => new BatchItem
        {
            Values = network.Sequence(length),
            FractionBits = PlainNetwork.FractionBits,
            Logits = new float[model.ClassCount],
            End = new NetworkState(model),
        }).ToArray();
    }
}
