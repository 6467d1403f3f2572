using System;
using System.Linq;
using Crime.Model;
using Crime.Modelling;

namespace Crime.Testing;

/// <summary>A network with random options, sizes and weights, and sequences for it; the same for the same seed.</summary>
public sealed class RandomNetwork
{
    /// <summary>Bits of <see cref="Values"/> behind the binary point.</summary>
    public const int FractionBits = 12;

    private static readonly Activation[] s_activations = Enum.GetValues<Activation>();
    private static readonly Activation[] s_gates = [Activation.Sigmoid, Activation.HardSigmoid];
    private static readonly Activation[] s_withinOne = [Activation.Tanh, Activation.ScaledTanh, Activation.Softsign];

    // No larger than a positive x, which the clipping here keeps below 1.
    private static readonly Activation[] s_below = [Activation.Relu, Activation.LeakyRelu, Activation.ThresholdedRelu, Activation.Elu];

    private readonly Random _random;

    /// <summary>Makes a network.</summary>
    /// <param name="seed">The seed of everything in it.</param>
    public RandomNetwork(int seed)
    {
        _random = new Random(seed);
        bool isTokens = Chance(0.25);
        int inputs = Size(), vocabulary = isTokens ? _random.Next(2, 30) : 0, classes = _random.Next(2, 7);
        var layers = new RecurrentLayer[_random.Next(1, 4)];
        for (int i = 0; i < layers.Length; i++) layers[i] = Layer(i == 0 ? inputs : layers[i - 1].Shape.OutputCount);
        Model = new TrainedModel
        {
            Name = $"seed {seed}",
            Input = isTokens ? InputKind.Tokens : InputKind.Features,
            InputCount = inputs,
            ClassNames = Enumerable.Range(0, classes).Select(k => $"class {k}").ToArray(),
            CodePoints = isTokens ? Enumerable.Range('a', vocabulary - 1).ToArray() : null,
            Embedding = Floats(vocabulary * inputs, 2),
            Layers = layers,
            HeadInput = (HeadInput)_random.Next(3),
            HeadWeights = Floats(classes * layers[^1].Shape.OutputCount, 1),
            HeadBias = Floats(classes, 1),
        };
        Values = new short[_random.Next(1, 6)][];
        for (int n = 0; n < Values.Length; n++)
        {
            int length = IsShort(layers) ? _random.Next(1, 4) : _random.Next(1, 51);
            Values[n] = new short[length * (isTokens ? 1 : inputs)];
            for (int k = 0; k < Values[n].Length; k++) Values[n][k] = (short)(isTokens ? _random.Next(vocabulary) : _random.Next(-8192, 8192));
        }
    }

    /// <summary>The network.</summary>
    public TrainedModel Model { get; }

    /// <summary>One to five sequences as they come in a request.</summary>
    public short[][] Values { get; }

    /// <summary>A sequence as the first layer sees it, [length][inputs].</summary>
    public float[][] Inputs(int sequence) => Model.Input == InputKind.Tokens
        ? Values[sequence].Select(token => Model.Embedding.Skip(token * Model.InputCount).Take(Model.InputCount).ToArray()).ToArray()
        : Values[sequence].Select(value => value / (float)(1 << FractionBits)).Chunk(Model.InputCount).ToArray();

    private RecurrentLayer Layer(int inputs)
    {
        var kind = (CellKind)_random.Next(1, 4);
        var direction = (Direction)_random.Next(1, 4);
        int hidden = Size();
        bool isLstm = kind == CellKind.Lstm, hasPeepholes = isLstm && Chance(0.5), hasActivations = Chance(0.6);
        bool hasInitialHidden = Chance(0.5), hasInitialCell = isLstm && Chance(0.5);
        DirectionWeights Weights()
        {
            int rows = new LayerShape(kind, direction, inputs, hidden, LayerOptions.None).RowCount;
            // Small enough that the state forgets: a chaotic network would multiply any rounding.
            float scale = 1 / MathF.Sqrt(inputs + hidden);
            return new DirectionWeights
            {
                InputWeights = Floats(rows * inputs, 2 * scale),
                RecurrentWeights = Floats(rows * hidden, scale),
                InputBias = Floats(rows, 0.5f),
                RecurrentBias = Floats(rows, 0.5f),
                Peepholes = hasPeepholes ? Floats(3 * hidden, 0.5f) : null,
                InitialHidden = hasInitialHidden ? Floats(hidden, 1) : null,
                InitialCell = hasInitialCell ? Floats(hidden, 2) : null,
                Activations = hasActivations ? Activations(kind) : null,
            };
        }
        return new RecurrentLayer
        {
            Kind = kind,
            Direction = direction,
            InputCount = inputs,
            HiddenCount = hidden,
            Clip = Chance(0.4) ? 0.3f + 0.7f * _random.NextSingle() : 0,
            IsInputForget = isLstm && Chance(0.3),
            IsResetBefore = kind == CellKind.Gru && Chance(0.5),
            Directions = direction == Direction.Both ? [Weights(), Weights()] : [Weights()],
        };
    }

    private ActivationFunction[] Activations(CellKind kind)
    {
        ActivationFunction One(Activation[] choice)
        {
            Activation function = choice[_random.Next(choice.Length)];
            // Slopes up to 1, for the same reason as the small weights.
            return function switch
            {
                Activation.Affine => new(function, 0.3f + 0.6f * _random.NextSingle(), 0.6f * _random.NextSingle() - 0.3f),
                Activation.HardSigmoid => new(function, 0.1f + 0.4f * _random.NextSingle(), 0.3f + 0.4f * _random.NextSingle()),
                Activation.ScaledTanh => new(function, 0.5f + 0.5f * _random.NextSingle(), 0.3f + 0.7f * _random.NextSingle()),
                Activation.LeakyRelu or Activation.ThresholdedRelu or Activation.Elu => new(function, 0.05f + 0.5f * _random.NextSingle()),
                _ => new(function),
            };
        }
        // Half of the gates are such that long sequences make sense.
        ActivationFunction first = One(kind != CellKind.Rnn && Chance(0.5) ? s_gates : s_activations);
        return kind == CellKind.Rnn ? [first, first, first] : [first, One(s_activations), One(s_activations)];
    }

    /// <summary>
    /// Gates that may leave [0, 1], where an LSTM's forget gate may also go down to -1, let the state grow without end, and a
    /// rounding with it: such a network gets few timesteps.
    /// </summary>
    private static bool IsShort(RecurrentLayer[] layers) => layers.Any(layer => layer.Kind != CellKind.Rnn && layer.Directions.Any(weights =>
    {
        Activation gates = layer.ActivationsOf(weights)[0].Function;
        bool isDamped = layer.Kind == CellKind.Lstm && !layer.IsInputForget && (s_withinOne.Contains(gates) || layer.Clip > 0 && s_below.Contains(gates));
        return gates is not (Activation.Sigmoid or Activation.HardSigmoid) && !isDamped;
    }));

    private int Size() => Chance(0.1) ? 1 : _random.Next(1, 41);

    private bool Chance(double share) => _random.NextDouble() < share;

    private float[] Floats(int count, float limit) => Enumerable.Range(0, count).Select(_ => limit * (2 * _random.NextSingle() - 1)).ToArray();
}
