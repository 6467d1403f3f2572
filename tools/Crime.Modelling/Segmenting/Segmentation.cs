// A log divided by the board's own segmenter, and compared with the parts that are known.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Datasets;
using Crime.Sensing;

namespace Crime.Modelling.Segmenting;

/// <summary>A sequence that the segmenter has found.</summary>
/// <param name="Start">Number of its first timestep.</param>
/// <param name="Length">Its timesteps.</param>
/// <param name="IsCut">True when it was cut at the greatest length.</param>
public sealed record FoundSequence(int Start, int Length, bool IsCut)
{
    /// <summary>Number of the timestep after its last one.</summary>
    public int End => Start + Length;
}

/// <summary>The sequences of a log.</summary>
/// <param name="Found">The sequences in the order of time.</param>
/// <param name="ShortCount">Sequences dropped because they were too short.</param>
/// <param name="Levels">Strength of movement after each timestep; see <see cref="Segmenter.Level"/>.</param>
public sealed record Segmentation(IReadOnlyList<FoundSequence> Found, int ShortCount, IReadOnlyList<int> Levels)
{
    /// <summary>Divides a log. Its trigger is never held. A sequence in progress is dropped at a gap.</summary>
    /// <param name="log">The log.</param>
    /// <param name="settings">The parameters.</param>
    public static Segmentation Of(SensorLog log, SegmenterSettings settings)
    {
        var segmenter = new Segmenter(settings, log.Channels);
        var found = new List<FoundSequence>();
        var levels = new int[log.Length];
        // The segmenter counts from its last reset.
        int origin = 0, gap = 0;
        for (int step = 0; step < log.Length; step++)
        {
            if (gap < log.Gaps.Count && log.Gaps[gap] == step)
            {
                segmenter.Reset();
                origin = step;
                gap++;
            }
            if (segmenter.Push(log.Values, step * log.Channels, isTriggered: false))
                found.Add(new FoundSequence(origin + (int)segmenter.Start, segmenter.Length, segmenter.IsCut));
            levels[step] = segmenter.Level;
        }
        return new Segmentation(found, segmenter.ShortCount, levels);
    }

    /// <summary>Compares the sequences with the known parts of the log.</summary>
    /// <param name="marks">The known parts.</param>
    /// <param name="preRoll">Timesteps that each sequence has before its movement.</param>
    public SegmentationScore Compare(IReadOnlyList<LogMark> marks, int preRoll)
    {
        int foundCount = 0, dividedCount = 0, largest = 0;
        foreach (LogMark mark in marks)
        {
            List<FoundSequence> covering = Found.Where(sequence => sequence.Start < mark.End && sequence.End > mark.Start).ToList();
            if (covering.Count > 1) dividedCount++;
            if (covering.Count != 1) continue;
            FoundSequence only = covering[0];
            if (marks.Count(other => only.Start < other.End && only.End > other.Start) > 1) continue;
            foundCount++;
            largest = Math.Max(largest, Math.Max(Math.Abs(only.Start + preRoll - mark.Start), Math.Abs(only.End - mark.End)));
        }
        int mergedCount = Found.Count(sequence => marks.Count(mark => sequence.Start < mark.End && sequence.End > mark.Start) > 1);
        int extra = Found.Count(sequence => !marks.Any(mark => sequence.Start < mark.End && sequence.End > mark.Start));
        return new SegmentationScore(marks.Count, foundCount, mergedCount, dividedCount, extra, largest);
    }
}

/// <summary>The sequences of a log against its known parts.</summary>
/// <param name="MarkCount">Known parts.</param>
/// <param name="FoundCount">Known parts that exactly one sequence covers, which covers no other one.</param>
/// <param name="MergedCount">Sequences that cover several known parts.</param>
/// <param name="DividedCount">Known parts that several sequences cover.</param>
/// <param name="ExtraCount">Sequences where nothing is known.</param>
/// <param name="LargestErrorSteps">Largest difference of a boundary in timesteps, over the found ones.</param>
public sealed record SegmentationScore(int MarkCount, int FoundCount, int MergedCount, int DividedCount, int ExtraCount, int LargestErrorSteps);
