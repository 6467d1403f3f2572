using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Kernel;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Quantisation;
using Crime.Modelling.Ranges;
using Crime.Modelling.Reference;
using NUnit.Framework;

namespace Crime.Device.Tests.Kernel;

/// <summary>The decoder of the board against the named reference, bit by bit.</summary>
public sealed class DecoderKernelTests
{
    private static ModelFile? Model(Random random, int seed)
    {
        CellKind cell = random.Next(2) == 0 ? CellKind.Lstm : CellKind.Gru;
        // Large weights saturate gates and cells.
        double scale = Math.Pow(10, random.NextDouble() * 1.5 - 0.5);
        TrainedModel trained = TestDecoders.Make(
            cell, AttentionKind.None, random.Next(2, 20), random.Next(2, 12), random.Next(1, 15), seed, scale: scale);
        var calibration = new Calibration("test", 7.99f, [(float)Math.Pow(10, random.NextDouble() * 2 - 0.5)], 0);
        int weightBits = new[] { 16, 16, 8, 6, 4 }[random.Next(5)];
        return TestModels.IsQuantisable(trained, weightBits, calibration)
            ? TestModels.Parse(TestModels.Write(trained, weightBits, calibration, random.Next(3) == 0 ? CellWidth.Wide : CellWidth.Narrow))
            : null;
    }

    [Test]
    public void TokensAreReportedAsTheyAreWritten()
    {
        int outputs = 0;
        for (int seed = 1; outputs < 40; seed++)
        {
            ModelFile? model = Model(new Random(seed), seed);
            if (model == null) continue;
            var silent = new NetworkKernel(model) { StepLabels = new byte[model.Decoder.LongestOutput] };
            var kernel = new NetworkKernel(model) { StepLabels = new byte[model.Decoder.LongestOutput] };
            var listener = new Listener();
            kernel.ReportTokens(listener);
            for (int length = 1; length < 6; length++, outputs++)
            {
                short[] values = [.. Enumerable.Range(0, length).Select(k => (short)((seed + k) % model.VocabularyCount))];
                listener.Tokens.Clear();
                foreach (NetworkKernel one in (NetworkKernel[])[silent, kernel])
                {
                    one.State.Reset();
                    one.Advance(values, 0, length);
                    one.Classify();
                }
                Assert.That(kernel.StepLabels.Take(kernel.OutputCount), Is.EqualTo(silent.StepLabels.Take(silent.OutputCount)));
                // The last token of the longest output is not read again.
                int reported = kernel.OutputCount == model.Decoder.LongestOutput ? kernel.OutputCount - 1 : kernel.OutputCount;
                Assert.That(listener.Tokens, Is.EqualTo(silent.StepLabels.Take(reported).Select(token => (int)token)));
            }
        }
    }

    private sealed class Listener : ITokenListener
    {
        public List<int> Tokens { get; } = [];

        public void OnToken(int index, int token)
        {
            Assert.That(index, Is.EqualTo(Tokens.Count));
            Tokens.Add(token);
        }
    }

    [Test]
    public void EveryOutputOfTenThousandSequencesIsTheReferences()
    {
        const int models = 500, sequences = 20;
        Random random = TestSeed.Random();
        int first = random.Next(1_000_000), tested = 0, tokens = 0, cutOff = 0;
        for (int n = 0; tested < models; n++)
        {
            ModelFile? model = Model(random, first + n);
            if (model == null) continue;
            tested++;
            var kernel = new NetworkKernel(model) { StepLabels = new byte[model.Decoder.LongestOutput] };
            var reference = new ReferenceNetwork(model);
            for (int s = 0; s < sequences; s++)
            {
                short[] values = [.. Enumerable.Range(0, random.Next(1, 10)).Select(_ => (short)random.Next(model.VocabularyCount))];
                kernel.State.Reset();
                reference.Reset();
                kernel.Advance(values, 0, values.Length);
                for (int step = 0; step < values.Length; step++) reference.Step(values, step);
                int label = kernel.Classify();
                (int[] expected, int[] weakest) = reference.Write();
                string where = $"model {first + n}, sequence {s}";
                Assert.That(kernel.StepLabels.Take(kernel.OutputCount).Select(token => (int)token), Is.EqualTo(expected), where);
                Assert.That(kernel.Logits, Is.EqualTo(weakest), where);
                Assert.That(label, Is.EqualTo(Array.IndexOf(weakest, weakest.Max())), where);
                Assert.That(kernel.State.Layers[0].Hidden, Is.EqualTo(reference.Hidden[0]), "the state of the encoder stays");
                tokens += expected.Length;
                if (expected.Length == model.Decoder.LongestOutput) cutOff++;
            }
        }
        Assert.That((tokens > models, cutOff > 0), Is.EqualTo((true, true)));
    }

    [Test]
    public void AForcedOutputHasItsStepsAndNothingIsAllocated()
    {
        ModelFile model = TestModels.Parse(TestModels.Write(TestDecoders.Make(CellKind.Lstm, AttentionKind.None, longest: 12)));
        var kernel = new NetworkKernel(model) { StepLabels = new byte[12], ForcedSteps = 7 };
        kernel.Advance([1, 2], 0, 2);
        kernel.Classify();
        Assert.That(kernel.OutputCount, Is.EqualTo(7));
        kernel.ForcedSteps = 0;
        kernel.Classify();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int n = 0; n < 100; n++) kernel.Classify();
        Assert.That(GC.GetAllocatedBytesForCurrentThread(), Is.EqualTo(before));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void AModelFileWithAnotherCellFormatOrAttentionIsRefused(bool isWide)
    {
        Assert.That(TestDecoders.Make(CellKind.Lstm, AttentionKind.LuongDot).FitsBoards, Is.False);
        TrainedModel trained = TestDecoders.Make(CellKind.Lstm, AttentionKind.None);
        QuantisedModel good = Quantiser.Quantise(trained, Calibration.FromDefaults);
        Assert.That(ModelReader.TryRead(ModelFileWriter.Write(trained, good), out _), Is.EqualTo(ModelError.None));
        QuantisedLayer cell = good.Decoder!;
        var other = new QuantisedLayer
        {
            Shape = cell.Shape, CellFractionBits = cell.CellFractionBits - 1, IsWideCell = isWide, RowFractionBits = cell.RowFractionBits,
            RowWeightBits = cell.RowWeightBits, Bias = cell.Bias, Codes = cell.Codes, Steps = cell.Steps,
        };
        var bad = new QuantisedModel
        {
            WeightBits = good.WeightBits, InputFractionBits = good.InputFractionBits, LogitFractionBits = good.LogitFractionBits, Layers = good.Layers,
            HeadBias = good.HeadBias, HeadWeights = good.HeadWeights, Embedding = good.Embedding, Calibration = good.Calibration,
            Decoder = other, OutputFractionBits = good.OutputFractionBits, OutputEmbedding = good.OutputEmbedding,
        };
        Assert.That(ModelReader.TryRead(ModelFileWriter.Write(trained, bad), out _), Is.EqualTo(ModelError.FixedPoint));
    }
}
