// Inputs as boards with a recording have them: known lengths, one after the other at a fixed interval. A live run of a scenario
// and its simulation get the same ones.

using System.Collections.Generic;

namespace Crime.Simulation.Inputs;

/// <summary>Inputs that boards replay.</summary>
/// <param name="Lengths">Per board, the lengths of its inputs in timesteps, from 1 to the longest of the input set.</param>
/// <param name="IntervalMs">From the beginning of an input to that of the next, in ms; longer where the input takes longer.</param>
public sealed record Replay(IReadOnlyList<IReadOnlyList<int>> Lengths, int IntervalMs);
