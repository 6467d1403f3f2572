// The models of the gateway's benchmark: random weights, for speed does not depend on what a network has learnt.

using System;
using System.Linq;
using Crime.Frames;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.ModelFiles;

namespace Crime.Cli.Bench.Load;

/// <summary>A random LSTM as a model file, and a request for it.</summary>
internal sealed class BenchModel
{
    /// <summary>Features per timestep.</summary>
    public const int InputCount = 13;

    /// <summary>Classes.</summary>
    public const int ClassCount = 10;

    private const int FractionBits = 12;

    /// <summary>Makes a model.</summary>
    /// <param name="hiddenCount">Hidden units.</param>
    /// <param name="seed">Of its weights.</param>
    public BenchModel(int hiddenCount, int seed = 1)
    {
        var random = new Random(seed);
        float[] Weights(int count) => Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2 - 1) / MathF.Sqrt(hiddenCount)).ToArray();
        Name = $"bench-{hiddenCount}-{seed}";
        var trained = new TrainedModel
        {
            Name = Name,
            Input = InputKind.Features,
            InputCount = InputCount,
            ClassNames = Enumerable.Range(0, ClassCount).Select(i => $"class {i}").ToArray(),
            CodePoints = null,
            Embedding = [],
            Layers =
            [
                new RecurrentLayer
                {
                    Kind = CellKind.Lstm,
                    InputCount = InputCount,
                    HiddenCount = hiddenCount,
                    Directions =
                    [
                        new DirectionWeights
                        {
                            InputWeights = Weights(4 * hiddenCount * InputCount),
                            RecurrentWeights = Weights(4 * hiddenCount * hiddenCount),
                            InputBias = Weights(4 * hiddenCount),
                            RecurrentBias = Weights(4 * hiddenCount),
                        },
                    ],
                },
            ],
            HeadWeights = Weights(ClassCount * hiddenCount),
            HeadBias = Weights(ClassCount),
        };
        File = ModelFileWriter.Write(trained, null);
        Id = ModelLoading.Parse(File, Name).Id;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The file.</summary>
    public byte[] File { get; }

    /// <summary>Identity of its weights.</summary>
    public uint Id { get; }

    /// <summary>A request with values within two deviations.</summary>
    /// <param name="length">Timesteps.</param>
    /// <param name="modelId">Another model to ask for with the same values; null for this one.</param>
    public RequestFrame Request(int length, uint? modelId = null)
    {
        var random = new Random(length);
        return new RequestFrame
        {
            Session = 1,
            ModelId = modelId ?? Id,
            Length = length,
            ValuesPerStep = InputCount,
            Encoding = SequenceEncoding.Int16,
            FractionBits = FractionBits,
            Values = Enumerable.Range(0, length * InputCount).Select(_ => (short)random.Next(-2 << FractionBits, 2 << FractionBits)).ToArray(),
        };
    }
}
