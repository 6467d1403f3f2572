// How long real inputs are: a histogram of recorded lengths, and for networks that write (translation) of pairs of input and
// output lengths. Facts about data sets, not the data themselves.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Crime.Costs;
using Crime.Modelling;
using Crime.Simulation.Events;
using MathNet.Numerics;

namespace Crime.Simulation.Inputs;

/// <summary>One bar of a histogram.</summary>
/// <param name="Length">Timesteps in.</param>
/// <param name="OutputLength">Timesteps out; 0 for a classifier.</param>
/// <param name="Count">How many there are.</param>
public sealed record LengthCount(int Length, int OutputLength, int Count);

/// <summary>A distribution of lengths.</summary>
public sealed class LengthDistribution
{
    private const string Header = "length,output_length,count";

    // Walker's alias table: a draw costs one random number, whatever the shape of the histogram.
    private readonly double[] _threshold;
    private readonly int[] _alias;

    /// <summary>Makes a distribution.</summary>
    /// <param name="counts">Its bars; lengths from 1, counts from 1.</param>
    public LengthDistribution(IReadOnlyList<LengthCount> counts)
    {
        Counts = counts;
        double total = counts.Sum(bar => (double)bar.Count);
        MeanLength = counts.Sum(bar => (double)bar.Count * bar.Length) / total;
        MaxLength = counts.Max(bar => bar.Length);
        IsWriting = counts.Any(bar => bar.OutputLength > 0);
        if (IsWriting) (Delta, Gamma) = FitOutput(counts);
        MaxOutputLength = counts.Max(bar => bar.OutputLength);
        MeanOutput = counts.Sum(bar => (double)bar.Count * bar.OutputLength) / total;
        (_threshold, _alias) = AliasTable(counts.Select(bar => bar.Count * counts.Count / total).ToArray());
    }

    /// <summary>The bars.</summary>
    public IReadOnlyList<LengthCount> Counts { get; }

    /// <summary>Mean length in timesteps.</summary>
    public double MeanLength { get; }

    /// <summary>Longest length in timesteps.</summary>
    public int MaxLength { get; }

    /// <summary>Whether the network writes a sequence: its output has a length of its own.</summary>
    public bool IsWriting { get; }

    /// <summary>Slope of <c>M = gamma n + delta</c>, least squares over the recorded pairs; 0 for a classifier.</summary>
    public double Gamma { get; }

    /// <summary>Intercept of the same line.</summary>
    public double Delta { get; }

    /// <summary>The same line as boards have it.</summary>
    public OutputLength Output => new((int)Math.Round(1000 * Gamma), (int)Math.Round(1000 * Delta));

    /// <summary>Longest output in timesteps; 0 for a classifier.</summary>
    public int MaxOutputLength { get; }

    /// <summary>Mean output length in timesteps; 0 for a classifier.</summary>
    public double MeanOutput { get; }

    /// <summary>Reads a histogram.</summary>
    /// <exception cref="UserInputException">It is none.</exception>
    public static LengthDistribution Load(string path)
    {
        if (!File.Exists(path)) throw new UserInputException($"{path}: no such file (a histogram of lengths)");
        var counts = new List<LengthCount>();
        int lineNumber = 0;
        bool hasHeader = false;
        foreach (string line in File.ReadLines(path))
        {
            lineNumber++;
            if (line.StartsWith('#') || line.Length == 0) continue;
            if (!hasHeader)
            {
                if (line != Header) throw new UserInputException($"{path}:{lineNumber}: the first line must be '{Header}'");
                hasHeader = true;
                continue;
            }
            counts.Add(Bar(line) ?? throw new UserInputException($"{path}:{lineNumber}: three whole numbers are wanted, {Header}; length and count from 1"));
        }
        if (counts.Count == 0) throw new UserInputException($"{path}: holds no lengths");
        return new LengthDistribution(counts);
    }

    /// <summary>Writes a histogram.</summary>
    /// <param name="counts">Its bars.</param>
    /// <param name="remarks">Where they come from, a line each.</param>
    public static string ToText(IEnumerable<LengthCount> counts, IEnumerable<string> remarks) =>
        string.Concat(remarks.Select(remark => $"# {remark}\n")) + Header + "\n"
        + string.Concat(counts.OrderBy(bar => bar.Length).ThenBy(bar => bar.OutputLength).Select(bar => $"{bar.Length},{bar.OutputLength},{bar.Count}\n"));

    internal LengthCount Draw(ref RandomStream random)
    {
        double at = random.NextUniform() * _threshold.Length;
        int index = (int)at;
        return Counts[at - index < _threshold[index] ? index : _alias[index]];
    }

    private static (double Delta, double Gamma) FitOutput(IReadOnlyList<LengthCount> counts)
    {
        double[] n = counts.SelectMany(bar => Enumerable.Repeat((double)bar.Length, bar.Count)).ToArray();
        double[] m = counts.SelectMany(bar => Enumerable.Repeat((double)bar.OutputLength, bar.Count)).ToArray();
        return Fit.Line(n, m);
    }

    private static (double[] Threshold, int[] Alias) AliasTable(double[] scaled)
    {
        var alias = new int[scaled.Length];
        var small = new Stack<int>();
        var large = new Stack<int>();
        for (int i = 0; i < scaled.Length; i++) (scaled[i] < 1 ? small : large).Push(i);
        while (small.Count > 0 && large.Count > 0)
        {
            int less = small.Pop(), more = large.Peek();
            alias[less] = more;
            scaled[more] -= 1 - scaled[less];
            if (scaled[more] < 1) small.Push(large.Pop());
        }
        foreach (int i in small.Concat(large)) scaled[i] = 1;
        return (scaled, alias);
    }

    private static LengthCount? Bar(string line)
    {
        string[] cells = line.Split(',');
        if (cells.Length != 3) return null;
        var numbers = new int[3];
        for (int i = 0; i < 3; i++)
            if (!int.TryParse(cells[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i])) return null;
        return numbers[0] < 1 || numbers[2] < 1 ? null : new LengthCount(numbers[0], numbers[1], numbers[2]);
    }
}
