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
    /// <exception cref="UserInputException">Nothing of the above is there, or a file is malformed.</exception>
    public static Dataset Load(string path, string? testLinesPath = null, bool isTestNeeded = true)
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
            CheckClasses(path, data.Train);
            return data with { Remarks = [.. data.Remarks, .. Missing(data)] };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Returns the classes of the test part that the training part lacks, by name.</summary>
    public static string[] Unlearnt(Dataset data) =>
        [.. data.Test.Select(sequence => sequence.Label).Except(data.Train.Select(sequence => sequence.Label)).Order(StringComparer.Ordinal)];

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
        List<LabelledSequence> train = TsFile.Read(split.Train), test = split.Test == null ? [] : TsFile.Read(split.Test);
        int features = train[0].Features.Length / train[0].Length;
        if (test.Count > 0 && test[0].Features.Length / test[0].Length is var other && other != features)
            throw new UserInputException($"{split.Test}: has {other} channels, and {split.Train} has {features}: both parts need the same; are they of one data set?");
        return new Dataset(name, IsText: false, features, train, test) { Remarks = remarks };
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
