// Live and simulated side by side, as bars.

using System.Linq;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace Crime.Cli.Live;

/// <summary>Draws a live result.</summary>
internal static class LivePlot
{
    private const int WidthPx = 960;
    private const int HeightPx = 420;

    private static readonly Color s_liveColor = Color.FromHex("#0b6e99");
    private static readonly Color s_simulatedColor = Color.FromHex("#d9730d");

    /// <summary>Mean time and mean energy per policy, live and simulated, as a PNG.</summary>
    public static byte[] Draw(LiveResult result)
    {
        var both = new Multiplot();
        both.AddPlots(2);
        both.Layout = new ScottPlot.MultiplotLayouts.Columns();
        Fill(both.GetPlot(0), result, "mean time per input, ms", isEnergy: false);
        Fill(both.GetPlot(1), result, "mean energy per input, mJ", isEnergy: true);
        return both.Render(WidthPx, HeightPx).GetImageBytes(ImageFormat.Png);
    }

    private static void Fill(Plot plot, LiveResult result, string label, bool isEnergy)
    {
        var live = result.Rows.Select((row, i) => NewBar(3 * i, isEnergy ? row.EnergyMj : row.TimeMs, s_liveColor)).ToList();
        var simulated = result.Rows
            .Select((row, i) => NewBar(3 * i + 1, isEnergy ? row.Simulated.MeanEnergyMj : row.Simulated.MeanTimeMs, s_simulatedColor)).ToList();
        plot.Add.Bars(live).LegendText = "live";
        plot.Add.Bars(simulated).LegendText = "simulated";
        plot.Axes.Bottom.TickGenerator = new NumericManual(
            result.Rows.Select((_, i) => 3 * i + 0.5).ToArray(), result.Rows.Select(row => row.Policy.Name.Replace(' ', '\n')).ToArray());
        plot.Axes.Margins(bottom: 0, top: 0.25);
        plot.YLabel(label);
        plot.ShowLegend(Alignment.UpperRight, Orientation.Horizontal);
    }

    private static Bar NewBar(double position, double value, Color color) =>
        new() { Position = position, Value = value, FillColor = color, Size = 0.9 };
}
