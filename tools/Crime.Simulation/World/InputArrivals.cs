// The inputs of a board: drawn from the load of the scenario and the lengths of the input set, or replayed from a recording.

using System;
using Crime.Simulation.Events;
using Crime.Simulation.Inputs;

namespace Crime.Simulation.World;

/// <summary>Times and lengths of a board's inputs.</summary>
internal sealed class InputArrivals
{
    private readonly SimulationRun _run;
    private readonly int _board;
    private readonly double _meanUs;
    private RandomStream _random;
    private int _replayed;
    private long _dueUs = SimulationRun.FirstInputUs;
    private long _startUs;

    /// <summary>Makes the inputs of a board.</summary>
    /// <param name="run">The run.</param>
    /// <param name="seed">Seed of the network.</param>
    /// <param name="board">Number of the board.</param>
    /// <param name="meanUs">Mean time in µs from an input to the next, where they are drawn.</param>
    public InputArrivals(SimulationRun run, ulong seed, int board, double meanUs)
    {
        _run = run;
        _board = board;
        _meanUs = meanUs;
        _random = new RandomStream(seed, StreamPurpose.Inputs, board);
        // The first inputs of boards that replay a recording are spread over one interval.
        if (run.Replay is { } replay) _dueUs += DrawUs(replay.IntervalMs * 1000L);
    }

    /// <summary>Time of the first report in µs, where the inputs are replayed and say so; null otherwise.</summary>
    public long? FirstReportUs => _run.Replay?.FirstReportUs is { } reports ? _dueUs + reports[_board] : null;

    /// <summary>Draws a time in µs below a limit.</summary>
    public long DrawUs(double limitUs) => (long)(_random.NextUniform() * limitUs);

    /// <summary>Draws the time of the next input in µs. It waits while the board is busy.</summary>
    /// <param name="nowUs">The time in µs.</param>
    /// <returns>Null when the board has had all its inputs.</returns>
    public long? NextUs(long nowUs)
    {
        if (_run.Replay is { } replay)
        {
            if (_replayed == replay.Lengths[_board].Count) return null;
            return Math.Max(_replayed == 0 ? _dueUs : _startUs + replay.IntervalMs * 1000L, nowUs);
        }
        _dueUs = LoadTimes.Advance(_run.Scenario.Load, _dueUs, _random.NextExponential(_meanUs));
        // Every input that was due before the end is completed, so that each policy has the same inputs.
        return _dueUs < (long)(_run.Scenario.DurationS * 1e6) ? Math.Max(_dueUs, nowUs) : null;
    }

    /// <summary>Returns the input that starts.</summary>
    public LengthCount Start(long nowUs)
    {
        _startUs = nowUs;
        return _run.Replay is { } replay ? new LengthCount(replay.Lengths[_board][_replayed++], 0, 1) : _run.Set.Lengths.Draw(ref _random);
    }
}
