// Text data: files that are parts of a split, one file of labelled lines, or one file per class.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Crime.Modelling.Datasets;

/// <summary>Reads text data. Lines of numbers in the layout of the UCR archive are read as numeric data.</summary>
/// <param name="path">The data set, for messages.</param>
/// <param name="name">Its name.</param>
/// <param name="remarks">Receives remarks.</param>
internal sealed class TextFolder(string path, string name, List<string> remarks)
{
    private const int TestEvery = 5;

    /// <summary>Reads files.</summary>
    /// <param name="files">The files.</param>
    /// <param name="testLinesPath">File with the line numbers of the test part; null without one.</param>
    /// <param name="isTestNeeded">False: a training part alone is enough.</param>
    /// <exception cref="UserInputException">The files are no data set, or are malformed.</exception>
    public Dataset Read(string[] files, string? testLinesPath, bool isTestNeeded)
    {
        SplitName[] names = [.. files.Select(SplitName.Of)];
        SplitName[] parts = [.. names.Where(part => part.Part != SplitPart.None)];
        if (parts.Length > 0 && (testLinesPath == null || files.Length > 1)) return ReadSplit(names, parts, testLinesPath, isTestNeeded);
        string[] perClass = [.. files.Where(file => file.EndsWith(".txt", StringComparison.OrdinalIgnoreCase))];
        List<LabelledSequence> all;
        if (perClass.Length > 1)
        {
            if (files.Length > perClass.Length) remarks.Add($"left out: {string.Join(", ", files.Except(perClass).Select(Path.GetFileName))}");
            all = ReadFilePerClass(perClass);
        }
        else if (files.Length == 1) all = ReadLabelledLines(files[0]);
        else throw new UserInputException($"{path}: holds no data set (neither *_TRAIN.ts and *_TEST.ts, nor one labelled text file, nor a .txt file per class)");
        RemarkReplacements(all);
        return Split(all, testLinesPath);
    }

    private Dataset ReadSplit(SplitName[] names, SplitName[] parts, string? testLinesPath, bool isTestNeeded)
    {
        SplitName? other = names.FirstOrDefault(part => part.Part == SplitPart.None);
        if (other != null)
            throw new UserInputException($"{path}: {parts[0].FileName} is named as a part of a split, and {other.FileName} is not; name the files train and test, "
                + "or rename them when they are classes");
        if (testLinesPath != null) throw new UserInputException($"{path}: has a test part of its own; leave --test-lines out");
        SplitFiles split = SplitFiles.Of(path, parts, remarks, isTestNeeded);
        string[] paths = split.Test == null ? [split.Train] : [split.Train, split.Test];
        bool[] isNumeric = [.. paths.Select(NumberLines.AreNumbers)];
        if (isNumeric.Distinct().Count() > 1)
            throw new UserInputException($"{paths[Array.IndexOf(isNumeric, true)]}: lines of numbers only, and the other part is text; both parts need one form");
        List<LabelledSequence>[] read = [.. paths.Select(file => isNumeric[0] ? NumberLines.ReadUcr(file) : LabelledLines.Read(file, remarks))];
        if (!isNumeric[0]) RemarkReplacements(read.SelectMany(part => part));
        return new Dataset(name, IsText: !isNumeric[0], isNumeric[0] ? 1 : 0, read[0], read.Length > 1 ? read[1] : []) { Remarks = remarks };
    }

    private List<LabelledSequence> ReadLabelledLines(string file)
    {
        if (NumberLines.AreNumbers(file))
            throw new UserInputException($"{file}: lines of numbers only, no text; sequences with their class first are *_TRAIN.tsv and *_TEST.tsv (UCR), "
                + "and 'crime data import' reads the log of a sensor");
        return LabelledLines.Read(file, remarks);
    }

    private List<LabelledSequence> ReadFilePerClass(string[] files)
    {
        if (files.FirstOrDefault(NumberLines.AreNumbers) is { } numbers)
            throw new UserInputException($"{numbers}: lines of numbers only, no text of a class; numeric data are *_TRAIN.txt and *_TEST.txt with the class first "
                + "(UCR), X_train.txt and y_train.txt with their test part (UCI HAR), or .ts files");
        string?[] first = [.. files.Select(file => TextLines.Read(file).FirstOrDefault()?.Text)];
        bool hasHeader = first.Distinct().Count() == 1 && first[0] != null && LabelledLines.IsTextWord(first[0]!);
        if (hasHeader) remarks.Add($"header line '{first[0]!.Trim()}' skipped");
        var sequences = new List<LabelledSequence>();
        foreach (string file in files)
        {
            int before = sequences.Count;
            foreach (TextLine line in TextLines.Read(file).Skip(hasHeader ? 1 : 0))
                sequences.Add(LabelledLines.TextOf(sequences.Count, Path.GetFileNameWithoutExtension(file), line.Text, line.Where));
            if (sequences.Count == before) throw new UserInputException($"{file}: is empty: a class has at least one text; remove the file, or fill it");
        }
        return sequences;
    }

    /// <summary>Remarks on U+FFFD: another program has read the text in a wrong encoding.</summary>
    private void RemarkReplacements(IEnumerable<LabelledSequence> sequences)
    {
        int count = sequences.Count(sequence => sequence.CodePoints.Contains('\uFFFD'));
        if (count > 0) remarks.Add($"{count} texts hold U+FFFD, which replaces letters of a wrong encoding");
    }

    private Dataset Split(List<LabelledSequence> all, string? testLinesPath)
    {
        Func<LabelledSequence, bool> isTest;
        if (testLinesPath != null)
        {
            HashSet<int> lines = ReadLineNumbers(testLinesPath, all.Max(sequence => sequence.Index) + 1);
            isTest = sequence => lines.Contains(sequence.Index);
        }
        else
        {
            var seen = new Dictionary<string, int>();
            isTest = sequence => (seen[sequence.Label] = seen.GetValueOrDefault(sequence.Label) + 1) % TestEvery == 0;
        }
        ILookup<bool, LabelledSequence> parts = all.ToLookup(isTest);
        return new Dataset(name, IsText: true, FeatureCount: 0, parts[false].ToList(), parts[true].ToList()) { Remarks = remarks };
    }

    private static HashSet<int> ReadLineNumbers(string path, int count)
    {
        if (!File.Exists(path)) throw new UserInputException($"{path}: no such file (the line numbers of the test part)");
        var numbers = new HashSet<int>();
        foreach (TextLine line in TextLines.Read(path))
        {
            if (!int.TryParse(line.Text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number >= count)
                throw new UserInputException($"{line.Where}: '{line.Text.Trim()}' is not a line number below {count}");
            numbers.Add(number);
        }
        return numbers;
    }
}
