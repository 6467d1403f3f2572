// Reads the data set of a verb, and reports in one line what was read.

using System;
using Crime.Modelling;
using Crime.Modelling.Datasets;

namespace Crime.Cli.Outputs;

/// <summary>Data sets of the verbs.</summary>
internal static class LoadedData
{
    /// <summary>Loads a data set and prints its kind, labels, counts and lengths on standard error.</summary>
    /// <param name="path">Folder of the data set.</param>
    /// <param name="testLinesPath">For text: file with the line numbers of the test part; null without one.</param>
    /// <param name="isTestNeeded">False: a training part alone is enough.</param>
    /// <param name="hasOutputs">True where the labels are output sequences.</param>
    /// <exception cref="UserInputException">There is no data set, or it is malformed.</exception>
    public static Dataset Read(string path, string? testLinesPath = null, bool isTestNeeded = true, bool hasOutputs = false)
    {
        Dataset data = DatasetFolder.LoadAny(path, testLinesPath, isTestNeeded, hasOutputs);
        Report(path, data);
        return data;
    }

    /// <summary>Prints kind, labels, counts and lengths on standard error.</summary>
    /// <param name="path">Folder of the data set.</param>
    /// <param name="data">The data set.</param>
    public static void Report(string path, Dataset data) =>
        // Spectre.Console would wrap the line.
        Console.Error.WriteLine($"{path}: {new DatasetSummary(data).ToLine()}");

    /// <summary>Returns what was read for the JSON of a verb.</summary>
    public static object ToJson(Dataset data)
    {
        var summary = new DatasetSummary(data);
        return new
        {
            name = data.Name,
            kind = data.IsText ? "text" : "numeric",
            channels = data.IsText ? (int?)null : data.FeatureCount,
            classes = summary.Outputs == null ? summary.ClassNames : null,
            outputs = summary.Outputs,
            labels = data.Labels switch { LabelKind.Values => "values", LabelKind.StepClass => "step-class", LabelKind.Outputs => "outputs", _ => "class" },
            train = data.Train.Count,
            test = data.Test.Count,
            shortest = summary.ShortestLength,
            longest = summary.LongestLength,
            remarks = data.Remarks,
            text = summary.ToLine(),
        };
    }
}
