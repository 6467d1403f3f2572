// A log that was divided: the result as lines for people and as JSON.

using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Crime.Modelling.Datasets;
using Crime.Modelling.Segmenting;
using Crime.Sensing;

namespace Crime.Cli.Segmenting;

/// <summary>Result of <c>crime segment</c>.</summary>
/// <param name="Path">The log's file.</param>
/// <param name="Content">The content of the file.</param>
/// <param name="Settings">The parameters.</param>
/// <param name="Segmentation">The sequences.</param>
internal sealed record SegmentResult(string Path, SensorLogContent Content, SegmenterSettings Settings, Segmentation Segmentation)
{
    private SensorLog Log => Content.Log;

    private int[] Lengths => [.. Segmentation.Found.Select(sequence => sequence.Length).Order()];

    private SegmentationScore? Score => Log.Marks.Count == 0 ? null : Segmentation.Compare(Log.Marks, Settings.PreRoll);

    private int ClassCount => Log.Marks.Select(mark => mark.Label).Distinct().Count();

    /// <summary>The keys of the settings and their values.</summary>
    public IEnumerable<(string Key, string Value)> Lines()
    {
        yield return ("segment.kind", "activity");
        yield return ("segment.start-level", Text(Settings.StartLevel));
        yield return ("segment.end-level", Text(Settings.EndLevel));
        yield return ("segment.span", Text(Settings.Span));
        yield return ("segment.pre-roll", Text(Settings.PreRoll));
        yield return ("segment.hang-over", Text(Settings.HangOver));
        yield return ("segment.least", Text(Settings.LeastLength));
        yield return ("segment.greatest", Text(Settings.GreatestLength));
    }

    /// <summary>Lines for a person.</summary>
    public IEnumerable<string> ToText()
    {
        yield return ReadLine();
        if (Content.Ignored.Count > 0) yield return $"columns that are not read: {string.Join(", ", Content.Ignored)}";
        if (Content.Factor > 1) yield return $"samples are multiplied by {Content.Factor}{(Content.IsRounded ? " and rounded" : "")}; levels have this unit";
        if (Content.FirstGap != null)
            yield return $"{Count(Log.Gaps.Count, "gap")} in the time: the log is divided there, a sequence in progress is dropped; "
                + $"the first at {Content.FirstGap}";
        yield return "";
        foreach ((string key, string value) in Lines()) yield return $"{key}={value}";
        yield return "";
        int[] lengths = Lengths;
        yield return lengths.Length == 0 ? "no sequence found: lower the levels"
            : $"{Count(lengths.Length, "sequence")} found: {lengths[0]} to {lengths[^1]} timesteps, half of them up to {lengths[lengths.Length / 2]}";
        int cut = Segmentation.Found.Count(sequence => sequence.IsCut);
        if (cut > 0) yield return $"{Count(cut, "sequence")} cut at segment.greatest";
        if (Segmentation.ShortCount > 0) yield return $"{Count(Segmentation.ShortCount, "sequence")} dropped as shorter than segment.least";
        if (Score is { } score)
        {
            string time = Log.RateHz > 0 ? $" ({Text(score.LargestErrorSteps * 1000 / Log.RateHz, "0.#")} ms)" : "";
            yield return $"known parts: {score.FoundCount} of {score.MarkCount} found, {score.MergedCount} merged, {score.DividedCount} divided, "
                + $"{score.ExtraCount} extra; largest boundary error {Count(score.LargestErrorSteps, "sample")}{time}";
        }
    }

    /// <summary>The result for a script.</summary>
    /// <param name="picture">The picture's file; null without one.</param>
    public object ToJson(string? picture)
    {
        int[] lengths = Lengths;
        return new
        {
            file = Path,
            channels = Content.ChannelNames,
            ignored = Content.Ignored,
            samples = Log.Length,
            rate_hz = Log.RateHz > 0 ? Log.RateHz : (double?)null,
            factor = Content.Factor,
            is_rounded = Content.IsRounded,
            gaps = Log.Gaps.Count,
            first_gap = Content.FirstGap,
            classes = ClassCount,
            settings = Lines().ToDictionary(line => line.Key, line => line.Value),
            sequences = new
            {
                count = lengths.Length,
                shortest = lengths.Length == 0 ? (int?)null : lengths[0],
                median = lengths.Length == 0 ? (int?)null : lengths[lengths.Length / 2],
                longest = lengths.Length == 0 ? (int?)null : lengths[^1],
                cut = Segmentation.Found.Count(sequence => sequence.IsCut),
                too_short = Segmentation.ShortCount,
                list = Segmentation.Found.Select(sequence => new { sequence.Start, sequence.Length, sequence.IsCut }),
            },
            known_parts = Score is not { } score ? null : new
            {
                count = score.MarkCount,
                found = score.FoundCount,
                merged = score.MergedCount,
                divided = score.DividedCount,
                extra = score.ExtraCount,
                largest_error_samples = score.LargestErrorSteps,
            },
            picture,
        };
    }

    private string ReadLine()
    {
        string rate = Log.RateHz > 0 ? $"at {Text(Log.RateHz, "0.0")} Hz" : "without a time";
        string parts = Log.Marks.Count == 0 ? "no known parts" : $"{Count(Log.Marks.Count, "known part")} of {Count(ClassCount, "class")}";
        return $"{Path}: {Count(Log.Channels, "channel")} ({string.Join(", ", Content.ChannelNames)}), {Count(Log.Length, "sample")} {rate}, {parts}";
    }

    private static string Count(int count, string noun) => $"{Text(count)} {noun}{(count == 1 ? "" : noun.EndsWith('s') ? "es" : "s")}";

    private static string Text(double value, string format = "0") => value.ToString(format, CultureInfo.InvariantCulture);
}
