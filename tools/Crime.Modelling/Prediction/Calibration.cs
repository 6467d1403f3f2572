// From the bench's lines to a board's costs: the table of operations, the cost of code size, lines over lengths. The table is then
// checked against steps that the bench timed too and that the table was not fitted to.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Bench;
using Crime.Model;
using Crime.Modelling.Compilation;
using Crime.Modelling.Counting;
using Crime.Modelling.ModelFiles;
using MathNet.Numerics.Statistics;

namespace Crime.Modelling.Prediction;

/// <summary>A timed step of a network against what the fitted table says.</summary>
/// <param name="Kernel">"textbook", "table" or "compiled"; followed by ".gru" for a GRU.</param>
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

/// <summary>Which time of a line counts when there are several runs.</summary>
public enum OfRuns
{
    /// <summary>The median: what the board takes.</summary>
    Median,

    /// <summary>The least: for a machine that runs other programs, which only ever add time.</summary>
    Best,
}

/// <summary>What a bench run says about a board.</summary>
/// <param name="Fit">The table of operations.</param>
/// <param name="Code">The cost of code size.</param>
/// <param name="Lines">Lines by the name of what was measured.</param>
/// <param name="Steps">The check.</param>
/// <param name="UsPerIl">Mean cost of an instruction over those steps, in µs.</param>
public sealed record Calibration(OperationFit Fit, CodeSizeCost Code, IReadOnlyDictionary<string, FittedLine> Lines, IReadOnlyList<CheckedStep> Steps, double UsPerIl)
{
    private const string OperationPrefix = "op.";
    private const string StepPrefix = "step.";
    private const string GruSuffix = ".gru";
    private const int StepsLength = 8;
    private const int MaxNamesShown = 6;

    /// <summary>Calibrates.</summary>
    /// <param name="logs">Whole runs of the bench on one board.</param>
    /// <param name="source">What to call them.</param>
    /// <param name="ofRuns">Which of their times count.</param>
    /// <param name="progress">Called with the number of steps checked.</param>
    /// <exception cref="UserInputException">A measurement is missing or senseless.</exception>
    public static Calibration Make(IReadOnlyList<BenchLog> logs, string source, OfRuns ofRuns = OfRuns.Median, Action<int>? progress = null)
    {
        IReadOnlyList<BenchLine> lines = Merged(logs, ofRuns);
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
        IEnumerable<BenchLine> sweep = lines.Where(line => line.Name == CodeSizeCost.SweepName && line.Number("size") is > 0);
        CodeSizeCost code = CodeSizeCost.FromSweep(sweep.Select(line => (line.Number("size")!.Value, Nanoseconds(line))), source);
        OperationFit fit = OperationFit.Solve([.. statements, .. BenchSequences.Of(lines, code, Nanoseconds)], source);
        List<CheckedStep> steps = Check(lines, fit.Table, code, progress);
        if (steps.Count == 0) throw new UserInputException($"{source}: no time of a step ('BENCH step.table ...'): lines were lost; run the bench again");
        return new Calibration(fit, code, FitLines(lines, source), steps, steps.Sum(step => step.MeasuredUs) / steps.Sum(step => step.Il));
    }

    /// <summary>Number of steps that a check counts, for a bar of progress.</summary>
    public static int StepCount(IReadOnlyList<BenchLog> logs) => Merged(logs, OfRuns.Median).Count(line => line.Name.StartsWith(StepPrefix, StringComparison.Ordinal));

    private static List<BenchLine> Merged(IReadOnlyList<BenchLog> logs, OfRuns ofRuns) => logs.SelectMany(log => log.Measurements)
        .GroupBy(line => line.Name + " " + string.Join(' ', line.Details.Select(detail => $"{detail.Key}={detail.Value}")))
        .Select(same => same.First() with { Value = Choose(same.Select(line => line.Value), ofRuns) }).ToList();

    private static double Choose(IEnumerable<double> values, OfRuns ofRuns) => ofRuns == OfRuns.Best ? values.Min() : values.Median();

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

    private static List<CheckedStep> Check(IReadOnlyList<BenchLine> lines, OperationTable table, CodeSizeCost code, Action<int>? progress)
    {
        var steps = new List<CheckedStep>();
        var models = new Dictionary<string, CountedModel>();
        foreach (BenchLine line in lines.Where(line => line.Name.StartsWith(StepPrefix, StringComparison.Ordinal)))
        {
            string kernel = line.Name[StepPrefix.Length..];
            bool isGru = kernel.EndsWith(GruSuffix, StringComparison.Ordinal);
            string kind = isGru ? kernel[..^GruSuffix.Length] : kernel;
            if (!Enum.TryParse(kind, ignoreCase: true, out CountedKernel counted) || line.Number("inputs") is not { } inputs || line.Number("hidden") is not { } hidden)
                throw new UserInputException($"BENCH {line.Name}: not a step of a known kernel with inputs= and hidden=");
            string name = ModelLoading.SyntheticName(isGru ? CellKind.Gru : CellKind.Lstm, inputs, hidden);
            if (!models.TryGetValue(name, out CountedModel? model)) models[name] = model = CountedModel.Make(name);
            IlCount count = model.Counter.Count(counted, [SyntheticModel.Sequence(StepsLength * inputs)]);
            double ns = table.Nanoseconds(count) + new KernelCost(counted, model.CompiledSize, code).ExtraNanoseconds(count);
            steps.Add(new CheckedStep(kernel, inputs, hidden, (double)count.Total / StepsLength, Nanoseconds(line) / 1000, ns / 1000 / StepsLength));
            progress?.Invoke(steps.Count);
        }
        return steps;
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

    /// <summary>A model of the bench with what its kernels are counted by.</summary>
    private sealed record CountedModel(IlCounter Counter, int CompiledSize)
    {
        public static CountedModel Make(string name)
        {
            byte[] bytes = ModelLoading.ReadModel(name);
            ModelFile model = ModelLoading.Parse(bytes, name);
            EmittedKernel emitted = KernelEmitter.Emit(model, "SyntheticKernel");
            return new CountedModel(new IlCounter(bytes, emitted), KernelCost.SizeOf(emitted, model));
        }
    }
}
