using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.Gateway.Inference.Graphs;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Quantisation;
using Crime.Modelling.Ranges;

namespace Crime.Testing;

/// <summary>Small random models, written by the product's writer.</summary>
public static class TestModels
{
    /// <summary>Features of <see cref="Features"/>.</summary>
    public const int Inputs = 3;

    /// <summary>Classes of the named models.</summary>
    public const int Classes = 4;

    /// <summary>Tokens of <see cref="Tokens"/>.</summary>
    public const int Vocabulary = 20;

    /// <summary>A model of features that a gateway computes in microseconds, as a file.</summary>
    public static byte[] Features { get; } = Write("features", Inputs, hidden: 8, seed: 1);

    /// <summary>A model of tokens, as a file.</summary>
    public static byte[] Tokens { get; } = Write("tokens", inputs: 5, hidden: 8, seed: 2, vocabulary: Vocabulary);

    /// <summary>A model that keeps a gateway's worker busy for a second with one long request, as a file for gateways only.</summary>
    public static byte[] Slow { get; } = Write("slow", inputs: 1, hidden: 512, seed: 3, isForBoards: false);

    /// <summary>Reads a model file.</summary>
    /// <exception cref="InvalidDataException">It is not a valid model file.</exception>
    public static ModelFile Parse(byte[] bytes)
    {
        ModelError error = ModelReader.TryRead(bytes, out ModelFile model);
        return error == ModelError.None ? model : throw new InvalidDataException(ModelErrors.Describe(error));
    }

    /// <summary>Returns a model of LSTM layers and <see cref="Classes"/> classes, as a file for gateways and, on request, for boards.</summary>
    public static byte[] Write(
        string name, int inputs, int hidden, int seed, int vocabulary = 0, bool isForBoards = true, float scale = 1, int layers = 1)
    {
        TrainedModel trained = Make(inputs, [.. Enumerable.Repeat((CellKind.Lstm, hidden), layers)], Classes, vocabulary, seed, scale, name);
        return isForBoards ? Write(trained) : ModelFileWriter.Write(trained, null);
    }

    /// <summary>Returns a model of one LSTM layer, as a file.</summary>
    public static byte[] Write(int inputs, int hidden, int classes, int vocabulary = 0, int seed = 1, double scale = 1) =>
        Write(Make(inputs, [(CellKind.Lstm, hidden)], classes, vocabulary, seed, scale));

    /// <summary>Returns a model as a file for boards and gateways.</summary>
    public static byte[] Write(
        TrainedModel trained, int weightBits = Quantiser.FullWeightBits, Calibration? calibration = null, CellWidth cellWidth = CellWidth.Auto) =>
        ModelFileWriter.Write(trained, Quantiser.Quantise(trained, calibration ?? Calibration.FromDefaults, weightBits, cellWidth));

    /// <summary>
    /// Returns whether the quantiser accepts a model. It refuses a random one now and then: a row whose few weights are all next to zero
    /// keeps too few bits beside the others.
    /// </summary>
    public static bool IsQuantisable(TrainedModel trained, int weightBits = Quantiser.FullWeightBits, Calibration? calibration = null)
    {
        try
        {
            Quantiser.Quantise(trained, calibration ?? Calibration.FromDefaults, weightBits);
            return true;
        }
        catch (UserInputException)
        {
            return false;
        }
    }

    /// <summary>Returns a model with weights evenly spread up to a scale.</summary>
    public static TrainedModel Make(
        int inputs, (CellKind Kind, int Hidden)[] layers, int classes, int vocabulary = 0, int seed = 1, double scale = 1,
        string name = "test", string[]? classNames = null, Direction direction = Direction.Forward)
    {
        var random = new Random(seed);
        float[] Random(int count) => Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2 - 1) * scale)).ToArray();
        bool tokens = vocabulary > 0;
        float[]? mean = tokens ? null : Random(inputs);
        float[]? deviation = tokens ? null : Random(inputs).Select(value => MathF.Abs(value) + 0.1f).ToArray();
        float[] embedding = Random(vocabulary * inputs);
        int width = inputs, directions = direction == Direction.Both ? 2 : 1;
        var recurrent = new List<RecurrentLayer>();
        foreach (var (kind, hidden) in layers)
        {
            int rows = new LayerShape(kind, direction, width, hidden, LayerOptions.None).RowCount;
            recurrent.Add(new RecurrentLayer
            {
                Kind = kind,
                Direction = direction,
                InputCount = width,
                HiddenCount = hidden,
                Directions = Enumerable.Range(0, directions).Select(_ => new DirectionWeights
                {
                    InputWeights = Random(rows * width),
                    RecurrentWeights = Random(rows * hidden),
                    InputBias = Random(rows),
                    RecurrentBias = Random(rows),
                }).ToArray(),
            });
            width = directions * hidden;
        }
        return new TrainedModel
        {
            Name = name,
            Input = tokens ? InputKind.Tokens : InputKind.Features,
            InputCount = inputs,
            ClassNames = classNames ?? Enumerable.Range(0, classes).Select(i => $"class {i}").ToArray(),
            Mean = mean,
            Deviation = deviation,
            CodePoints = tokens ? Enumerable.Range('a', vocabulary - 1).ToArray() : null,
            Embedding = embedding,
            Layers = recurrent,
            HeadWeights = Random(classes * width),
            HeadBias = Random(classes),
        };
    }

    /// <summary>Returns a model with fully connected layers in front of its head, which has random weights then.</summary>
    /// <param name="trained">A model of layers in a row.</param>
    /// <param name="seed">Seed of the weights.</param>
    /// <param name="scale">Largest weight.</param>
    /// <param name="layers">Outputs and function of each; null for none.</param>
    public static TrainedModel WithDense(TrainedModel trained, int seed, double scale, params (int Outputs, GraphFunction? Function)[] layers) =>
        WithTail(trained, seed, scale, null, layers);

    /// <summary>Returns a model with pooling and fully connected layers in front of its head, which has random weights then.</summary>
    /// <param name="trained">A model of layers in a row.</param>
    /// <param name="seed">Seed of the weights.</param>
    /// <param name="scale">Largest weight.</param>
    /// <param name="pooling">The pooling; null for the last state.</param>
    /// <param name="layers">Outputs and function of each; null for none.</param>
    public static TrainedModel WithTail(TrainedModel trained, int seed, double scale, PoolKind? pooling, params (int Outputs, GraphFunction? Function)[] layers)
    {
        var random = new Random(seed);
        float[] Random(int count) => Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2 - 1) * scale)).ToArray();
        var operations = new List<GraphOperation>();
        int width = trained.Layers[^1].Shape.OutputCount;
        void Add(OperationKind kind, int count, int argument, float[] numbers, GraphFunction function = 0) => operations.Add(new GraphOperation
        {
            Kind = kind, Inputs = [operations.Count], Width = count, Argument = argument, Numbers = numbers, Function = function,
        });
        for (int n = 0; n < trained.Layers.Count; n++) Add(OperationKind.Recurrent, trained.Layers[n].Shape.OutputCount, n, []);
        if (pooling == null) Add(OperationKind.Take, width, (int)StepKind.Final, []);
        else Add(OperationKind.Pool, width, (int)pooling, []);
        foreach (var (outputs, function) in layers)
        {
            Add(OperationKind.Linear, outputs, 0, Random(outputs * width + outputs));
            if (function != null) Add(OperationKind.Apply, outputs, 0, [0, 0], function.Value);
            width = outputs;
        }
        NetworkGraph graph = NetworkGraph.Of(operations, trained.InputCount, [.. trained.Layers.Select(layer => layer.Shape)]);
        return With(trained, graph, trained.Answer, null, Random(trained.OutputCount * width), trained.HeadBias);
    }

    /// <summary>Returns a model of layers in a row with another answer: a class per timestep, values in degrees, or an anomaly above 0.5.</summary>
    /// <param name="trained">A model of layers in a row; of features for an anomaly, which gets a head of random weights.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="seed">Seed of the weights of an anomaly.</param>
    /// <param name="scale">Largest of them.</param>
    public static TrainedModel WithAnswer(TrainedModel trained, AnswerKind answer, int seed = 1, double scale = 0.5)
    {
        int outputs = trained.OutputCount, inputs = trained.InputCount;
        var random = new Random(seed);
        float[] Random(int count) => Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2 - 1) * scale)).ToArray();
        return answer switch
        {
            AnswerKind.Anomaly => With(trained, null, answer, new AnswerScale(0.5f, [], [], []), Random(inputs * trained.HeadInputCount), Random(inputs)),
            AnswerKind.Values => With(trained, null, answer, Degrees(outputs), trained.HeadWeights, trained.HeadBias),
            _ => With(trained, trained.Graph, answer, null, trained.HeadWeights, trained.HeadBias),
        };
    }

    /// <summary>Returns a model of layers in a row whose answer is the class of the last timestep, with another head.</summary>
    public static TrainedModel WithHead(TrainedModel trained, float[] headWeights, float[] headBias) => With(
        trained, null, AnswerKind.Class, null, headWeights, headBias, [.. Enumerable.Range(0, headBias.Length).Select(n => $"class {n}")]);

    /// <summary>Returns a model with operations in front of its head, whose inputs may be fewer than those of its first layer.</summary>
    public static TrainedModel WithGraph(TrainedModel trained, int inputs, AnswerKind answer, params GraphOperation[] operations) => With(
        trained, NetworkGraph.Of(operations, inputs, [.. trained.Layers.Select(layer => layer.Shape)]), answer, null, trained.HeadWeights, trained.HeadBias,
        inputs: inputs);

    private static AnswerScale Degrees(int count) => new(
        0, [.. Enumerable.Range(0, count).Select(n => 20f + n)], [.. Enumerable.Range(0, count).Select(n => 2.5f)], [.. Enumerable.Repeat("C", count)]);

    private static TrainedModel With(
        TrainedModel trained, NetworkGraph? graph, AnswerKind answer, AnswerScale? scale, float[] headWeights, float[] headBias, string[]? names = null,
        int inputs = 0) => new()
    {
        Name = trained.Name,
        Input = trained.Input,
        InputCount = inputs > 0 ? inputs : trained.InputCount,
        ClassNames = names ?? (answer == AnswerKind.Anomaly ? AnswerScale.AnomalyNames : trained.ClassNames),
        Mean = inputs > 0 ? null : trained.Mean,
        Deviation = inputs > 0 ? null : trained.Deviation,
        CodePoints = trained.CodePoints,
        Embedding = trained.Embedding,
        Layers = trained.Layers,
        Graph = graph,
        Answer = answer,
        Scale = scale,
        HeadWeights = headWeights,
        HeadBias = headBias,
    };

    /// <summary>Returns a model with all kinds of pooling, or none, and up to three fully connected layers of all functions in front of its head.</summary>
    /// <param name="trained">A model of layers in a row.</param>
    /// <param name="seed">Seed of sizes and weights.</param>
    /// <param name="scale">Largest weight.</param>
    public static TrainedModel WithRandomTail(TrainedModel trained, int seed, double scale)
    {
        var random = new Random(seed);
        GraphFunction?[] functions = [null, GraphFunction.Relu, GraphFunction.Tanh];
        PoolKind? pooling = new PoolKind?[] { null, PoolKind.Mean, PoolKind.Max }[random.Next(3)];
        int count = random.Next(pooling == null ? 1 : 0, 4);
        return WithTail(trained, seed, scale, pooling, [.. Enumerable.Range(0, count).Select(_ => (random.Next(1, 20), functions[random.Next(3)]))]);
    }
}
