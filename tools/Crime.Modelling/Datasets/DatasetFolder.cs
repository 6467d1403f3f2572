// Finds out what a folder holds: a .ts train and test file, a labelled text file, or one text file per class.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Crime.Modelling.Datasets;

/// <summary>Loads a data set from a folder.</summary>
public static class DatasetFolder
{
    private static readonly string[] NotData = ["README.txt", "LICENSE.txt"];

    /// <summary>Loads a data set.</summary>
    /// <param name="path">
    /// A folder with <c>*_TRAIN.ts[.gz]</c> and <c>*_TEST.ts[.gz]</c>; or with one file of lines "class, tab, text"; or with
    /// one <c>.txt</c> file per class and one text a line.
    /// </param>
    /// <param name="testLinesPath">
    /// For text: a file with the zero-based line numbers of the test part. Without it every fifth line of a class is tested.
    /// </param>
    /// <exception cref="UserInputException">Nothing of the above is there, or a file is malformed.</exception>
    public static Dataset Load(string path, string? testLinesPath = null)
    {
        if (!Directory.Exists(path)) throw new UserInputException($"{path}: no such folder (a data set is a folder)");
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        string[] files = Directory.GetFiles(path).Where(file => !NotData.Contains(Path.GetFileName(file))).Order(StringComparer.Ordinal).ToArray();
        string? train = files.FirstOrDefault(file => IsTs(file, "_TRAIN")), test = files.FirstOrDefault(file => IsTs(file, "_TEST"));
        if (train != null && test != null) return LoadTs(name, train, test);
        if (train != null || test != null) throw new UserInputException($"{path}: a .ts data set needs both a *_TRAIN.ts and a *_TEST.ts file");

        string[] perClass = files.Where(file => file.EndsWith(".txt", StringComparison.Ordinal)).ToArray();
        List<LabelledSequence> all;
        if (perClass.Length > 1) all = LoadFilePerClass(perClass);
        else if (files.Length == 1) all = LoadLabelledLines(files[0]);
        else throw new UserInputException($"{path}: holds no data set (neither *_TRAIN.ts and *_TEST.ts, nor one labelled text file, nor a .txt file per class)");
        return Split(name, all, testLinesPath);
    }

    private static bool IsTs(string file, string part) =>
        file.EndsWith(part + ".ts", StringComparison.OrdinalIgnoreCase) || file.EndsWith(part + ".ts.gz", StringComparison.OrdinalIgnoreCase);

    private static Dataset LoadTs(string name, string trainPath, string testPath)
    {
        List<LabelledSequence> train = TsFile.Read(trainPath), test = TsFile.Read(testPath);
        int features = train[0].Features.Length / train[0].Length;
        if (test[0].Features.Length / test[0].Length != features)
            throw new UserInputException($"{testPath}: has another number of channels than {trainPath}");
        return new Dataset(name, IsText: false, features, train, test);
    }

    private static List<LabelledSequence> LoadLabelledLines(string path)
    {
        var sequences = new List<LabelledSequence>();
        int lineNumber = 0;
        foreach (string line in File.ReadLines(path))
        {
            lineNumber++;
            int tab = line.IndexOf('\t');
            if (tab < 1) throw new UserInputException($"{path}:{lineNumber}: no class and tab before the text");
            sequences.Add(Text(lineNumber - 1, line[..tab], line[(tab + 1)..], $"{path}:{lineNumber}"));
        }
        if (sequences.Count == 0) throw new UserInputException($"{path}: is empty");
        return sequences;
    }

    private static List<LabelledSequence> LoadFilePerClass(string[] files)
    {
        var sequences = new List<LabelledSequence>();
        foreach (string file in files)
        {
            int lineNumber = 0;
            foreach (string line in File.ReadLines(file))
            {
                lineNumber++;
                if (line.Length > 0) sequences.Add(Text(sequences.Count, Path.GetFileNameWithoutExtension(file), line, $"{file}:{lineNumber}"));
            }
        }
        return sequences;
    }

    private static LabelledSequence Text(int index, string label, string text, string where)
    {
        int[] codePoints = text.EnumerateRunes().Select(rune => rune.Value).ToArray();
        if (codePoints.Length == 0) throw new UserInputException($"{where}: the text is empty");
        return new LabelledSequence(index, label, codePoints.Length, [], codePoints);
    }

    private static Dataset Split(string name, List<LabelledSequence> all, string? testLinesPath)
    {
        Func<LabelledSequence, bool> isTest;
        if (testLinesPath != null)
        {
            HashSet<int> lines = ReadLineNumbers(testLinesPath, all.Count);
            isTest = sequence => lines.Contains(sequence.Index);
        }
        else
        {
            var seen = new Dictionary<string, int>();
            isTest = sequence => (seen[sequence.Label] = seen.GetValueOrDefault(sequence.Label) + 1) % 5 == 0;
        }
        ILookup<bool, LabelledSequence> parts = all.ToLookup(isTest);
        return new Dataset(name, IsText: true, FeatureCount: 0, parts[false].ToList(), parts[true].ToList());
    }

    private static HashSet<int> ReadLineNumbers(string path, int count)
    {
        if (!File.Exists(path)) throw new UserInputException($"{path}: no such file (the line numbers of the test part)");
        var numbers = new HashSet<int>();
        int lineNumber = 0;
        foreach (string line in File.ReadLines(path))
        {
            lineNumber++;
            if (string.IsNullOrWhiteSpace(line)) continue;
            if (!int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number >= count)
                throw new UserInputException($"{path}:{lineNumber}: '{line.Trim()}' is not a line number below {count}");
            numbers.Add(number);
        }
        return numbers;
    }
}
