// What the bench's whole sequences execute: its golden models over lengths, by each kernel. A statement in a loop of its own meets
// caches and branch predictors at their best; these rows show a fit what code of some length takes.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Bench;
using Crime.Bench.Golden;
using Crime.Modelling.Compilation;
using Crime.Modelling.Counting;

namespace Crime.Modelling.Prediction;

/// <summary>Counts the bench's sequences.</summary>
internal static class BenchSequences
{
    private const string Prefix = "sequence.";

    /// <summary>The timed sequences of a log; lines of models that this version does not know are left out.</summary>
    /// <param name="lines">The log.</param>
    /// <param name="code">The board's cost of code size; what it adds is taken off the times.</param>
    /// <param name="nanoseconds">Reads a line's time.</param>
    public static IEnumerable<TimedCode> Of(IEnumerable<BenchLine> lines, CodeSizeCost code, Func<BenchLine, double> nanoseconds)
    {
        Dictionary<string, GoldenModel> models = Enumerable.Range(0, GoldenModels.Count).Select(GoldenModels.Create).ToDictionary(model => model.Name);
        BenchLine[] sequences = lines.Where(line => line.Name.StartsWith(Prefix, StringComparison.Ordinal) && line.Number("len") is > 0).ToArray();
        foreach (IGrouping<string, BenchLine> group in sequences.GroupBy(line => line.Name))
        {
            string[] words = group.Key[Prefix.Length..].Split('.', 2);
            if (words.Length < 2 || !Enum.TryParse(words[0], ignoreCase: true, out CountedKernel kernel)) continue;
            if (!models.TryGetValue(words[1], out GoldenModel? model)) continue;
            EmittedKernel emitted = KernelEmitter.Emit(model.Model);
            var counter = new IlCounter(model.Image, emitted);
            var cost = new KernelCost(kernel, KernelCost.SizeOf(emitted, model.Model), code);
            short[][] inputs = group.Select(line => SyntheticModel.Sequence(line.Number("len")!.Value * model.Model.ValuesPerStep)).ToArray();
            foreach (var (line, count) in group.Zip(counter.CountEach(kernel, inputs)))
            {
                var operations = count.ByOperation.ToDictionary(pair => pair.Key, pair => (double)pair.Value);
                // At least a tenth of the time is left: a disturbed sweep must not turn a row's sign.
                double ns = nanoseconds(line), extraNs = Math.Min(cost.ExtraNanoseconds(operations), 0.9 * ns);
                yield return new TimedCode($"{line.Name} len={line.Number("len")}", operations, ns - extraNs);
            }
        }
    }
}
