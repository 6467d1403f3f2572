using System;
using System.Linq;
using Crime.Bench.Reference;
using Crime.Kernel;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Compilation;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Quantisation;
using Crime.Modelling.Reference;
using NUnit.Framework;

namespace Crime.Device.Tests.Kernel;

/// <summary>Cell states of 32 bits: far beyond 16 bits, at the ends of their range, and between two kernels.</summary>
public sealed class WideCellTests
{
    private const int One = 32767;

    private static ModelFile Model(TrainedModel trained) => ModelLoading.Parse(TestModels.Write(trained, cellWidth: CellWidth.Wide), "wide");

    private static NetworkKernel[] Kernels(ModelFile model) =>
        [new(model), new(model, DeviceCompiler.Load(KernelEmitter.Emit(model))), new(model, new TextbookModel(model))];

    /// <summary>A cell of one unit as one number of 15 fraction bits.</summary>
    private static int CellOf(short[] cell) => cell[1] * 32768 + cell[0];

    [TestCase(1)]
    [TestCase(-1)]
    public void ACounterIsTheReferencesAtEveryStepUntilItHardlyGrows(int sign)
    {
        ModelFile model = Model(TestCounters.Make());
        NetworkKernel[] kernels = Kernels(model);
        var reference = new ReferenceNetwork(model);
        short[] values = [.. Enumerable.Repeat((short)(sign * (1 << model.InputFractionBits)), 200_000)];
        long exact = 0;
        for (int step = 0; step < values.Length; step++)
        {
            reference.Step(values, step);
            exact = (One * exact + One * (long)(sign * One) + 16384) >> 15;
            foreach (NetworkKernel kernel in kernels)
            {
                kernel.Advance(values, step, 1);
                LayerState state = kernel.State.Layers[0];
                if (CellOf(state.Cell) != exact || !state.Cell.AsSpan().SequenceEqual(reference.Cell[0]) || !state.Hidden.AsSpan().SequenceEqual(reference.Hidden[0]))
                    Assert.Fail($"step {step}: {CellOf(state.Cell)} where the formula gives {exact}");
            }
        }
        // The end is 32768 * 32767^2 / 2^30 = 32766.
        Assert.That(exact / 32768.0, Is.EqualTo(sign * 32766).Within(80));
        Assert.That(kernels.Select(kernel => kernel.Saturations.Cells), Is.All.Zero);
    }

    /// <summary>From the ends of the range, which only an import reaches, no step leads beyond it.</summary>
    [TestCase(short.MaxValue, short.MaxValue)]
    [TestCase(short.MaxValue, (short)0)]
    [TestCase(short.MinValue, (short)0)]
    [TestCase(short.MinValue, short.MaxValue)]
    [TestCase((short)-1, short.MaxValue)]
    [TestCase((short)0, (short)1)]
    public void NoStepLeavesTheRange(short whole, short fraction)
    {
        ModelFile model = Model(TestCounters.Make());
        foreach (int sign in new[] { 1, -1 })
        {
            long exact = whole * 32768L + fraction;
            exact = (One * exact + One * (long)(sign * One) + 16384) >> 15;
            foreach (NetworkKernel kernel in Kernels(model))
            {
                (kernel.State.Layers[0].Cell[0], kernel.State.Layers[0].Cell[1]) = (fraction, whole);
                kernel.Advance([(short)(sign * (1 << model.InputFractionBits))], 0, 1);
                Assert.That(CellOf(kernel.State.Layers[0].Cell), Is.EqualTo(exact));
            }
            Assert.That(exact, Is.InRange(-(1L << 30), (1L << 30) - 1));
        }
    }

    [Test]
    public void AWideStateContinuesOnAnotherKernel()
    {
        ModelFile model = Model(TestModels.Make(3, [(CellKind.Lstm, 7), (CellKind.Gru, 5), (CellKind.Lstm, 4)], 4));
        Random random = TestSeed.Random();
        short[] values = [.. Enumerable.Range(0, 60 * 3).Select(_ => (short)random.Next(short.MinValue, short.MaxValue + 1))];
        NetworkKernel whole = new(model), head = new(model), tail = Kernels(model)[1], copied = new(model);
        whole.Advance(values, 0, 60);
        head.Advance(values, 0, 23);
        Assert.That(head.State.ExportSize, Is.EqualTo(2 * (3 * 7 + 5 + 3 * 4)));
        var bytes = new byte[head.State.ExportSize];
        head.State.Export(bytes, 0);
        Assert.That(tail.State.Import(bytes, 0), Is.True);
        // The numbers of a hand-off are those of an export.
        var numbers = new short[bytes.Length / 2];
        head.State.CopyTo(numbers);
        Buffer.BlockCopy(numbers, 0, bytes, 0, bytes.Length);
        Assert.That(copied.State.Import(bytes, 0), Is.True);
        foreach (NetworkKernel kernel in new[] { tail, copied })
        {
            kernel.Advance(values, 23, 37);
            Assert.That(kernel.State.Layers.Select(layer => layer.Hidden), Is.EqualTo(whole.State.Layers.Select(layer => layer.Hidden)));
            Assert.That(kernel.State.Layers.Select(layer => layer.Cell), Is.EqualTo(whole.State.Layers.Select(layer => layer.Cell)));
        }
    }

    [Test]
    public void TheZeroStateOfAWideCellIsZero()
    {
        var kernel = new NetworkKernel(Model(TestCounters.Make()));
        kernel.Advance([1 << 14, 1 << 14, 1 << 14], 0, 3);
        Assert.That(kernel.State.Layers[0].Cell, Is.Not.EqualTo(new short[2]));
        kernel.State.Reset();
        Assert.That(kernel.State.Layers[0].Cell, Is.EqualTo(new short[2]));
    }
}
