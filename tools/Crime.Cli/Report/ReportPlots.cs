// The pictures of a report, as SVG that a page can hold.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Crime.Cli.Prediction;
using Crime.Modelling.Prediction;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace Crime.Cli.Report;

/// <summary>Draws the pictures of a model report.</summary>
internal static class ReportPlots
{
    private const int WidthPx = 860;
    private const int HeightPx = 380;

    private static readonly Color s_first = Color.FromHex("#0b6e99");
    private static readonly Color s_second = Color.FromHex("#d9730d");

    /// <summary>How often a sequence of one class (row) was taken for another (column), as a share of its class.</summary>
    public static string Confusion(int[,] counts, IReadOnlyList<string> classNames)
    {
        int classes = classNames.Count;
        var plot = new Plot();
        for (int row = 0; row < classes; row++)
        {
            double total = Math.Max(1, Enumerable.Range(0, classes).Sum(column => counts[row, column]));
            for (int column = 0; column < classes; column++) Cell(plot, column, classes - 1 - row, counts[row, column], counts[row, column] / total);
        }
        double[] positions = Enumerable.Range(0, classes).Select(i => (double)i).ToArray();
        plot.Axes.Bottom.TickGenerator = new NumericManual(positions, [.. classNames]);
        plot.Axes.Left.TickGenerator = new NumericManual(positions, [.. classNames.Reverse()]);
        plot.XLabel("class found by the fixed-point network");
        plot.YLabel("true class");
        plot.Axes.SetLimits(-0.5, classes - 0.5, -0.5, classes - 0.5);
        plot.HideGrid();
        int side = Math.Clamp(160 + 46 * classes, 420, 1100);
        return plot.GetSvgXml(side + 80, side);
    }

    private static void Cell(Plot plot, int x, int y, int count, double share)
    {
        var rectangle = plot.Add.Rectangle(x - 0.5, x + 0.5, y - 0.5, y + 0.5);
        rectangle.FillColor = Colors.White.InterpolateRgb(s_first, share);
        rectangle.LineColor = Colors.LightGray;
        if (count == 0) return;
        var text = plot.Add.Text(count.ToString(CultureInfo.InvariantCulture), x, y);
        text.LabelAlignment = Alignment.MiddleCenter;
        text.LabelFontColor = share > 0.5 ? Colors.White : Colors.Black;
    }

    /// <summary>Error of the hidden state against the step, mean and largest.</summary>
    public static string Error(IReadOnlyList<double> mean, IReadOnlyList<double> largest)
    {
        double[] steps = Steps(mean.Count);
        var plot = new Plot();
        Line(plot, steps, largest, s_second, "largest");
        Line(plot, steps, mean, s_first, "mean");
        plot.XLabel("timestep");
        plot.YLabel("|h fixed - h float|");
        plot.Axes.SetLimitsY(0, Math.Max(1e-6, largest.DefaultIfEmpty(0).Max() * 1.1));
        plot.ShowLegend(Alignment.UpperRight);
        return plot.GetSvgXml(WidthPx, HeightPx);
    }

    /// <summary>Saturations against the step, per thousand values.</summary>
    public static string Saturations(IReadOnlyList<double> gates, IReadOnlyList<double> cells)
    {
        double[] steps = Steps(gates.Count);
        var plot = new Plot();
        Line(plot, steps, gates, s_first, "gate inputs beyond the table");
        Line(plot, steps, cells, s_second, "cell states cut off");
        plot.XLabel("timestep");
        plot.YLabel("per thousand values");
        plot.Axes.SetLimitsY(0, Math.Max(1, gates.Concat(cells).DefaultIfEmpty(0).Max() * 1.1));
        plot.ShowLegend(Alignment.UpperRight);
        return plot.GetSvgXml(WidthPx, HeightPx);
    }

    /// <summary>A cost against the length, one line per kernel, and where the data's lengths lie.</summary>
    /// <param name="yLabel">What is drawn, with its unit.</param>
    /// <param name="longest">Longest length of the data, in timesteps.</param>
    /// <param name="lines">Name and cost of each line.</param>
    /// <param name="median">Median length of the data.</param>
    /// <param name="counted">Lengths and costs of single inferences; null for none.</param>
    public static string Cost(
        string yLabel, int longest, IReadOnlyList<(string Name, LineOver Cost)> lines, double median, IReadOnlyList<(double Length, double Cost)>? counted = null)
    {
        var plot = new Plot();
        Color[] colors = [s_first, s_second, Colors.Gray];
        for (int i = 0; i < lines.Count; i++)
        {
            double[] xs = [0, longest];
            double[] ys = [lines[i].Cost.Start, lines[i].Cost.At(longest)];
            Line(plot, xs, ys, colors[i % colors.Length], lines[i].Name);
        }
        var mark = plot.Add.VerticalLine(median, 1, Colors.Gray, LinePattern.Dashed);
        mark.LegendText = "median length of the data";
        plot.XLabel("length, timesteps");
        plot.YLabel(yLabel);
        double most = lines.Max(line => line.Cost.At(longest));
        if (counted is { Count: > 0 })
        {
            var points = plot.Add.ScatterPoints(counted.Select(one => one.Length).ToArray(), counted.Select(one => one.Cost).ToArray(), s_second);
            points.LegendText = "counted";
            most = Math.Max(most, counted.Max(one => one.Cost));
        }
        plot.Axes.SetLimits(0, longest, 0, most * 1.05);
        plot.ShowLegend(Alignment.UpperLeft);
        return plot.GetSvgXml(WidthPx, HeightPx);
    }

    /// <summary>Battery life by radio mode and mapping.</summary>
    public static string BatteryLife(BatteryForecast forecast)
    {
        var plot = new Plot();
        BatteryPlot.Draw(plot, forecast);
        return plot.GetSvgXml(WidthPx, HeightPx);
    }

    private static double[] Steps(int count) => Enumerable.Range(1, count).Select(step => (double)step).ToArray();

    private static void Line(Plot plot, double[] xs, IReadOnlyList<double> ys, Color color, string name)
    {
        var line = plot.Add.ScatterLine(xs, [.. ys], color);
        line.LineWidth = 2;
        line.LegendText = name;
    }
}
