using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using Crime.Gateway.Inference;
using Crime.Gateway.Inference.Graphs;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Reference;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Inference;

/// <summary>Networks that are more than layers in a row. Their numbers are compared with ONNX Runtime in the importer's tests.</summary>
public sealed class GraphTests
{
    private const int Inputs = 3, Hidden = 4, Classes = 4;

    private static GraphOperation Operation(OperationKind kind, int width, int[] inputs, int argument = 0, float[]? numbers = null, WindowShape? window = null) => new()
    {
        Kind = kind, Width = width, Inputs = inputs, Argument = argument, Numbers = numbers ?? [], Window = window ?? WindowShape.None, Function = GraphFunction.Relu,
    };

    /// <summary>A convolution, a layer, attention with the mean beside it.</summary>
    private static GraphOperation[] Operations() =>
    [
        Operation(OperationKind.Window, 3 * Inputs, [0], window: new WindowShape(3, 2, 1, 1, 1)),
        Operation(OperationKind.Linear, Inputs, [1], numbers: Numbers(Inputs * 3 * Inputs + Inputs)),
        Operation(OperationKind.Apply, Inputs, [2], numbers: [0, 0]),
        Operation(OperationKind.Recurrent, Hidden, [3], argument: 0),
        Operation(OperationKind.Linear, 1, [4], numbers: Numbers(Hidden + 1)),
        Operation(OperationKind.SoftmaxOverTime, 1, [5]),
        Operation(OperationKind.Multiply, Hidden, [6, 4]),
        Operation(OperationKind.Pool, Hidden, [7], argument: (int)PoolKind.Sum),
        Operation(OperationKind.Pool, Hidden, [4], argument: (int)PoolKind.Mean),
        Operation(OperationKind.Linear, 5, [8, 9], numbers: Numbers(5 * 2 * Hidden + 5)),
        Operation(OperationKind.Normalise, 5, [10], numbers: [1e-5f]),
    ];

    private static float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(n => MathF.Sin(n * 1.7f) / 2)];

    private static byte[] Write(GraphOperation[] operations, AnswerKind answer = AnswerKind.Class)
    {
        TrainedModel plain = TestModels.Make(Inputs, [(CellKind.Lstm, Hidden)], Classes);
        NetworkGraph graph = NetworkGraph.Of(operations, Inputs, [.. plain.Layers.Select(layer => layer.Shape)]);
        int width = graph.Shapes[^1].Width;
        return ModelFileWriter.Write(
            new TrainedModel
            {
                Name = plain.Name, Input = plain.Input, InputCount = Inputs, ClassNames = plain.ClassNames, Embedding = [], Layers = plain.Layers, Graph = graph,
                Answer = answer, HeadWeights = Numbers(Classes * width), HeadBias = plain.HeadBias,
            },
            null);
    }

    [Test]
    public void AFileHoldsTheGraph()
    {
        GraphOperation[] operations = Operations();
        byte[] bytes = Write(operations);
        ModelFile file = TestModels.Parse(bytes);
        Assert.That((ModelContainer.VersionOf(bytes), file.HasGraph, NetworkGraph.ProblemOf(file)), Is.EqualTo((ModelFormat.GraphVersion, true, (string?)null)));
        IReadOnlyList<GraphOperation> read = new FloatModel(file).Graph!.Operations;
        for (int n = 0; n < operations.Length; n++)
        {
            Assert.That(
                (read[n].Kind, read[n].Width, read[n].Argument, read[n].Window),
                Is.EqualTo((operations[n].Kind, operations[n].Width, operations[n].Argument, operations[n].Window)));
            Assert.That(read[n].Inputs, Is.EqualTo(operations[n].Inputs));
            Assert.That(read[n].Numbers, Is.EqualTo(operations[n].Numbers));
        }
    }

    [Test]
    public void ABoardsImageHasNoGraphAndTheSameIdentity()
    {
        byte[] bytes = Write(Operations());
        ModelFile image = TestModels.Parse(ModelContainer.BoardImage(bytes));
        Assert.That((image.HasGraph, image.HasFixedPoint, image.Id), Is.EqualTo((false, false, TestModels.Parse(bytes).Id)));
    }

    [Test]
    public void ANetworkOfLayersInARowStaysAFileOfVersionOne() => Assert.That(ModelContainer.VersionOf(TestModels.Features), Is.EqualTo(ModelFormat.Version));

    [Test]
    public void TheSameWeightsWithAnotherAnswerAreAnotherModel()
    {
        GraphOperation[] steps = Operations()[..4];
        uint values = TestModels.Parse(Write(steps, AnswerKind.ValuesPerStep)).Id, classes = TestModels.Parse(Write(steps, AnswerKind.ClassPerStep)).Id;
        Assert.That(values, Is.Not.EqualTo(classes));
    }

    [Test]
    public void EveryLengthFromOneHasAnAnswer()
    {
        var engine = new FloatNetwork(new FloatModel(TestModels.Parse(Write(Operations()[..4], AnswerKind.ClassPerStep))));
        for (int length = 1; length < 20; length++)
        {
            int count = engine.Model.LogitCount(length);
            var logits = new float[count];
            engine.Run(Numbers(length * Inputs), logits);
            Assert.That((count, logits.All(float.IsFinite)), Is.EqualTo(((length + 1) / 2 * Classes, true)));
        }
    }

    [Test]
    public void ABatchGivesTheNumbersOfSingleRuns()
    {
        var model = new FloatModel(TestModels.Parse(Write(Operations()[..4], AnswerKind.ClassPerStep)));
        var network = new BatchNetwork(model);
        int[] lengths = [5, 1, 9];
        BatchItem[] items = [.. lengths.Select(length => new BatchItem
        {
            Values = Enumerable.Range(0, length * Inputs).Select(n => (short)(n * 977 % 2000 - 1000)).ToArray(),
            FractionBits = 10, Logits = new float[model.LogitCount(length)],
        })];
        network.Run(items);
        foreach (BatchItem item in items)
        {
            var alone = new float[item.Logits.Length];
            new FloatNetwork(model).Run(item.Values.Span, 10, alone);
            Assert.That(item.Logits.ToArray(), Is.EqualTo(alone));
        }
        Assert.That(() => network.Run([items[0] with { Logits = new float[Classes] }]), Throws.ArgumentException);
    }

    [Test]
    public void AHeadOfSeveralLayersGoesOnFromTheStateOfABoard()
    {
        TrainedModel trained = TestModels.WithDense(TestModels.Make(Inputs, [(CellKind.Lstm, Hidden), (CellKind.Gru, 5)], Classes), 3, 0.5, (6, GraphFunction.Relu));
        var model = new FloatModel(TestModels.Parse(TestModels.Write(trained)));
        Assert.That(model.BoardStateCount, Is.EqualTo(2 * Hidden + 5));
        var engine = new FloatNetwork(model);
        float[] sequence = Numbers(9 * Inputs), whole = new float[Classes], rest = new float[Classes];
        var state = new NetworkState(model);
        engine.Run(sequence, whole);
        engine.Run(sequence.AsSpan(0, 4 * Inputs), rest, null, state);
        engine.Run(sequence.AsSpan(4 * Inputs), rest, state);
        Assert.That(rest, Is.EqualTo(whole));
    }

    [TestCase(PoolKind.Mean, 2 * Hidden + 5 + 2 * 5 + 1)]
    [TestCase(PoolKind.Max, 2 * Hidden + 5 + 5 + 1)]
    public void APooledNetworkGoesOnFromTheStateOfABoard(PoolKind pooling, int stateCount)
    {
        TrainedModel plain = TestModels.Make(Inputs, [(CellKind.Lstm, Hidden), (CellKind.Gru, 5)], Classes);
        TrainedModel trained = TestModels.WithTail(plain, 3, 0.5, pooling, (6, GraphFunction.Relu));
        ModelFile file = TestModels.Parse(TestModels.Write(trained));
        var model = new FloatModel(file);
        Assert.That(model.BoardStateCount, Is.EqualTo(stateCount));
        var engine = new FloatNetwork(model);
        short[] values = [.. Enumerable.Range(0, 9 * Inputs).Select(n => (short)(n * 977 % 2000 - 1000))];
        float[] whole = new float[Classes], rest = new float[Classes];
        engine.Run(values, file.InputFractionBits, whole);
        var reference = new ReferenceNetwork(file);
        for (int step = 0; step < 4; step++) reference.Step(values, step);
        short[] exported = [.. reference.Hidden.Zip(reference.Cell).SelectMany(layer => layer.First.Concat(layer.Second))];
        engine.Run(values.AsSpan(4 * Inputs), file.InputFractionBits, rest, NetworkState.FromBoard(model, exported));
        Assert.That(rest, Is.EqualTo(whole).Within(0.02));
        var state = new NetworkState(model);
        engine.Run(values.AsSpan(0, 4 * Inputs), file.InputFractionBits, rest, null, state);
        engine.Run(values.AsSpan(4 * Inputs), file.InputFractionBits, rest, state);
        Assert.That(rest, Is.EqualTo(whole).Within(1e-6));
    }

    /// <summary>
    /// Every place of short and longer sequences, windows of all kinds. The state is the one of the fixed-point reference. The seeds are pinned: the
    /// tolerance is for the rounding of its timesteps, which weights of any size would multiply.
    /// </summary>
    [Test]
    public void ANetworkWithConvolutionsGoesOnFromTheStateOfABoard()
    {
        double largest = 0;
        int cuts = 0;
        for (int seed = 0; seed < 60; seed++)
        {
            TrainedModel plain = TestModels.Make(4, [(CellKind.Lstm, 6), (CellKind.Gru, 5)], Classes, seed % 4 == 0 ? 9 : 0, seed, 0.5);
            if (seed % 2 == 0) plain = TestModels.WithRandomTail(plain, seed, 0.5);
            ModelFile file = TestModels.Parse(TestModels.Write(TestFronts.WithRandomFront(plain, seed, 0.5)));
            var model = new FloatModel(file);
            var engine = new FloatNetwork(model);
            var random = new Random(seed);
            float[] whole = new float[Classes], rest = new float[Classes];
            foreach (int length in new[] { 2, 5, 9, 30 })
            {
                int width = file.ValuesPerStep;
                short[] values = [.. Enumerable.Range(0, length * width).Select(_ => (short)(width == 1 ? random.Next(9) : random.Next(-2000, 2000)))];
                engine.Run(values, file.InputFractionBits, whole);
                var reference = new ReferenceNetwork(file);
                for (int done = 1; done < length; done++)
                {
                    reference.Step(values, done - 1);
                    short[] exported = [.. reference.Hidden.Zip(reference.Cell).SelectMany(layer => layer.First.Concat(layer.Second))];
                    Assert.That(model.BoardStateCount, Is.EqualTo(exported.Length));
                    engine.Run(values.AsSpan(done * width), file.InputFractionBits, rest, NetworkState.FromBoard(model, exported));
                    for (int k = 0; k < Classes; k++) largest = Math.Max(largest, Math.Abs(rest[k] - whole[k]));
                    Assert.That(rest, Is.EqualTo(whole).Within(0.02), $"seed {seed}, {done} of {length}");
                    cuts++;
                }
            }
        }
        TestContext.Out.WriteLine($"{cuts} cuts, logits off by at most {largest}");
    }

    private static TrainedModel WithConvolution() => TestFronts.WithFront(
        TestModels.Make(2, [(CellKind.Lstm, Hidden)], Classes), Inputs, 1, 0.5, new TestConvolution(TestFronts.Window(3), 2, null));

    [Test]
    public void ARunOfANetworkWithWindowsLeavesNoStateToGoOnFrom()
    {
        TrainedModel trained = WithConvolution();
        var model = new FloatModel(TestModels.Parse(TestModels.Write(trained)));
        var state = new NetworkState(model);
        Assert.That(state.IsResumable, Is.True);
        new FloatNetwork(model).Run(Numbers(9 * Inputs), new float[Classes], null, state);
        Assert.That(state.IsResumable, Is.False);
    }

    /// <summary>A foreign file may have other windows for boards than for gateways. Then there is no state that means the same on both.</summary>
    [Test]
    public void BoardsWithOtherWindowsHaveNoStateToHandOver()
    {
        TrainedModel trained = WithConvolution();
        byte[] good = TestModels.Write(trained);
        List<(uint Tag, byte[] Content)> sections = ModelContainer.Sections(good);
        sections.Find(section => section.Tag == ModelFormat.FrontTag).Content[5] = 2;
        Assert.That(new FloatModel(TestModels.Parse(good)).BoardStateCount, Is.EqualTo(2 * Hidden + 2 * Inputs + 1));
        Assert.That(new FloatModel(TestModels.Parse(ModelContainer.Write(1, sections, ModelFormat.GraphVersion))).BoardStateCount, Is.Zero);
    }

    /// <summary>Numbers that no board sends do not end the worker.</summary>
    [Test]
    public void AForeignStateOfWindowsGivesAnAnswer()
    {
        var random = TestSeed.Random();
        for (int n = 0; n < 300; n++)
        {
            TrainedModel plain = TestModels.Make(4, [(CellKind.Gru, 5)], Classes, seed: n);
            if (n % 2 == 0) plain = TestModels.WithTail(plain, n, 0.5, PoolKind.Mean);
            ModelFile file = TestModels.Parse(TestModels.Write(TestFronts.WithRandomFront(plain, n, 0.5)));
            var model = new FloatModel(file);
            short[] exported = [.. Enumerable.Range(0, model.BoardStateCount).Select(_ => (short)(random.Next(2) * random.Next(short.MinValue, short.MaxValue + 1)))];
            var logits = new float[Classes];
            new FloatNetwork(model).Run(new short[random.Next(1, 4) * file.ValuesPerStep], 12, logits, NetworkState.FromBoard(model, exported));
            Assert.That(logits, Has.All.Matches<float>(float.IsFinite));
        }
    }

    [Test]
    public void AGraphThatPoolsTwiceHasNoStateToGoOnFrom()
    {
        var model = new FloatModel(TestModels.Parse(Write(Operations())));
        Assert.That((new NetworkState(model).IsResumable, model.BoardStateCount), Is.EqualTo((false, 0)));
    }

    [Test]
    public void ARunAllocatesNothing()
    {
        var engine = new FloatNetwork(new FloatModel(TestModels.Parse(Write(Operations()))));
        float[] sequence = Numbers(20 * Inputs), logits = new float[Classes];
        engine.Run(sequence, logits);
        long before = GC.GetAllocatedBytesForCurrentThread();
        engine.Run(sequence, logits);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void AForgedGraphIsRefusedAndNeverRunsWild()
    {
        byte[] good = Write(Operations());
        List<(uint Tag, byte[] Content)> sections = ModelContainer.Sections(good);
        int graph = sections.FindIndex(section => section.Tag == ModelFormat.GraphTag);
        byte[] content = sections[graph].Content;
        var random = TestSeed.Random();
        int refused = 0, computed = 0;
        for (int n = 0; n < 20_000; n++)
        {
            byte[] altered = [.. content];
            for (int k = random.Next(1, 4); k > 0; k--)
            {
                int at = random.Next(altered.Length);
                altered[at] = random.Next(3) switch { 0 => (byte)random.Next(256), 1 => (byte)(altered[at] ^ (1 << random.Next(8))), _ => (byte)(255 * random.Next(2)) };
            }
            sections[graph] = (ModelFormat.GraphTag, altered);
            byte[] bytes = ModelContainer.Write(1, sections, ModelFormat.GraphVersion);
            if (ModelReader.TryRead(bytes, out ModelFile file) != ModelError.None || NetworkGraph.ProblemOf(file) != null)
            {
                refused++;
                continue;
            }
            computed++;
            var engine = new FloatNetwork(new FloatModel(file));
            long before = GC.GetAllocatedBytesForCurrentThread();
            engine.Run(Numbers(40 * Inputs), new float[engine.Model.LogitCount(40)]);
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(16 * 1024 * 1024));
        }
        Assert.That(refused, Is.GreaterThan(1000));
        Assert.That(computed, Is.GreaterThan(10));
    }

    [Test]
    public void AFileWithoutItsGraphsNumbersIsRefused()
    {
        List<(uint Tag, byte[] Content)> sections = ModelContainer.Sections(Write(Operations()));
        int graph = sections.FindIndex(section => section.Tag == ModelFormat.GraphTag);
        BinaryPrimitives.WriteUInt32LittleEndian(sections[graph].Content, uint.MaxValue);
        Assert.That(ModelReader.TryRead(ModelContainer.Write(1, sections, ModelFormat.GraphVersion), out _), Is.EqualTo(ModelError.FloatWeights));
    }
}
