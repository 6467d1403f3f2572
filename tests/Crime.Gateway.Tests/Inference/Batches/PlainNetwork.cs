using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.ModelFiles;

namespace Crime.Gateway.Tests.Inference.Batches;

/// <summary>A network without options, as the fast path takes it, with random weights; the same for the same arguments.</summary>
internal sealed class PlainNetwork
{
    public const int FractionBits = 12;

    private readonly Random _random;

    public PlainNetwork(int seed, CellKind kind, int inputs, int hidden, int layers = 1, Direction direction = Direction.Forward,
        HeadInput head = HeadInput.FinalState, bool isTokens = false)
    {
        _random = new Random(seed);
        var all = new List<RecurrentLayer>();
        for (int i = 0; i < layers; i++) all.Add(Layer(kind, i == 0 ? inputs : all[^1].Shape.OutputCount, hidden, direction));
        Model = new TrainedModel
        {
            Name = $"{kind} {inputs} {hidden}",
            Input = isTokens ? InputKind.Tokens : InputKind.Features,
            InputCount = inputs,
            ClassNames = ["one", "two", "three"],
            CodePoints = isTokens ? Enumerable.Range('a', 9).ToArray() : null,
            Embedding = isTokens ? Floats(10 * inputs, 2) : [],
            Layers = all,
            HeadInput = head,
            HeadWeights = Floats(3 * all[^1].Shape.OutputCount, 1),
            HeadBias = Floats(3, 1),
        };
    }

    public TrainedModel Model { get; }

    public ModelFile File => ModelLoading.FloatOnly(Model);

    /// <summary>A sequence as it comes in a request.</summary>
    public short[] Sequence(int length) => Model.Input == InputKind.Tokens
        ? Enumerable.Range(0, length).Select(_ => (short)_random.Next(10)).ToArray()
        : Enumerable.Range(0, length * Model.InputCount).Select(_ => (short)_random.Next(-8192, 8192)).ToArray();

    /// <summary>States and logits in double precision.</summary>
    public (IReadOnlyList<ReferenceStates> Layers, double[] Logits) Reference(short[] values) => OnnxReference.Run(Model, Model.Input == InputKind.Tokens
        ? values.Select(token => Model.Embedding.Skip(token * Model.InputCount).Take(Model.InputCount).Select(x => (double)x).ToArray()).ToArray()
        : values.Select(value => value / (double)(1 << FractionBits)).Chunk(Model.InputCount).ToArray());

    private RecurrentLayer Layer(CellKind kind, int inputs, int hidden, Direction direction)
    {
        int rows = (kind == CellKind.Lstm ? 4 : 3) * hidden;
        float scale = 1 / MathF.Sqrt(inputs + hidden);
        DirectionWeights Weights() => new()
        {
            InputWeights = Floats(rows * inputs, 2 * scale),
            RecurrentWeights = Floats(rows * hidden, scale),
            InputBias = Floats(rows, 0.5f),
            RecurrentBias = Floats(rows, 0.5f),
            InitialHidden = Floats(hidden, 1),
            InitialCell = kind == CellKind.Lstm ? Floats(hidden, 2) : null,
        };
        return new RecurrentLayer
        {
            Kind = kind,
            Direction = direction,
            InputCount = inputs,
            HiddenCount = hidden,
            Directions = direction == Direction.Both ? [Weights(), Weights()] : [Weights()],
        };
    }

    private float[] Floats(int count, float limit) => Enumerable.Range(0, count).Select(_ => limit * (2 * _random.NextSingle() - 1)).ToArray();
}
