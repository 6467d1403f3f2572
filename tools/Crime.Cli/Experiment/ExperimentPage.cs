// The page of an experiment: its headline, the whole table, losers included, and the pictures.

using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using Crime.Cli.Outputs;
using Crime.Cli.Report;
using Crime.Modelling.Prediction;
using Crime.Simulation.Inputs;
using Crime.Simulation.Results;
using Crime.Simulation.Scenarios;

namespace Crime.Cli.Experiment;

/// <summary>Writes the page and its figures.</summary>
internal static class ExperimentPage
{
    /// <summary>Name of the page.</summary>
    public const string FileName = "experiment.html";

    /// <summary>Runs the side experiments and writes everything.</summary>
    /// <param name="result">The grid.</param>
    /// <param name="scenarios">Its scenarios.</param>
    /// <param name="sets">Its networks.</param>
    /// <param name="sideSet">Name of the network of the side experiments; without it they run with the first one.</param>
    /// <param name="folder">Where to; it exists.</param>
    /// <param name="cancellation">Stops it.</param>
    public static void Write(
        ExperimentResult result, IReadOnlyList<Scenario> scenarios, IReadOnlyList<InputSet> sets, string sideSet, string folder,
        CancellationToken cancellation)
    {
        var page = new ReportPage(
            "CRIME in simulation", $"{result.Cells.Count} cells: {scenarios.Count} scenarios, {sets.Count} networks, time and energy; {result.SeedCount} seeds.");
        page.Table(Headline(result));
        page.Section("Against the best single device, and against the oracle");
        Add(page, folder, ExperimentPlots.Map(
            result, "gain", "What CRIME costs less than the best single device, in %; below zero it costs more.", cell => cell.PercentBetterThanSingle, 50));
        Add(page, folder, ExperimentPlots.Map(result, "over-oracle", "What CRIME costs more than the oracle, in %.", cell => cell.PercentOverOracle, 20));
        Add(page, folder, ExperimentPlots.Regret(result));
        page.Section("All policies");
        foreach (InputSet set in sets)
            foreach (bool isEnergy in (bool[])[false, true]) Add(page, folder, ExperimentPlots.Policies(result, set.Name, isEnergy));
        page.Section("Where inputs go");
        foreach (InputSet set in sets) Add(page, folder, ExperimentPlots.ShareByLength(result, set.Name));
        AddBatteryLife(page, result, scenarios);
        AddSides(page, folder, scenarios, sets, sideSet, cancellation);
        page.Section(
            "The whole table",
            "Simulated. Mean over the seeds and half width of the 95 % confidence interval; time in ms, energy in mJ above the idle baseline, background energy "
            + "included. The ratio of CRIME to the best single device is paired by seed.");
        foreach (Cell cell in result.Cells)
        {
            page.Section($"{cell.Scenario}, {cell.Set}, {(cell.IsEnergy ? "energy in mJ" : "time in ms")}");
            page.Table([
                .. cell.Policies.Select(policy => (policy.Policy.Name, $"{Number(cell.Cost(policy).Mean)} ± {Number(cell.Cost(policy).HalfWidth)}")),
                ($"crime / {cell.BestSingle.Policy.Name}", $"{Number(cell.RatioToBestSingle.Mean)} ± {Number(cell.RatioToBestSingle.HalfWidth)}"),
            ]);
        }
        Output.WriteFile(Path.Combine(folder, FileName), page.Finish(
            $"Simulated by crime experiment --seeds {result.SeedCount} (seeds 1 to {result.SeedCount}), {ProgramVersion.Text}."));
    }

    /// <summary>The figures that people ask for first.</summary>
    public static IEnumerable<(string Name, string Value)> Headline(ExperimentResult result) =>
    [
        ("cells at least 25 % better than the best single device", $"{result.CellsBetter} of {result.Cells.Count}"),
        ("the same for the oracle, which is as much as can be had", $"{result.CellsOracleBetter} of {result.Cells.Count}"),
        (
            "energy cells at least 25 % better, and the same for the oracle",
            $"{result.EnergyCellsBetter} and {result.EnergyCellsOracleBetter} of {result.EnergyCells.Count()}"),
        ("worst against the best single device", Number(result.WorstPercentAgainstSingle) + " %"),
        ("over the oracle, mean of all cells", Number(result.PercentOverOracleTotal) + " %"),
        ("over the oracle, worst cell without outages", Number(result.PercentOverOracleWorst) + " %"),
    ];

    private static void AddBatteryLife(ReportPage page, ExperimentResult result, IReadOnlyList<Scenario> scenarios)
    {
        Battery cell = BatteryLife.Cell;
        page.Section(
            "Battery life",
            $"Simulated, energy minimised: days of a cell of {cell.CapacityMah} mAh per board, the idle baseline included. "
            + $"{cell.UsablePercent} % of it are usable, it loses {cell.SelfDischargePercent} % a month by itself, and a linear regulator passes its "
            + "current on. Where a board stays associated, the idle baseline decides.");
        page.Table(result.EnergyCells.Select(entry => BatteryLife.Of(entry, scenarios, result.SeedCount)).Select(
            life => (life.Name, string.Join(", ", life.Lives.Select(entry => $"{entry.Policy} {Number(entry.Days)}")))));
    }

    private static void AddSides(
        ReportPage page, string folder, IReadOnlyList<Scenario> scenarios, IReadOnlyList<InputSet> sets, string sideSet, CancellationToken cancellation)
    {
        InputSet set = sets.FirstOrDefault(entry => entry.Name == sideSet) ?? sets[0];
        foreach (Scenario scenario in scenarios.Where(scenario => scenario.Load.Pattern == LoadPattern.Flash))
        {
            page.Section(
                $"Thundering herd: {scenario.Name}",
                "The share of inputs sent away, after the first two seconds. A crowd counts as steady when the share of every second is within "
                + $"{CrowdSteadiness.SteadyBandPoints} points of the mean, and the variance over slices of 0.1 s at most "
                + $"{CrowdSteadiness.SteadyOverdispersion} times that of boards that decide at random (overdispersion): three times the "
                + "movement of chance. Without any measure, nodes believe the last status, and the gateway takes all that its memory holds.");
            foreach (InputSet each in sets)
            {
                IReadOnlyList<CrowdRun> runs = SideExperiments.Crowd(scenario, each, seed: 1, cancellation);
                Add(page, folder, ExperimentPlots.Crowd(runs, each.Name, scenario.Load.PeriodS - 1, scenario.Load.PeriodS + scenario.Load.LastsS + 1));
                page.Table(runs.Select(run => ($"{each.Name}: {run.Name}", CrowdLine(run))));
            }
        }
        page.Section("Old statuses");
        foreach (Scenario scenario in scenarios.Where(scenario => scenario.Gateways.Any(gateway => gateway.Background != null)).Take(2))
            Add(page, folder, ExperimentPlots.Stale(scenario.Name, SideExperiments.Stale(scenario, set, cancellation)));
    }

    private static string CrowdLine(CrowdRun run)
    {
        CrowdSteadiness measure = run.Measure;
        return $"seconds {Number(100 * measure.Seconds.Low)} to {Number(100 * measure.Seconds.High)} %, 0.1 s {Number(100 * measure.Slices.Low)} to "
            + $"{Number(100 * measure.Slices.High)} %, overdispersion {Number(measure.Overdispersion)}, swings {measure.Swings}, "
            + $"queue wait p99 {Number(measure.WaitP99Ms)} ms, {(measure.IsSteady ? "steady" : "not steady")}";
    }

    private static void Add(ReportPage page, string folder, Picture picture)
    {
        page.Figure(picture.Plot.GetSvgXml(Picture.WidthPx, picture.HeightPx), picture.Caption);
        Output.WriteFile(Path.Combine(folder, picture.FileName + ".png"), picture.Plot.GetImageBytes(Picture.WidthPx, picture.HeightPx, ScottPlot.ImageFormat.Png));
    }

    private static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
