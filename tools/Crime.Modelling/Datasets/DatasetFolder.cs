// Finds out what a folder holds: .ts files, lines of numbers in a known layout, or text with classes. What seems to be something else is refused.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Crime.Modelling.Datasets;

/// <summary>Loads a data set.</summary>
public static class DatasetFolder
{
    private const int FewestForUniqueness = 8;

    /// <summary>Loads a data set.</summary>
    /// <param name="path">
    /// A folder with <c>*_TRAIN.ts[.gz]</c> and <c>*_TEST.ts[.gz]</c>; or in the layout of the UCR archive or of UCI HAR; or with labelled lines in one file
    /// or in <c>train.txt</c> and <c>test.txt</c>; or with one <c>.txt</c> file per class and one text a line. Or the training file of a pair.
    /// </param>
    /// <param name="testLinesPath">
    /// For text: a file with the zero-based line numbers of the test part. Without it every fifth line of a class is tested.
    /// </param>
    /// <param name="isTestNeeded">False: a training part alone is enough; the test part is empty then.</param>
    /// <exception cref="UserInputException">Nothing of the above is there, a file is malformed, or has other labels than one class for each sequence.</exception>
    public static Dataset Load(string path, string? testLinesPath = null, bool isTestNeeded = true)
    {
        Dataset data = LoadAny(path, testLinesPath, isTestNeeded);
        return data.Labels == LabelKind.Class ? data : throw new UserInputException($"{data.LabelsWhere}: {data.LabelsText}; only classes are read here");
    }

    /// <summary>Loads a data set, whatever its labels.</summary>
    /// <param name="path">As for <see cref="Load"/>.</param>
    /// <param name="testLinesPath">As for <see cref="Load"/>.</param>
    /// <param name="isTestNeeded">As for <see cref="Load"/>.</param>
    /// <param name="hasOutputs">True where the labels are outputs of a decoder, of which most occur once: <see cref="LabelKind.Outputs"/>.</param>
    /// <exception cref="UserInputException">There is no data set, or a file is malformed.</exception>
    public static Dataset LoadAny(string path, string? testLinesPath = null, bool isTestNeeded = true, bool hasOutputs = false)
    {
        var remarks = new List<string>();
        bool isFile = File.Exists(path);
        if (!isFile && !Directory.Exists(path)) throw new UserInputException($"{path}: no such folder (a data set is a folder)");
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        try
        {
            string[] files = isFile ? WithPartner(path) : DataFiles.In(path, remarks);
            Dataset data = Read(path, isFile ? SplitName.Of(full).Stem : Path.GetFileName(full), files, testLinesPath, isTestNeeded, remarks);
            if (data.Train.Count + data.Test.Count == 0) throw new UserInputException($"{path}: holds no sequence; fill the files");
            if (hasOutputs && data.Labels == LabelKind.Class) return data with { Labels = LabelKind.Outputs };
            if (hasOutputs)
                throw new UserInputException($"{data.LabelsWhere}: {data.LabelsText}; outputs of a decoder are read here: lines of text with words as their label");
            if (data.Labels == LabelKind.Class) CheckClasses(path, data.Train);
            return data with { Remarks = [.. data.Remarks, .. Missing(data)] };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Returns the classes of the test part that the training part lacks, by name.</summary>
    public static string[] Unlearnt(Dataset data) => [.. ClassesOf(data, data.Test).Except(ClassesOf(data, data.Train)).Order(StringComparer.Ordinal)];

    /// <summary>Returns the classes of sequences, in the order in which they come; none for values.</summary>
    /// <param name="data">The data set of the sequences.</param>
    /// <param name="sequences">The sequences.</param>
    internal static IEnumerable<string> ClassesOf(Dataset data, IEnumerable<LabelledSequence> sequences) => data.Labels switch
    {
        LabelKind.Values or LabelKind.Outputs => [],
        LabelKind.StepClass => sequences.SelectMany(sequence => sequence.StepClasses).Distinct(),
        _ => sequences.Select(sequence => sequence.Label).Distinct(),
    };

    private static Dataset Read(string path, string name, string[] files, string? testLinesPath, bool isTestNeeded, List<string> remarks)
    {
        Dataset? numeric = Directory.Exists(path) ? UciHarFolder.Find(path, name, isTestNeeded) : null;
        string[] ts = [.. files.Where(IsTs)];
        if (numeric == null && ts.Length > 0) numeric = ReadTs(path, name, ts, remarks, isTestNeeded);
        if (numeric == null) return new TextFolder(path, name, remarks).Read(files, testLinesPath, isTestNeeded);
        if (testLinesPath != null) throw new UserInputException($"{path}: numeric, with a test part of its own; --test-lines is for text");
        return numeric;
    }

    private static Dataset ReadTs(string path, string name, string[] files, List<string> remarks, bool isTestNeeded)
    {
        SplitName[] names = [.. files.Select(SplitName.Of)];
        SplitName[] parts = [.. names.Where(part => part.Part != SplitPart.None)];
        if (parts.Length == 0)
        {
            if (isTestNeeded || names.Length > 1)
                throw new UserInputException($"{path}: a .ts data set needs both a *_TRAIN.ts and a *_TEST.ts file; 'crime data split' divides one file");
            parts = names;
        }
        SplitFiles split = SplitFiles.Of(path, parts, remarks, isTestNeeded);
        Dataset train = TsFile.ReadSet(split.Train);
        Dataset? test = split.Test == null ? null : TsFile.ReadSet(split.Test);
        if (test != null && test.FeatureCount != train.FeatureCount)
            throw new UserInputException($"{split.Test}: has {test.FeatureCount} channels, and {split.Train} has {train.FeatureCount}: both parts need the same; "
                + "are they of one data set?");
        if (test != null && test.Labels != train.Labels)
            throw new UserInputException($"{split.Test}: is {test.LabelsText}, and {split.Train} is {train.LabelsText}: both parts need the same; "
                + "are they of one data set?");
        if (test != null && !test.ValueNames.SequenceEqual(train.ValueNames))
            throw new UserInputException($"{split.Test}: has the values {string.Join(", ", test.ValueNames)}, and {split.Train} has "
                + $"{string.Join(", ", train.ValueNames)}: both parts need the same; are they of one data set?");
        return train with { Name = name, Test = test?.Train ?? [], Remarks = remarks };
    }

    private static bool IsTs(string file) =>
        file.EndsWith(".ts", StringComparison.OrdinalIgnoreCase) || file.EndsWith(".ts.gz", StringComparison.OrdinalIgnoreCase);

    /// <summary>The files of the data set that a file belongs to.</summary>
    private static string[] WithPartner(string path)
    {
        SplitName name = SplitName.Of(path);
        if (name.Part == SplitPart.None) return [path];
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return [.. DataFiles.In(folder, []).Where(file => SplitName.Of(file) is var other && other.Part != SplitPart.None
            && other.Stem.Equals(name.Stem, StringComparison.OrdinalIgnoreCase) && IsTs(file) == IsTs(path))];
    }

    /// <summary>Refuses classes that are numbers of lines or targets of a regression.</summary>
    private static void CheckClasses(string path, IReadOnlyList<LabelledSequence> train)
    {
        int[] counts = [.. train.CountBy(sequence => sequence.Label).Select(pair => pair.Value)];
        if (train.Count < FewestForUniqueness || 2 * counts.Count(count => count == 1) <= train.Count) return;
        throw new UserInputException($"{path}: {counts.Length} classes in {train.Count} training sequences, such as '{train[0].Label}': "
            + "the column of the classes seems to be another one, or a target of a regression; most classes need two sequences and more");
    }

    private static IEnumerable<string> Missing(Dataset data)
    {
        string[] missing = Unlearnt(data);
        if (missing.Length > 0) yield return $"the test part has classes that the training part lacks: {string.Join(", ", missing)}";
    }
}
