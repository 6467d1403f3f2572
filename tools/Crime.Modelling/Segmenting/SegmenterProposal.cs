// Parameters of a segmenter from a recording: levels between rest and movement, and times between pauses within a movement and pauses between
// movements.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Datasets;
using Crime.Sensing;

namespace Crime.Modelling.Segmenting;

/// <summary>Proposes parameters.</summary>
public static class SegmenterProposal
{
    // Rest has outliers that a recording of some minutes does not show.
    private const double RestMargin = 1.5;

    // Rest and movement have to differ by this factor for a threshold between them.
    private const double LeastContrast = 2;

    private const int DefaultHangOver = 15;

    /// <summary>Proposes the parameters of the kind <see cref="SegmentKind.Activity"/>.</summary>
    /// <param name="log">A log with rest and movement. Its marks are used where it has some.</param>
    /// <param name="span">Timesteps over which the range of the signal is taken; null for the default of the settings.</param>
    /// <exception cref="UserInputException">The levels of rest and movement are too similar.</exception>
    public static SegmenterSettings Of(SensorLog log, int? span = null)
    {
        var settings = new SegmenterSettings();
        if (span is { } given) settings.Span = given;
        if (log.Length < 4 * settings.Span)
            throw new UserInputException($"the log has {log.Length} samples; at least {4 * settings.Span} with rest and movement are needed");
        int[] levels = Levels(log, settings.Span);
        bool[] isMovement = log.Marks.Count > 0 ? KnownMovement(log, settings.Span) : SeparatedMovement(levels);
        int[] rest = levels.Where((_, i) => !isMovement[i]).Skip(settings.Span).Order().ToArray();
        int[] movement = levels.Where((_, i) => isMovement[i]).Order().ToArray();
        if (rest.Length == 0 || movement.Length == 0) throw Indistinct();
        // Without marks, a few samples at the edges of a movement count as rest.
        int restLevel = log.Marks.Count > 0 ? rest[^1] : Quantile(rest, 0.99);
        settings.EndLevel = Math.Max((int)Math.Ceiling(RestMargin * restLevel), 1);
        List<int> peaks = PeaksOf(levels, isMovement, settings.EndLevel);
        if (peaks.Count == 0) throw Indistinct();
        int weakest = Quantile(peaks.Order().ToArray(), 0.05);
        if (weakest < LeastContrast * restLevel) throw Indistinct();
        settings.StartLevel = Math.Max((int)Math.Sqrt((double)settings.EndLevel * Math.Max(weakest, settings.EndLevel + 2)), settings.EndLevel + 1);
        settings.HangOver = HangOverOf(log, levels, settings);
        SetLengths(log, settings);
        return settings;
    }

    private static UserInputException Indistinct() =>
        new("the levels of rest and movement are too similar: record some seconds of rest between movements that are stronger than the noise");

    private static int[] Levels(SensorLog log, int span) =>
        [.. Segmentation.Of(log, new SegmenterSettings { Span = span, EndLevel = int.MaxValue - 1, StartLevel = int.MaxValue }).Levels];

    /// <summary>Timesteps whose level contains samples of a known part.</summary>
    private static bool[] KnownMovement(SensorLog log, int span)
    {
        var isMovement = new bool[log.Length];
        foreach (LogMark mark in log.Marks)
            for (int i = mark.Start; i < Math.Min(mark.End + span - 1, log.Length); i++) isMovement[i] = true;
        return isMovement;
    }

    /// <summary>Divides the logarithms of the levels in two groups with the least variance within (Otsu, 1979).</summary>
    private static bool[] SeparatedMovement(int[] levels)
    {
        const int Bins = 256;
        double scale = (Bins - 1) / Math.Max(Math.Log2(levels.Max() + 1), 1);
        var counts = new long[Bins];
        int Bin(int level) => (int)(Math.Log2(level + 1) * scale);
        foreach (int level in levels) counts[Bin(level)]++;
        double total = 0, best = -1, below = 0;
        for (int i = 0; i < Bins; i++) total += (double)i * counts[i];
        long belowCount = 0;
        int threshold = 0;
        for (int i = 0; i < Bins - 1; i++)
        {
            belowCount += counts[i];
            below += (double)i * counts[i];
            if (belowCount == 0 || belowCount == levels.Length) continue;
            double difference = below / belowCount - (total - below) / (levels.Length - belowCount);
            double between = belowCount * (double)(levels.Length - belowCount) * difference * difference;
            if (between <= best) continue;
            best = between;
            threshold = i;
        }
        return [.. levels.Select(level => Bin(level) > threshold)];
    }

    private static List<int> PeaksOf(int[] levels, bool[] isMovement, int endLevel)
    {
        var peaks = new List<int>();
        int peak = 0;
        for (int i = 0; i <= levels.Length; i++)
        {
            if (i < levels.Length && isMovement[i])
            {
                peak = Math.Max(peak, levels[i]);
                continue;
            }
            if (peak > endLevel) peaks.Add(peak);
            peak = 0;
        }
        return peaks;
    }

    /// <summary>A pause within a movement is shorter than the hang-over, a pause between movements is longer.</summary>
    private static int HangOverOf(SensorLog log, int[] levels, SegmenterSettings settings)
    {
        List<(int Start, int End)> gaps = Gaps(levels, settings);
        if (gaps.Count == 0) return DefaultHangOver;
        int within = 0, between = int.MaxValue;
        if (log.Marks.Count > 0)
        {
            foreach ((int start, int end) in gaps)
            {
                bool isWithin = log.Marks.Any(mark => start >= mark.Start && end <= mark.End);
                if (isWithin) within = Math.Max(within, end - start);
                else between = Math.Min(between, end - start);
            }
        }
        else
        {
            // The largest step between the sorted lengths of the pauses divides them.
            int[] sorted = gaps.Select(gap => gap.End - gap.Start).Order().ToArray();
            between = sorted[0];
            double largest = 4;
            for (int i = 1; i < sorted.Length; i++)
            {
                double step = (double)sorted[i] / sorted[i - 1];
                if (step <= largest) continue;
                largest = step;
                (within, between) = (sorted[i - 1], sorted[i]);
            }
        }
        // Rest is counted from the last sample of the movement, which stays in the span for a while.
        int least = within + settings.Span;
        if (between == int.MaxValue) return Math.Clamp(2 * least, DefaultHangOver, SegmenterSettings.MostContext);
        int most = between + settings.Span - 1;
        return Math.Clamp(Math.Min(Math.Max(least + least / 2, DefaultHangOver), Math.Max((least + most) / 2, 1)), 1, SegmenterSettings.MostContext);
    }

    /// <summary>Pauses below the end level between two movements that reach the start level.</summary>
    private static List<(int Start, int End)> Gaps(int[] levels, SegmenterSettings settings)
    {
        var gaps = new List<(int, int)>();
        int gapStart = -1;
        bool wasMoving = false;
        for (int i = 0; i < levels.Length; i++)
        {
            if (levels[i] >= settings.EndLevel)
            {
                if (wasMoving && gapStart >= 0) gaps.Add((gapStart, i));
                gapStart = -1;
                wasMoving = true;
            }
            else if (gapStart < 0)
            {
                gapStart = i;
            }
        }
        return gaps;
    }

    private static void SetLengths(SensorLog log, SegmenterSettings settings)
    {
        settings.LeastLength = 1;
        settings.GreatestLength = SegmenterSettings.MostLength;
        int[] lengths = log.Marks.Count > 0 ? log.Marks.Select(mark => mark.Length).Order().ToArray()
            : Segmentation.Of(log, settings).Found.Select(sequence => sequence.Length).Order().ToArray();
        if (lengths.Length == 0) throw Indistinct();
        settings.LeastLength = Math.Max(lengths[0] / 2, 1);
        settings.GreatestLength = Math.Min(lengths[^1] + lengths[^1] / 2 + settings.PreRoll, SegmenterSettings.MostLength);
    }

    private static int Quantile(int[] sorted, double share) => sorted[(int)((sorted.Length - 1) * share)];
}
