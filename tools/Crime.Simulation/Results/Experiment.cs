// The whole grid: every scenario with every network, for time and for energy, over several seeds.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Costs;
using Crime.Simulation.Inputs;
using Crime.Simulation.Scenarios;
using Crime.Simulation.World;

namespace Crime.Simulation.Results;

/// <summary>What the grid has come to.</summary>
/// <param name="Cells">All cells.</param>
/// <param name="SeedCount">Seeds per cell.</param>
public sealed record ExperimentResult(IReadOnlyList<Cell> Cells, int SeedCount)
{
    /// <summary>A gain that the paper claims, in %.</summary>
    public const double ClaimedPercent = 25;

    /// <summary>Cells in which the project's policy costs at least a quarter less than the best single device.</summary>
    public int CellsBetter => Cells.Count(IsBetter);

    /// <summary>The same for the oracle: more cells than these cannot have such a gain, whatever the policy.</summary>
    public int CellsOracleBetter => Cells.Count(IsOracleBetter);

    /// <summary>Returns true when the oracle costs at least a quarter less than the best single device.</summary>
    public static bool IsOracleBetter(Cell cell) => cell.Cost(cell.Oracle).Mean <= (1 - ClaimedPercent / 100) * cell.Cost(cell.BestSingle).Mean;

    /// <summary>Returns true when the project's policy costs at least a quarter less than the best single device.</summary>
    public static bool IsBetter(Cell cell) => cell.PercentBetterThanSingle >= ClaimedPercent;

    /// <summary>Cells that compare energy.</summary>
    public IEnumerable<Cell> EnergyCells => Cells.Where(cell => cell.IsEnergy);

    /// <summary>As <see cref="CellsBetter"/>, of the cells that compare energy.</summary>
    public int EnergyCellsBetter => EnergyCells.Count(IsBetter);

    /// <summary>As <see cref="CellsOracleBetter"/>, of the cells that compare energy.</summary>
    public int EnergyCellsOracleBetter => EnergyCells.Count(IsOracleBetter);

    /// <summary>What it costs more than the best single device in the worst cell, in %; below zero when it is better everywhere.</summary>
    public double WorstPercentAgainstSingle => Cells.Max(cell => -cell.PercentBetterThanSingle);

    /// <summary>What it costs more than the oracle in the mean over the cells, in %: cells count alike, whatever their unit.</summary>
    public double PercentOverOracleTotal => Cells.Average(cell => cell.PercentOverOracle);

    /// <summary>The same in the worst cell without outages, in %.</summary>
    public double PercentOverOracleWorst => Cells.Where(cell => !cell.HasOutages).Select(cell => cell.PercentOverOracle).DefaultIfEmpty().Max();
}

/// <summary>Runs the grid.</summary>
public sealed class Experiment
{
    private static readonly Objective[] s_objectives = [Objective.Time, Objective.Energy];

    private readonly IReadOnlyList<Scenario> _scenarios;
    private readonly IReadOnlyList<InputSet> _sets;
    private readonly int _seedCount;

    /// <summary>Plans a grid.</summary>
    /// <param name="scenarios">The scenarios.</param>
    /// <param name="sets">The networks with their inputs.</param>
    /// <param name="seedCount">Seeds, from 1 on.</param>
    public Experiment(IReadOnlyList<Scenario> scenarios, IReadOnlyList<InputSet> sets, int seedCount)
    {
        _scenarios = scenarios;
        _sets = sets;
        _seedCount = seedCount;
        foreach (Scenario scenario in scenarios)
            foreach (InputSet set in sets)
                foreach (Policy policy in Policy.All(scenario))
                    foreach (Objective objective in ObjectivesOf(scenario))
                        for (int seed = 1; seed <= seedCount; seed++) Runs.Add(new SimulationRun(scenario, set, policy, objective, seed));
    }

    /// <summary>Where results may wait, the least time is no objective.</summary>
    private static IEnumerable<Objective> ObjectivesOf(Scenario scenario) => s_objectives.Where(objective => objective == Objective.Energy || !scenario.ResultsMayWait);

    /// <summary>Number of runs.</summary>
    public int RunCount => Runs.Count;

    private List<SimulationRun> Runs { get; } = [];

    /// <summary>Runs the grid on all cores.</summary>
    /// <param name="done">Receives the number of runs that are done; may be called from any thread.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>The same for the same seeds, whatever the machine.</returns>
    public ExperimentResult Run(Action<int>? done, CancellationToken cancellation)
    {
        var tallies = new RunTally[Runs.Count];
        int finished = 0;
        var options = new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount };
        Parallel.For(0, Runs.Count, options, i =>
        {
            tallies[i] = Runs[i].Run(cancellation: cancellation);
            done?.Invoke(Interlocked.Increment(ref finished));
        });
        return new ExperimentResult(Cells(tallies), _seedCount);
    }

    private List<Cell> Cells(RunTally[] tallies)
    {
        var results = new Dictionary<(Scenario, InputSet, Policy, Objective), PolicyResult>();
        for (int first = 0; first < Runs.Count; first += _seedCount)
        {
            SimulationRun run = Runs[first];
            results[(run.Scenario, run.Set, run.Policy, run.Objective)] = PolicyResult.Of(run.Policy, new ArraySegment<RunTally>(tallies, first, _seedCount));
        }
        var cells = new List<Cell>();
        foreach (Scenario scenario in _scenarios)
            foreach (InputSet set in _sets)
                foreach (Objective objective in ObjectivesOf(scenario))
                    cells.Add(new Cell(
                        scenario.Name, set.Name, objective == Objective.Energy, scenario.HasOutages,
                        Policy.All(scenario).Select(policy => results[(scenario, set, policy, objective)]).ToList()));
        return cells;
    }
}
