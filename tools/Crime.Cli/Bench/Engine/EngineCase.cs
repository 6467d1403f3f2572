// What the engine bench runs: the grid of networks and batches, each with weights and inputs from a seed.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling;

namespace Crime.Cli.Bench.Engine;

/// <summary>One cell of the grid.</summary>
/// <param name="Kind">LSTM or GRU.</param>
/// <param name="HiddenCount">Hidden units.</param>
/// <param name="InputCount">Numbers per timestep.</param>
/// <param name="Lengths">Timesteps of each sequence of the batch.</param>
internal sealed record EngineCase(CellKind Kind, int HiddenCount, int InputCount, IReadOnlyList<int> Lengths)
{
    /// <summary>Numbers per timestep where nothing else is asked for: as many as the Japanese vowels have.</summary>
    public const int UsualInputCount = 12;

    /// <summary>Timesteps of the longest sequence.</summary>
    public const int Length = 50;

    /// <summary>Fraction bits of the inputs.</summary>
    public const int FractionBits = 12;

    /// <summary>From this many hidden units on a network counts as large.</summary>
    public const int LargeHiddenCount = 128;

    /// <summary>Most numbers per timestep.</summary>
    public const int MaxInputCount = 256;

    private const int ClassCount = 2;
    private const int Limit = 2 << FractionBits;

    private static readonly int[] s_batchCounts = [1, 8, 32];

    /// <summary>Hidden units of the networks.</summary>
    public static IReadOnlyList<int> HiddenCounts { get; } = [16, 32, 64, 128, 256];

    /// <summary>Sequences in the batch.</summary>
    public int BatchCount => Lengths.Count;

    /// <summary>Whether the sequences end at different timesteps.</summary>
    public bool IsMixed => Lengths.Distinct().Count() > 1;

    /// <summary>Whether the network is a large one.</summary>
    public bool IsLarge => HiddenCount >= LargeHiddenCount;

    /// <summary>The grid of one cell: all sequences of <see cref="Length"/> timesteps, or of mixed lengths where there are several.</summary>
    public static IEnumerable<EngineCase> Grid(CellKind kind, int inputs, bool isMixed) =>
        from hidden in HiddenCounts
        from batch in s_batchCounts
        where !isMixed || batch > 1
        select new EngineCase(kind, hidden, inputs, isMixed ? MixedLengths(batch) : Enumerable.Repeat(Length, batch).ToArray());

    /// <summary>The network: weights as PyTorch draws them before training, and a head of two classes.</summary>
    public TrainedModel Network()
    {
        var random = new Random(HiddenCount);
        float limit = 1 / MathF.Sqrt(HiddenCount);
        float[] Floats(int count) => Enumerable.Range(0, count).Select(_ => limit * (2 * random.NextSingle() - 1)).ToArray();
        int rows = new LayerShape(Kind, Direction.Forward, InputCount, HiddenCount, LayerOptions.None).RowCount;
        return new TrainedModel
        {
            Name = $"{Kind} {HiddenCount}",
            Input = InputKind.Features,
            InputCount = InputCount,
            ClassNames = ["one", "two"],
            Embedding = [],
            Layers =
            [
                new RecurrentLayer
                {
                    Kind = Kind,
                    InputCount = InputCount,
                    HiddenCount = HiddenCount,
                    Directions =
                    [
                        new DirectionWeights
                        {
                            InputWeights = Floats(rows * InputCount),
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
    }

    /// <summary>The inputs as they come in requests, [sequences][length * inputs].</summary>
    public short[][] Inputs()
    {
        var random = new Random(BatchCount);
        return Lengths.Select(length => Enumerable.Range(0, length * InputCount).Select(_ => (short)random.Next(-Limit, Limit)).ToArray()).ToArray();
    }

    /// <summary>Evenly from 1 timestep to all, in no order.</summary>
    private static int[] MixedLengths(int batch)
    {
        int[] lengths = Enumerable.Range(0, batch).Select(n => 1 + n * (Length - 1) / (batch - 1)).ToArray();
        new Random(batch).Shuffle(lengths);
        return lengths;
    }
}
