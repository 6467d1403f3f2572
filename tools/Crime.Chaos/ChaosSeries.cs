// Many runs on all cores, and the sums of their figures.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Crime.Chaos;

/// <summary>The sums of a series of runs.</summary>
public sealed class ChaosSeries
{
    /// <summary>Violations that are kept with their details; the others are only counted.</summary>
    public const int MaxKept = 10;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<int, ChaosResult> _violations = [];
    private readonly Dictionary<string, int> _faultsByKind = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _outcomes = new(StringComparer.Ordinal);

    private ChaosSeries()
    {
    }

    /// <summary>Number of runs.</summary>
    public int Runs { get; private set; }

    /// <summary>Events of all runs.</summary>
    public long Events { get; private set; }

    /// <summary>Inputs of all boards.</summary>
    public long Inputs { get; private set; }

    /// <summary>Results of all boards.</summary>
    public long Results { get; private set; }

    /// <summary>Streams that a board has begun and a gateway has ended.</summary>
    public long Moved { get; private set; }

    /// <summary>Most gateways that a request has been to.</summary>
    public int DeepestRelay { get; private set; }

    /// <summary>Number of faults.</summary>
    public long Faults { get; private set; }

    /// <summary>Number of runs with a broken invariant.</summary>
    public int ViolationCount { get; private set; }

    /// <summary>Simulated time of all runs in s.</summary>
    public double DurationS { get; private set; }

    /// <summary>Number of faults by the name of their kind.</summary>
    public IReadOnlyDictionary<string, int> FaultsByKind => _faultsByKind;

    /// <summary>Ends of inputs and requests, by name.</summary>
    public IReadOnlyDictionary<string, int> Outcomes => _outcomes;

    /// <summary>The runs with a broken invariant that have the lowest seeds, at most <see cref="MaxKept"/>.</summary>
    public IReadOnlyCollection<ChaosResult> Violations => _violations.Values;

    /// <summary>Runs seeds.</summary>
    /// <param name="firstSeed">The first seed.</param>
    /// <param name="count">Number of seeds, at least 1.</param>
    /// <param name="events">Events with faults of each run.</param>
    /// <param name="done">Receives the number of finished runs.</param>
    /// <param name="cancellation">Ends the series between two runs.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is out of range.</exception>
    /// <exception cref="OperationCanceledException">The series was cancelled.</exception>
    public static ChaosSeries Run(int firstSeed, int count, int events, Action<int> done, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, int.MaxValue - firstSeed);
        var series = new ChaosSeries();
        var options = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation };
        Parallel.For(0, count, options, i => series.Add(ChaosRun.Run(firstSeed + i, events), done));
        return series;
    }

    private static void Sum(Dictionary<string, int> sums, IReadOnlyDictionary<string, int> counts)
    {
        foreach ((string name, int number) in counts) sums[name] = sums.GetValueOrDefault(name) + number;
    }

    private void Add(ChaosResult result, Action<int> done)
    {
        lock (_lock)
        {
            Runs++;
            Events += result.Events;
            Inputs += result.Inputs;
            Results += result.Results;
            Moved += result.Moved;
            DeepestRelay = Math.Max(DeepestRelay, result.DeepestRelay);
            Faults += result.Faults;
            DurationS += result.DurationS;
            Sum(_faultsByKind, result.FaultsByKind);
            Sum(_outcomes, result.Outcomes);
            if (result.Violation != null)
            {
                ViolationCount++;
                _violations.Add(result.Seed, result);
                if (_violations.Count > MaxKept) _violations.Remove(_violations.Keys.Last());
            }
            done(Runs);
        }
    }
}
