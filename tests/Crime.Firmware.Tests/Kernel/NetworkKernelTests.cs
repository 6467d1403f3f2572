using System;
using System.Linq;
using Crime.Firmware.Kernel;
using Crime.Model;
using Crime.Modelling.Reference;
using Crime.Shared.Tests.Model;
using NUnit.Framework;

namespace Crime.Firmware.Tests.Kernel;

/// <summary>The table-driven kernel against the named reference, bit by bit.</summary>
public sealed class NetworkKernelTests
{
    private static ModelFile Model(int inputs, int hidden, int classes, int vocabulary = 0, int seed = 1, double scale = 1)
    {
        Assert.That(ModelReader.TryRead(TestModels.Write(inputs, hidden, classes, vocabulary, seed, scale), out ModelFile model), Is.EqualTo(ModelError.None));
        return model;
    }

    private static short[] RandomSequence(Random random, ModelFile model, int length) =>
        Enumerable.Range(0, length * model.ValuesPerStep)
            .Select(_ => (short)(model.Input == InputKind.Tokens ? random.Next(model.VocabularyCount) : random.Next(short.MinValue, short.MaxValue + 1)))
            .ToArray();

    [Test]
    public void EveryStateOfEveryStepIsTheReferences()
    {
        var random = new Random(1);
        for (int n = 0; n < 200; n++)
        {
            // From tame to wild: large weights saturate gates and cells.
            double scale = Math.Pow(10, random.NextDouble() * 2 - 1);
            ModelFile model = Model(random.Next(1, 20), random.Next(1, 33), random.Next(1, 8), n % 4 == 0 ? random.Next(2, 50) : 0, n, scale);
            var kernel = new NetworkKernel(model);
            var reference = new ReferenceLstm(model);
            short[] values = RandomSequence(random, model, 20);
            for (int step = 0; step < 20; step++)
            {
                kernel.Advance(values, step, 1);
                reference.Step(values, step);
                Assert.That(kernel.State.Layers[0].Hidden, Is.EqualTo(reference.Hidden), $"model {n}, h after step {step}");
                Assert.That(kernel.State.Layers[0].Cell, Is.EqualTo(reference.Cell), $"model {n}, c after step {step}");
            }
            int label = kernel.Classify();
            int[] logits = reference.Logits();
            Assert.That(kernel.Logits, Is.EqualTo(logits));
            Assert.That(label, Is.EqualTo(Array.IndexOf(logits, logits.Max())));
        }
    }

    [Test]
    public void ManyStepsAtOnceAreTheStepsOneByOne()
    {
        ModelFile model = Model(3, 16, 4);
        NetworkKernel once = new(model), single = new(model);
        short[] values = RandomSequence(new Random(2), model, 50);
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
        short[] values = RandomSequence(new Random(3), model, 40);
        kernel.Advance(values, 0, 40);
        kernel.Classify();
        int[] first = [.. kernel.Logits];
        kernel.State.Reset();
        kernel.Advance(values, 0, 40);
        kernel.Classify();
        Assert.That(kernel.Logits, Is.EqualTo(first));
    }

    [Test]
    public void AnExportedStateContinuesOnAnotherKernel()
    {
        ModelFile model = Model(3, 16, 4);
        NetworkKernel whole = new(model), head = new(model), tail = new(model);
        short[] values = RandomSequence(new Random(4), model, 60);
        whole.Advance(values, 0, 60);
        head.Advance(values, 0, 23);
        var bytes = new byte[head.State.ExportSize + 5];
        head.State.Export(bytes, 5);
        Assert.That(tail.State.Import(bytes, 5), Is.True);
        tail.Advance(values, 23, 37);
        Assert.That(tail.State.Layers[0].Hidden, Is.EqualTo(whole.State.Layers[0].Hidden));
        Assert.That(tail.State.Layers[0].Cell, Is.EqualTo(whole.State.Layers[0].Cell));
    }

    [Test]
    public void AShortStateIsRefusedAndChangesNothing()
    {
        var state = new NetworkState([new LayerShape(CellKind.Lstm, Direction.Forward, 3, 4, LayerOptions.None)]);
        state.Layers[0].Hidden[0] = 7;
        Assert.That(state.Import(new byte[state.ExportSize - 1], 0), Is.False);
        Assert.That(state.Import(new byte[state.ExportSize], 1), Is.False);
        Assert.That(state.Import(new byte[state.ExportSize], -1), Is.False);
        Assert.That(state.Import(null!, 0), Is.False);
        Assert.That(state.Layers[0].Hidden[0], Is.EqualTo(7));
    }

    [Test]
    public void ATokenOutsideTheVocabularyIsUnknown()
    {
        ModelFile model = Model(4, 8, 2, vocabulary: 10);
        NetworkKernel foreign = new(model), unknown = new(model);
        foreign.Advance([3, 10, -1, 5], 0, 4);
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

    [Test]
    public void NothingIsAllocatedAfterConstruction()
    {
        ModelFile model = Model(3, 16, 4);
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
