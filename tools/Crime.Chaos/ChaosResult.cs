// The outcome of a run.

using System.Collections.Generic;

namespace Crime.Chaos;

/// <summary>A broken invariant.</summary>
/// <param name="Event">Number of the event after which it was found, from 1.</param>
/// <param name="AtS">Time of that event in s since the start of the run.</param>
/// <param name="Message">The invariant and the node, in one line.</param>
/// <param name="LastEvents">The last events, one a line, and the stack of an exception of a core.</param>
public sealed record ChaosViolation(int Event, double AtS, string Message, string LastEvents);

/// <summary>The figures of one run.</summary>
/// <param name="Seed">The seed that replays it.</param>
/// <param name="Events">Events that have run, those after the end of the faults included.</param>
/// <param name="Inputs">Inputs of all boards.</param>
/// <param name="Results">Results of all boards.</param>
/// <param name="Moved">Streams that a board has begun and a gateway has ended.</param>
/// <param name="DeepestRelay">Most gateways that a request has been to.</param>
/// <param name="Faults">Number of faults.</param>
/// <param name="FaultsByKind">Number of faults by the name of their kind.</param>
/// <param name="Outcomes">Ends of inputs and requests, by name.</param>
/// <param name="DurationS">Simulated time in s.</param>
/// <param name="Hash">Hash of all events: two runs of a seed have the same.</param>
/// <param name="Violation">The broken invariant; null when none was broken.</param>
public sealed record ChaosResult(
    int Seed, int Events, int Inputs, int Results, int Moved, int DeepestRelay, int Faults, IReadOnlyDictionary<string, int> FaultsByKind,
    IReadOnlyDictionary<string, int> Outcomes, double DurationS, ulong Hash, ChaosViolation? Violation);
