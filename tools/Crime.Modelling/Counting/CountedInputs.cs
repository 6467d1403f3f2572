// Inputs to count on: a data set's, the project's own gestures where they fit the model, or numbers from a seed.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.FixedPoint;
using Crime.Model;
using Crime.Modelling.Datasets;

namespace Crime.Modelling.Counting;

/// <summary>Sequences as a board computes them.</summary>
/// <param name="Source">Where they come from, for people.</param>
/// <param name="Sequences">Timestep by timestep.</param>
public sealed record CountedInputs(string Source, IReadOnlyList<short[]> Sequences)
{
    /// <summary>Timesteps of a made-up sequence.</summary>
    public const int RandomLength = 50;

    private const int Seed = 1;

    /// <summary>Lengths of all inputs that the board may have, in timesteps: of a data set, its whole test part.</summary>
    public IReadOnlyList<int> Lengths { get; init; } = [];

    /// <summary>The first sequences of a data set's test part.</summary>
    public static CountedInputs From(Dataset data, ModelFile model, int limit)
    {
        var input = new ModelInput(model);
        input.CheckFits(data);
        return new CountedInputs(data.Name, data.Test.Take(limit).Select(input.Quantised).ToArray())
        {
            Lengths = data.Test.Select(sequence => sequence.Length).ToArray(),
        };
    }

    /// <summary>The gestures for a model of gestures, standard normal numbers (or tokens) for any other.</summary>
    public static CountedInputs Default(ModelFile model, int limit)
    {
        if (model.Input == InputKind.Features && GestureGenerator.ClassNames.Order().SequenceEqual(model.ClassNames.Order()))
            return From(GestureGenerator.Generate(trainCount: 0), model, limit);
        return Random(model, limit);
    }

    /// <summary>Sequences from a seed.</summary>
    public static CountedInputs Random(ModelFile model, int count)
    {
        var random = new Random(Seed);
        short Value() => model.Input == InputKind.Tokens
            ? (short)random.Next(model.VocabularyCount)
            : QFormat.FromFloat((float)Normal(random), model.InputFractionBits);
        var sequences = Enumerable.Range(0, count)
            .Select(_ => Enumerable.Range(0, RandomLength * model.ValuesPerStep).Select(_ => Value()).ToArray()).ToArray();
        return new CountedInputs($"{count} random sequences of {RandomLength} timesteps, seed {Seed}", sequences)
        {
            Lengths = Enumerable.Repeat(RandomLength, count).ToArray(),
        };
    }

    /// <summary>The sum of twelve uniform numbers: near enough to a normal one, and the same on every machine.</summary>
    private static double Normal(Random random) => Enumerable.Range(0, 12).Sum(_ => random.NextDouble()) - 6;
}
