// What has been read so far, per board and target.

using System.Collections.Generic;
using System.Linq;
using Crime.Cli.Boards;

namespace Crime.Cli.Monitor;

/// <summary>Sums of one board's inferences at one target.</summary>
/// <param name="Board">The board's id.</param>
/// <param name="Target">local, gateway, fallback; "bracket" for what a second board measured.</param>
internal sealed record TargetTotals(string Board, string Target)
{
    /// <summary>Inferences.</summary>
    public int Count { get; private set; }

    /// <summary>Mean time of an inference in ms.</summary>
    public double MeanMs => TotalMs / Count;

    /// <summary>Mean energy of an inference in mJ.</summary>
    public double MeanMj => TotalMj / Count;

    /// <summary>Time of all inferences in ms.</summary>
    public double TotalMs { get; private set; }

    /// <summary>Energy of all inferences in mJ.</summary>
    public double TotalMj { get; private set; }

    /// <summary>Adds an inference.</summary>
    public void Add(double timeMs, double energyMj)
    {
        Count++;
        TotalMs += timeMs;
        TotalMj += energyMj;
    }
}

/// <summary>Counts everything that arrives. Not thread-safe.</summary>
internal sealed class MonitorTotals
{
    /// <summary>Target of a second board's measurements.</summary>
    public const string Bracket = "bracket";

    private readonly SortedDictionary<(string Board, string Target), TargetTotals> _rows = [];
    private readonly Dictionary<string, int> _lastInputs = [];

    /// <summary>A row per board and target, in order of their names.</summary>
    public IReadOnlyCollection<TargetTotals> Rows => _rows.Values;

    /// <summary>Readings of all rows.</summary>
    public int Readings => _rows.Values.Sum(row => row.Count);

    /// <summary>Lines or frames that no board sends.</summary>
    public int Garbled { get; private set; }

    /// <summary>Inputs whose reading did not come, as the gaps in their numbers show.</summary>
    public int Missing { get; private set; }

    /// <summary>How often the port or the broker went away.</summary>
    public int Outages { get; private set; }

    /// <summary>The last inference; null before the first.</summary>
    public Reading? Last { get; private set; }

    /// <summary>Adds an event.</summary>
    public void Add(MonitorEvent arrived)
    {
        switch (arrived)
        {
            case InferenceArrived inference:
                Last = inference.Reading;
                CountMissing(inference.Board, inference.Reading.Input);
                Row(inference.Board, inference.Reading.Target).Add(inference.Reading.TimeMs, inference.Reading.EnergyMj);
                break;
            case BracketArrived bracket:
                CountMissing(bracket.Board, bracket.Reading.Bracket);
                Row(bracket.Board, Bracket).Add(bracket.Reading.TimeMs, bracket.Reading.EnergyMj);
                break;
            case GarbledArrived: Garbled++; break;
            case LinkChanged { IsUp: false }: Outages++; break;
        }
    }

    /// <summary>A smaller number than the one before is a board that has started again.</summary>
    private void CountMissing(string board, int input)
    {
        if (_lastInputs.TryGetValue(board, out int last) && input > last) Missing += input - last - 1;
        _lastInputs[board] = input;
    }

    private TargetTotals Row(string board, string target)
    {
        if (!_rows.TryGetValue((board, target), out TargetTotals? row)) _rows[(board, target)] = row = new TargetTotals(board, target);
        return row;
    }
}
