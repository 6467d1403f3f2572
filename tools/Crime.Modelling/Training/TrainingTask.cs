// The answer that a new network learns, and what only some answers need.

using System.Collections.Generic;
using Crime.Model;

namespace Crime.Modelling.Training;

/// <summary>The answer that a network learns.</summary>
public enum TrainingAnswer
{
    /// <summary>One class for each sequence, a number for each class.</summary>
    Class,

    /// <summary>One of two classes for each sequence, by one number.</summary>
    Logit,

    /// <summary>Values for each sequence: a regression, or a forecast.</summary>
    Value,

    /// <summary>A class for each timestep.</summary>
    StepClass,

    /// <summary>The next timestep of sequences of normal classes: large errors show an anomaly.</summary>
    Anomaly,
}

/// <summary>The answer that a network learns, with its settings.</summary>
/// <param name="Answer">The answer.</param>
public sealed record TrainingTask(TrainingAnswer Answer)
{
    /// <summary>The share of normal sequences whose score the threshold of an anomaly does not exceed, unless it is given.</summary>
    public const double DefaultQuantile = 0.99;

    /// <summary>One class for each sequence.</summary>
    public static TrainingTask Classes { get; } = new(TrainingAnswer.Class);

    /// <summary>Units of the values: one for each, one for all, or none.</summary>
    public IReadOnlyList<string> Units { get; init; } = [];

    /// <summary>Classes of the data that are normal; for anomalies only.</summary>
    public IReadOnlyList<string> NormalClasses { get; init; } = [];

    /// <summary>Share of the held out normal sequences whose score the threshold does not exceed, above 0 and up to 1; for anomalies only.</summary>
    public double Quantile { get; init; } = DefaultQuantile;

    /// <summary>Returns the answer of a model, which its further training keeps.</summary>
    /// <exception cref="UserInputException">The trainer does not train it.</exception>
    public static TrainingAnswer AnswerOf(TrainedModel model) => model.Answer switch
    {
        AnswerKind.Class => model.IsLogit ? TrainingAnswer.Logit : TrainingAnswer.Class,
        AnswerKind.Values => TrainingAnswer.Value,
        AnswerKind.ClassPerStep => TrainingAnswer.StepClass,
        AnswerKind.Anomaly => TrainingAnswer.Anomaly,
        _ => throw new UserInputException($"model '{model.Name}' gives values for each timestep and cannot be trained here"),
    };
}
