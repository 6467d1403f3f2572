// From what the bench printed on a board to what that board costs: the table of operations, lines over lengths, and how well the
// table foretells the very steps that the bench timed too, which it was not fitted to.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Bench;
using Crime.Modelling.Compilation;
using Crime.Modelling.Counting;
using MathNet.Numerics.Statistics;

namespace Crime.Modelling.Prediction;

/// <summary>A timed step of a network against what the fitted table says.</summary>
/// <param name="Kernel">"table" or "compiled".</param>
/// <param name="Inputs">Features per timestep.</param>
/// <param name="Hidden">Hidden units.</param>
/// <param name="Il">Executed instructions per step.</param>
/// <param name="MeasuredUs">What the bench measured, in µs.</param>
/// <param name="PredictedUs">What the instructions cost, in µs.</param>
public sealed record CheckedStep(string Kernel, int Inputs, int Hidden, double Il, double MeasuredUs, double PredictedUs)
{
    /// <summary>How far the prediction is off, as a share of the measurement.</summary>
    public double Error => PredictedUs / MeasuredUs - 1;
}

/// <summary>What a bench run says about a board.</summary>
/// <param name="Fit">The table of operations.</param>
/// <param name="Lines">Lines by the name of what was measured.</param>
/// <param name="Steps">The check.</param>
/// <param name="UsPerIl">Mean cost of an instruction over those steps, in µs.</param>
public sealed record Calibration(OperationFit Fit, IReadOnlyDictionary<string, FittedLine> Lines, IReadOnlyList<CheckedStep> Steps, double UsPerIl)
{
    private const string OperationPrefix = "op.";
    private const string StepPrefix = "step.";
    private const int StepsLength = 8;
    private const int MaxNamesShown = 6;

    /// <summary>Calibrates.</summary>
    /// <param name="logs">Whole runs of the bench on one board. Of several the median of each line counts.</param>
    /// <param name="source">What to call them.</param>
    /// <param name="progress">Called with the number of steps checked.</param>
    /// <exception cref="UserInputException">A measurement is missing or senseless.</exception>
    public static Calibration Make(IReadOnlyList<BenchLog> logs, string source, Action<int>? progress = null)
    {
        IReadOnlyList<BenchLine> lines = Medians(logs);
        Dictionary<string, double> operations = lines.Where(line => line.Name.StartsWith(OperationPrefix, StringComparison.Ordinal))
            .ToDictionary(line => line.Name[OperationPrefix.Length..], Nanoseconds);
        string[] missing = OperationFit.Statements.Select(statement => statement.Name).Except(operations.Keys).ToArray();
        if (missing.Length > 0)
        {
            throw new UserInputException(
                $"{source}: no time of {string.Join(", ", missing.Take(MaxNamesShown).Select(name => OperationPrefix + name))}"
                + $"{(missing.Length > MaxNamesShown ? $" and {missing.Length - MaxNamesShown} more" : "")}: "
                + "lines were lost, or the bench is older than this command; run the bench of this version");
        }
        IEnumerable<TimedCode> statements = OperationFit.Statements.Select(
            statement => new TimedCode(OperationPrefix + statement.Name, statement.Operations, operations[statement.Name]));
        OperationFit fit = OperationFit.Solve([.. statements, .. BenchSequences.Of(lines, Nanoseconds)], source);
        List<CheckedStep> steps = Check(lines, fit.Table, progress);
        if (steps.Count == 0) throw new UserInputException($"{source}: no time of a step ('BENCH step.table ...'): lines were lost; run the bench again");
        return new Calibration(fit, FitLines(lines, source), steps, steps.Sum(step => step.MeasuredUs) / steps.Sum(step => step.Il));
    }

    /// <summary>Number of steps that a check counts, for a bar of progress.</summary>
    public static int StepCount(IReadOnlyList<BenchLog> logs) => Medians(logs).Count(line => line.Name.StartsWith(StepPrefix, StringComparison.Ordinal));

    private static List<BenchLine> Medians(IReadOnlyList<BenchLog> logs) => logs.SelectMany(log => log.Measurements)
        .GroupBy(line => line.Name + " " + string.Join(' ', line.Details.Select(detail => $"{detail.Key}={detail.Value}")))
        .Select(same => same.First() with { Value = same.Select(line => line.Value).Median() }).ToList();

    private static double Nanoseconds(BenchLine line)
    {
        double ns = line.Unit switch
        {
            "ns" => line.Value,
            "us" => line.Value * 1000,
            _ => throw new UserInputException($"BENCH {line.Name}: '{line.Unit}' is neither ns nor us"),
        };
        if (!(ns > 0) || !double.IsFinite(ns))
            throw new UserInputException(FormattableString.Invariant($"BENCH {line.Name} took {line.Value} {line.Unit}: the run was disturbed; run the bench again"));
        return ns;
    }

    private static List<CheckedStep> Check(IReadOnlyList<BenchLine> lines, OperationTable table, Action<int>? progress)
    {
        var steps = new List<CheckedStep>();
        var counters = new Dictionary<(int, int), IlCounter>();
        foreach (BenchLine line in lines.Where(line => line.Name.StartsWith(StepPrefix, StringComparison.Ordinal)))
        {
            string kernel = line.Name[StepPrefix.Length..];
            if (!Enum.TryParse(kernel, ignoreCase: true, out CountedKernel counted) || line.Number("inputs") is not { } inputs || line.Number("hidden") is not { } hidden)
                throw new UserInputException($"BENCH {line.Name}: not a step of a known kernel with inputs= and hidden=");
            if (!counters.TryGetValue((inputs, hidden), out IlCounter? counter)) counters[(inputs, hidden)] = counter = CounterFor(inputs, hidden);
            IlCount count = counter.Count(counted, [SyntheticModel.Sequence(StepsLength * inputs)]);
            steps.Add(new CheckedStep(
                kernel, inputs, hidden, (double)count.Total / StepsLength, Nanoseconds(line) / 1000, table.Nanoseconds(count) / 1000 / StepsLength));
            progress?.Invoke(steps.Count);
        }
        return steps;
    }

    private static IlCounter CounterFor(int inputs, int hidden)
    {
        string name = $"{ModelLoading.Synthetic}{inputs}x{hidden}";
        byte[] bytes = ModelLoading.ReadModel(name);
        return new IlCounter(bytes, KernelEmitter.Emit(ModelLoading.Parse(bytes, name), $"Synthetic{inputs}x{hidden}Kernel"));
    }

    /// <summary>A line for everything that was measured over a length or a number of gateways.</summary>
    private static Dictionary<string, FittedLine> FitLines(IReadOnlyList<BenchLine> lines, string source)
    {
        var fitted = new Dictionary<string, FittedLine>();
        foreach (IGrouping<string, BenchLine> group in lines.GroupBy(line => line.Name))
        {
            string? of = new[] { "len", "gateways" }.FirstOrDefault(detail => group.All(line => line.Number(detail) != null));
            if (of == null) continue;
            (double X, double Us)[] points = group.Select(line => ((double)line.Number(of)!.Value, Nanoseconds(line) / 1000)).ToArray();
            if (points.Length >= FittedLine.LeastPoints && points.Select(point => point.X).Distinct().Count() > 1)
                fitted[group.Key] = FittedLine.Through(points, of, source);
        }
        return fitted;
    }
}
