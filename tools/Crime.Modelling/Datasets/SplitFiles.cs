// Names of files that are parts of a split, as in X_TRAIN.ts and X_TEST.ts or train.txt and test.txt. Such a name is never a class.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;

namespace Crime.Modelling.Datasets;

/// <summary>Part of a split.</summary>
internal enum SplitPart
{
    /// <summary>The name says nothing of a split.</summary>
    None,

    /// <summary>The training part.</summary>
    Train,

    /// <summary>The test part.</summary>
    Test,

    /// <summary>A part to choose a model by.</summary>
    Validation,
}

/// <summary>A file's name as a part of a split.</summary>
/// <param name="Path">The file.</param>
/// <param name="Stem">Its name without extension and part.</param>
/// <param name="Part">The part.</param>
internal sealed partial record SplitName(string Path, string Stem, SplitPart Part)
{
    /// <summary>Name of the file without its folder.</summary>
    public string FileName => System.IO.Path.GetFileName(Path);

    /// <summary>Reads a name. The last word that names a part counts: UnitTest_TRAIN is a training part.</summary>
    public static SplitName Of(string path)
    {
        string name = System.IO.Path.GetFileName(path);
        if (name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)) name = name[..^3];
        string extension = System.IO.Path.GetExtension(name).TrimStart('.');
        if (PartOf(extension) == SplitPart.None) name = System.IO.Path.GetFileNameWithoutExtension(name);
        Match? last = Word().Matches(name).LastOrDefault(word => PartOf(word.Value) != SplitPart.None);
        if (last == null) return new SplitName(path, name, SplitPart.None);
        string before = name[..last.Index].TrimEnd(s_separators), after = name[(last.Index + last.Length)..].Trim(s_separators);
        return new SplitName(path, before.Length > 0 && after.Length > 0 ? $"{before}_{after}" : before + after, PartOf(last.Value));
    }

    private static readonly char[] s_separators = ['_', '-', '.', ' '];

    private static SplitPart PartOf(string word) => word.ToLowerInvariant() switch
    {
        "train" or "training" or "trainset" or "trn" => SplitPart.Train,
        "test" or "testing" or "testset" or "tst" => SplitPart.Test,
        "val" or "valid" or "validation" or "valset" or "dev" or "devel" or "devset" or "development" or "eval" or "evaluation" or "evalset" or "holdout"
            or "heldout" => SplitPart.Validation,
        _ => SplitPart.None,
    };

    [GeneratedRegex(@"\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\d+")]
    private static partial Regex Word();
}

/// <summary>The files of one data set with a split.</summary>
/// <param name="Train">The training part.</param>
/// <param name="Test">The test part; null when there is none and none is needed.</param>
internal sealed record SplitFiles(string Train, string? Test)
{
    /// <summary>Pairs files by the name before the part.</summary>
    /// <param name="path">The data set, for messages.</param>
    /// <param name="names">Names of parts only.</param>
    /// <param name="remarks">Receives a remark for each file that is left out.</param>
    /// <param name="isTestNeeded">False: a training part alone is enough.</param>
    /// <exception cref="UserInputException">There is no pair, or more than one.</exception>
    public static SplitFiles Of(string path, IReadOnlyList<SplitName> names, List<string> remarks, bool isTestNeeded)
    {
        var twice = names.GroupBy(name => (name.Stem.ToUpperInvariant(), name.Part)).FirstOrDefault(group => group.Count() > 1);
        if (twice != null)
            throw new UserInputException($"{path}: {List(twice)} are the same part of the data set; keep one of them");
        var pairs = names.GroupBy(name => name.Stem, StringComparer.OrdinalIgnoreCase).Where(IsComplete).ToList();
        if (pairs.Count > 1)
            throw new UserInputException($"{path}: holds {pairs.Count} data sets: {string.Join(", ", pairs.Select(pair => pair.Key))}; "
                + "give the training file of one of them instead of the folder");
        if (pairs.Count == 0) return WithoutPair(path, names, isTestNeeded);

        SplitName? Find(SplitPart part) => pairs[0].FirstOrDefault(name => name.Part == part);
        SplitName train = Find(SplitPart.Train)!, test = Find(SplitPart.Test) ?? Find(SplitPart.Validation)!;
        if (test.Part == SplitPart.Validation) remarks.Add($"{test.FileName} is the test part");
        List<SplitName> others = names.Where(name => name != train && name != test).ToList();
        if (others.Count > 0) remarks.Add($"left out: {List(others)}");
        return new SplitFiles(train.Path, test.Path);
    }

    private static bool IsComplete(IEnumerable<SplitName> set) =>
        set.Any(name => name.Part == SplitPart.Train) && set.Any(name => name.Part is SplitPart.Test or SplitPart.Validation);

    private static SplitFiles WithoutPair(string path, IReadOnlyList<SplitName> names, bool isTestNeeded)
    {
        if (!isTestNeeded && names.Count == 1) return new SplitFiles(names[0].Path, null);
        string extension = Path.GetExtension(names[0].FileName);
        string needed = $"{path}: a data set needs both a *_TRAIN{extension} and a *_TEST{extension} file with the same name before the part";
        bool isMixed = names.Any(name => name.Part == SplitPart.Train) && names.Any(name => name.Part != SplitPart.Train);
        throw new UserInputException(
            isMixed ? $"{needed}; {List(names)} are parts of different data sets: put each set into a folder of its own, or rename a part"
            : names[0].Part == SplitPart.Train ? $"{needed}; only {List(names)} is there: add the test part, or divide the file with 'crime data split'"
            : $"{needed}; only {List(names)} is there: add the training part");
    }

    private static string List(IEnumerable<SplitName> names) => string.Join(", ", names.Select(name => name.FileName));
}
