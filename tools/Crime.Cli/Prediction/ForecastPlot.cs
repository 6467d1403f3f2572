// The picture of a prediction: cost against length, on the board and over each link, with the lengths where they meet.

using System;
using System.Globalization;
using System.Linq;
using Crime.Cli.Outputs;
using Crime.Modelling;
using Crime.Modelling.Prediction;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace Crime.Cli.Prediction;

/// <summary>Draws predictions.</summary>
internal static class ForecastPlot
{
    private const int WidthPx = 900;
    private const int HeightPx = 450;
    private const int LeastLength = 100;
    private const int GreatestLength = 100_000;
    private const int PointCount = 200;
    private const double Margin = 3;

    private static readonly Color s_local = Color.FromHex("#0b6e99");
    private static readonly Color[] s_links = [Color.FromHex("#448361"), Color.FromHex("#d9730d"), Color.FromHex("#ad1a72")];

    /// <summary>Draws time, and energy and battery life where the forecast has them.</summary>
    /// <exception cref="UserInputException">The file cannot be written.</exception>
    public static void Save(Forecast forecast, string path)
    {
        var plots = new Multiplot();
        int count = forecast.Battery != null ? 3 : forecast.EnergyUj != null ? 2 : 1;
        plots.AddPlots(count);
        Draw(plots.GetPlot(0), forecast, "time, ms", forecast.TimeUs, link => link.Cost.TimeUs, link => link.BreakEvenLengthTime);
        if (forecast.EnergyUj is { } energy) Draw(plots.GetPlot(1), forecast, "energy, mJ", energy, link => link.Cost.EnergyUj, link => link.BreakEvenLengthEnergy);
        if (forecast.Battery is { } battery) BatteryPlot.Draw(plots.GetPlot(2), battery);
        plots.GetPlot(0).Title($"{forecast.Model} on {forecast.Board}, {Words.Of(forecast.Kernel)} kernel");
        Output.WriteFile(path, plots.Render(WidthPx, HeightPx * count).GetImageBytes(ImageFormat.Png));
    }

    private static void Draw(
        Plot plot, Forecast forecast, string label, LineOver local, Func<LinkForecast, LineOver> cost, Func<LinkForecast, long?> breakEven)
    {
        double last = Math.Clamp(forecast.Links.Max(breakEven) * Margin ?? 0, LeastLength, GreatestLength);
        Add(local, "on the board", s_local);
        foreach (var (link, color) in forecast.Links.Zip(s_links))
        {
            Add(cost(link), link.Cost.Link, color);
            if (breakEven(link) is not { } length || length > last) continue;
            double x = Math.Log10(length), y = Math.Log10(cost(link).At(length) / 1000);
            var marker = plot.Add.Marker(x, y, size: 9);
            marker.Color = color;
            var text = plot.Add.Text($" {length}", x, y);
            text.LabelFontColor = color;
            text.LabelAlignment = Alignment.UpperLeft;
        }
        plot.XLabel("length, timesteps");
        plot.YLabel(label);
        plot.Axes.Bottom.TickGenerator = Decades();
        plot.Axes.Left.TickGenerator = Decades();
        plot.Axes.SetLimitsX(0, Math.Log10(last));
        plot.ShowLegend(Alignment.UpperLeft);

        void Add(LineOver line, string name, Color color)
        {
            double[] x = Enumerable.Range(0, PointCount).Select(point => Math.Log10(last) * point / (PointCount - 1)).ToArray();
            var drawn = plot.Add.ScatterLine(x, x.Select(value => Math.Log10(line.At(Math.Pow(10, value)) / 1000)).ToArray());
            drawn.LegendText = name;
            drawn.Color = color;
            drawn.LineWidth = 2;
        }
    }

    /// <summary>Ticks of a logarithmic axis: links differ by orders of magnitude.</summary>
    public static NumericAutomatic Decades() => new()
    {
        MinorTickGenerator = new LogMinorTickGenerator(),
        IntegerTicksOnly = true,
        LabelFormatter = exponent => Math.Pow(10, exponent).ToString("0.#####", CultureInfo.InvariantCulture),
    };
}
