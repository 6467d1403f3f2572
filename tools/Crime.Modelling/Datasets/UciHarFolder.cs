// The layout of UCI HAR and its like: the classes in y_train.txt, the sequences in X_train.txt or one file per channel ("Inertial Signals").

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;

namespace Crime.Modelling.Datasets;

/// <summary>Reads the layout of UCI HAR.</summary>
internal static partial class UciHarFolder
{
    private const string SignalFolder = "Inertial Signals";

    /// <summary>Returns the data set of a folder, or null when it has another layout.</summary>
    /// <param name="path">The folder with both parts, or with the folders train and test.</param>
    /// <param name="name">Name of the data set.</param>
    /// <param name="isTestNeeded">False: the training part is enough.</param>
    /// <exception cref="UserInputException">A file is missing or malformed.</exception>
    public static Dataset? Find(string path, string name, bool isTestNeeded)
    {
        Part train = Part.In(path, "train"), test = Part.In(path, "test");
        if (train.IsEmpty && test.IsEmpty) return null;
        foreach (Part part in new[] { train, test })
        {
            if (part.IsEmpty && (part == train || isTestNeeded))
                throw new UserInputException(
                    $"{path}: looks like the layout of UCI HAR, and its {part.Name} part is missing; "
                    + "give the folder that holds X_train.txt and X_test.txt, or train and test");
        }
        if (HasFeatureList(path) && train.Channels.Count == 0)
            throw new UserInputException(
                $"{train.X ?? path}: lines of computed features (features.txt names them), no sequences over time; add the folder '{SignalFolder}'");
        Dictionary<string, string> names = ClassNames(path);
        List<LabelledSequence> first = train.Read(names), second = test.IsEmpty ? [] : test.Read(names);
        if (second.Count > 0 && !train.Signals.SequenceEqual(test.Signals, StringComparer.OrdinalIgnoreCase))
            throw new UserInputException(
                $"{path}: the training part has the channels {string.Join(", ", train.Signals)}, the test part {string.Join(", ", test.Signals)}; both need the same");
        string remark = train.Channels.Count > 0 ? $"channels: {string.Join(", ", train.Signals)}" : "a line of X_train.txt is a sequence of one channel";
        return new Dataset(name, IsText: false, Math.Max(1, train.Channels.Count), first, second) { Remarks = [remark] };
    }

    private static bool HasFeatureList(string path) => new[] { path, Path.Combine(path, "..") }.Any(folder => Named(folder, "features.txt") != null);

    private static string? Named(string folder, string name) =>
        Directory.Exists(folder)
            ? Directory.GetFiles(folder).FirstOrDefault(file => Path.GetFileName(file).Equals(name, StringComparison.OrdinalIgnoreCase))
            : null;

    private static Dictionary<string, string> ClassNames(string path)
    {
        var names = new Dictionary<string, string>();
        string? file = Named(path, "activity_labels.txt");
        if (file == null) return names;
        foreach (TextLine line in TextLines.Read(file))
        {
            string[] cells = line.Text.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (cells.Length != 2 || !names.TryAdd(cells[0], cells[1]))
                throw new UserInputException($"{line.Where}: a line is a number and its name, as in '1 WALKING', and each number occurs once");
        }
        return names;
    }

    /// <summary>Files of a part.</summary>
    private sealed partial record Part(string Folder, string Name, string? X, string? Y, string? Subject, IReadOnlyList<(string Signal, string Path)> Channels)
    {
        // A file X_TRAIN alone is of the UCR archive: a data set that is named X.
        public bool IsEmpty => Channels.Count == 0 && Y == null && Subject == null;

        public IEnumerable<string> Signals => Channels.Select(channel => channel.Signal);

        public static Part In(string path, string name)
        {
            string folder = Directory.GetDirectories(path).FirstOrDefault(child => Path.GetFileName(child).Equals(name, StringComparison.OrdinalIgnoreCase)) ?? path;
            string[] files = Directory.GetFiles(folder);
            string? Find(string role) => files.FirstOrDefault(file => Role().Match(Path.GetFileName(file)) is { Success: true } match
                && match.Groups["role"].Value.Equals(role, StringComparison.OrdinalIgnoreCase)
                && match.Groups["part"].Value.Equals(name, StringComparison.OrdinalIgnoreCase));
            string signals = Path.Combine(folder, SignalFolder);
            var channels = from file in Directory.Exists(signals) ? files.Concat(Directory.GetFiles(signals)) : files
                           let match = Signal().Match(Path.GetFileName(file))
                           where match.Success && match.Groups["part"].Value.Equals(name, StringComparison.OrdinalIgnoreCase)
                           orderby match.Groups["signal"].Value.ToUpperInvariant()
                           select (match.Groups["signal"].Value, file);
            return new Part(folder, name, Find("x"), Find("y"), Find("subject"), [.. channels]);
        }

        public List<LabelledSequence> Read(Dictionary<string, string> names)
        {
            if (Y == null)
                throw new UserInputException(
                    $"{Folder}: looks like the layout of UCI HAR (lines of numbers), and y_{Name}.txt is missing: it has the class of each line");
            if (Channels.Count == 0 && X == null) throw new UserInputException($"{Y}: the classes are there, and X_{Name}.txt or '{SignalFolder}' is missing");
            TextLine[] classes = [.. TextLines.Read(Y)];
            TextLine[]? subjects = Subject == null ? null : SameCount(Subject, classes.Length);
            TextLine[][] channels = [.. (Channels.Count > 0 ? Channels.Select(channel => channel.Path) : [X!]).Select(file => SameCount(file, classes.Length))];
            var sequences = new List<LabelledSequence>();
            for (int i = 0; i < classes.Length; i++)
            {
                string[] cells = NumberLines.Cells(classes[i].Text);
                if (cells.Length != 1) throw new UserInputException($"{classes[i].Where}: {cells.Length} cells; a line is one class");
                string label = NumberLines.Class(cells[0], classes[i].Where);
                float[][] values = [.. channels.Select(lines => NumberLines.Numbers(lines[i], 0))];
                int length = values[0].Length, other = Array.FindIndex(values, channel => channel.Length != length);
                if (other >= 0)
                    throw new UserInputException(
                        $"{channels[other][i].Where}: {values[other].Length} numbers, and {length} in the first channel; channels of different length are not supported");
                var features = new float[length * values.Length];
                for (int k = 0; k < features.Length; k++) features[k] = values[k % values.Length][k / values.Length];
                sequences.Add(new LabelledSequence(i, names.GetValueOrDefault(label, label), length, features, [])
                {
                    Take = subjects == null ? null : "subject " + subjects[i].Text.Trim(),
                });
            }
            return sequences;
        }

        private TextLine[] SameCount(string file, int count)
        {
            TextLine[] lines = [.. TextLines.Read(file)];
            if (lines.Length == count) return lines;
            throw new UserInputException($"{file}: {lines.Length} lines, and {count} in {Path.GetFileName(Y)}; each line is one sequence");
        }

        [GeneratedRegex(@"^(?<role>X|y|subject)[_-]?(?<part>train|test)(\.(txt|csv|tsv|dat))?$", RegexOptions.IgnoreCase)]
        private static partial Regex Role();

        [GeneratedRegex(@"^(?<signal>.+_[xyz])_(?<part>train|test)\.(txt|csv|dat)$", RegexOptions.IgnoreCase)]
        private static partial Regex Signal();
    }
}
