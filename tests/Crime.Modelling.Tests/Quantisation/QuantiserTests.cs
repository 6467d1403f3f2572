using System;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Quantisation;
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
    [TestCase(1000f, 7)]
    public void TheCellFormatHoldsTheCalibratedStateWithItsMargin(float maxCell, int expected) =>
        Assert.That(Quantiser.Quantise(Model(1), new Calibration("test", 4, [maxCell], 10)).Layers[0].CellFractionBits, Is.EqualTo(expected));
}
