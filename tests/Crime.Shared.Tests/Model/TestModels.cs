using System;
using System.Linq;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Quantisation;

namespace Crime.Shared.Tests.Model;

/// <summary>Small random models, made by the real writer.</summary>
internal static class TestModels
{
    public static byte[] Write(int inputs, int hidden, int classes, int vocabulary = 0, int seed = 1, double scale = 1)
    {
        var random = new Random(seed);
        float[] Random(int count) => Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2 - 1) * scale)).ToArray();
        bool tokens = vocabulary > 0;
        var trained = new TrainedModel
        {
            Name = "test",
            Input = tokens ? InputKind.Tokens : InputKind.Features,
            InputCount = inputs,
            ClassNames = Enumerable.Range(0, classes).Select(i => $"class {i}").ToArray(),
            Mean = tokens ? null : Random(inputs),
            Deviation = tokens ? null : Random(inputs).Select(value => MathF.Abs(value) + 0.1f).ToArray(),
            CodePoints = tokens ? Enumerable.Range('a', vocabulary - 1).ToArray() : null,
            Embedding = Random(vocabulary * inputs),
            Layers =
            [
                new RecurrentLayer
                {
                    Kind = CellKind.Lstm,
                    InputCount = inputs,
                    HiddenCount = hidden,
                    Directions =
                    [
                        new DirectionWeights
                        {
                            InputWeights = Random(4 * hidden * inputs),
                            RecurrentWeights = Random(4 * hidden * hidden),
                            InputBias = Random(4 * hidden),
                            RecurrentBias = Random(4 * hidden),
                        },
                    ],
                },
            ],
            HeadWeights = Random(classes * hidden),
            HeadBias = Random(classes),
        };
        return ModelFileWriter.Write(trained, Quantiser.Quantise(trained, Calibration.FromDefaults));
    }
}
