using System;
using System.Linq;
using Crime.FixedPoint;
using Crime.Model;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Quantisation;
using Crime.Modelling.Ranges;
using Crime.Modelling.Reference;
using Crime.Modelling.Training;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Training;

/// <summary>The forward pass of fine-tuning against the reference kernel, bit for bit.</summary>
public sealed class FixedForwardTests
{
    private static readonly Calibration s_calibration = new("test", 7.99f, [3f], 0);

    private const int MaxAttempts = 100;

    /// <summary>A random model. The quantiser rightly refuses a few whose logits are too large; another one is drawn then.</summary>
    private static (FixedWeights Weights, ModelFile File) Quantised(Random random, CellLayout layout, int weightBits, CellWidth cellWidth = CellWidth.Auto)
    {
        for (int attempt = 1; ; attempt++)
        {
            TrainedModel model = TestData.Model(random, layout, scale: 1 + 4 * (float)random.NextDouble());
            try
            {
                QuantisedModel quantised = Quantiser.Quantise(model, s_calibration, weightBits, cellWidth);
                return (new FixedWeights(quantised), ModelLoading.Parse(ModelFileWriter.Write(model, quantised), "random"));
            }
            catch (UserInputException e) when (attempt < MaxAttempts && e.Message.Contains("too large for the input range"))
            {
            }
        }
    }

    private static TrainingSequence Sequence(Random random, CellLayout layout) => layout.VocabularyCount > 0
        ? TestData.Tokens(random, layout.VocabularyCount, random.Next(1, 40))
        : TestData.Features(random, layout.InputCount, random.Next(1, 40));

    private static short[] Values(TrainingSequence sequence, ModelFile model) => sequence.Tokens.Length > 0
        ? Array.ConvertAll(sequence.Tokens, token => (short)token)
        : Array.ConvertAll(sequence.Features, feature => QFormat.FromFloat(feature, model.InputFractionBits));

    /// <summary>Cell states as a board has them; a wide one is exact in single precision up to 512.</summary>
    private static short[] Cells(float[] values, int step, int count, FixedWeights weights)
    {
        if (!weights.IsWideCell) return Fixed(values, step, count, weights.CellFractionBits);
        int[] cells = [.. values.AsSpan(step * count, count).ToArray().Select(value => checked((int)Math.ScaleB(value, 15)))];
        return [.. cells.Select(cell => (short)(cell & 32767)), .. cells.Select(cell => (short)(cell >> 15))];
    }

    private static short[] Fixed(float[] values, int step, int count, int fractionBits) =>
        values.AsSpan(step * count, count).ToArray().Select(value => checked((short)Math.ScaleB(value, fractionBits))).ToArray();

    [Test]
    public void EveryStepIsTheReferenceKernels(
        [Values] bool isGru, [Values(16, 8, 6, 4)] int weightBits, [Values(0, 9)] int vocabulary, [Values] bool isWide)
    {
        Random random = TestSeed.Random();
        for (int n = 0; n < 25; n++)
        {
            var layout = new CellLayout(
                isGru ? CellKind.Gru : CellKind.Lstm, random.Next(1, 14), random.Next(1, 20), random.Next(2, 6), vocabulary);
            var (weights, file) = Quantised(random, layout, weightBits, isWide ? CellWidth.Wide : CellWidth.Narrow);
            var forward = new FixedForward(layout);
            var tape = new SequenceTape(layout);
            var reference = new ReferenceNetwork(file);
            TrainingSequence sequence = Sequence(random, layout);
            short[] values = Values(sequence, file);
            forward.Run(weights, sequence, tape);
            for (int step = 0; step < sequence.Length; step++)
            {
                reference.Step(values, step);
                Assert.That(Fixed(tape.Hiddens, step + 1, layout.HiddenCount, 15), Is.EqualTo(reference.Hidden[0]), $"{layout}, step {step}");
                if (isGru) continue;
                Assert.That(Cells(tape.Cells, step + 1, layout.HiddenCount, weights), Is.EqualTo(reference.Cell[0]), $"{layout}, step {step}");
            }
            Assert.That(forward.Logits, Is.EqualTo(reference.Logits()));
        }
    }

    [TestCase(CellKind.Lstm)]
    [TestCase(CellKind.Gru)]
    public void TheTapeHoldsWhatAFloatNetworkOfTheSameWeightsWouldFind(CellKind kind)
    {
        // Pinned: the tolerances are those of this network, not bounds for every one.
        var random = new Random(1);
        var layout = new CellLayout(kind, 5, 8, 3, 0);
        var (weights, _) = Quantised(random, layout, 16);
        TrainingSequence sequence = Sequence(random, layout);
        var tape = new SequenceTape(layout);
        new FixedForward(layout).Run(weights, sequence, tape);
        CellGradients engine = CellGradients.Create(layout);
        engine.Forward(new CellParameters(layout, weights.Dequantise(layout)), sequence);
        void Near(float[] actual, float[] expected, double tolerance) => Assert.That(actual.Zip(expected, (a, b) => Math.Abs(a - b)).Max(), Is.LessThan(tolerance));
        Near(tape.Gates, engine.Tape.Gates, 0.05);
        Near(tape.Hiddens, engine.Tape.Hiddens, 0.05);
        Near(tape.Cells, engine.Tape.Cells, 0.1);
        Near(tape.Inner, engine.Tape.Inner, 0.2);
        Near(tape.Logits, engine.Tape.Logits, 0.05);
    }
}
