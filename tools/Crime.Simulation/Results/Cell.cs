// A cell of the experiment: a scenario, a network with its inputs, and what is minimised. What every policy has come to, over
// all seeds, and how the project's own compares.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Simulation.World;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;

namespace Crime.Simulation.Results;

/// <summary>A mean over seeds with its 95 % confidence interval (Student's t).</summary>
/// <param name="Mean">The mean.</param>
/// <param name="HalfWidth">Half the width of the interval; 0 for a single seed.</param>
public sealed record Estimate(double Mean, double HalfWidth)
{
    /// <summary>From one value per seed.</summary>
    public static Estimate Of(IReadOnlyList<double> values)
    {
        double mean = values.Mean();
        if (values.Count < 2) return new Estimate(mean, 0);
        double t = StudentT.InvCDF(0, 1, values.Count - 1, 0.975);
        return new Estimate(mean, t * values.StandardDeviation() / Math.Sqrt(values.Count));
    }
}

/// <summary>A policy in a cell.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="TimeMs">Time per input in ms.</param>
/// <param name="EnergyMj">Energy per input in mJ above the idle baseline, with the background energy.</param>
/// <param name="Total">Tally over all seeds.</param>
public sealed record PolicyResult(Policy Policy, Estimate TimeMs, Estimate EnergyMj, RunTally Total)
{
    /// <summary>Time per input in ms, by seed.</summary>
    public required IReadOnlyList<double> TimesMs { get; init; }

    /// <summary>Energy per input in mJ, by seed.</summary>
    public required IReadOnlyList<double> EnergiesMj { get; init; }

    /// <summary>From a tally per seed.</summary>
    public static PolicyResult Of(Policy policy, IReadOnlyList<RunTally> tallies)
    {
        double[] times = [.. tallies.Select(tally => tally.MeanTimeMs)], energies = [.. tallies.Select(tally => tally.MeanEnergyMj)];
        var total = new RunTally(tallies[0].CountByLength.Length - 1, tallies[0].SliceUs * RunTally.SliceCount);
        foreach (RunTally tally in tallies) total.Add(tally);
        return new PolicyResult(policy, Estimate.Of(times), Estimate.Of(energies), total) { TimesMs = times, EnergiesMj = energies };
    }
}

/// <summary>A cell.</summary>
/// <param name="Scenario">Name of the scenario.</param>
/// <param name="Set">Name of the input set.</param>
/// <param name="IsEnergy">Whether energy is minimised, and compared; else time.</param>
/// <param name="HasOutages">Whether links fail in the scenario.</param>
/// <param name="Policies">All policies.</param>
public sealed record Cell(string Scenario, string Set, bool IsEnergy, bool HasOutages, IReadOnlyList<PolicyResult> Policies)
{
    /// <summary>What the cell compares of a policy: time in ms or energy in mJ.</summary>
    public Estimate Cost(PolicyResult policy) => IsEnergy ? policy.EnergyMj : policy.TimeMs;

    private IReadOnlyList<double> Costs(PolicyResult policy) => IsEnergy ? policy.EnergiesMj : policy.TimesMs;

    /// <summary>The project's policy.</summary>
    public PolicyResult Crime => Policies.First(policy => policy.Policy.Kind == PolicyKind.Crime);

    /// <summary>The oracle.</summary>
    public PolicyResult Oracle => Policies.First(policy => policy.Policy.Kind == PolicyKind.Oracle);

    /// <summary>The best single device.</summary>
    public PolicyResult BestSingle => Policies.Where(policy => policy.Policy.IsSingleDevice).MinBy(policy => Cost(policy).Mean)!;

    /// <summary>
    /// Cost of the project's policy divided by that of the best single device, paired by seed. The best single device is the one with the least mean
    /// over all seeds.
    /// </summary>
    public Estimate RatioToBestSingle => Estimate.Of([.. Costs(Crime).Zip(Costs(BestSingle), (crime, single) => crime / single)]);

    /// <summary>What the project's policy costs less than the best single device, in %; below zero when it costs more.</summary>
    public double PercentBetterThanSingle => 100 * (1 - Cost(Crime).Mean / Cost(BestSingle).Mean);

    /// <summary>The length-blind rule: the project's policy with the mean length for every input.</summary>
    public PolicyResult LengthBlind => Policies.First(policy => policy.Policy.Kind == PolicyKind.MeanLength);

    /// <summary>Returns the gain by the length of each input: the costs that the project's policy saves against the length-blind rule, in %.</summary>
    public double PercentBetterThanLengthBlind => 100 * (1 - Cost(Crime).Mean / Cost(LengthBlind).Mean);

    /// <summary>
    /// True when lengths cross the break-even: between two lengths the share of inputs that the project's policy offloads differs by at least
    /// <see cref="CrossingPoints"/> percentage points. Lengths with fewer than <see cref="FewestInputs"/> inputs do not count.
    /// </summary>
    public bool CrossesBreakEven
    {
        get
        {
            RunTally tally = Crime.Total;
            double least = double.MaxValue, most = 0;
            for (int length = 0; length < tally.CountByLength.Length; length++)
            {
                if (tally.CountByLength[length] < FewestInputs) continue;
                double share = 100.0 * tally.AwayByLength[length] / tally.CountByLength[length];
                least = Math.Min(least, share);
                most = Math.Max(most, share);
            }
            return most - least >= CrossingPoints;
        }
    }

    /// <summary>See <see cref="CrossesBreakEven"/>.</summary>
    public const double CrossingPoints = 50;

    /// <summary>See <see cref="CrossesBreakEven"/>.</summary>
    public const int FewestInputs = 20;

    /// <summary>What the project's policy costs more than the oracle, in %.</summary>
    public double PercentOverOracle => 100 * (Cost(Crime).Mean / Cost(Oracle).Mean - 1);
}
