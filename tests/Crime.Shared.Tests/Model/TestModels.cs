using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Quantisation;

namespace Crime.Shared.Tests.Model;

/// <summary>Small random models, made by the real writer.</summary>
internal static class TestModels
{
    /// <summary>A model of one LSTM layer, as a file.</summary>
    public static byte[] Write(int inputs, int hidden, int classes, int vocabulary = 0, int seed = 1, double scale = 1) =>
        Write(Make(inputs, [(CellKind.Lstm, hidden)], classes, vocabulary, seed, scale));

    /// <summary>A model as a file for boards and gateways.</summary>
    public static byte[] Write(TrainedModel trained, int weightBits = Quantiser.FullWeightBits, Calibration? calibration = null) =>
        ModelFileWriter.Write(trained, Quantiser.Quantise(trained, calibration ?? Calibration.FromDefaults, weightBits));

    /// <summary>A forward model with weights evenly spread up to a scale.</summary>
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
}
