// The verdict on a run of the firmware: each input needs one result, and the END line of the firmware has to agree with the results.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;
using Crime.Cli.Boards;

namespace Crime.Cli.Bench;

/// <summary>Inferences of one target.</summary>
/// <param name="Target">local, gateway or fallback.</param>
/// <param name="Count">Number of inferences.</param>
/// <param name="MedianMs">Median time of an inference in ms.</param>
/// <param name="P95Ms">95th percentile of the time in ms: the smallest time that at least 95 % of the inferences do not exceed.</param>
internal sealed record TargetTimes(string Target, int Count, double MedianMs, double P95Ms);

/// <summary>Managed heap, as some nanoCLRs print it at their end.</summary>
/// <param name="LeastFreeBytes">Least free size after a collection.</param>
/// <param name="SizeBytes">Size of the heap.</param>
/// <param name="Collections">Number of collections.</param>
internal sealed record HeapUse(long LeastFreeBytes, long SizeBytes, long Collections);

/// <summary>Collects the lines of the firmware. Not thread-safe.</summary>
internal sealed partial class FirmwareLog
{
    private const int MaxIdsInMessage = 8;

    private readonly List<Reading> _readings = [];
    private int _damagedLines;

    /// <summary>Whether the firmware printed an END line.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The END line; null before it, and when it is damaged.</summary>
    public ReadingTotals? Totals { get; private set; }

    /// <summary>The managed heap; null when the CLR printed nothing about it.</summary>
    public HeapUse? Heap { get; private set; }

    /// <summary>Results in the order of their lines.</summary>
    public IReadOnlyList<Reading> Readings => _readings;

    /// <summary>One row per target that has results, in the order local, gateway, fallback.</summary>
    public IReadOnlyList<TargetTimes> Times => new[] { "local", "gateway", "fallback" }.Select(TimesOf).Where(row => row.Count > 0).ToList();

    /// <summary>Adds a line. Lines that are not of the console's form are ignored.</summary>
    public void Add(string line)
    {
        if (line.StartsWith("INF ", StringComparison.Ordinal))
        {
            if (Reading.Parse(line) is { } reading) _readings.Add(reading);
            else _damagedLines++;
        }
        else if (ReadingTotals.IsEnd(line))
        {
            IsComplete = true;
            Totals = ReadingTotals.Parse(line);
            if (Totals == null) _damagedLines++;
        }
        else if (HeapLine().Match(line) is { Success: true } heap)
        {
            Heap = new HeapUse(Number(heap, 1), Number(heap, 2), Number(heap, 3));
        }
    }

    /// <summary>Returns what is wrong with the run, one sentence each; empty when each input has one result.</summary>
    /// <param name="expected">Number of inputs; 0 to take it from the END line.</param>
    public IReadOnlyList<string> Problems(int expected)
    {
        var problems = new List<string>();
        if (!IsComplete) problems.Add("the firmware printed no END line");
        if (_damagedLines > 0) problems.Add($"{_damagedLines} INF or END lines are damaged");
        int inputs = expected > 0 ? expected : Totals?.Inputs ?? 0;
        if (Totals != null && inputs == 0) problems.Add("there were no inputs");
        if (Totals != null && expected > 0 && Totals.Inputs != expected) problems.Add($"the END line counts {Totals.Inputs} inputs instead of {expected}");
        HashSet<int> seen = _readings.Select(reading => reading.Input).ToHashSet();
        AddIds(problems, "without a result", Enumerable.Range(0, inputs).Where(id => !seen.Contains(id)).ToList());
        AddIds(problems, "with more than one result", _readings.GroupBy(reading => reading.Input).Where(group => group.Count() > 1).Select(group => group.Key).ToList());
        if (inputs > 0) AddIds(problems, $"outside 0 to {inputs - 1}", seen.Where(id => id >= inputs).Order().ToList());
        if (Totals != null && (Totals.Local, Totals.Gateway, Totals.Fallback) != (CountOf("local"), CountOf("gateway"), CountOf("fallback")))
            problems.Add("the END line counts other targets than the INF lines");
        return problems;
    }

    private static void AddIds(List<string> problems, string what, List<int> ids)
    {
        if (ids.Count == 0) return;
        problems.Add($"{ids.Count} inputs {what}: {string.Join(", ", ids.Take(MaxIdsInMessage))}{(ids.Count > MaxIdsInMessage ? ", ..." : "")}");
    }

    private int CountOf(string target) => _readings.Count(reading => reading.Target == target);

    private TargetTimes TimesOf(string target)
    {
        double[] times = _readings.Where(reading => reading.Target == target).Select(reading => reading.TimeMs).Order().ToArray();
        return times.Length == 0 ? new TargetTimes(target, 0, 0, 0) : new TargetTimes(target, times.Length, Quantile(times, 0.5), Quantile(times, 0.95));
    }

    private static double Quantile(double[] sorted, double share) => sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];

    private static long Number(Match match, int group) => long.Parse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^HEAP least free (\d{1,12}) of (\d{1,12}) after (\d{1,9}) collections\z", RegexOptions.CultureInvariant)]
    private static partial Regex HeapLine();
}
