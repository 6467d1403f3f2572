using System;
using System.IO;
using System.Linq;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Quantisation;

namespace Crime.Gateway.Tests.Running;

/// <summary>Random models, made by the real writer.</summary>
internal static class TestModels
{
    public const int Inputs = 3;
    public const int Classes = 4;
    public const int Vocabulary = 20;

    /// <summary>A model of features that answers in microseconds.</summary>
    public static byte[] Features { get; } = Write("features", Inputs, hidden: 8, seed: 1);

    /// <summary>A model of tokens.</summary>
    public static byte[] Tokens { get; } = Write("tokens", inputs: 5, hidden: 8, seed: 2, vocabulary: Vocabulary);

    /// <summary>A model that keeps a worker busy for a second with one long request. For gateways only.</summary>
    public static byte[] Slow { get; } = Write("slow", inputs: 1, hidden: 512, seed: 3, isForBoards: false);

    public static ModelFile Parse(byte[] bytes)
    {
        ModelError error = ModelReader.TryRead(bytes, out ModelFile model);
        return error == ModelError.None ? model : throw new InvalidDataException(ModelErrors.Describe(error));
    }

    public static byte[] Write(
        string name, int inputs, int hidden, int seed, int vocabulary = 0, bool isForBoards = true, float scale = 1, int layers = 1)
    {
        var random = new Random(seed);
        float[] Random(int count) => Enumerable.Range(0, count).Select(_ => scale * (random.NextSingle() * 2 - 1)).ToArray();
        RecurrentLayer Layer(int inputCount) => new()
        {
            Kind = CellKind.Lstm,
            InputCount = inputCount,
            HiddenCount = hidden,
            Directions =
            [
                new DirectionWeights
                {
                    InputWeights = Random(4 * hidden * inputCount),
                    RecurrentWeights = Random(4 * hidden * hidden),
                    InputBias = Random(4 * hidden),
                    RecurrentBias = Random(4 * hidden),
                },
            ],
        };
        bool isTokens = vocabulary > 0;
        var trained = new TrainedModel
        {
            Name = name,
            Input = isTokens ? InputKind.Tokens : InputKind.Features,
            InputCount = inputs,
            ClassNames = Enumerable.Range(0, Classes).Select(i => $"class {i}").ToArray(),
            CodePoints = isTokens ? Enumerable.Range('a', vocabulary - 1).ToArray() : null,
            Embedding = Random(vocabulary * inputs),
            Layers = Enumerable.Range(0, layers).Select(layer => Layer(layer == 0 ? inputs : hidden)).ToArray(),
            HeadWeights = Random(Classes * hidden),
            HeadBias = Random(Classes),
        };
        return ModelFileWriter.Write(trained, isForBoards ? Quantiser.Quantise(trained, Calibration.FromDefaults) : null);
    }
}
