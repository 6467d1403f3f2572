// The inputs of boards with a recording: known lengths, one after the other at a fixed interval. A live run of a scenario and its simulation have the
// same inputs.

using System.Collections.Generic;

namespace Crime.Simulation.Inputs;

/// <summary>Inputs that boards replay.</summary>
/// <param name="Lengths">Per board, the lengths of its inputs in timesteps, from 1 to the longest of the input set.</param>
/// <param name="IntervalMs">From the beginning of an input to that of the next, in ms; longer where the input takes longer.</param>
public sealed record Replay(IReadOnlyList<IReadOnlyList<int>> Lengths, int IntervalMs)
{
    /// <summary>Per board, the time in µs from its first input to its first report; null where the reports of the boards are spread over the interval.</summary>
    public IReadOnlyList<long>? FirstReportUs { get; init; }
}
