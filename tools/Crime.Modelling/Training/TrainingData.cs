// A data set as the trainer eats it: standardised with the training part's own mean and deviation, or as token numbers.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;
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

    /// <summary>Standardised values, [values], or those of each timestep, [length][values]; empty for classes.</summary>
    public float[] Values { get; init; } = [];

    /// <summary>Index of the class of each timestep, [length]; empty for other labels.</summary>
    public int[] StepLabels { get; init; } = [];
}

/// <summary>A data set, prepared.</summary>
public sealed class TrainingData
{
    private const int LeastOccurrences = 10;

    // A fifth of the normal sequences decides the threshold of an anomaly: a quantile of few scores is a guess, and fewer sequences teach less.
    private const int HeldOutEvery = 5;

    private readonly Dictionary<int, int> _tokens = [];
    private readonly Dataset _data;
    private IReadOnlyList<LabelledSequence> _heldOut = [];

    /// <summary>Prepares a data set for a new model: its training part shows the inputs of the model.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="task">The answer to learn; null for one class.</param>
    /// <exception cref="UserInputException">There is nothing to learn from it, or it has no such answer.</exception>
    public TrainingData(Dataset data, TrainingTask? task = null)
    {
        _data = data;
        Task = task ?? TrainingTask.Classes;
        if (data.Train.Count == 0) throw new UserInputException($"data set '{data.Name}' has no training sequences");
        TrainingLimits.CheckLabels(data, Task);
        IReadOnlyList<LabelledSequence> train = DivideNormal();
        ClassNames = NamesOf();
        TrainingLimits.Check(data, Task, ClassNames);
        if (Task.Answer == TrainingAnswer.Value) Scale = TargetScale.Of(data, Task.Units);
        if (data.IsText) CodePoints = TrainingLimits.CheckVocabulary(data, Vocabulary(data), LeastOccurrences);
        else (Mean, Deviation) = Moments(train, data.FeatureCount);
        NumberTokens();
        Train = train.Select(Prepare).ToArray();
    }

    /// <summary>Prepares a data set for a model that exists: it says what the inputs and the answer are.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="model">The model.</param>
    /// <param name="task">Settings of its answer; null for those of one class.</param>
    /// <exception cref="UserInputException">The data do not fit the model.</exception>
    public TrainingData(Dataset data, TrainedModel model, TrainingTask? task = null)
    {
        _data = data;
        Task = (task ?? TrainingTask.Classes) with { Answer = TrainingTask.AnswerOf(model) };
        new ModelInput(ModelLoading.FloatOnly(model)).CheckFits(data);
        if (data.Train.Count == 0) throw new UserInputException($"data set '{data.Name}' has no training sequences");
        TrainingLimits.CheckLabels(data, Task);
        IReadOnlyList<LabelledSequence> train = DivideNormal();
        ClassNames = model.ClassNames;
        if (Task.Answer == TrainingAnswer.Value && data.ValueNames.Count != model.OutputCount)
            throw new UserInputException($"data set '{data.Name}' has {data.ValueNames.Count} values, but model '{model.Name}' gives {model.OutputCount}");
        if (Task.Answer == TrainingAnswer.Value) Scale = model.ValueScale;
        CodePoints = model.CodePoints;
        Mean = model.Mean;
        Deviation = model.Deviation;
        NumberTokens();
        Train = train.Select(Prepare).ToArray();
    }

    /// <summary>The answer to learn.</summary>
    public TrainingTask Task { get; }

    /// <summary>The loss of the answer.</summary>
    public TrainingLoss Loss => Task.Answer switch
    {
        TrainingAnswer.Logit => new TrainingLoss(LossKind.Logistic, IsPerStep: false),
        // A forecast is known at every timestep: each beginning of a sequence is a sequence to learn from.
        TrainingAnswer.Value => new TrainingLoss(LossKind.SquaredError, _data.Train[0].StepValues.Length > 0),
        TrainingAnswer.StepClass => new TrainingLoss(LossKind.CrossEntropy, IsPerStep: true),
        TrainingAnswer.Anomaly => new TrainingLoss(LossKind.SquaredError, IsPerStep: true),
        _ => TrainingLoss.Class,
    };

    /// <summary>Numbers of the head.</summary>
    public int OutputCount => Task.Answer switch
    {
        TrainingAnswer.Logit => 1,
        TrainingAnswer.Anomaly => _data.FeatureCount,
        _ => ClassNames.Count,
    };

    /// <summary>The meaning of the numbers of the head.</summary>
    public AnswerKind AnswerKind => Task.Answer switch
    {
        TrainingAnswer.Value => AnswerKind.Values,
        TrainingAnswer.StepClass => AnswerKind.ClassPerStep,
        TrainingAnswer.Anomaly => AnswerKind.Anomaly,
        _ => AnswerKind.Class,
    };

    /// <summary>Scale and units of values: mean and deviation of the training part; null for other answers.</summary>
    public AnswerScale? Scale { get; }

    /// <summary>Normal sequences that no training sees: their scores decide the threshold. Empty for other answers than an anomaly.</summary>
    public IReadOnlyList<TrainingSequence> HeldOut => [.. _heldOut.Select(Prepare)];

    /// <summary>Name of the data set.</summary>
    public string Name => _data.Name;

    /// <summary>Features per timestep; null for text, where the model decides the width of its embedding.</summary>
    public int? InputCount => _data.IsText ? null : _data.FeatureCount;

    /// <summary>Names of the classes: by number where all are numbers, else by letter. Of values their names.</summary>
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

    /// <summary>Returns sequences with the numbers that the head learns to give.</summary>
    /// <param name="sequences">Sequences of this data set.</param>
    internal IEnumerable<TrainingExample> Examples(IEnumerable<TrainingSequence> sequences)
    {
        int outputs = OutputCount;
        float[][] classes = [.. Enumerable.Range(0, outputs).Select(label => Enumerable.Range(0, outputs).Select(k => k == label ? 1f : 0f).ToArray())];
        return sequences.Select(sequence => new TrainingExample(sequence, Task.Answer switch
        {
            TrainingAnswer.Logit => new float[] { sequence.Label },
            TrainingAnswer.Value => sequence.Values,
            TrainingAnswer.StepClass => sequence.StepLabels.SelectMany(label => classes[label]).ToArray(),
            // The next timestep of each but the last one.
            TrainingAnswer.Anomaly => sequence.Features.AsMemory(outputs),
            _ => classes[sequence.Label],
        }));
    }

    private TrainingSequence Prepare(LabelledSequence sequence)
    {
        int IndexOf(string name) => ((IList<string>)ClassNames).IndexOf(name);
        float[] values = sequence.StepValues.Length > 0 ? sequence.StepValues : sequence.Values;
        return new TrainingSequence(
            sequence.Length,
            _data.IsText || Mean == null ? sequence.Features : [.. sequence.Features.Select((value, i) => (value - Mean[i % Mean.Length]) / Deviation![i % Mean.Length])],
            _data.IsText ? sequence.CodePoints.Select(point => _tokens.GetValueOrDefault(point)).ToArray() : [],
            _data.Labels == LabelKind.Class ? IndexOf(sequence.Label) : 0)
        {
            Take = sequence.Take,
            Values = Scale == null ? [] : [.. values.Select((value, i) => (value - Scale.Offset(i % Scale.Count)) / Scale.Factor(i % Scale.Count))],
            StepLabels = Array.ConvertAll(sequence.StepClasses, IndexOf),
        };
    }

    /// <summary>Returns the sequences to learn from: of an anomaly the normal ones, without those that decide the threshold.</summary>
    private IReadOnlyList<LabelledSequence> DivideNormal()
    {
        if (Task.Answer != TrainingAnswer.Anomaly) return _data.Train;
        LabelledSequence[] normal = TrainingLimits.NormalOf(_data, Task);
        string?[] takes = [.. normal.Select(sequence => sequence.Take).Distinct()];
        // Two sequences of one take are alike: a threshold from them would be too low.
        bool isByTake = takes.Length >= HeldOutEvery && !takes.Contains(null);
        HashSet<string?> held = [.. takes.Where((_, i) => i % HeldOutEvery == HeldOutEvery - 1)];
        bool IsHeldOut(LabelledSequence sequence, int i) => isByTake ? held.Contains(sequence.Take) : i % HeldOutEvery == HeldOutEvery - 1;
        _heldOut = [.. normal.Where(IsHeldOut)];
        return [.. normal.Where((sequence, i) => !IsHeldOut(sequence, i))];
    }

    private IReadOnlyList<string> NamesOf()
    {
        if (Task.Answer == TrainingAnswer.Value) return _data.ValueNames;
        if (Task.Answer == TrainingAnswer.Anomaly) return AnswerScale.AnomalyNames;
        string[] names = [.. DatasetFolder.ClassesOf(_data, _data.Train.Concat(_data.Test)).Distinct().Order(ClassOrder.ByNumberThenText)];
        if (names.Length < 2) throw new UserInputException($"data set '{_data.Name}' has only the class '{names[0]}'; a network needs two classes at least");
        return names;
    }

    private static (float[] Mean, float[] Deviation) Moments(IReadOnlyList<LabelledSequence> train, int features)
    {
        double[] sum = new double[features], squares = new double[features];
        long frames = 0;
        foreach (LabelledSequence sequence in train)
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
