// The answers that a model is compared with: the labels of a data set have to be of the kind that the model gives.

using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Datasets;

namespace Crime.Modelling.Evaluation;

/// <summary>A data set with the answers of its test part.</summary>
/// <param name="Data">The data set.</param>
public sealed record TestAnswers(Dataset Data)
{
    /// <summary>The classes that are normal, for a model that finds anomalies; empty for the class "normal".</summary>
    public IReadOnlyList<string> NormalClasses { get; init; } = [];

    /// <summary>Returns true for a sequence of a normal class.</summary>
    public bool IsNormal(LabelledSequence sequence) =>
        NormalClasses.Count == 0 ? sequence.Label == AnswerScale.AnomalyNames[0] : NormalClasses.Contains(sequence.Label);

    /// <summary>Returns why the answers of a model cannot be compared with these; null when they can.</summary>
    /// <param name="model">The model.</param>
    public string? ProblemWith(ModelFile model)
    {
        string where = Data.LabelsWhere ?? $"data set '{Data.Name}'", start = $"{where}: {Data.LabelsText}, but model '{model.Name}' gives ";
        return model.Answer switch
        {
            AnswerKind.Class => Data.Labels == LabelKind.Class ? null : start + "one class",
            AnswerKind.Values when Data.Labels != LabelKind.Values => start + "values; --forecast and --channel make values of a channel",
            AnswerKind.Values when Data.ValueNames.Count != model.OutputCount =>
                $"{where}: {Data.ValueNames.Count} values, but model '{model.Name}' gives {model.OutputCount}",
            AnswerKind.Values => null,
            AnswerKind.ClassPerStep => Data.Labels == LabelKind.StepClass ? null : start + "a class for each timestep",
            AnswerKind.Anomaly => Data.Labels == LabelKind.Class
                ? ProblemWithNormal() : start + "an anomaly or none; its data have classes, of which --normal names the normal ones",
            _ => $"model '{model.Name}' gives values for each timestep, and no data set has those",
        };
    }

    private string? ProblemWithNormal()
    {
        string[] classes = [.. DatasetFolder.ClassesOf(Data, Data.Train.Concat(Data.Test))];
        if (NormalClasses.Count == 0)
            return classes.Contains(AnswerScale.AnomalyNames[0])
                ? null : $"data set '{Data.Name}' has no class 'normal'; --normal names the normal ones of {string.Join(", ", classes)}";
        string? unknown = NormalClasses.FirstOrDefault(name => !classes.Contains(name));
        return unknown == null ? null : $"--normal {unknown} is no class of data set '{Data.Name}': {string.Join(", ", classes)}";
    }
}
