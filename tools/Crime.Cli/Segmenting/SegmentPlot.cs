// The picture of a log that was divided: the level over time with the two thresholds, the sequences and the known parts.

using System;
using System.Globalization;
using System.IO;
using System.Linq;
using Crime.Cli.Outputs;
using Crime.Cli.Prediction;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Modelling.Segmenting;
using ScottPlot;

namespace Crime.Cli.Segmenting;

/// <summary>Draws the sequences of a log.</summary>
internal static class SegmentPlot
{
    /// <summary>Most timesteps of a picture: with more, a sequence is narrower than a few pixels.</summary>
    public const int MostSteps = 6000;

    private const int WidthPx = 1600;
    private const int HeightPx = 450;

    private static readonly Color s_level = Color.FromHex("#0b6e99");
    private static readonly Color s_found = Color.FromHex("#448361");
    private static readonly Color s_known = Color.FromHex("#ad1a72");
    private static readonly Color s_threshold = Color.FromHex("#d9730d");

    /// <summary>Draws the first <see cref="MostSteps"/> timesteps. The axis of the level is logarithmic: rest and movement differ by orders of magnitude.</summary>
    /// <exception cref="UserInputException">The file cannot be written.</exception>
    public static void Save(SegmentResult result, string path)
    {
        SensorLog log = result.Content.Log;
        int steps = Math.Min(log.Length, MostSteps);
        double period = log.RateHz > 0 ? 1 / log.RateHz : 1;
        double[] levels = [.. result.Segmentation.Levels.Take(steps).Select(level => Math.Log10(Math.Max(level, 1)))];
        double top = levels.Max() + 0.3;
        var plot = new Plot();
        bool isFirst = true;
        foreach (FoundSequence sequence in result.Segmentation.Found.Where(sequence => sequence.Start < steps))
        {
            var span = plot.Add.HorizontalSpan(sequence.Start * period, Math.Min(sequence.End, steps) * period);
            span.FillColor = s_found.WithAlpha(0.25);
            span.LineWidth = 0;
            if (isFirst) span.LegendText = "sequence";
            isFirst = false;
        }
        var line = plot.Add.Signal(levels, period, s_level);
        line.LegendText = "level";
        AddThreshold(plot, result.Settings.StartLevel, "start level", LinePattern.Solid);
        AddThreshold(plot, result.Settings.EndLevel, "end level", LinePattern.Dashed);
        isFirst = true;
        foreach (LogMark mark in log.Marks.Where(mark => mark.Start < steps))
        {
            var known = plot.Add.Line(mark.Start * period, top, Math.Min(mark.End, steps) * period, top);
            known.LineWidth = 5;
            known.LineColor = s_known;
            if (isFirst) known.LegendText = "known part";
            isFirst = false;
        }
        plot.Axes.SetLimits(0, steps * period, -0.1, top + 0.3);
        plot.Axes.Left.TickGenerator = ForecastPlot.Decades();
        plot.XLabel(log.RateHz > 0 ? "time, s" : "timesteps");
        plot.YLabel("level");
        plot.Title(Path.GetFileName(result.Path) + (steps < log.Length ? string.Create(
            CultureInfo.InvariantCulture, $", the first {steps} of {log.Length} samples") : ""));
        plot.ShowLegend(Alignment.LowerRight);
        Output.WriteFile(path, plot.GetImage(WidthPx, HeightPx).GetImageBytes(ImageFormat.Png));
    }

    private static void AddThreshold(Plot plot, int level, string name, LinePattern pattern)
    {
        var line = plot.Add.HorizontalLine(Math.Log10(level), 2, s_threshold, pattern);
        line.LegendText = name;
    }
}
