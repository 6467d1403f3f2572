// The policies that a run compares.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Costs;
using Crime.Mapping;
using Crime.Simulation.Inputs;
using Crime.Simulation.Scenarios;

namespace Crime.Simulation.World;

/// <summary>Rule that maps inputs to places.</summary>
public enum PolicyKind
{
    /// <summary>Every input stays on its board.</summary>
    Local,

    /// <summary>Every input goes to one gateway.</summary>
    Single,

    /// <summary>A random draw decides between the board and the gateways that it reaches.</summary>
    Random,

    /// <summary>The engine decides, but takes every input to have the mean length.</summary>
    MeanLength,

    /// <summary>The engine decides, but takes every output to have the mean length, and learns nothing: it decides by the length of the input alone.</summary>
    MeanOutput,

    /// <summary>Compares the board with its own gateway, by lines that were fitted beforehand and the round trip as last measured.</summary>
    TwoDevice,

    /// <summary>The engine decides.</summary>
    Crime,

    /// <summary>Picks the place with the least true cost of the input.</summary>
    Oracle,

    /// <summary>Every input goes to a gateway, in batches where results may wait.</summary>
    Batches,
}

/// <summary>A policy.</summary>
/// <param name="Kind">How it decides.</param>
/// <param name="Gateway">The gateway of <see cref="PolicyKind.Single"/>, or -1.</param>
/// <param name="Name">Its name in tables.</param>
public sealed record Policy(PolicyKind Kind, int Gateway, string Name)
{
    /// <summary>True when all inputs go to one kind of node.</summary>
    public bool IsSingleDevice => Kind is PolicyKind.Local or PolicyKind.Single;

    /// <summary>Executed IL of one decision on a board: budgets of tests for one gateway (tests/budgets/decision.json).</summary>
    public int DecisionIl => Kind switch
    {
        PolicyKind.Crime or PolicyKind.MeanLength or PolicyKind.MeanOutput => 520,
        PolicyKind.Single or PolicyKind.Batches => 350,
        PolicyKind.Local => 100,
        _ => 0,
    };

    /// <summary>Executed IL of the second decision of a race: the fastest gateway, and the board again.</summary>
    public const int RaceIl = 450;

    /// <summary>True when its boards compute inputs whose answers are late.</summary>
    public bool Hedges => Kind is PolicyKind.Crime or PolicyKind.MeanLength or PolicyKind.MeanOutput;

    /// <summary>True when all that it knows costs nothing.</summary>
    public bool HasFreeKnowledge => Kind == PolicyKind.Oracle;

    /// <summary>True when its boards keep inputs whose results may wait.</summary>
    public bool Defers => Kind is PolicyKind.Crime or PolicyKind.MeanLength or PolicyKind.MeanOutput or PolicyKind.Oracle or PolicyKind.Batches;

    /// <summary>
    /// Messages that its boards listen to. A board alone needs none, and the oracle receives all of them for nothing. Where results may wait, it does
    /// not wake the radio for statuses: a wake for nothing would send kept inputs for nothing.
    /// </summary>
    public ListeningMode ListeningIn(Scenario scenario) => Kind switch
    {
        PolicyKind.Local => ListeningMode.Answers,
        PolicyKind.Oracle => scenario.ResultsMayWait ? ListeningMode.Answers : ListeningMode.Statuses,
        _ => ListeningMode.Auto,
    };

    /// <summary>Executed IL per status: a board with nothing to decide need not receive any.</summary>
    public double ReceivedStatusIl => IsSingleDevice ? 0 : SimulationRun.MeasuredStatusIl;

    /// <summary>The policy of the project.</summary>
    public static Policy Crime { get; } = new(PolicyKind.Crime, -1, "crime");

    /// <summary>The rule that takes every output to have the mean length; for networks that write.</summary>
    public static Policy MeanOutput { get; } = new(PolicyKind.MeanOutput, -1, "mean-output");

    /// <summary>Returns the output length that boards expect; null for a network that does not write.</summary>
    public OutputLength? OutputOf(LengthDistribution lengths) => !lengths.IsWriting ? null
        : Kind == PolicyKind.MeanOutput ? new OutputLength(0, (int)Math.Round(1000 * lengths.MeanOutput)) : lengths.Output;

    /// <summary>The lower bound.</summary>
    public static Policy Oracle { get; } = new(PolicyKind.Oracle, -1, "oracle");

    /// <summary>Every single device of a scenario: the boards, and each gateway.</summary>
    public static IReadOnlyList<Policy> SingleDevices(Scenario scenario) =>
        [new Policy(PolicyKind.Local, -1, "boards"), .. scenario.Gateways.Select((gateway, i) => new Policy(PolicyKind.Single, i, gateway.Id))];

    /// <summary>All policies of a scenario.</summary>
    public static IReadOnlyList<Policy> All(Scenario scenario) =>
    [
        .. SingleDevices(scenario), new Policy(PolicyKind.Random, -1, "random"), new Policy(PolicyKind.MeanLength, -1, "mean-length"),
        new Policy(PolicyKind.TwoDevice, -1, "two-device"),
        .. scenario.ResultsMayWait ? [new Policy(PolicyKind.Batches, -1, "batches")] : Array.Empty<Policy>(),
        Crime, Oracle,
    ];
}
