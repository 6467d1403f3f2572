// The picture of a data set: sequences per class, and the lengths per class.

using System;
using System.Linq;
using Crime.Cli.Outputs;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace Crime.Cli.Data;

/// <summary>Draws data sets.</summary>
internal static class DatasetPlot
{
    private const int WidthPx = 1200;
    private const int HeightPx = 450;
    private const double HalfWidth = 0.4;
    private const int MostNames = 24;

    private static readonly Color s_train = Color.FromHex("#0b6e99");
    private static readonly Color s_test = Color.FromHex("#d9730d");

    /// <summary>Draws a data set.</summary>
    /// <exception cref="UserInputException">The file cannot be written.</exception>
    public static void Save(DatasetFigures figures, string path)
    {
        var both = new Multiplot();
        both.AddPlots(2);
        DrawBalance(both.GetPlot(0), figures);
        DrawLengths(both.GetPlot(1), figures);
        both.GetPlot(0).Title(new DatasetSummary(figures.Data with { Remarks = [] }).ToLine());
        Output.WriteFile(path, both.Render(WidthPx, 2 * HeightPx).GetImageBytes(ImageFormat.Png));
    }

    private static void DrawBalance(Plot plot, DatasetFigures figures)
    {
        for (int i = 0; i < figures.Classes.Count; i++)
        {
            ClassFigures item = figures.Classes[i];
            Bar(plot, i, 0, item.Train, s_train);
            Bar(plot, i, item.Train, item.Train + item.Test, s_test);
        }
        NameClasses(plot, figures);
        plot.YLabel("sequences");
        plot.Axes.SetLimitsY(0, 1.1 * figures.Classes.Max(item => item.Train + item.Test));
        plot.Legend.ManualItems.Add(new LegendItem { LabelText = "training part", FillColor = s_train });
        plot.Legend.ManualItems.Add(new LegendItem { LabelText = "test part", FillColor = s_test });
        plot.ShowLegend(Alignment.UpperRight);
    }

    private static void DrawLengths(Plot plot, DatasetFigures figures)
    {
        for (int i = 0; i < figures.Classes.Count; i++)
        {
            ClassFigures item = figures.Classes[i];
            Bar(plot, i, item.Shortest, Math.Max(item.Longest, item.Shortest + 0.5), s_train.WithAlpha(0.4));
            var median = plot.Add.Line(i - HalfWidth, item.Median, i + HalfWidth, item.Median);
            median.LineColor = s_test;
            median.LineWidth = 3;
        }
        NameClasses(plot, figures);
        plot.YLabel(figures.Data.IsText ? "characters: range and median" : "timesteps: range and median");
        plot.Axes.SetLimitsY(0, 1.1 * figures.Lengths[^1]);
    }

    private static void Bar(Plot plot, int place, double from, double to, Color color)
    {
        var bar = plot.Add.Rectangle(place - HalfWidth, place + HalfWidth, from, to);
        bar.FillColor = color;
        bar.LineWidth = 0;
    }

    private static void NameClasses(Plot plot, DatasetFigures figures)
    {
        int count = figures.Classes.Count, step = (count + MostNames - 1) / MostNames;
        int[] named = [.. Enumerable.Range(0, count).Where(i => i % step == 0)];
        plot.Axes.Bottom.TickGenerator = new NumericManual([.. named.Select(i => (double)i)], [.. named.Select(i => figures.Classes[i].Name)]);
        plot.Axes.SetLimitsX(-1, count);
    }
}
