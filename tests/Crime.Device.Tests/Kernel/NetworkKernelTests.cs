using System;
using System.Linq;
using Crime.Kernel;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Quantisation;
using Crime.Modelling.Ranges;
using Crime.Modelling.Reference;
using NUnit.Framework;

namespace Crime.Device.Tests.Kernel;

/// <summary>The table-driven kernel against the named reference, bit by bit.</summary>
public sealed class NetworkKernelTests
{
    private static ModelFile Model(int inputs, int hidden, int classes, int vocabulary = 0, int seed = 1, double scale = 1) =>
        Read(TestModels.Write(inputs, hidden, classes, vocabulary, seed, scale));

    private static ModelFile Read(byte[] bytes)
    {
        Assert.That(ModelReader.TryRead(bytes, out ModelFile model), Is.EqualTo(ModelError.None));
        return model;
    }

    /// <summary>
    /// LSTM with narrow and wide cells, and GRU, one to three layers, with and without convolutions and fully connected ones, features and tokens, whole and
    /// half pruned, weights of all widths, tame to wild.
    /// </summary>
    private static ModelFile RandomModel(Random random, int seed, bool hasFront)
    {
        var layers = Enumerable.Range(0, random.Next(1, 4))
            .Select(_ => (random.Next(2) == 0 ? CellKind.Lstm : CellKind.Gru, random.Next(1, 20))).ToArray();
        // Large weights saturate gates and cells.
        double scale = Math.Pow(10, random.NextDouble() * 2 - 1);
        int vocabulary = random.Next(4) == 0 ? random.Next(2, 300) : 0;
        TrainedModel trained = TestModels.Make(random.Next(1, 16), layers, random.Next(1, 6), vocabulary, seed, scale);
        if (random.Next(3) == 0) trained = Pruner.Prune(trained, 0.5);
        if (random.Next(2) == 0) trained = TestModels.WithRandomTail(trained, seed, scale);
        if (hasFront) trained = TestFronts.WithRandomFront(trained, seed, scale);
        else if (trained.Graph == null && random.Next(2) == 0)
            trained = TestModels.WithAnswer(trained, vocabulary > 0 || random.Next(2) == 0 ? AnswerKind.ClassPerStep : AnswerKind.Anomaly, seed, scale);
        int[] widths = [16, 16, 16, 8, 6, 4];
        // Cell formats from Q0.15, which overflows within a few steps, to Q7.8.
        var calibration = new Calibration("test", 7.99f, [(float)Math.Pow(10, random.NextDouble() * 2.5 - 0.5)], 0)
        {
            // Half of the convolutions have formats that cut off.
            SeenValues = random.Next(2) == 0 ? null : Enumerable.Range(0, 8).ToDictionary(at => at, _ => (float)Math.Pow(10, random.NextDouble() * 2 - 1)),
        };
        int weightBits = widths[random.Next(widths.Length)];
        return TestModels.IsQuantisable(trained, weightBits, calibration)
            ? Read(TestModels.Write(trained, weightBits, calibration, random.Next(3) == 0 ? CellWidth.Wide : CellWidth.Narrow))
            : RandomModel(random, seed + 1, hasFront);
    }

    private static short[] RandomSequence(Random random, ModelFile model, int length) =>
        Enumerable.Range(0, length * model.ValuesPerStep)
            .Select(_ => (short)(model.Input == InputKind.Tokens ? random.Next(model.VocabularyCount) : random.Next(short.MinValue, short.MaxValue + 1)))
            .ToArray();

    [TestCase(false)]
    [TestCase(true)]
    public void EveryStateOfEveryStepOfTenThousandSequencesIsTheReferences(bool hasFront)
    {
        // With convolutions long enough for several windows of the largest size.
        int models = 500, sequences = 20, longest = hasFront ? 20 : 6;
        Random random = TestSeed.Random();
        int first = random.Next(1_000_000), gates = 0, cells = 0, anomalies = 0;
        for (int n = 0; n < models; n++)
        {
            ModelFile model = RandomModel(random, first + n, hasFront);
            var kernel = new NetworkKernel(model);
            var reference = new ReferenceNetwork(model);
            for (int k = 0; k < sequences; k++)
            {
                int length = random.Next(1, longest + 1);
                short[] values = RandomSequence(random, model, length);
                kernel.State.Reset();
                reference.Reset();
                kernel.StepLabels = new byte[length];
                for (int step = 0; step < length; step++)
                {
                    kernel.Advance(values, step, 1);
                    reference.Step(values, step);
                    if (model.Answer == AnswerKind.ClassPerStep && kernel.StepLabels[step] != LabelOf(reference.Logits()))
                        Assert.Fail($"model {n}, sequence {k}: label of step {step}");
                    // An answer in the middle of a stream leaves the state as it is.
                    if (hasFront && random.Next(4) == 0) AssertSameAnswer(kernel, reference, model, $"model {n}, sequence {k}, step {step}");
                    AssertSameState(kernel, reference, $"model {n}, sequence {k}, step {step}");
                }
                int label = AssertSameAnswer(kernel, reference, model, $"model {n}, sequence {k}");
                anomalies += model.Answer == AnswerKind.Anomaly ? label : 0;
            }
            gates += kernel.Saturations.Gates;
            cells += kernel.Saturations.Cells;
        }
        Assert.That(gates, Is.GreaterThan(1000), "the wild models have to leave their tables");
        Assert.That(cells, Is.GreaterThan(100), "and their cells 16 bits");
        Assert.That(anomalies, hasFront ? Is.Zero : Is.GreaterThan(100), "and their predictions are wrong");
    }

    private static int LabelOf(int[] logits) => Array.IndexOf(logits, logits.Max());

    private static int AssertSameAnswer(NetworkKernel kernel, ReferenceNetwork reference, ModelFile model, string where)
    {
        (int, int) before = (kernel.Saturations.Gates, kernel.Saturations.Cells);
        int label = kernel.Classify();
        int[] logits = reference.Logits();
        if (!kernel.Logits.AsSpan().SequenceEqual(logits)) Assert.Fail($"{where}: logits");
        int expected = model.Answer == AnswerKind.Anomaly ? reference.Score > model.Scale.Threshold ? 1 : 0 : LabelOf(logits);
        if (label != expected || kernel.Score != reference.Score) Assert.Fail($"{where}: label or score");
        if ((kernel.Saturations.Gates, kernel.Saturations.Cells) != before) Assert.Fail($"{where}: an answer counts saturations");
        return label;
    }

    /// <summary>A prediction is its bias here, and half of its last kept bit more is beyond 32 bits.</summary>
    [TestCase(1.99999f)]
    [TestCase(-1.99999f)]
    public void APredictionNextToTheEndOf32BitsIsRounded(float bias)
    {
        TrainedModel plain = TestModels.WithAnswer(TestModels.Make(1, [(CellKind.Lstm, 2)], 2), AnswerKind.Anomaly, scale: 0);
        plain.HeadBias[0] = bias;
        ModelFile model = Read(TestModels.Write(plain));
        int half = 1 << (model.LogitFractionBits - model.InputFractionBits - 1);
        Assert.That(Math.Abs((long)model.HeadBias(0)) + half, Is.GreaterThan(int.MaxValue), "or it would be no such prediction");
        var kernel = new NetworkKernel(model);
        var reference = new ReferenceNetwork(model);
        short[] values = [1, 2, 3];
        kernel.Advance(values, 0, values.Length);
        for (int step = 0; step < values.Length; step++) reference.Step(values, step);
        Assert.That(kernel.Score, Is.EqualTo(reference.Score).And.EqualTo(bias * bias).Within(0.01));
    }

    /// <summary>Plain comparisons: the test framework's take longer than the kernels.</summary>
    private static void AssertSameState(NetworkKernel kernel, ReferenceNetwork reference, string where)
    {
        for (int layer = 0; layer < kernel.State.Layers.Length; layer++)
        {
            if (!kernel.State.Layers[layer].Hidden.AsSpan().SequenceEqual(reference.Hidden[layer])) Assert.Fail($"{where}: h of layer {layer}");
            if (!kernel.State.Layers[layer].Cell.AsSpan().SequenceEqual(reference.Cell[layer])) Assert.Fail($"{where}: c of layer {layer}");
        }
    }

    [TestCase(CellKind.Lstm)]
    [TestCase(CellKind.Lstm, CellWidth.Wide)]
    [TestCase(CellKind.Gru)]
    public void LongRunsWithTheLargestInputsStayTheReferences(CellKind kind, CellWidth width = CellWidth.Narrow)
    {
        int first = TestSeed.Next();
        for (int n = 0; n < 8; n++)
        {
            ModelFile model = Read(TestModels.Write(TestModels.Make(5, [(kind, 7), (kind, 4)], 2, seed: first + n, scale: 3 * (n + 1)), cellWidth: width));
            var kernel = new NetworkKernel(model);
            var reference = new ReferenceNetwork(model);
            // An input that never changes drives the open cells one way until they end.
            short[] values = Enumerable.Range(0, 5 * 200).Select(i => i % 5 % 2 == n % 2 ? short.MaxValue : short.MinValue).ToArray();
            for (int step = 0; step < 200; step++)
            {
                kernel.Advance(values, step, 1);
                reference.Step(values, step);
                AssertSameState(kernel, reference, $"model {n}, step {step}");
            }
        }
    }

    [TestCase(60, true)]
    [TestCase(1200, false)]
    public void TokensAreLookedUpWhereTheirSumsFitTheHeap(int vocabulary, bool fits)
    {
        // 8 units: 16 pairs of rows of 8 bytes.
        Assert.That(vocabulary * 16 * 8 <= TableLayer.TokenTableSizeMax, Is.EqualTo(fits));
        ModelFile model = Model(4, 8, 2, vocabulary);
        var state = new NetworkState(model.FixedLayers);
        var embedding = new short[vocabulary * 4];
        for (int i = 0; i < embedding.Length; i++) embedding[i] = model.Embedding(i / 4, i % 4);
        var layer = new LstmLayer(model.FixedLayers[0], embedding, state.Layers[0], new ActivationTables(), new SaturationCounters());
        Assert.That(layer.KnowsTokens, Is.EqualTo(fits));
    }

    [Test]
    public void ManyStepsAtOnceAreTheStepsOneByOne()
    {
        ModelFile model = Model(3, 16, 4);
        NetworkKernel once = new(model), single = new(model);
        short[] values = RandomSequence(TestSeed.Random(), model, 50);
        once.Advance(values, 0, 50);
        for (int step = 0; step < 50; step++) single.Advance(values, step, 1);
        Assert.That(once.State.Layers[0].Hidden, Is.EqualTo(single.State.Layers[0].Hidden));
        Assert.That(once.State.Layers[0].Cell, Is.EqualTo(single.State.Layers[0].Cell));
    }

    [Test]
    public void RepeatedRunsGiveTheSameBits()
    {
        ModelFile model = Model(5, 12, 3);
        var kernel = new NetworkKernel(model);
        short[] values = RandomSequence(TestSeed.Random(), model, 40);
        kernel.Advance(values, 0, 40);
        kernel.Classify();
        int[] first = [.. kernel.Logits];
        kernel.State.Reset();
        kernel.Advance(values, 0, 40);
        kernel.Classify();
        Assert.That(kernel.Logits, Is.EqualTo(first));
    }

    [TestCase(CellKind.Lstm)]
    [TestCase(CellKind.Gru)]
    [TestCase(CellKind.Lstm, CellKind.Gru, CellKind.Lstm)]
    public void AnExportedStateContinuesOnAnotherKernel(params CellKind[] kinds)
    {
        ModelFile model = Read(TestModels.Write(TestModels.Make(3, kinds.Select((kind, index) => (kind, 7 + index)).ToArray(), 4)));
        NetworkKernel whole = new(model), head = new(model), tail = new(model);
        short[] values = RandomSequence(TestSeed.Random(), model, 60);
        whole.Advance(values, 0, 60);
        head.Advance(values, 0, 23);
        int numbers = kinds.Select((kind, index) => (7 + index) * (kind == CellKind.Lstm ? 2 : 1)).Sum();
        Assert.That(head.State.ExportSize, Is.EqualTo(2 * numbers));
        var bytes = new byte[head.State.ExportSize + 5];
        head.State.Export(bytes, 5);
        Assert.That(tail.State.Import(bytes, 5), Is.True);
        tail.Advance(values, 23, 37);
        for (int layer = 0; layer < kinds.Length; layer++)
        {
            Assert.That(tail.State.Layers[layer].Hidden, Is.EqualTo(whole.State.Layers[layer].Hidden));
            Assert.That(tail.State.Layers[layer].Cell, Is.EqualTo(whole.State.Layers[layer].Cell));
        }
    }

    [Test]
    public void AShortStateIsRefusedAndChangesNothing()
    {
        var state = new NetworkState(Model(3, 4, 2).FixedLayers);
        state.Layers[0].Hidden[0] = 7;
        Assert.That(state.Import(new byte[state.ExportSize - 1], 0), Is.False);
        Assert.That(state.Import(new byte[state.ExportSize], 1), Is.False);
        Assert.That(state.Import(new byte[state.ExportSize], -1), Is.False);
        Assert.That(state.Import(null!, 0), Is.False);
        Assert.That(state.Layers[0].Hidden[0], Is.EqualTo(7));
    }

    [TestCase(10)]
    [TestCase(1200)]
    public void ATokenOutsideTheVocabularyIsUnknown(int vocabulary)
    {
        ModelFile model = Model(4, 8, 2, vocabulary);
        NetworkKernel foreign = new(model), unknown = new(model);
        foreign.Advance([3, (short)vocabulary, -1, 5], 0, 4);
        unknown.Advance([3, 0, 0, 5], 0, 4);
        Assert.That(foreign.State.Layers[0].Hidden, Is.EqualTo(unknown.State.Layers[0].Hidden));
    }

    [Test]
    public void SaturationsAreCounted()
    {
        ModelFile tame = Model(3, 8, 2, scale: 0.1), wild = Model(3, 8, 2, scale: 30);
        NetworkKernel calm = new(tame), loud = new(wild);
        calm.Advance(new short[30], 0, 10);
        // An input that never changes drives the open cells one way until they end.
        loud.Advance(Enumerable.Repeat((short)20_000, 300).ToArray(), 0, 100);
        Assert.That((calm.Saturations.Gates, calm.Saturations.Cells), Is.EqualTo((0, 0)));
        Assert.That(loud.Saturations.Gates, Is.Positive);
        Assert.That(loud.Saturations.Cells, Is.Positive);
        loud.Saturations.Reset();
        Assert.That((loud.Saturations.Gates, loud.Saturations.Cells), Is.EqualTo((0, 0)));
    }

    [TestCase(0)]
    [TestCase(20)]
    public void NothingIsAllocatedAfterConstruction(int vocabulary)
    {
        ModelFile model = Read(TestModels.Write(TestModels.Make(3, [(CellKind.Lstm, 9), (CellKind.Gru, 7)], 4, vocabulary)));
        var kernel = new NetworkKernel(model);
        short[] values = RandomSequence(new Random(6), model, 100);
        kernel.Advance(values, 0, 100);
        kernel.Classify();
        long before = GC.GetAllocatedBytesForCurrentThread();
        kernel.State.Reset();
        kernel.Advance(values, 0, 100);
        kernel.Classify();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }
}
