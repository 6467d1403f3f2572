// The settings of an import: where the class of a log is, and how the log is divided.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Modelling.Segmenting;
using Crime.Sensing;

namespace Crime.Cli.Data;

/// <summary>Place of the class of a log's sequences.</summary>
internal enum LabelSource
{
    /// <summary>A column of the log.</summary>
    Column,

    /// <summary>The file's name up to its number: wave_01.csv is of class "wave".</summary>
    File,

    /// <summary>The name of the file's folder.</summary>
    Folder,
}

/// <summary>Makes a data set of logs.</summary>
/// <param name="Columns">Columns of the logs.</param>
/// <param name="Label">Place of the class.</param>
/// <param name="SettingsOf">Settings with which a log is cut, by path and log; null for no cutting.</param>
internal sealed partial record ImportSettings(SensorLogColumns Columns, LabelSource Label, Func<string, SensorLog, SegmenterSettings>? SettingsOf)
{
    private const double RateTolerance = 0.1;

    /// <summary>Reads the logs.</summary>
    /// <param name="paths">The logs; each is a take.</param>
    /// <param name="name">Name of the data set.</param>
    /// <returns>All sequences as the training part.</returns>
    /// <exception cref="UserInputException">A log is malformed, has other channels than the first, or has no sequence.</exception>
    public Dataset Read(IReadOnlyList<string> paths, string name)
    {
        if (paths.FirstOrDefault(path => paths.Count(other => other == path) > 1) is { } twice) throw new UserInputException($"{twice}: is given twice");
        bool hasFileNamesTwice = paths.GroupBy(Path.GetFileName).Any(group => group.Count() > 1);
        var sequences = new List<LabelledSequence>();
        var remarks = new List<string>();
        SensorLogContent? first = null;
        int gaps = 0, unlabelled = 0;
        foreach (string path in paths)
        {
            SensorLogContent content = SensorLogFile.Read(path, Columns);
            first ??= content;
            CheckAlike(paths[0], first, path, content);
            if (Label == LabelSource.Column && content.Log.Marks.Count == 0)
                throw new UserInputException($"{path}: no known parts: name the column of the classes with --label, or give --label-from file or folder");
            LogSequences found = LogSequences.Of(content, hasFileNamesTwice ? path : Path.GetFileName(path), LabelOf(path), SettingsOf?.Invoke(path, content.Log));
            if (found.Sequences.Count == 0) throw new UserInputException($"{path}: no sequence with a class found; look at the log with 'crime segment'");
            sequences.AddRange(found.Sequences);
            if (content.IsRounded) remarks.Add($"{path}: samples are rounded to 1/{content.Factor}");
            (gaps, unlabelled) = (gaps + content.Log.Gaps.Count, unlabelled + found.UnlabelledCount);
        }
        if (gaps > 0) remarks.Add($"{gaps} gaps in the time: the logs are divided there");
        if (unlabelled > 0) remarks.Add($"{unlabelled} sequences without a class are dropped");
        if (first!.Ignored.Count > 0) remarks.Add($"columns that are not read: {string.Join(", ", first.Ignored)}");
        return new Dataset(name, IsText: false, first.Log.Channels, sequences, []) { Remarks = remarks };
    }

    private string? LabelOf(string path)
    {
        if (Label == LabelSource.Column) return null;
        string full = Path.GetFullPath(path);
        string label = Label == LabelSource.Folder
            ? Path.GetFileName(Path.GetDirectoryName(full)) ?? ""
            : Number().Replace(Path.GetFileNameWithoutExtension(full), "");
        if (label.Length > 0) return label;
        string place = Label == LabelSource.Folder ? "folder" : "file";
        throw new UserInputException($"{path}: the {place} has no name that can be a class; rename it, as in wave_01.csv");
    }

    private static void CheckAlike(string firstPath, SensorLogContent first, string path, SensorLogContent content)
    {
        if (!first.ChannelNames.SequenceEqual(content.ChannelNames, StringComparer.OrdinalIgnoreCase))
            throw new UserInputException($"{path}: has the channels {string.Join(", ", content.ChannelNames)}, and {firstPath} has "
                + $"{string.Join(", ", first.ChannelNames)}; choose the same ones with --channels");
        if (Math.Abs(content.Log.RateHz - first.Log.RateHz) > RateTolerance * first.Log.RateHz)
            throw new UserInputException(FormattableString.Invariant(
                $"{path}: {content.Log.RateHz:0.#} samples a second, and {firstPath} has {first.Log.RateHz:0.#}; all logs need one rate"));
    }

    [GeneratedRegex(@"[-_ .()]*\d*\)?$")]
    private static partial Regex Number();
}
