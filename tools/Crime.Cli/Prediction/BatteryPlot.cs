// The picture of battery life: a group of bars per radio mode, a bar per mapping. Days differ by orders of magnitude, so the axis is logarithmic.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Prediction;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace Crime.Cli.Prediction;

/// <summary>Draws battery life.</summary>
internal static class BatteryPlot
{
    private const double Gap = 1;
    private const double BarSize = 0.9;

    private static readonly Color[] s_colors = [Color.FromHex("#0b6e99"), Color.FromHex("#d9730d"), Color.FromHex("#448361"), Color.FromHex("#ad1a72")];

    /// <summary>Draws into a plot. A mapping that cannot keep up has no bar.</summary>
    public static void Draw(Plot plot, BatteryForecast forecast)
    {
        string[] radios = forecast.Rows.Select(row => row.Radio).Distinct().ToArray();
        string[] mappings = forecast.Rows.Select(row => row.Mapping).Distinct().ToArray();
        double[] exponents = forecast.Rows.Where(row => row.Days != null).Select(row => Math.Log10(row.Days!.Value)).DefaultIfEmpty(0).ToArray();
        double low = Math.Floor(exponents.Min()) - 0.1, high = Math.Ceiling(exponents.Max() + 0.3), step = mappings.Length + Gap;
        for (int i = 0; i < mappings.Length; i++)
        {
            var bars = new List<Bar>();
            foreach (BatteryRow row in forecast.Rows.Where(row => row.Mapping == mappings[i] && row.Days != null))
            {
                double x = Array.IndexOf(radios, row.Radio) * step + i, y = Math.Log10(row.Days!.Value);
                bars.Add(new Bar { Position = x, Value = y, ValueBase = low, FillColor = s_colors[i % s_colors.Length], Size = BarSize });
                // The label of a bar itself is below the axis where the logarithm is negative.
                plot.Add.Text(Words.Of(row.Days.Value), x, y).LabelAlignment = Alignment.LowerCenter;
            }
            if (bars.Count > 0) plot.Add.Bars(bars).LegendText = $"mapping={mappings[i]}";
        }
        double[] middles = radios.Select((_, i) => i * step + (mappings.Length - 1) / 2.0).ToArray();
        plot.Axes.Bottom.TickGenerator = new NumericManual(middles, radios);
        plot.Axes.Left.TickGenerator = ForecastPlot.Decades();
        plot.Axes.SetLimits(-1, radios.Length * step - Gap, low, high);
        plot.YLabel("battery life, days");
        plot.Title(BatteryText.Title(forecast));
        plot.ShowLegend(Alignment.UpperLeft);
    }
}
