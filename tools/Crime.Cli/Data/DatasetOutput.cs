// Writes a data set: two .ts files, or two files of labelled lines for text.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Crime.Cli.Outputs;
using Crime.Modelling;
using Crime.Modelling.Datasets;

namespace Crime.Cli.Data;

/// <summary>The folder that a verb writes a data set to.</summary>
internal sealed class DatasetOutput
{
    private readonly string _folder;

    /// <summary>Checks the folder before the work begins.</summary>
    /// <param name="folder">The folder; it is made where it is missing.</param>
    /// <param name="isForced">True when files of the same names may be replaced.</param>
    /// <exception cref="UserInputException">It is a file, or holds files and is not to be replaced.</exception>
    public DatasetOutput(string folder, bool isForced)
    {
        _folder = Path.TrimEndingDirectorySeparator(folder);
        if (File.Exists(folder)) throw new UserInputException($"{folder}: is a file; --output is a folder");
        if (!isForced && Directory.Exists(folder) && Directory.EnumerateFiles(folder).Any())
            throw new UserInputException($"{folder}: holds files already; give a new folder, or --force to replace files of the same names");
    }

    /// <summary>Name of the data set: that of the folder.</summary>
    public string Name => Path.GetFileName(Path.GetFullPath(_folder));

    /// <summary>Writes both parts, as a whole or not at all.</summary>
    /// <returns>Paths of the files.</returns>
    /// <exception cref="UserInputException">A file cannot be written, or the data do not fit its format.</exception>
    public IReadOnlyList<string> Write(Dataset data)
    {
        if (data.Train.Count == 0 || data.Test.Count == 0)
            throw new UserInputException($"{_folder}: is not written: the {(data.Test.Count == 0 ? "test" : "training")} part would be empty; give more sequences");
        IReadOnlyList<string> classes = new DatasetSummary(data).ClassNames;
        (string, byte[]) File(string part, IReadOnlyList<LabelledSequence> sequences) => data.IsText
            ? (Path.Combine(_folder, part + ".tsv"), Lines(sequences))
            : (Path.Combine(_folder, $"{Name}_{part.ToUpperInvariant()}.ts"), TsFile.ToBytes(Name, sequences, classes, data.Labels));
        (string Path, byte[] Content)[] files = [File("train", data.Train), File("test", data.Test)];
        bool isNew = !Directory.Exists(_folder);
        try
        {
            Directory.CreateDirectory(_folder);
            Output.WriteFiles(files);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or UserInputException)
        {
            if (isNew && Directory.Exists(_folder)) Directory.Delete(_folder);
            throw e as UserInputException ?? new UserInputException($"{_folder}: cannot be written: {e.Message}", e);
        }
        return [.. files.Select(file => file.Path)];
    }

    private static byte[] Lines(IReadOnlyList<LabelledSequence> sequences)
    {
        var text = new StringBuilder();
        foreach (LabelledSequence sequence in sequences)
            text.Append(sequence.Label).Append('\t').Append(string.Concat(sequence.CodePoints.Select(point => new Rune(point).ToString()))).Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
