using System;
using System.Linq;
using Crime.FixedPoint;
using Crime.Gateway.Inference;
using Crime.Kernel;
using Crime.Model;
using Crime.Modelling.Compilation;
using Crime.Modelling.Conversions;
using Crime.Modelling.Datasets;
using Crime.Modelling.Quantisation;
using NUnit.Framework;
using FloatState = Crime.Gateway.Inference.NetworkState;

namespace Crime.Modelling.Tests.Conversions;

/// <summary>A network whose cell counts beyond 256, from its conversion to a board's label.</summary>
public sealed class CountingTests
{
    // The first sequences stay within 16 bits, the others count beyond 256 and back.
    private static readonly Dataset s_data = TestCounters.Data((30, 10), (10, 30), (100, 90), (400, 300), (300, 400), (700, 600), (600, 700), (1000, 900));

    private static Conversion Convert(CellWidth width) =>
        Conversion.Make(TestCounters.Make(), s_data, new ConversionOptions(CellWidth: width));

    [Test]
    public void TheConversionChooses32BitsAndKeepsEveryLabel()
    {
        Conversion conversion = Convert(CellWidth.Auto);
        Assert.That(conversion.CellFits.Single()!.Bits, Is.EqualTo(32));
        Assert.That((conversion.Accuracy!.AccuracyFloat, conversion.Accuracy.AccuracyFixed, conversion.Accuracy.CellSaturations), Is.EqualTo((1.0, 1.0, 0L)));
        Conversion narrow = Convert(CellWidth.Narrow);
        Assert.That((narrow.CellFits.Single()!.Bits, narrow.CellFits.Single()!.Fits), Is.EqualTo((16, false)));
        // 16 bits take the three sequences that go beyond 256 and end above 0 for the other class.
        Assert.That((narrow.Accuracy!.AccuracyFloat, narrow.Accuracy.AccuracyFixed), Is.EqualTo((1.0, 5.0 / 8)));
        Assert.That(narrow.Accuracy.CellSaturations, Is.Positive);
    }

    /// <summary>
    /// A forget gate of the table is 32767 / 32768 where the float one is 1, and so is each factor of i g. The error of the cell is at most the sum of what the
    /// timesteps lose by that, and by their rounding.
    /// </summary>
    [Test]
    public void TheBoardsCellIsTheFloatOneWithinTheErrorOfTheTables()
    {
        ModelFile model = Convert(CellWidth.Auto).Model;
        NetworkKernel table = new(model), compiled = new(model, DeviceCompiler.Load(KernelEmitter.Emit(model)));
        var normaliser = new ModelInput(model);
        double largest = 0, largestCell = 0;
        foreach (LabelledSequence sequence in s_data.Test)
        {
            short[] values = normaliser.Quantised(sequence);
            double cell = 0, bound = 0;
            int step = 0;
            var network = new FloatNetwork(new FloatModel(model))
            {
                Observer = (_, _, _, _, c) =>
                {
                    bound += (Math.Abs(cell) + 3) / 32768;
                    foreach (NetworkKernel kernel in new[] { table, compiled })
                    {
                        kernel.Advance(values, step, 1);
                        short[] state = kernel.State.Layers[0].Cell;
                        double error = Math.Abs(state[1] + state[0] / 32768.0 - c[0]);
                        if (error > bound) Assert.Fail($"{sequence.Length} timesteps, step {step}: off by {error}, at most {bound} is the tables'");
                        largest = Math.Max(largest, error);
                    }
                    cell = c[0];
                    largestCell = Math.Max(largestCell, Math.Abs(cell));
                    step++;
                },
            };
            table.State.Reset();
            compiled.State.Reset();
            int label = network.Run(values, model.InputFractionBits, new float[2]);
            Assert.That((table.Classify(), compiled.Classify()), Is.EqualTo((label, label)), $"{sequence.Length} timesteps");
            Assert.That(label == 0 ? "up" : "down", Is.EqualTo(sequence.Label));
        }
        TestContext.Out.WriteLine($"cells up to {largestCell:0.0}, off by at most {largest:0.000}");
        Assert.That(largestCell, Is.GreaterThan(999));
    }

    /// <summary>A gateway goes on from a count beyond 16 bits.</summary>
    [Test]
    public void AGatewayGoesOnFromTheCount()
    {
        ModelFile model = Convert(CellWidth.Auto).Model;
        var weights = new FloatModel(model);
        Assert.That(weights.BoardStateCount, Is.EqualTo(3));
        short one = QFormat.FromFloat(1, model.InputFractionBits);
        short[] up = [.. Enumerable.Repeat(one, 500)], down = [.. Enumerable.Repeat((short)-one, 450)];
        var kernel = new NetworkKernel(model);
        kernel.Advance(up, 0, up.Length);
        var exported = new short[kernel.State.ExportSize / 2];
        kernel.State.CopyTo(exported);
        FloatState state = FloatState.FromBoard(weights, exported);
        LayerState onBoard = kernel.State.Layers[0];
        Assert.That(state.Cell(0)[0], Is.EqualTo(onBoard.Cell[1] + onBoard.Cell[0] / 32768f).And.InRange(495, 500));
        Assert.That(new FloatNetwork(weights).Run(down, model.InputFractionBits, new float[2], state), Is.Zero, "500 up and 450 down");
        Assert.That(() => FloatState.FromBoard(weights, exported.AsSpan(0, 2)), Throws.ArgumentException);
    }

    [Test]
    public void TheCostOf32BitsIsCounted()
    {
        CellCost cost = CellCost.Measure(Convert(CellWidth.Auto))!;
        Assert.That(cost.Table - cost.NarrowTable, Is.InRange(1, 40), "instructions of one unit");
        Assert.That(cost.Compiled - cost.NarrowCompiled, Is.InRange(1, 40));
        Assert.That(CellCost.Measure(Convert(CellWidth.Narrow)), Is.Null);
    }
}
