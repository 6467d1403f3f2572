using System;
using System.Linq;
using Crime.Bench.Reference;
using Crime.Kernel;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Compilation;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Quantisation;
using Crime.Modelling.Ranges;
using Crime.Modelling.Reference;
using NUnit.Framework;

namespace Crime.Device.Tests.Kernel;

/// <summary>Emitted code, compiled and run, against the named reference and the table-driven kernel, bit by bit.</summary>
public sealed class CompiledKernelTests
{
    private const int ModelCount = 80;
    private const int SequencesPerModel = 125;

    private static ModelFile Model(
        int seed, CellKind kind, int inputs, int[] hidden, int vocabulary = 0, double scale = 1, int weightBits = 16, double pruned = 0,
        bool isAnyAnswer = false, bool hasFront = false)
    {
        TrainedModel trained = Pruner.Prune(TestModels.Make(inputs, hidden.Select(units => (kind, units)).ToArray(), 3, vocabulary, seed, scale), pruned);
        if (seed % 2 == 0) trained = TestModels.WithRandomTail(trained, seed, scale);
        else if (isAnyAnswer && seed % 3 == 0) trained = TestModels.WithAnswer(trained, vocabulary > 0 ? AnswerKind.ClassPerStep : AnswerKind.Anomaly, seed, scale);
        if (hasFront) trained = TestFronts.WithRandomFront(trained, seed, scale);
        // Every format that a cell state can have, from 15 fraction bits to 7.
        Calibration calibration = Calibration.FromDefaults with { MaxCells = [0.6f * (1 << (seed % 9))] };
        // In each third block of nine seeds the cells are wide, but for the formats of 16 bits that overflow most.
        CellWidth width = seed / 9 % 3 == 0 && seed % 9 >= 3 ? CellWidth.Wide : CellWidth.Narrow;
        return TestModels.IsQuantisable(trained, weightBits, calibration)
            ? ModelLoading.Parse(TestModels.Write(trained, weightBits, calibration, width), "random")
            : Model(seed + 27, kind, inputs, hidden, vocabulary, scale, weightBits, pruned, isAnyAnswer, hasFront);
    }

    /// <summary>Numbers over the whole range of 16 bits, or tokens, unknown ones too.</summary>
    private static short[] Sequence(Random random, ModelFile model, int length) => Enumerable.Range(0, length * model.ValuesPerStep)
        .Select(_ => (short)(model.Input == InputKind.Tokens ? random.Next(model.VocabularyCount + 2) : random.Next(short.MinValue, short.MaxValue + 1)))
        .ToArray();

    private static NetworkKernel Compiled(ModelFile model) => new(model, DeviceCompiler.Load(KernelEmitter.Emit(model)));

    [TestCase(CellKind.Lstm, false)]
    [TestCase(CellKind.Gru, false)]
    [TestCase(CellKind.Lstm, true)]
    [TestCase(CellKind.Gru, true)]
    public void EveryStateOfEveryStepOfTenThousandSequencesIsTheReferences(CellKind kind, bool hasFront)
    {
        Random random = TestSeed.Random();
        int first = 9 * random.Next(1_000_000);
        int sequences = 0, gates = 0, cells = 0;
        for (int n = 0; n < ModelCount; n++)
        {
            // From tame to wild: large weights saturate gates and cells, tiny ones give the narrowest formats.
            double scale = Math.Pow(10, random.NextDouble() * 3.5 - 2.5);
            int[] weightBits = [16, 16, 8, 6, 4];
            int[] hidden = n % 4 == 1 ? [random.Next(1, 12), random.Next(1, 12)] : [random.Next(1, 20)];
            ModelFile model = Model(
                first + n, kind, random.Next(1, 15), hidden, n % 5 == 0 ? random.Next(2, 40) : 0, scale,
                weightBits[n % weightBits.Length], n % 3 == 0 ? random.NextDouble() : 0, isAnyAnswer: !hasFront, hasFront);
            var table = new NetworkKernel(model);
            NetworkKernel compiled = Compiled(model);
            var reference = new ReferenceNetwork(model);
            for (int i = 0; i < SequencesPerModel; i++, sequences++)
            {
                int length = random.Next(1, 12);
                short[] values = Sequence(random, model, length);
                reference.Reset();
                table.State.Reset();
                compiled.State.Reset();
                compiled.StepLabels = new byte[length];
                table.StepLabels = new byte[length];
                for (int step = 0; step < length; step++)
                {
                    reference.Step(values, step);
                    table.Advance(values, step, 1);
                    compiled.Advance(values, step, 1);
                    string where = $"model {n}, sequence {i}, step {step}";
                    Assert.That(compiled.State.Layers.Select(layer => layer.Hidden), Is.EqualTo(reference.Hidden), where);
                    Assert.That(compiled.State.Layers.Select(layer => layer.Cell), Is.EqualTo(reference.Cell), where);
                    AssertSame(compiled, table, where);
                }
                Assert.That((compiled.StepLabels, compiled.Score), Is.EqualTo((table.StepLabels, reference.Score)), $"model {n}, sequence {i}");
            }
            gates += compiled.Saturations.Gates;
            cells += compiled.Saturations.Cells;
        }
        // The slow paths were taken.
        Assert.That(sequences, Is.EqualTo(ModelCount * SequencesPerModel));
        Assert.That(gates, Is.GreaterThan(10_000));
        Assert.That(cells, kind == CellKind.Lstm ? Is.GreaterThan(100) : Is.Zero);
    }

    [TestCase(CellKind.Lstm)]
    [TestCase(CellKind.Gru)]
    public void AStepThatContinuesAForeignStateIsTheTableDrivenOne(CellKind kind)
    {
        Random random = TestSeed.Random();
        int first = 9 * random.Next(1_000_000);
        for (int n = 0; n < 30; n++)
        {
            ModelFile model = Model(first + n, kind, 5, [9], scale: Math.Pow(10, random.NextDouble() * 3.5 - 2.5), isAnyAnswer: true);
            NetworkKernel table = new(model), compiled = Compiled(model), textbook = new(model, new TextbookModel(model));
            var state = new byte[table.State.ExportSize];
            for (int i = 0; i < 100; i++)
            {
                // Random bytes, and states at the very ends of 16 bits.
                random.NextBytes(state);
                for (int k = 0; i % 2 == 0 && k < state.Length; k += 2) (state[k], state[k + 1]) = random.Next(2) == 0 ? ((byte)0xFF, (byte)0x7F) : ((byte)0, (byte)0x80);
                table.State.Import(state, 0);
                compiled.State.Import(state, 0);
                textbook.State.Import(state, 0);
                short[] values = Sequence(random, model, 2);
                table.Advance(values, 0, 2);
                compiled.Advance(values, 0, 2);
                textbook.Advance(values, 0, 2);
                AssertSame(compiled, table, $"model {n}, state {i}");
                AssertSame(textbook, table, $"model {n}, state {i}, textbook");
            }
        }
    }

    // Many columns do not fit a method's locals, many units do not fit a method.
    [TestCase(CellKind.Lstm, 3, 60, 2)]
    [TestCase(CellKind.Lstm, 230, 8, 1)]
    [TestCase(CellKind.Lstm, 190, 14, 2)]
    [TestCase(CellKind.Lstm, 3, 60, 2, 30)]
    [TestCase(CellKind.Gru, 3, 61, 2)]
    [TestCase(CellKind.Gru, 230, 8, 1)]
    [TestCase(CellKind.Gru, 190, 17, 2)]
    public void AStepOverManyMethodsIsTheTableDrivenOne(CellKind kind, int inputs, int hidden, int methods, int seed = 10)
    {
        ModelFile model = Model(seed, kind, inputs, [hidden], scale: 0.5);
        EmittedKernel emitted = KernelEmitter.Emit(model);
        var table = new NetworkKernel(model);
        var compiled = new NetworkKernel(model, DeviceCompiler.Load(emitted));
        Random random = TestSeed.Random();
        short[] values = Sequence(random, model, 40);
        for (int step = 0; step < 40; step++)
        {
            table.Advance(values, step, 1);
            compiled.Advance(values, step, 1);
            AssertSame(compiled, table, $"step {step}");
        }
        Assert.That(emitted.MethodCount, Is.EqualTo(methods));
    }

    [TestCase(CellKind.Lstm)]
    [TestCase(CellKind.Gru)]
    public void TheTextbookIsTheTableDrivenOne(CellKind kind)
    {
        Random random = TestSeed.Random();
        int first = 9 * random.Next(1_000_000);
        for (int n = 0; n < 20; n++)
        {
            ModelFile model = Model(first + n, kind, 4, [7, 5], scale: Math.Pow(10, random.NextDouble() * 3 - 1.5));
            var table = new NetworkKernel(model);
            var textbook = new NetworkKernel(model, new TextbookModel(model));
            for (int i = 0; i < 20; i++)
            {
                short[] values = Sequence(random, model, 10);
                table.Advance(values, 0, 10);
                textbook.Advance(values, 0, 10);
                AssertSame(textbook, table, $"model {n}, sequence {i}");
            }
        }
    }

    [Test]
    public void TheSameModelGivesTheSameBytes()
    {
        EmittedKernel first = KernelEmitter.Emit(Model(5, CellKind.Gru, 5, [6])), second = KernelEmitter.Emit(Model(5, CellKind.Gru, 5, [6]));
        Assert.That(second.Source, Is.EqualTo(first.Source));
        Assert.That(DeviceCompiler.Compile("Same", second.Source), Is.EqualTo(DeviceCompiler.Compile("Same", first.Source)));
    }

    [Test]
    public void APairOfZerosIsNoTerm()
    {
        EmittedKernel full = KernelEmitter.Emit(Model(6, CellKind.Lstm, 5, [6]));
        EmittedKernel empty = KernelEmitter.Emit(Model(6, CellKind.Lstm, 5, [6], pruned: 1));
        Assert.That((full.TermCount, full.SkippedTermCount), Is.EqualTo((2 * 6 * 11, 0)));
        Assert.That((empty.TermCount, empty.SkippedTermCount), Is.EqualTo((0, 2 * 6 * 11)));
    }

    [TestCase("9lives")]
    [TestCase("class")]
    [TestCase("a b")]
    [TestCase("A;B")]
    [TestCase("")]
    [TestCase("Größe")]
    public void ANameThatIsNoIdentifierIsRefused(string name)
    {
        ModelFile model = Model(7, CellKind.Lstm, 2, [2]);
        Assert.That(() => KernelEmitter.Emit(model, name), Throws.TypeOf<UserInputException>().With.Message.Contains("class"));
    }

    [TestCase("japanese-vowels-h16", "JapaneseVowelsH16Kernel")]
    [TestCase("7 segments", "Model7SegmentsKernel")]
    [TestCase("\u2028 x", "XKernel")]
    [TestCase("é", "ModelKernel")]
    public void AClassIsNamedAfterItsModel(string model, string name) => Assert.That(KernelEmitter.ClassNameFor(model), Is.EqualTo(name));

    [Test]
    public void AModelThatNoAssemblyHoldsIsRefused()
    {
        ModelFile model = Model(8, CellKind.Lstm, 10, [60], scale: 0.3);
        EmittedKernel kernel = KernelEmitter.Emit(model);
        KernelFootprint footprint = KernelFootprint.Measure(DeviceCompiler.Compile(kernel.ClassName, kernel.Source), model);
        Assert.That(() => footprint.CheckFits(model), Throws.TypeOf<UserInputException>().With.Message.Contains("16800 weights").And.Message.Contains("65535"));
    }

    [Test]
    public void TheHeapDoesNotGrowWithTheWeights()
    {
        HeapSize narrow = HeapSize.Of(Model(9, CellKind.Lstm, 2, [8])), wide = HeapSize.Of(Model(9, CellKind.Lstm, 200, [8]));
        Assert.That(wide, Is.EqualTo(narrow));
    }

    [Test]
    public void NothingIsAllocatedAfterConstruction()
    {
        ModelFile model = Model(10, CellKind.Lstm, 3, [60]);
        var kernel = Compiled(model);
        short[] values = Sequence(new Random(5), model, 50);
        kernel.Advance(values, 0, 50);
        long before = GC.GetAllocatedBytesForCurrentThread();
        kernel.State.Reset();
        kernel.Advance(values, 0, 50);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private static void AssertSame(NetworkKernel kernel, NetworkKernel table, string where)
    {
        for (int layer = 0; layer < table.State.Layers.Length; layer++)
        {
            Assert.That(kernel.State.Layers[layer].Hidden, Is.EqualTo(table.State.Layers[layer].Hidden), $"{where}, layer {layer}: h");
            Assert.That(kernel.State.Layers[layer].Cell, Is.EqualTo(table.State.Layers[layer].Cell), $"{where}, layer {layer}: c");
        }
        Assert.That((kernel.Saturations.Gates, kernel.Saturations.Cells), Is.EqualTo((table.Saturations.Gates, table.Saturations.Cells)), where);
        Assert.That((kernel.Classify(), kernel.Logits), Is.EqualTo((table.Classify(), table.Logits)), where);
    }
}
