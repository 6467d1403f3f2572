// The limits of a model file and of a request, checked before a training: a network that cannot be converted is of no use.

using System.Collections.Generic;
using System.Linq;
using Crime.Frames;
using Crime.Model;
using Crime.Modelling.Datasets;
using Crime.Modelling.ModelFiles;

namespace Crime.Modelling.Training;

/// <summary>Checks a data set for a new model.</summary>
internal static class TrainingLimits
{
    private const int ShownClasses = 5;
    private const int ShownNames = 12;

    // Fewer leave nothing to hold out for a threshold and for the choice of the best epoch.
    private const int FewestNormal = 10;

    /// <summary>Refuses a data set whose labels are no answers of the kind to learn.</summary>
    /// <exception cref="UserInputException">The labels are of another kind, or do not name the normal classes.</exception>
    public static void CheckLabels(Dataset data, TrainingTask task)
    {
        string where = data.LabelsWhere ?? $"data set '{data.Name}'";
        (LabelKind needed, string option, string remedy) = task.Answer switch
        {
            TrainingAnswer.Value => (LabelKind.Values, "value", "a line '@targetLabel true' announces values, and --forecast makes them of a channel"),
            TrainingAnswer.StepClass => (LabelKind.StepClass, "step-class", "the lines '@classLabel false' and '@stepLabel true' announce them"),
            TrainingAnswer.Logit => (LabelKind.Class, "logit", ""),
            TrainingAnswer.Anomaly => (LabelKind.Class, "anomaly", ""),
            _ => (LabelKind.Class, "class", ""),
        };
        if (data.Labels != needed)
            throw new UserInputException($"{where}: {data.LabelsText}; --answer {option} needs {Needed(needed)}"
                + (data.Labels == LabelKind.Values ? ", and --answer value learns values" : data.Labels == LabelKind.StepClass ? ", and --answer step-class learns these"
                    : $": {remedy}"));
        if (task.Answer == TrainingAnswer.Anomaly) NormalOf(data, task);
    }

    /// <summary>Returns the normal sequences of the training part that have something to predict.</summary>
    /// <exception cref="UserInputException">The data set is text, lacks a normal class, or has too few of such sequences.</exception>
    public static LabelledSequence[] NormalOf(Dataset data, TrainingTask task)
    {
        if (data.IsText) throw new UserInputException($"data set '{data.Name}' is text: --answer anomaly predicts the next features, and letters are none");
        string[] classes = [.. DatasetFolder.ClassesOf(data, data.Train)];
        if (task.NormalClasses.Count == 0)
            throw new UserInputException($"--answer anomaly needs --normal: the normal classes of {string.Join(", ", classes.Take(ShownClasses))}");
        if (task.NormalClasses.FirstOrDefault(name => !classes.Contains(name)) is { } unknown)
            throw new UserInputException($"--normal {unknown} is no class of the training part of data set '{data.Name}': {string.Join(", ", classes.Take(ShownNames))}");
        LabelledSequence[] normal = [.. data.Train.Where(sequence => sequence.Length > 1 && task.NormalClasses.Contains(sequence.Label))];
        return normal.Length >= FewestNormal ? normal : throw new UserInputException(
            $"data set '{data.Name}' has {normal.Length} normal training sequences of two timesteps and more; {FewestNormal} are needed: some decide the threshold");
    }

    /// <summary>Refuses a data set that leads to no usable model.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="task">The answer to learn.</param>
    /// <param name="classNames">Names of its classes, or of its values.</param>
    /// <exception cref="UserInputException">
    /// There are too many classes, values or channels, a name does not fit, a class is tested that is never learnt, or one number cannot decide.
    /// </exception>
    public static void Check(Dataset data, TrainingTask task, IReadOnlyList<string> classNames)
    {
        string name = $"data set '{data.Name}'";
        if (classNames.Count > ModelFormat.MaxClasses)
            throw new UserInputException($"{name} has {classNames.Count} {(task.Answer == TrainingAnswer.Value ? "values" : "classes")}, and a model holds at most "
                + $"{ModelFormat.MaxClasses}; {(task.Answer == TrainingAnswer.Value ? "leave some out" : "join classes, or leave some out")}");
        if (task.Answer == TrainingAnswer.Logit && classNames.Count != 2)
            throw new UserInputException($"{name} has {classNames.Count} classes, and --answer logit decides between two; leave it out");
        if (data.FeatureCount > FrameFormat.MaxValuesPerStep)
            throw new UserInputException(
                $"{name} has {data.FeatureCount} channels, and a request carries at most {FrameFormat.MaxValuesPerStep} numbers a timestep; leave channels out");
        if (classNames.Select(ModelNames.Problem).FirstOrDefault(problem => problem != null) is { } bad) throw new UserInputException($"{name}: class: {bad}");
        // Anomalies are never learnt.
        string[] missing = task.Answer == TrainingAnswer.Anomaly ? [] : DatasetFolder.Unlearnt(data);
        if (missing.Length > 0)
            throw new UserInputException($"{name}: the test part has {missing.Length} classes that the training part lacks: "
                + $"{string.Join(", ", missing.Take(ShownClasses))}{(missing.Length > ShownClasses ? ", ..." : "")}; are both parts of one data set?");
    }

    private static string Needed(LabelKind kind) => kind switch
    {
        LabelKind.Values => "values for each sequence",
        LabelKind.StepClass => "a class for each timestep",
        _ => "one class for each sequence",
    };

    /// <summary>Refuses a vocabulary that a model file cannot hold, or that is empty.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="codePoints">The vocabulary without the unknown token.</param>
    /// <param name="leastOccurrences">Occurrences from which a character is in it.</param>
    /// <returns>The vocabulary.</returns>
    /// <exception cref="UserInputException">It is empty or too large.</exception>
    public static int[] CheckVocabulary(Dataset data, int[] codePoints, int leastOccurrences)
    {
        if (codePoints.Length == 0)
            throw new UserInputException($"data set '{data.Name}': no character occurs {leastOccurrences} times in the training part; give more texts");
        if (codePoints.Length < ModelFormat.MaxVocabulary) return codePoints;
        throw new UserInputException($"data set '{data.Name}' has {codePoints.Length} characters, and a model holds at most {ModelFormat.MaxVocabulary - 1}");
    }
}
