// The data set that takes are added to: a pair of .ts files. It is written after each take, so that nothing of a session is lost.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using Crime.Cli.Outputs;
using Crime.Modelling;
using Crime.Modelling.Datasets;

namespace Crime.Cli.Takes;

/// <summary>Adds takes to a data set, which is new or was recorded before.</summary>
internal sealed class TakeStore
{
    /// <summary>Longest name of a class in letters: a board's console has room for as many.</summary>
    public const int MostLabelLetters = 40;

    private readonly string _folder;
    private readonly decimal _trainShare;
    private readonly Part _train;
    private readonly Part _test;
    private int _rateMilliHz;

    private TakeStore(string folder, string trainPath, string testPath, decimal trainShare)
    {
        _folder = folder;
        _trainShare = trainShare;
        _train = new Part(trainPath);
        _test = new Part(testPath);
        _rateMilliHz = Math.Max(_train.RateMilliHz, _test.RateMilliHz);
        int[] channels = [.. All.Select(sequence => sequence.Features.Length / sequence.Length).Distinct()];
        if (channels.Length > 1) throw new UserInputException($"{folder}: its parts have {string.Join(" and ", channels)} channels; both need the same");
        Channels = channels.FirstOrDefault();
    }

    /// <summary>Numbers per timestep; 0 before the first take of a new data set.</summary>
    public int Channels { get; private set; }

    /// <summary>Files that have been written.</summary>
    public IEnumerable<string> Files => new[] { _train, _test }.Where(part => part.IsWritten).Select(part => part.Path);

    /// <summary>The data set.</summary>
    public Dataset Data => new(SplitName.Of(_train.Path).Stem, IsText: false, Channels, _train.Sequences, _test.Sequences);

    private IEnumerable<LabelledSequence> All => _train.Sequences.Concat(_test.Sequences);

    /// <summary>Opens a data set, or prepares a new one. Nothing is written before the first take.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="trainShare">Share of the takes of a class in the training part, above 0 and up to 1.</param>
    /// <exception cref="UserInputException">The folder holds something else, or a file is malformed.</exception>
    public static TakeStore Open(string folder, decimal trainShare)
    {
        if (File.Exists(folder)) throw new UserInputException($"{folder}: is a file; --output is a folder");
        string[] files = Directory.Exists(folder) ? DataFiles.In(folder, []) : [];
        if (files.Length == 0)
        {
            string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
            return new TakeStore(folder, Path.Combine(folder, name + "_TRAIN.ts"), Path.Combine(folder, name + "_TEST.ts"), trainShare);
        }
        SplitName[] parts = [.. files.Select(SplitName.Of)];
        SplitName[] train = [.. parts.Where(part => part.Part == SplitPart.Train && IsPlain(part))];
        if (train.Length != 1 || !parts.All(part => part == train[0] || part.Part == SplitPart.Test && IsPlain(part) && part.Stem == train[0].Stem) || parts.Length > 2)
            throw new UserInputException($"{folder}: holds something else than one pair of .ts files that takes can be added to; give another folder");
        string test = parts.FirstOrDefault(part => part.Part == SplitPart.Test)?.Path ?? Path.Combine(folder, train[0].Stem + "_TEST.ts");
        return new TakeStore(folder, train[0].Path, test, trainShare);
    }

    /// <summary>Returns what is wrong with the name of a class, or null.</summary>
    public static string? ProblemOf(string label)
    {
        if (label.Length is 0 or > MostLabelLetters) return $"'{label}' has {label.Length} letters; a class has 1 to {MostLabelLetters}";
        if (label != label.Trim() || label.AsSpan().ContainsAny(":,\"") || label.Any(letter => letter is < ' ' or > '~'))
            return $"'{label}': a class has letters of ASCII without ':', ',' and '\"', and no blanks around it";
        return null;
    }

    /// <summary>Checks that the takes of a board fit.</summary>
    /// <param name="channels">Numbers per timestep.</param>
    /// <param name="rateMilliHz">Timesteps per 1000 s; 0 where it is not known.</param>
    /// <exception cref="UserInputException">They do not.</exception>
    public void CheckBoard(int channels, int rateMilliHz)
    {
        if (Channels != 0 && Channels != channels)
            throw new UserInputException($"{_folder}: has {Channels} channels, and the board's sensor {channels}; give another folder");
        if (_rateMilliHz != 0 && rateMilliHz != 0 && _rateMilliHz != rateMilliHz)
            throw new UserInputException($"{_folder}: has {Hertz(_rateMilliHz)} timesteps a second, and the board's sensor {Hertz(rateMilliHz)}; give another folder");
        Channels = channels;
        if (rateMilliHz != 0) _rateMilliHz = rateMilliHz;
    }

    /// <summary>Takes of a class in both parts.</summary>
    public int CountOf(string label) => All.Count(sequence => sequence.Label == label);

    /// <summary>Adds a take and writes the files.</summary>
    /// <param name="label">Its class.</param>
    /// <param name="take">The take.</param>
    /// <returns>True when it is in the test part.</returns>
    /// <exception cref="UserInputException">A file cannot be written.</exception>
    public bool Add(string label, SequenceArrived take)
    {
        int number = CountOf(label) + 1;
        bool isTest = IsTest(number, _trainShare);
        Part part = isTest ? _test : _train;
        var sequence = new LabelledSequence(part.Sequences.Count, label, take.Length, [.. take.Values.Select(value => (float)value)], [])
        {
            Take = string.Create(CultureInfo.InvariantCulture, $"{label} {number}"),
        };
        string[] classes = [.. All.Append(sequence).Select(known => known.Label).Distinct().Order(ClassOrder.ByNumberThenText)];
        part.Add(Data.Name, sequence, classes, _rateMilliHz);
        foreach (Part each in new[] { _train, _test }) each.SetClasses(classes);
        Save();
        return isTest;
    }

    /// <summary>Returns true when the take of a number is in the test part: with three quarters for training it is every fourth.</summary>
    /// <param name="number">Number of the take in its class, from 1.</param>
    /// <param name="trainShare">Share of the training part.</param>
    public static bool IsTest(int number, decimal trainShare) => Math.Floor(number * (1 - trainShare)) > Math.Floor((number - 1) * (1 - trainShare));

    private void Save()
    {
        try
        {
            Directory.CreateDirectory(_folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"{_folder}: cannot be made: {e.Message}", e);
        }
        Part[] changed = [.. new[] { _train, _test }.Where(part => part.IsChanged)];
        Output.WriteFiles([.. changed.Select(part => (part.Path, Encoding.UTF8.GetBytes(part.Text)))]);
        foreach (Part part in changed) part.OnWritten();
    }

    private static bool IsPlain(SplitName part) => part.Path.EndsWith(".ts", StringComparison.OrdinalIgnoreCase);

    private static string Hertz(int milliHz) => (milliHz / 1000m).ToString("0.###", CultureInfo.InvariantCulture);

    /// <summary>A file of the pair.</summary>
    private sealed class Part
    {
        private readonly List<LabelledSequence> _sequences;
        private string _written;

        public Part(string path)
        {
            Path = path;
            bool isThere = File.Exists(path);
            _sequences = isThere ? TsFile.Read(path) : [];
            Text = _written = isThere ? File.ReadAllText(path) : "";
            RateMilliHz = Text.Split('\n').TakeWhile(line => !line.StartsWith('@')).Select(TsHeader.RateOf).FirstOrDefault(rate => rate > 0);
        }

        public string Path { get; }

        public string Text { get; private set; }

        public int RateMilliHz { get; }

        public IReadOnlyList<LabelledSequence> Sequences => _sequences;

        public bool IsChanged => Text != _written;

        public bool IsWritten { get; private set; }

        public void Add(string name, LabelledSequence sequence, IReadOnlyList<string> classes, int rateMilliHz)
        {
            Text = Text.Length == 0
                ? TsAppend.New(name, sequence, classes, rateMilliHz)
                : TsAppend.Add(Text, sequence, _sequences.All(known => known.Take != null));
            _sequences.Add(sequence);
        }

        public void SetClasses(IReadOnlyList<string> classes) => Text = TsAppend.WithClasses(Text, classes);

        public void OnWritten()
        {
            _written = Text;
            IsWritten = true;
        }
    }
}
