// Sequences for a data set from the log of a sensor: its known parts, the log between its gaps, or what a board's segmenter cuts out.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Datasets;
using Crime.Sensing;

namespace Crime.Modelling.Segmenting;

/// <summary>Sequences of a log.</summary>
/// <param name="Sequences">The sequences; their take is the log.</param>
/// <param name="UnlabelledCount">Sequences that the segmenter has found where no class is known; they are dropped.</param>
public sealed record LogSequences(IReadOnlyList<LabelledSequence> Sequences, int UnlabelledCount)
{
    /// <summary>Returns the sequences of a log in the units of its file.</summary>
    /// <param name="content">The log.</param>
    /// <param name="take">Name of the log.</param>
    /// <param name="label">Class of the whole log; null: the class of each known part.</param>
    /// <param name="settings">Cuts as a board does with these settings; null: the known parts or the log between its gaps are the sequences.</param>
    public static LogSequences Of(SensorLogContent content, string take, string? label, SegmenterSettings? settings)
    {
        SensorLog log = content.Log;
        IEnumerable<(int Start, int Length)> parts = settings != null
            ? Segmentation.Of(log, settings).Found.Select(found => (found.Start, found.Length))
            : label == null ? log.Marks.Select(mark => (mark.Start, mark.Length)) : BetweenGaps(log);
        var sequences = new List<LabelledSequence>();
        int unlabelled = 0;
        foreach ((int start, int length) in parts)
        {
            if ((label ?? LabelAt(log, start, start + length)) is not { } name)
            {
                unlabelled++;
                continue;
            }
            var values = new float[length * log.Channels];
            for (int i = 0; i < values.Length; i++) values[i] = log.Values[start * log.Channels + i] / (float)content.Factor;
            sequences.Add(new LabelledSequence(sequences.Count, name, length, values, []) { Take = take });
        }
        return new LogSequences(sequences, unlabelled);
    }

    private static IEnumerable<(int Start, int Length)> BetweenGaps(SensorLog log)
    {
        int start = 0;
        foreach (int gap in log.Gaps.Append(log.Length))
        {
            yield return (start, gap - start);
            start = gap;
        }
    }

    /// <summary>Class of the known part that covers most of a sequence; null where there is none.</summary>
    private static string? LabelAt(SensorLog log, int start, int end) =>
        log.Marks.Select(mark => (mark.Label, Overlap: Math.Min(mark.End, end) - Math.Max(mark.Start, start)))
            .Where(item => item.Overlap > 0).OrderByDescending(item => item.Overlap).FirstOrDefault().Label;
}
