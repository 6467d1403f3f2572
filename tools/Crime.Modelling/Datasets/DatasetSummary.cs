// One line on what was read. A user who sees that a file was taken for something else stops before minutes of training.

using System.Collections.Generic;
using System.Linq;

namespace Crime.Modelling.Datasets;

/// <summary>Kind, classes, counts and lengths of a data set.</summary>
/// <param name="Data">The data set.</param>
public sealed record DatasetSummary(Dataset Data)
{
    private const int MostNames = 12;

    /// <summary>Names of the classes: by number where all are numbers, else by letter. Those of the values where the set has values.</summary>
    public IReadOnlyList<string> ClassNames { get; } =
        Data.Labels == LabelKind.Values ? Data.ValueNames : [.. DatasetFolder.ClassesOf(Data, All(Data)).Order(ClassOrder.ByNumberThenText)];

    /// <summary>Shortest sequence in timesteps or characters.</summary>
    public int ShortestLength { get; } = All(Data).Min(sequence => sequence.Length);

    /// <summary>Longest sequence in timesteps or characters.</summary>
    public int LongestLength { get; } = All(Data).Max(sequence => sequence.Length);

    /// <summary>Returns the line, as "numeric, 3 channels, 6 classes, 120 + 60 sequences of 12 to 180 steps".</summary>
    public string ToLine()
    {
        string lengths = ShortestLength == LongestLength ? $"{LongestLength}" : $"{ShortestLength} to {LongestLength}";
        string classes = Data.Labels == LabelKind.Values
            ? ClassNames.Count == 1 ? "1 value per sequence" : $"{ClassNames.Count} values per sequence"
            : (ClassNames.Count == 1 ? "1 class" : $"{ClassNames.Count} classes") + (Data.Labels == LabelKind.StepClass ? " of timesteps" : "");
        string names = string.Join(", ", ClassNames.Take(MostNames)) + (ClassNames.Count > MostNames ? ", ..." : "");
        string line = Data.IsText
            ? $"text, {classes}: {names}, {Data.Train.Count} training / {Data.Test.Count} test texts of {lengths} characters"
            : $"numeric, {Data.FeatureCount} {(Data.FeatureCount == 1 ? "channel" : "channels")}, {classes}, "
                + $"{Data.Train.Count} + {Data.Test.Count} sequences of {lengths} steps";
        return string.Join("; ", Data.Remarks.Prepend(line));
    }

    private static IEnumerable<LabelledSequence> All(Dataset data) => data.Train.Concat(data.Test);
}
