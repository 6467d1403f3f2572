// A data set as the tools see it: sequences of different lengths, each with its class, its values or the class of each timestep.

using System;
using System.Collections.Generic;

namespace Crime.Modelling.Datasets;

/// <summary>The answer that a data set has for each sequence.</summary>
public enum LabelKind
{
    /// <summary>One class.</summary>
    Class,

    /// <summary>Numbers: a regression, or a forecast.</summary>
    Values,

    /// <summary>A class for each timestep.</summary>
    StepClass,

    /// <summary>An output: words that a decoder writes.</summary>
    Outputs,
}

/// <summary>One sequence and its label.</summary>
/// <param name="Index">Zero-based number of the sequence in its file.</param>
/// <param name="Label">Name of the class; for other labels their text in the file.</param>
/// <param name="Length">Timesteps.</param>
/// <param name="Features">Raw features, [length][features]; empty for text.</param>
/// <param name="CodePoints">Unicode code points, [length]; empty for features.</param>
public sealed record LabelledSequence(int Index, string Label, int Length, float[] Features, int[] CodePoints)
{
    /// <summary>Name of the recording or person that the sequence is from; null when it is not known. A split by take keeps its sequences together.</summary>
    public string? Take { get; init; }

    /// <summary>The numbers that belong to the sequence, [values]; empty for classes.</summary>
    public float[] Values { get; init; } = [];

    /// <summary>
    /// The numbers that belong to each beginning of the sequence, [length][values], the last ones <see cref="Values"/>; empty where they are not known.
    /// </summary>
    public float[] StepValues { get; init; } = [];

    /// <summary>Name of the class of each timestep, [length]; empty for other labels.</summary>
    public string[] StepClasses { get; init; } = [];

    /// <summary>The words of an output: those of <see cref="Label"/>, with spaces between them.</summary>
    public string[] OutputWords => Label.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>A data set with its split.</summary>
/// <param name="Name">Name of the folder or file.</param>
/// <param name="IsText">Whether a timestep is a character rather than a feature vector.</param>
/// <param name="FeatureCount">Features per timestep; 0 for text.</param>
/// <param name="Train">Sequences for training and calibration.</param>
/// <param name="Test">Sequences for evaluation.</param>
public sealed record Dataset(
    string Name, bool IsText, int FeatureCount, IReadOnlyList<LabelledSequence> Train, IReadOnlyList<LabelledSequence> Test)
{
    /// <summary>Remarks of the reader, as "left out: NOTES.txt". Empty when there is nothing to remark.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>The kind of the labels.</summary>
    public LabelKind Labels { get; init; }

    /// <summary>Names of the values; empty for classes.</summary>
    public IReadOnlyList<string> ValueNames { get; init; } = [];

    /// <summary>File and line that announce labels that are no classes; null for classes.</summary>
    public string? LabelsWhere { get; init; }

    /// <summary>The labels in a few words: "a regression set (@targetLabel true)".</summary>
    public string LabelsText => Labels switch
    {
        LabelKind.Values => "a regression set (@targetLabel true)",
        LabelKind.StepClass => "a set with a class for each timestep (@stepLabel true)",
        LabelKind.Outputs => "a set of pairs of inputs and outputs",
        _ => "a set with one class for each sequence",
    };
}
