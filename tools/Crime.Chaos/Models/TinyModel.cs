// A network so small that boards and gateways compute it for real in a run of many seeds. What every computation must give is worked out
// once, by whole runs without an interruption.

using System;
using System.Collections.Concurrent;
using System.IO;
using System.Linq;
using Crime.FixedPoint;
using Crime.Gateway.Inference;
using Crime.Kernel;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Quantisation;
using Crime.Modelling.Ranges;

namespace Crime.Chaos.Models;

/// <summary>The answer of a gateway.</summary>
/// <param name="Label">Index of the class.</param>
/// <param name="Logits">The logits, with <see cref="TinyModel.LogitFractionBits"/>.</param>
internal sealed record GatewayAnswer(int Label, short[] Logits);

/// <summary>A model of one LSTM layer, its inputs, and the results that are right. Thread-safe.</summary>
internal sealed class TinyModel
{
    /// <summary>Features of a timestep.</summary>
    public const int Width = 2;

    /// <summary>Classes.</summary>
    public const int ClassCount = 4;

    /// <summary>Longest input in timesteps.</summary>
    public const int LongestLength = 32;

    /// <summary>Sequences that inputs are taken from; an input of a length is the beginning of one.</summary>
    public const int SequenceCount = 32;

    /// <summary>Fraction bits of the logits in answers.</summary>
    public const int LogitFractionBits = 10;

    private const int HiddenCount = 3;

    // All timesteps of all sequences.
    private static readonly short[][] s_sequences = MakeSequences();

    private readonly short[][][] _states = new short[SequenceCount][][];
    private readonly int[][] _labels = new int[SequenceCount][];
    private readonly int[][][] _logits = new int[SequenceCount][][];
    private readonly ConcurrentDictionary<int, GatewayAnswer> _answers = new();
    private readonly FloatModel _weights;

    private TinyModel(int seed)
    {
        byte[] bytes = Write(seed);
        ModelError error = ModelReader.TryRead(bytes, out ModelFile file);
        if (error != ModelError.None) throw new InvalidDataException(ModelErrors.Describe(error));
        File = file;
        _weights = new FloatModel(file);
        StateCount = _weights.BoardStateCount;
        RunAll();
    }

    /// <summary>The models that boards and gateways swap.</summary>
    public static TinyModel[] All { get; } = [new(1), new(2)];

    /// <summary>The model file.</summary>
    public ModelFile File { get; }

    /// <summary>Identity of the model.</summary>
    public uint Id => File.Id;

    /// <summary>Numbers of a board's state.</summary>
    public int StateCount { get; }

    /// <summary>Values of a sequence, [<see cref="LongestLength"/>][<see cref="Width"/>]; only read.</summary>
    public static short[] Values(int sequence) => s_sequences[sequence];

    /// <summary>A kernel for a board.</summary>
    public NetworkKernel NewKernel() => new(File);

    /// <summary>An engine for a gateway's worker.</summary>
    public BatchNetwork NewEngine() => new(_weights, 1);

    /// <summary>A board's state after the first timesteps of a sequence, if nothing has interrupted it.</summary>
    public ReadOnlySpan<short> StateAfter(int sequence, int length) => _states[sequence][length];

    /// <summary>The class that a board finds.</summary>
    public int BoardLabel(int sequence, int length) => _labels[sequence][length];

    /// <summary>The logits that a board finds.</summary>
    public ReadOnlySpan<int> BoardLogits(int sequence, int length) => _logits[sequence][length];

    /// <summary>The answer of a gateway to the timesteps from <paramref name="done"/> on, with the board's exact state before them.</summary>
    public GatewayAnswer AnswerTo(int sequence, int done, int length)
    {
        int key = (sequence * (LongestLength + 1) + done) * (LongestLength + 1) + length;
        return _answers.TryGetValue(key, out GatewayAnswer? known) ? known : _answers[key] = Compute(sequence, done, length);
    }

    /// <summary>Computes a request as a worker does.</summary>
    /// <param name="engine">The worker's engine.</param>
    /// <param name="values">The timesteps.</param>
    /// <param name="state">The state before them; empty for the start of an input.</param>
    /// <param name="logits">Receives the logits.</param>
    /// <returns>Index of the class.</returns>
    public int Run(BatchNetwork engine, ReadOnlyMemory<short> values, ReadOnlySpan<short> state, short[] logits)
    {
        var numbers = new float[ClassCount];
        BatchItem[] items =
        [
            new BatchItem
            {
                Values = values,
                FractionBits = File.InputFractionBits,
                Start = state.Length == 0 ? null : Gateway.Inference.NetworkState.FromBoard(_weights, state),
                Logits = numbers,
            },
        ];
        engine.Run(items);
        for (int i = 0; i < ClassCount; i++) logits[i] = QFormat.FromFloat(numbers[i], LogitFractionBits);
        return items[0].Label;
    }

    private GatewayAnswer Compute(int sequence, int done, int length)
    {
        var logits = new short[ClassCount];
        ReadOnlyMemory<short> values = Values(sequence).AsMemory(done * Width, (length - done) * Width);
        return new GatewayAnswer(Run(NewEngine(), values, done == 0 ? [] : StateAfter(sequence, done), logits), logits);
    }

    private void RunAll()
    {
        NetworkKernel kernel = NewKernel();
        for (int sequence = 0; sequence < SequenceCount; sequence++)
        {
            _states[sequence] = new short[LongestLength + 1][];
            _labels[sequence] = new int[LongestLength + 1];
            _logits[sequence] = new int[LongestLength + 1][];
            kernel.State.Reset();
            for (int length = 0; length <= LongestLength; length++)
            {
                if (length > 0) kernel.Advance(Values(sequence), length - 1, 1);
                _states[sequence][length] = new short[StateCount];
                kernel.State.CopyTo(_states[sequence][length]);
                _labels[sequence][length] = kernel.Classify();
                _logits[sequence][length] = (int[])kernel.Logits.Clone();
            }
        }
    }

    private static short[][] MakeSequences()
    {
        var random = new Random(SequenceCount);
        return [.. Enumerable.Range(0, SequenceCount).Select(_ =>
            Enumerable.Range(0, LongestLength * Width).Select(_ => (short)random.Next(-4096, 4096)).ToArray())];
    }

    private static byte[] Write(int seed)
    {
        var random = new Random(seed);
        float[] Floats(int count) => [.. Enumerable.Range(0, count).Select(_ => 2 * random.NextSingle() - 1)];
        int rows = new LayerShape(CellKind.Lstm, Direction.Forward, Width, HiddenCount, LayerOptions.None).RowCount;
        var trained = new TrainedModel
        {
            Name = $"tiny-{seed}",
            Input = InputKind.Features,
            InputCount = Width,
            ClassNames = [.. Enumerable.Range(0, ClassCount).Select(i => $"class {i}")],
            Embedding = [],
            Layers =
            [
                new RecurrentLayer
                {
                    Kind = CellKind.Lstm,
                    Direction = Direction.Forward,
                    InputCount = Width,
                    HiddenCount = HiddenCount,
                    Directions =
                    [
                        new DirectionWeights
                        {
                            InputWeights = Floats(rows * Width),
                            RecurrentWeights = Floats(rows * HiddenCount),
                            InputBias = Floats(rows),
                            RecurrentBias = Floats(rows),
                        },
                    ],
                },
            ],
            HeadWeights = Floats(ClassCount * HiddenCount),
            HeadBias = Floats(ClassCount),
        };
        return ModelFileWriter.Write(trained, Quantiser.Quantise(trained, Calibration.FromDefaults));
    }
}
