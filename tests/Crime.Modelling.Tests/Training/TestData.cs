using System;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Datasets;
using Crime.Modelling.Training;

namespace Crime.Modelling.Tests.Training;

/// <summary>Data and models out of a random generator.</summary>
internal static class TestData
{
    /// <summary>Two classes that differ in the order of the letters alone.</summary>
    public static Dataset TwoTexts { get; } = Texts();

    /// <summary>A sequence of standardised features, a few of them far out.</summary>
    public static TrainingSequence Features(Random random, int inputs, int length) => new(
        length, Enumerable.Range(0, length * inputs).Select(_ => (float)((random.NextDouble() * 4 - 2) * (random.Next(20) == 0 ? 4 : 1))).ToArray(), [], 0);

    /// <summary>A sequence of tokens.</summary>
    public static TrainingSequence Tokens(Random random, int vocabulary, int length) =>
        new(length, [], Enumerable.Range(0, length).Select(_ => random.Next(vocabulary)).ToArray(), 0);

    /// <summary>A model of random weights, a few of its gates saturating.</summary>
    public static TrainedModel Model(Random random, CellLayout layout, float scale)
    {
        float[] parameters = layout.Initialise(random);
        for (int i = layout.InputWeights; i < layout.HeadWeights; i++) parameters[i] *= scale;
        return new TrainedModel
        {
            Name = "random",
            Input = layout.VocabularyCount > 0 ? InputKind.Tokens : InputKind.Features,
            InputCount = layout.InputCount,
            ClassNames = Enumerable.Range(0, layout.ClassCount).Select(k => $"c{k}").ToArray(),
            CodePoints = layout.VocabularyCount > 0 ? Enumerable.Range('a', layout.VocabularyCount - 1).ToArray() : null,
            Embedding = parameters[layout.Embedding..layout.InputWeights],
            Layers = layout.ToModel(parameters, "", new TrainingData(TwoTexts)).Layers,
            HeadWeights = parameters[layout.HeadWeights..layout.HeadBias],
            HeadBias = parameters[layout.HeadBias..],
        };
    }

    private static Dataset Texts()
    {
        LabelledSequence[] sequences = Enumerable.Range(0, 200).Select(i =>
        {
            string text = i % 2 == 0 ? "abcabc" : "cbacba";
            return new LabelledSequence(i, i % 2 == 0 ? "up" : "down", 6, [], Array.ConvertAll(text.ToCharArray(), letter => (int)letter));
        }).ToArray();
        return new Dataset("text", IsText: true, 0, sequences, sequences);
    }
}
