// A data set as the tools see it: sequences of different lengths, each with the name of its class.

using System.Collections.Generic;

namespace Crime.Modelling.Datasets;

/// <summary>One sequence and its class.</summary>
/// <param name="Index">Zero-based number of the sequence in its file.</param>
/// <param name="Label">Name of the class.</param>
/// <param name="Length">Timesteps.</param>
/// <param name="Features">Raw features, [length][features]; empty for text.</param>
/// <param name="CodePoints">Unicode code points, [length]; empty for features.</param>
public sealed record LabelledSequence(int Index, string Label, int Length, float[] Features, int[] CodePoints)
{
    /// <summary>Name of the recording or person that the sequence is from; null when it is not known. A split by take keeps its sequences together.</summary>
    public string? Take { get; init; }
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
}
