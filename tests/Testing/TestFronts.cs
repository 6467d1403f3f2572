using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Gateway.Inference.Graphs;
using Crime.Modelling;

namespace Crime.Testing;

/// <summary>A convolution of a test model.</summary>
/// <param name="Window">The timesteps that it sees; null for one timestep, without an operation of its own.</param>
/// <param name="Outputs">Numbers that it makes; 0 for the window as it is.</param>
/// <param name="Function">The function behind it; null for none.</param>
public readonly record struct TestConvolution(WindowShape? Window, int Outputs, GraphFunction? Function);

/// <summary>Convolutions in front of the recurrent layers of a test model.</summary>
public static class TestFronts
{
    /// <summary>Returns a window.</summary>
    public static WindowShape Window(int size, int stride = 1, int before = 0, int after = 0) => new(size, stride, 1, before, after);

    /// <summary>Returns a model with convolutions in front of its first layer, which reads what the last one makes.</summary>
    /// <param name="trained">A model of layers in a row, or with a tail.</param>
    /// <param name="inputs">Numbers of a timestep.</param>
    /// <param name="seed">Seed of the weights.</param>
    /// <param name="scale">Largest weight.</param>
    /// <param name="front">The convolutions.</param>
    public static TrainedModel WithFront(TrainedModel trained, int inputs, int seed, double scale, params TestConvolution[] front)
    {
        var random = new Random(seed);
        float[] Random(int count) => Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2 - 1) * scale)).ToArray();
        var operations = new List<GraphOperation>();
        int width = inputs;
        void Add(OperationKind kind, int count, float[] numbers, WindowShape? window = null, GraphFunction function = 0) => operations.Add(new GraphOperation
        {
            Kind = kind, Inputs = [operations.Count], Width = width = count, Numbers = numbers, Window = window ?? WindowShape.None, Function = function,
        });
        foreach (TestConvolution layer in front)
        {
            if (layer.Window is { } window) Add(OperationKind.Window, window.Size * width, [], window);
            if (layer.Outputs > 0) Add(OperationKind.Linear, layer.Outputs, Random(layer.Outputs * width + layer.Outputs));
            if (layer.Function is { } function) Add(OperationKind.Apply, width, [0, 0], null, function);
        }
        int count = operations.Count;
        IEnumerable<GraphOperation> behind = trained.Graph?.Operations ?? Chain(trained);
        operations.AddRange(behind.Select(operation => operation with { Inputs = [.. operation.Inputs.Select(from => from + count)] }));
        return new TrainedModel
        {
            Name = trained.Name,
            Input = trained.Input,
            InputCount = inputs,
            ClassNames = trained.ClassNames,
            Mean = trained.Mean == null ? null : Random(inputs),
            Deviation = trained.Deviation == null ? null : [.. Random(inputs).Select(value => MathF.Abs(value) + 0.1f)],
            CodePoints = trained.CodePoints,
            Embedding = Random(trained.VocabularyCount * inputs),
            Layers = trained.Layers,
            Graph = NetworkGraph.Of(operations, inputs, [.. trained.Layers.Select(layer => layer.Shape)]),
            HeadWeights = trained.HeadWeights,
            HeadBias = trained.HeadBias,
        };
    }

    /// <summary>Returns a model with one or two convolutions of all sizes, strides, paddings and functions, windows without weights among them.</summary>
    /// <param name="trained">A model of layers in a row, or with a tail.</param>
    /// <param name="seed">Seed of sizes and weights.</param>
    /// <param name="scale">Largest weight.</param>
    public static TrainedModel WithRandomFront(TrainedModel trained, int seed, double scale)
    {
        var random = new Random(seed);
        GraphFunction?[] functions = [null, GraphFunction.Relu, GraphFunction.Tanh];
        var front = new List<TestConvolution>();
        int width = trained.InputCount;
        for (int n = random.Next(1, 3); n > 0; n--)
        {
            int[] sizes = [.. Enumerable.Range(2, 7).Where(size => width % size == 0)];
            bool isWindow = sizes.Length > 0 && random.Next(3) == 0;
            int size = isWindow ? sizes[random.Next(sizes.Length)] : random.Next(1, 9);
            WindowShape? window = size == 1 && random.Next(2) == 0 ? null : Window(size, random.Next(1, 5), random.Next(size), random.Next(size));
            front.Insert(0, new TestConvolution(window, isWindow ? 0 : width, isWindow ? null : functions[random.Next(3)]));
            width = isWindow ? width / size : random.Next(1, 10);
        }
        return WithFront(trained, width, seed, scale, [.. front]);
    }

    private static IEnumerable<GraphOperation> Chain(TrainedModel trained)
    {
        int count = trained.Layers.Count;
        for (int n = 0; n < count; n++)
            yield return new GraphOperation { Kind = OperationKind.Recurrent, Inputs = [n], Width = trained.Layers[n].Shape.OutputCount, Argument = n, Numbers = [] };
        yield return new GraphOperation
        {
            Kind = OperationKind.Take, Inputs = [count], Width = trained.Layers[^1].Shape.OutputCount, Argument = (int)StepKind.Final, Numbers = [],
        };
    }
}
