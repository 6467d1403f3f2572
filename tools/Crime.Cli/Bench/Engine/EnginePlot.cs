// The engine bench as a picture: how many times as fast, network by network.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Crime.Model;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace Crime.Cli.Bench.Engine;

/// <summary>Draws ratios.</summary>
internal static class EnginePlot
{
    private const int WidthPx = 1100;
    private const int GridHeightPx = 300;

    private static readonly Color[] s_colors = [Color.FromHex("#0b6e99"), Color.FromHex("#d9730d"), Color.FromHex("#4d7c38")];

    /// <summary>Draws results as PNG: a plot per grid, a group of bars per network, a bar per batch.</summary>
    public static byte[] Draw(IReadOnlyList<EngineResult> results)
    {
        var grids = results.GroupBy(result => (result.Case.Kind, result.Case.IsMixed)).ToArray();
        var figure = new Multiplot();
        figure.AddPlots(grids.Length);
        for (int i = 0; i < grids.Length; i++) Draw(figure.GetPlot(i), grids[i].Key.Kind, grids[i].Key.IsMixed, grids[i].ToArray());
        using Image image = figure.Render(WidthPx, GridHeightPx * grids.Length);
        return image.GetImageBytes();
    }

    private static void Draw(Plot plot, CellKind kind, bool isMixed, EngineResult[] results)
    {
        int[] batches = results.Select(result => result.Case.BatchCount).Distinct().ToArray();
        int[] networks = results.Select(result => result.Case.HiddenCount).Distinct().ToArray();
        foreach (EngineResult result in results)
        {
            int batch = Array.IndexOf(batches, result.Case.BatchCount), network = Array.IndexOf(networks, result.Case.HiddenCount);
            double x = network * (batches.Length + 1) + batch;
            var bar = plot.Add.Bar(x, result.Ratio);
            bar.Color = s_colors[batch % s_colors.Length];
            var text = plot.Add.Text(result.Ratio.ToString("0.00", CultureInfo.InvariantCulture), x, result.Ratio);
            text.LabelAlignment = Alignment.LowerCenter;
        }
        double[] centres = networks.Select((_, index) => index * (batches.Length + 1) + (batches.Length - 1) / 2.0).ToArray();
        plot.Axes.Bottom.TickGenerator = new NumericManual(centres, networks.Select(hidden => $"hidden {hidden}").ToArray());
        plot.Add.HorizontalLine(1, 1, Colors.Gray, LinePattern.Dashed);
        for (int i = 0; i < batches.Length; i++)
            plot.Legend.ManualItems.Add(new LegendItem { LabelText = $"batch {batches[i]}", FillColor = s_colors[i % s_colors.Length] });
        plot.ShowLegend(Alignment.UpperRight);
        plot.Title($"{kind.ToString().ToUpperInvariant()}{(isMixed ? ", mixed lengths" : "")}: times as fast as ONNX Runtime");
        plot.Axes.SetLimitsY(0, results.Max(result => result.Ratio) * 1.2);
        plot.HideGrid();
    }
}
