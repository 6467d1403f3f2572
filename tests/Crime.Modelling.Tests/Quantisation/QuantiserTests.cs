using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Conversions;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Quantisation;
using Crime.Modelling.Ranges;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Quantisation;

public sealed class QuantiserTests
{
    private static TrainedModel Model(float scale, float bias = 0, int hidden = 4)
    {
        var random = new Random(1);
        float[] Random(int count) => Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 2 - 1) * scale).ToArray();
        return new TrainedModel
        {
            Name = "test",
            Input = InputKind.Features,
            InputCount = 3,
            ClassNames = ["a", "b"],
            Embedding = [],
            Layers =
            [
                new RecurrentLayer
                {
                    Kind = CellKind.Lstm,
                    InputCount = 3,
                    HiddenCount = hidden,
                    Directions =
                    [
                        new DirectionWeights
                        {
                            InputWeights = Random(4 * hidden * 3),
                            RecurrentWeights = Random(4 * hidden * hidden),
                            InputBias = Enumerable.Repeat(bias, 4 * hidden).ToArray(),
                            RecurrentBias = Random(4 * hidden),
                        },
                    ],
                },
            ],
            HeadWeights = Random(2 * hidden),
            HeadBias = Random(2),
        };
    }

    private static long RowSum(QuantisedLayer model, int row, int columns) =>
        model.Codes.Skip(row * columns).Take(columns).Sum(weight => Math.Abs((long)weight));

    [TestCase(0.01f)]
    [TestCase(1f)]
    [TestCase(20f)]
    public void EveryRowKeepsTheBoundAndOneMoreBitWouldBreakSomething(float scale)
    {
        TrainedModel model = Model(scale);
        QuantisedLayer quantised = Quantiser.Quantise(model, Calibration.FromDefaults).Layers[0];
        for (int row = 0; row < 16; row++)
        {
            long bound = RowSum(quantised, row, 7) * 32768 + Math.Abs((long)quantised.Bias[row]);
            int largest = quantised.Codes.Skip(row * 7).Take(7).Max(weight => Math.Abs((int)weight));
            Assert.That(bound, Is.LessThan(0x80000000L));
            bool isFull = bound * 2 > 0x7F000000L || largest * 2 > 32000 || quantised.RowFractionBits[row] == ModelFormat.MaxRowFractionBits;
            Assert.That(isFull, Is.True, $"row {row} could take another bit: bound {bound}, largest weight {largest}");
        }
    }

    [Test]
    public void WeightsAreRoundedHalfUpToTheirRowsScale()
    {
        TrainedModel model = Model(1);
        QuantisedLayer quantised = Quantiser.Quantise(model, Calibration.FromDefaults).Layers[0];
        for (int row = 0; row < 16; row++)
        {
            double scale = Math.Pow(2, quantised.RowFractionBits[row] - Quantiser.InputFractionBits(model, Calibration.FromDefaults));
            for (int k = 0; k < 3; k++)
                Assert.That(quantised.Codes[row * 7 + k], Is.EqualTo((short)Math.Floor(model.Layers[0].Directions[0].InputWeights[row * 3 + k] * scale + 0.5)));
        }
    }

    [Test]
    public void NarrowWeightsMakeAFileThatItsReaderTakes([Values(8, 6, 4)] int weightBits, [Values(0.03f, 1f, 1.99f)] float scale)
    {
        TrainedModel model = Model(scale, hidden: 2);
        QuantisedModel quantised = Quantiser.Quantise(model, Calibration.FromDefaults, weightBits);
        ModelFile file = ModelLoading.Parse(ModelFileWriter.Write(model, quantised), "narrow");
        for (int row = 0; row < 8; row++)
            for (int column = 0; column < 5; column++)
                Assert.That((int)file.FixedLayers[0].Weight(row, column), Is.EqualTo(quantised.Layers[0].Weight(row, column)));
    }

    [Test]
    public void ARowThatWouldKeepTooFewBitsIsRefusedByName()
    {
        // A bias of 60 000 takes so much of the accumulator that weights of about 1 get nothing.
        Assert.That(
            () => Quantiser.Quantise(Model(1, bias: 60_000), Calibration.FromDefaults),
            Throws.TypeOf<UserInputException>().With.Message.Match("gate row 0 \\(i of unit 0\\) would keep -?\\d+ bits, fewer than 6"));
    }

    [Test]
    public void ABiasBeyondEveryScaleIsRefused() =>
        Assert.That(
            () => Quantiser.Quantise(Model(1, bias: 1e9f), Calibration.FromDefaults),
            Throws.TypeOf<UserInputException>().With.Message.Contains("does not fit 32 bits in any scale"));

    [TestCase(1f, 14)]
    [TestCase(10f, 11)]
    [TestCase(21f, 10)]
    [TestCase(100f, 7)]
    [TestCase(170.6f, 7)]
    [TestCase(170.7f, 15, true)]
    [TestCase(1000f, 15, true)]
    [TestCase(1000f, 7, false, CellWidth.Narrow)]
    [TestCase(1f, 14, false, CellWidth.Narrow)]
    [TestCase(1f, 15, true, CellWidth.Wide)]
    public void TheCellFormatHoldsTheCalibratedStateWithItsMargin(float maxCell, int bits, bool isWide = false, CellWidth width = CellWidth.Auto)
    {
        TrainedModel model = Model(1);
        QuantisedModel quantised = Quantiser.Quantise(model, new Calibration("test", 4, [maxCell], 10), cellWidth: width);
        Assert.That((quantised.Layers[0].CellFractionBits, quantised.Layers[0].IsWideCell), Is.EqualTo((bits, isWide)));
        FixedLayer read = ModelLoading.Parse(ModelFileWriter.Write(model, quantised), "cell").FixedLayers[0];
        int units = read.Shape.HiddenCount;
        Assert.That((read.CellFractionBits, read.IsWideCell, read.CellCount), Is.EqualTo((bits, isWide, isWide ? 2 * units : units)));
    }

    [Test]
    public void ALayerWithoutACellStateHasNoWidth()
    {
        QuantisedModel quantised = Quantiser.Quantise(
            TestModels.Make(2, [(CellKind.Gru, 3), (CellKind.Lstm, 3)], 2), Calibration.FromDefaults, cellWidth: CellWidth.Wide);
        Assert.That(quantised.Layers.Select(layer => (layer.CellFractionBits, layer.IsWideCell)), Is.EqualTo(new[] { (0, false), (15, true) }));
    }

    /// <summary>Random models: cells, layers, sizes, scales, tokens, widths, pruned or not.</summary>
    private static IEnumerable<(TrainedModel Model, int WeightBits)> RandomModels()
    {
        Random random = TestSeed.Random();
        int first = random.Next(1_000_000);
        int[] widths = [16, 8, 6, 4];
        for (int n = 0; n < 200; n++)
        {
            var layers = Enumerable.Range(0, random.Next(1, 4)).Select(_ => (random.Next(2) == 0 ? CellKind.Lstm : CellKind.Gru, random.Next(1, 12))).ToArray();
            TrainedModel model = TestModels.Make(
                random.Next(1, 10), layers, random.Next(1, 4), random.Next(3) == 0 ? random.Next(2, 20) : 0, first + n, Math.Pow(10, random.NextDouble() * 2 - 1));
            if (random.Next(3) == 0) model = Pruner.Prune(model, random.NextDouble());
            if (TestModels.IsQuantisable(model, widths[n % 4])) yield return (model, widths[n % 4]);
        }
    }

    [Test]
    public void TheReaderFindsWhatTheQuantiserChose()
    {
        foreach (var (model, weightBits) in RandomModels())
        {
            QuantisedModel quantised = Quantiser.Quantise(model, Calibration.FromDefaults, weightBits);
            // The reader itself refuses a file that breaks a row bound or a format's range.
            ModelFile file = ModelLoading.Parse(ModelFileWriter.Write(model, quantised), "test");
            Assert.That((file.WeightBits, file.LogitFractionBits), Is.EqualTo((weightBits, quantised.LogitFractionBits)));
            foreach (var (read, written) in file.FixedLayers.Zip(quantised.Layers))
            {
                LayerShape shape = written.Shape;
                Assert.That(Enumerable.Range(0, shape.RowCount).Select(read.RowFractionBits), Is.EqualTo(written.RowFractionBits));
                Assert.That(Enumerable.Range(0, shape.FixedBiasCount).Select(read.Bias), Is.EqualTo(written.Bias));
                Assert.That(
                    Enumerable.Range(0, shape.RowCount * shape.ColumnCount).Select(i => (int)read.Weight(i / shape.ColumnCount, i % shape.ColumnCount)),
                    Is.EqualTo(Enumerable.Range(0, shape.RowCount * shape.ColumnCount).Select(i => written.Weight(i / shape.ColumnCount, i % shape.ColumnCount))));
            }
        }
    }

    [Test]
    public void NoWeightIsFurtherFromItsValueThanItsWidthAllows()
    {
        foreach (var (model, weightBits) in RandomModels())
        {
            QuantisedModel quantised = Quantiser.Quantise(model, Calibration.FromDefaults, weightBits);
            for (int index = 0; index < model.Layers.Count; index++)
            {
                QuantisedLayer layer = quantised.Layers[index];
                LayerShape shape = layer.Shape;
                for (int row = 0; row < shape.RowCount; row++)
                {
                    AssertPartIsNear(
                        layer, row, 0, model.Layers[index].Directions[0].InputWeights.AsSpan(row * shape.InputCount, shape.InputCount),
                        index == 0 ? quantised.InputFractionBits : 15, weightBits);
                    AssertPartIsNear(
                        layer, row, shape.InputCount, model.Layers[index].Directions[0].RecurrentWeights.AsSpan(row * shape.HiddenCount, shape.HiddenCount),
                        15, weightBits);
                }
            }
        }
    }

    /// <summary>Within half a step; a narrow weight may also lie beyond the last code.</summary>
    private static void AssertPartIsNear(QuantisedLayer layer, int row, int firstColumn, ReadOnlySpan<float> weights, int operandBits, int weightBits)
    {
        double scale = Math.Pow(2, layer.RowFractionBits[row] - operandBits);
        int step = layer.Steps[2 * row + (firstColumn == 0 ? 0 : 1)], lastCode = weightBits == 16 ? int.MaxValue : (1 << (weightBits - 1)) - 1;
        for (int k = 0; k < weights.Length; k++)
        {
            double value = weights[k] * scale, difference = value - layer.Weight(row, firstColumn + k);
            int code = layer.Codes[row * layer.Shape.ColumnCount + firstColumn + k];
            bool isBeyond = (code == lastCode && difference > 0) || (code <= -lastCode && difference < 0);
            Assert.That(isBeyond || Math.Abs(difference) <= 0.5 * step, Is.True, $"row {row}: {value} became {code} times {step}");
        }
    }

    [Test]
    public void AHundredThousandWeightsTakeLittleProcessorTime()
    {
        TrainedModel model = TestModels.Make(100, [(CellKind.Gru, 140)], 5, scale: 0.2);
        Assert.That(model.ParameterCount, Is.GreaterThan(100_000));
        foreach (int weightBits in new[] { 16, 4 })
        {
            // Processor time, which other programs on the machine do not lengthen by much; it takes well below a second.
            TimeSpan before = Environment.CpuUsage.TotalTime;
            Conversion.Make(model, data: null, new ConversionOptions(weightBits, PruneFraction: 0.5));
            Assert.That((Environment.CpuUsage.TotalTime - before).TotalSeconds, Is.LessThan(20));
        }
    }
}
