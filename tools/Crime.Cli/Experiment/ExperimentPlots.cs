// The pictures of an experiment. Each is drawn once, and written as PNG and into the page as SVG.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Crime.Simulation.Results;
using Crime.Simulation.World;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace Crime.Cli.Experiment;

/// <summary>A picture.</summary>
/// <param name="FileName">Its file's name without the extension.</param>
/// <param name="Caption">What it shows.</param>
/// <param name="Plot">The drawing.</param>
/// <param name="HeightPx">Its height.</param>
internal sealed record Picture(string FileName, string Caption, Plot Plot, int HeightPx = 420)
{
    /// <summary>Width of every picture.</summary>
    public const int WidthPx = 960;
}

/// <summary>Draws them.</summary>
internal static class ExperimentPlots
{
    private const int FewestForShare = 20;

    private static readonly Color[] s_colors =
        [.. new[] { "#0b6e99", "#d9730d", "#448361", "#9065b0", "#c14c8a", "#8a6d3b", "#5f6b6d", "#b5a300", "#1f3b57" }.Select(hex => Color.FromHex(hex))];

    /// <summary>Cost of every policy against the best single device, one group of bars per scenario.</summary>
    public static Picture Policies(ExperimentResult result, string set, bool isEnergy)
    {
        List<Cell> cells = result.Cells.Where(cell => cell.Set == set && cell.IsEnergy == isEnergy).ToList();
        string[] names = ["best single device", "random", "mean-length", "two-device", "crime", "oracle"];
        var plot = new Plot();
        for (int i = 0; i < names.Length; i++)
        {
            var bars = new List<Bar>();
            for (int k = 0; k < cells.Count; k++)
            {
                PolicyResult policy = i == 0 ? cells[k].BestSingle : cells[k].Policies.First(entry => entry.Policy.Name == names[i]);
                double scale = 100 / cells[k].Cost(cells[k].BestSingle).Mean;
                Estimate cost = cells[k].Cost(policy);
                bars.Add(new Bar
                {
                    Position = k * (names.Length + 1.5) + i,
                    Value = Math.Min(cost.Mean * scale, 300),
                    Error = cost.HalfWidth * scale,
                    FillColor = s_colors[i],
                    Size = 0.9,
                });
            }
            plot.Add.Bars(bars).LegendText = names[i];
        }
        double[] at = cells.Select((_, k) => k * (names.Length + 1.5) + 2.5).ToArray();
        plot.Axes.Bottom.TickGenerator = new NumericManual(at, cells.Select(cell => cell.Scenario.Replace('-', '\n')).ToArray());
        plot.Axes.SetLimitsY(0, 200);
        plot.YLabel((isEnergy ? "energy" : "time") + ", % of the best single device");
        plot.ShowLegend(Alignment.UpperRight, Orientation.Horizontal);
        string what = isEnergy ? "energy" : "time";
        return new Picture(
            $"{what}-{set}", $"{set}: {what} per input of every policy, with 95 % confidence intervals over the seeds. What is above 200 % is cut off.", plot);
    }

    /// <summary>A number per cell, as colours.</summary>
    public static Picture Map(ExperimentResult result, string fileName, string caption, Func<Cell, double> value, double full)
    {
        string[] scenarios = result.Cells.Select(cell => cell.Scenario).Distinct().ToArray();
        string[] columns = result.Cells.Select(Column).Distinct().ToArray();
        var plot = new Plot();
        foreach (Cell cell in result.Cells)
        {
            int x = Array.IndexOf(columns, Column(cell)), y = scenarios.Length - 1 - Array.IndexOf(scenarios, cell.Scenario);
            double shown = value(cell);
            var box = plot.Add.Rectangle(x - 0.5, x + 0.5, y - 0.5, y + 0.5);
            box.FillColor = Colors.White.InterpolateRgb(shown >= 0 ? s_colors[0] : s_colors[1], Math.Min(Math.Abs(shown) / full, 1));
            box.LineColor = Colors.LightGray;
            var text = plot.Add.Text(shown.ToString("0.0", CultureInfo.InvariantCulture), x, y);
            text.LabelAlignment = Alignment.MiddleCenter;
            text.LabelFontColor = Math.Abs(shown) > 0.6 * full ? Colors.White : Colors.Black;
        }
        plot.Axes.Bottom.TickGenerator = new NumericManual([.. columns.Select((_, i) => (double)i)], columns);
        plot.Axes.Left.TickGenerator = new NumericManual([.. scenarios.Select((_, i) => (double)i)], [.. scenarios.Reverse()]);
        plot.Axes.SetLimits(-0.5, columns.Length - 0.5, -0.5, scenarios.Length - 0.5);
        plot.HideGrid();
        return new Picture(fileName, caption, plot);
    }

    /// <summary>Share of inputs that are sent away against their length.</summary>
    public static Picture ShareByLength(ExperimentResult result, string set)
    {
        var plot = new Plot();
        int i = 0;
        foreach (Cell cell in result.Cells.Where(cell => cell.Set == set && !cell.IsEnergy))
        {
            RunTally tally = cell.Crime.Total;
            int[] lengths = Enumerable.Range(0, tally.CountByLength.Length).Where(n => tally.CountByLength[n] >= FewestForShare).ToArray();
            double[] shares = lengths.Select(n => 100.0 * tally.AwayByLength[n] / tally.CountByLength[n]).ToArray();
            Line(plot, lengths.Select(n => (double)n).ToArray(), shares, i++, cell.Scenario);
        }
        plot.XLabel("length, timesteps");
        plot.YLabel("sent away, %");
        plot.Axes.SetLimitsY(0, 105);
        plot.ShowLegend(Edge.Right);
        return new Picture($"share-{set}", $"{set}: share of inputs that CRIME sends away, against their length, minimising time.", plot);
    }

    /// <summary>Share of inputs sent away over the time of a flash crowd.</summary>
    public static Picture Crowd(IReadOnlyList<CrowdRun> runs, string set, double fromS, double untilS)
    {
        var plot = new Plot();
        int i = 0;
        foreach (CrowdRun run in runs.Where(run => run.Safeguards is Safeguards.All or Safeguards.None && run.Policy == Policy.Crime))
        {
            double sliceS = run.Tally.SliceUs / 1e6;
            int[] slices = Enumerable.Range((int)(fromS / sliceS), (int)((untilS - fromS) / sliceS)).Where(k => run.Tally.CountBySlice[k] > 0).ToArray();
            double[] shares = slices.Select(k => 100.0 * run.Tally.AwayBySlice[k] / run.Tally.CountBySlice[k]).ToArray();
            Line(plot, slices.Select(k => k * sliceS).ToArray(), shares, i++, $"{(run.Safeguards == Safeguards.All ? "with" : "without")}, {run.StatusIntervalMs} ms");
        }
        plot.XLabel("time, s");
        plot.YLabel("sent away, %");
        plot.Axes.SetLimitsY(0, 105);
        plot.ShowLegend(Edge.Right);
        return new Picture(
            $"flash-crowd-{set}",
            $"{set}: share of inputs that a thousand boards offload, in slices of 0.1 s, with all anti-herding measures and without any, by the time between "
            + "statuses.", plot);
    }

    /// <summary>Mean regret of the policies against the oracle.</summary>
    public static Picture Regret(ExperimentResult result)
    {
        string[] names = ["mean-length", "two-device", "crime"];
        string[] scenarios = result.Cells.Select(cell => cell.Scenario).Distinct().ToArray();
        var plot = new Plot();
        for (int i = 0; i < names.Length; i++)
        {
            plot.Add.Bars(scenarios.Select((scenario, k) => new Bar
            {
                Position = k * (names.Length + 1.0) + i,
                Value = result.Cells.Where(cell => cell.Scenario == scenario).Average(cell => OverOracle(cell, names[i])),
                FillColor = s_colors[i + 2],
                Size = 0.9,
            }).ToList()).LegendText = names[i];
        }
        plot.Axes.Bottom.TickGenerator = new NumericManual(
            scenarios.Select((_, k) => k * (names.Length + 1.0) + 1).ToArray(), scenarios.Select(scenario => scenario.Replace('-', '\n')).ToArray());
        plot.YLabel("over the oracle, %");
        plot.Axes.Margins(bottom: 0);
        plot.ShowLegend(Alignment.UpperLeft);
        return new Picture("regret", "What policies cost more than the oracle, mean over the networks and both objectives.", plot);
    }

    /// <summary>Regret against the age of statuses.</summary>
    public static Picture Stale(string scenario, IReadOnlyList<StaleRun> runs)
    {
        var plot = new Plot();
        double[] xs = runs.Select(run => Math.Log10(run.StatusIntervalMs)).ToArray();
        Line(plot, xs, runs.Select(run => run.PercentOverOracle.Mean).ToArray(), 0, "crime");
        plot.Axes.Bottom.TickGenerator = new NumericManual(xs, runs.Select(run => run.StatusIntervalMs.ToString(CultureInfo.InvariantCulture)).ToArray());
        plot.XLabel("shortest time between two statuses, ms");
        plot.YLabel("over the oracle, %");
        plot.Axes.SetLimitsY(0, runs.Max(run => run.PercentOverOracle.Mean) * 1.2);
        return new Picture($"stale-{scenario}", $"{scenario}: what old statuses cost, three seeds.", plot);
    }

    private static double OverOracle(Cell cell, string policy) =>
        100 * (cell.Cost(cell.Policies.First(entry => entry.Policy.Name == policy)).Mean / cell.Cost(cell.Oracle).Mean - 1);

    private static string Column(Cell cell) => cell.Set.Replace('-', '\n') + (cell.IsEnergy ? "\nenergy" : "\ntime");

    private static void Line(Plot plot, double[] xs, double[] ys, int index, string name)
    {
        var line = plot.Add.ScatterLine(xs, ys, s_colors[index % s_colors.Length]);
        line.LineWidth = 2;
        line.LegendText = name;
    }
}
