// A data set as the trainer eats it: standardised with the training part's own mean and deviation, or as token numbers.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Datasets;
using Crime.Modelling.ModelFiles;

namespace Crime.Modelling.Training;

/// <summary>A sequence as the trainer eats it.</summary>
/// <param name="Length">Timesteps.</param>
/// <param name="Features">Standardised features, [length][inputs]; empty for tokens.</param>
/// <param name="Tokens">Token numbers, [length]; empty for features.</param>
/// <param name="Label">Index of the class.</param>
public sealed record TrainingSequence(int Length, float[] Features, int[] Tokens, int Label)
{
    /// <summary>The take that the sequence is from; null when it is not known.</summary>
    public string? Take { get; init; }
}

/// <summary>A data set, prepared.</summary>
public sealed class TrainingData
{
    private const int LeastOccurrences = 10;

    private readonly Dictionary<int, int> _tokens = [];
    private readonly Dataset _data;

    /// <summary>Prepares a data set for a new model: what its inputs are is found in its training part.</summary>
    /// <exception cref="UserInputException">There is nothing to learn from it.</exception>
    public TrainingData(Dataset data)
    {
        _data = data;
        if (data.Train.Count == 0) throw new UserInputException($"data set '{data.Name}' has no training sequences");
        ClassNames = data.Train.Concat(data.Test).Select(sequence => sequence.Label).Distinct().Order(ClassOrder.ByNumberThenText).ToArray();
        if (ClassNames.Count < 2) throw new UserInputException($"data set '{data.Name}' has only the class '{ClassNames[0]}': there is nothing to tell apart");
        TrainingLimits.Check(data, ClassNames);
        if (data.IsText) CodePoints = TrainingLimits.CheckVocabulary(data, Vocabulary(data), LeastOccurrences);
        else (Mean, Deviation) = Moments(data);
        NumberTokens();
        Train = data.Train.Select(Prepare).ToArray();
    }

    /// <summary>Prepares a data set for a model that exists: it says what the inputs are.</summary>
    /// <exception cref="UserInputException">The data do not fit the model.</exception>
    public TrainingData(Dataset data, TrainedModel model)
    {
        _data = data;
        new ModelInput(ModelLoading.FloatOnly(model)).CheckFits(data);
        if (data.Train.Count == 0) throw new UserInputException($"data set '{data.Name}' has no training sequences");
        ClassNames = model.ClassNames;
        CodePoints = model.CodePoints;
        Mean = model.Mean;
        Deviation = model.Deviation;
        NumberTokens();
        Train = data.Train.Select(Prepare).ToArray();
    }

    /// <summary>Name of the data set.</summary>
    public string Name => _data.Name;

    /// <summary>Features per timestep; null for text, where the model decides the width of its embedding.</summary>
    public int? InputCount => _data.IsText ? null : _data.FeatureCount;

    /// <summary>Names of the classes: by number where all are numbers, else by letter.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Mean per feature over all frames of the training part; null for text and for inputs that are taken as they are.</summary>
    public float[]? Mean { get; }

    /// <summary>Population standard deviation per feature; null where the mean is.</summary>
    public float[]? Deviation { get; }

    /// <summary>Code points of the tokens, by frequency; null for features.</summary>
    public int[]? CodePoints { get; }

    /// <summary>Tokens with the unknown one; 0 for features.</summary>
    public int VocabularyCount => CodePoints == null ? 0 : CodePoints.Length + 1;

    /// <summary>The training sequences.</summary>
    public IReadOnlyList<TrainingSequence> Train { get; }

    /// <summary>The test sequences, prepared when they are asked for.</summary>
    public IEnumerable<TrainingSequence> Test => _data.Test.Select(Prepare);

    private TrainingSequence Prepare(LabelledSequence sequence)
    {
        int label = ((IList<string>)ClassNames).IndexOf(sequence.Label);
        if (_data.IsText)
            return new TrainingSequence(sequence.Length, [], sequence.CodePoints.Select(point => _tokens.GetValueOrDefault(point)).ToArray(), label)
            {
                Take = sequence.Take,
            };
        if (Mean == null) return new TrainingSequence(sequence.Length, sequence.Features, [], label) { Take = sequence.Take };
        var values = new float[sequence.Features.Length];
        for (int i = 0; i < values.Length; i++) values[i] = (sequence.Features[i] - Mean[i % Mean.Length]) / Deviation![i % Mean.Length];
        return new TrainingSequence(sequence.Length, values, [], label) { Take = sequence.Take };
    }

    private static (float[] Mean, float[] Deviation) Moments(Dataset data)
    {
        int features = data.FeatureCount;
        double[] sum = new double[features], squares = new double[features];
        long frames = 0;
        foreach (LabelledSequence sequence in data.Train)
        {
            frames += sequence.Length;
            for (int i = 0; i < sequence.Features.Length; i++)
            {
                sum[i % features] += sequence.Features[i];
                squares[i % features] += (double)sequence.Features[i] * sequence.Features[i];
            }
        }
        double[] mean = sum.Select(value => value / frames).ToArray();
        // A feature that never changes carries nothing: any deviation will do.
        double[] deviation = squares.Select((value, i) => Math.Sqrt(Math.Max(0, value / frames - mean[i] * mean[i]))).ToArray();
        return (mean.Select(value => (float)value).ToArray(), deviation.Select(value => value < 1e-6 ? 1f : (float)value).ToArray());
    }

    /// <summary>Characters that occur at least <see cref="LeastOccurrences"/> times, the most frequent first.</summary>
    private static int[] Vocabulary(Dataset data)
    {
        return data.Train.SelectMany(sequence => sequence.CodePoints).GroupBy(point => point)
            .Where(group => group.Count() >= LeastOccurrences).OrderByDescending(group => group.Count()).ThenBy(group => group.Key)
            .Select(group => group.Key).ToArray();
    }

    private void NumberTokens()
    {
        for (int i = 0; CodePoints != null && i < CodePoints.Length; i++) _tokens[CodePoints[i]] = i + 1;
    }
}
