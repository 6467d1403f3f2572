// One line on what was read. A user who sees that a file was taken for something else stops before minutes of training.

using System.Collections.Generic;
using System.Linq;

namespace Crime.Modelling.Datasets;

/// <summary>The outputs of a data set for networks that write.</summary>
/// <param name="Shortest">Words of the shortest output.</param>
/// <param name="Longest">Words of the longest output.</param>
/// <param name="Words">Different words over all outputs.</param>
public sealed record OutputSummary(int Shortest, int Longest, int Words);

/// <summary>Kind, labels, counts and lengths of a data set.</summary>
/// <param name="Data">The data set.</param>
public sealed record DatasetSummary(Dataset Data)
{
    private const int MostNames = 12;

    /// <summary>Names of the classes: by number where all are numbers, else by letter. Those of the values where the set has values; none for outputs.</summary>
    public IReadOnlyList<string> ClassNames { get; } =
        Data.Labels == LabelKind.Values ? Data.ValueNames : [.. DatasetFolder.ClassesOf(Data, All(Data)).Order(ClassOrder.ByNumberThenText)];

    /// <summary>The outputs; null where the labels are none.</summary>
    public OutputSummary? Outputs { get; } = Data.Labels == LabelKind.Outputs ? OutputsOf(Data) : null;

    /// <summary>Shortest sequence in timesteps or characters.</summary>
    public int ShortestLength { get; } = All(Data).Min(sequence => sequence.Length);

    /// <summary>Longest sequence in timesteps or characters.</summary>
    public int LongestLength { get; } = All(Data).Max(sequence => sequence.Length);

    /// <summary>Returns the line, as "numeric, 3 channels, 6 classes, 120 + 60 sequences of 12 to 180 steps".</summary>
    public string ToLine()
    {
        string lengths = ShortestLength == LongestLength ? $"{LongestLength}" : $"{ShortestLength} to {LongestLength}";
        if (Outputs is { } outputs) return string.Join("; ", Data.Remarks.Prepend(PairsLine(outputs, lengths)));
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

    private string PairsLine(OutputSummary outputs, string lengths) =>
        $"text, {Data.Train.Count} training / {Data.Test.Count} test pairs: inputs of {lengths} characters, outputs of "
        + $"{(outputs.Shortest == outputs.Longest ? "" : $"{outputs.Shortest} to ")}{outputs.Longest} words, {outputs.Words} different words";

    private static OutputSummary OutputsOf(Dataset data)
    {
        string[][] outputs = [.. All(data).Select(sequence => sequence.OutputWords)];
        return new OutputSummary(outputs.Min(words => words.Length), outputs.Max(words => words.Length), outputs.SelectMany(words => words).Distinct().Count());
    }

    private static IEnumerable<LabelledSequence> All(Dataset data) => data.Train.Concat(data.Test);
}
