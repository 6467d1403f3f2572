// A scenario, a set of inputs, a policy and a seed: one run, and its tally.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Costs;
using Crime.Mapping;
using Crime.Node;
using Crime.Simulation.Inputs;
using Crime.Simulation.Scenarios;

namespace Crime.Simulation.World;

/// <summary>One run.</summary>
/// <param name="Scenario">Nodes, links, load.</param>
/// <param name="Set">Network and inputs.</param>
/// <param name="Policy">Maps inputs to places.</param>
/// <param name="Objective">The objective.</param>
/// <param name="Seed">Decides everything random.</param>
public sealed record SimulationRun(Scenario Scenario, InputSet Set, Policy Policy, Objective Objective, int Seed)
{
    /// <summary>Shortest time between two statuses of a gateway, in ms; null for the interval that the gateway sets itself.</summary>
    public int? StatusIntervalMs { get; init; }

    /// <summary>Inputs that boards replay; null where they are drawn.</summary>
    public Replay? Replay { get; init; }

    /// <summary>Spread of the time to associate: standard deviation of its logarithm. 0 for a live run, whose virtual boards always take the same time.</summary>
    public double AssociateNoiseSigma { get; init; } = BoardCosts.AssociateNoiseSigma;

    /// <summary>Delays in ms: every message has one of them besides the delay of its link, as on the host of a live run. Null for none.</summary>
    public IReadOnlyList<double>? HostMs { get; init; }

    /// <summary>
    /// Executed IL of a board that receives a status, which delays its work; a lost status also delays the answers behind it. 0 where statuses
    /// cost nothing; null for the cost with the policy.
    /// </summary>
    public double? StatusIl { get; init; }

    /// <summary>Messages that boards listen to; null for those of the policy.</summary>
    public ListeningMode? Listening { get; init; }

    /// <summary>Quantile of the forecast's error in percent after which boards of a policy that hedges compute; 0 to wait until the time-out.</summary>
    public int HedgeQuantile { get; init; } = Hedge.DefaultQuantilePercent;

    /// <summary>True when boards of a policy that hedges race where the outcome is uncertain.</summary>
    public bool Races { get; init; }

    /// <summary>Time in µs in which a gateway stores an accepted input before its receipt: a flush of a solid-state disk takes 1 to 3 ms.</summary>
    public const long StoreUs = 2_000;

    /// <summary>Anti-herding measures that are on, in every engine and gateway.</summary>
    public Safeguards Safeguards { get; init; } = Safeguards.All;

    /// <summary>
    /// False for boards that keep the cost lines of their profile. A board that fits lines to its own outputs believes something else than its
    /// neighbour, which spreads a crowd as a measure would.
    /// </summary>
    public bool FitsLines { get; init; } = true;

    /// <summary>When boards of the first copy begin with their inputs, in µs: by then they are connected.</summary>
    public const long FirstInputUs = 5_000_000;

    /// <summary>Shortest time between two statuses in ms where boards are few, as the gateway has it (Status:MinIntervalMs).</summary>
    public const int LeastStatusIntervalMs = 50;

    /// <summary>
    /// Executed IL of a board that receives a status. Inferences of a virtual board that were delayed longest took 4 950 to 4 990 instructions
    /// more than without statuses; uncertain by some hundred (docs/decisions/0009).
    /// </summary>
    public const double MeasuredStatusIl = 4_970;

    /// <summary>Returns the levels and outages of the first link of a board of the first copy: the same in every run with this seed.</summary>
    /// <param name="board">Its number.</param>
    public LinkTrace TraceOf(int board)
    {
        int index = Scenario.Gateways.Sum(gateway => gateway.Upstreams.Count), first = 0;
        foreach (BoardGroup group in Scenario.Boards)
        {
            if (board < first + group.Count)
                return new LinkTrace(group.Links[0].Kind, SeedOf(0), index + (board - first) * group.Links.Count);
            first += group.Count;
            index += group.Count * group.Links.Count;
        }
        throw new ArgumentOutOfRangeException(nameof(board), board, $"the scenario has {first} boards");
    }

    /// <summary>Runs all copies of the scenario, side by side on all cores.</summary>
    /// <param name="done">Receives the number of copies that are done; may be called from any thread.</param>
    /// <param name="cancellation">Stops the run.</param>
    /// <returns>The tally, the same for the same seed whatever the machine.</returns>
    public RunTally Run(Action<int>? done = null, CancellationToken cancellation = default)
    {
        var tallies = new RunTally[Scenario.Copies];
        int finished = 0;
        Parallel.For(0, Scenario.Copies, new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount }, copy =>
        {
            tallies[copy] = new SimWorld(this, SeedOf(copy)).Run(cancellation);
            done?.Invoke(Interlocked.Increment(ref finished));
        });
        // In the order of the copies: sums of doubles depend on it.
        for (int i = 1; i < tallies.Length; i++) tallies[0].Add(tallies[i]);
        return tallies[0];
    }

    internal ulong SeedOf(int copy) => (ulong)(uint)Seed * 1_000_003 + (ulong)(uint)copy + 1;
}
