// A scenario that can be played live on this machine, with its boards and their inputs.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Cli.Boards;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Simulation.Inputs;
using Crime.Simulation.Scenarios;
using Crime.VirtualBoard;

namespace Crime.Cli.Live;

/// <summary>One board of a live scenario.</summary>
/// <param name="Group">Its group.</param>
/// <param name="Profile">Its time and energy.</param>
/// <param name="Inputs">Its inputs.</param>
internal sealed record LivePlace(BoardGroup Group, BoardProfile Profile, IReadOnlyList<LabelledSequence> Inputs);

/// <summary>A scenario with its inputs.</summary>
internal sealed class LiveScenario
{
    private const int MaxBoards = 32;
    private const double MaxS = 600;
    private const string Because = "a live run takes its time, and all its boards run on this machine";

    /// <summary>Deals inputs to the boards of a scenario.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="model">The model that they run.</param>
    /// <param name="data">Where the inputs come from.</param>
    /// <param name="seed">Chooses them.</param>
    /// <exception cref="UserInputException">It cannot be played live; the message says why.</exception>
    public LiveScenario(Scenario scenario, ModelFile model, Dataset data, int seed)
    {
        Check(scenario);
        Scenario = scenario;
        Model = model;
        Data = data;
        Seed = seed;
        InputsPerBoard = Math.Max((int)(scenario.DurationS / InputEveryS), 1);
        List<BoardGroup> groups = scenario.Boards.SelectMany(group => Enumerable.Repeat(group, group.Count)).ToList();
        List<LabelledSequence>[] hands = BoardInputs.Deal(data, groups.Count, groups.Count * InputsPerBoard, seed);
        Places = groups.Select((group, i) => new LivePlace(group, group.Profile(), hands[i])).ToList();
    }

    /// <summary>The scenario.</summary>
    public Scenario Scenario { get; }

    /// <summary>The model.</summary>
    public ModelFile Model { get; }

    /// <summary>Its file.</summary>
    public required byte[] ModelBytes { get; init; }

    /// <summary>The data set.</summary>
    public Dataset Data { get; }

    /// <summary>Seed of inputs, noise and losses.</summary>
    public int Seed { get; }

    /// <summary>Inputs of each board.</summary>
    public int InputsPerBoard { get; }

    /// <summary>Boards with their inputs.</summary>
    public IReadOnlyList<LivePlace> Places { get; }

    /// <summary>The same inputs for the simulation.</summary>
    public Replay Replay => new(
        Places.Select(place => (IReadOnlyList<int>)place.Inputs.Select(input => input.Length).ToList()).ToList(), InputIntervalMs);

    /// <summary>From the beginning of an input to that of the next, in ms.</summary>
    public int InputIntervalMs => (int)(InputEveryS * 1000);

    private double InputEveryS => Scenario.Boards[0].InputEveryS;

    private static void Check(Scenario scenario)
    {
        string? problem = scenario switch
        {
            { Gateways.Count: > 1 } => $"{scenario.Gateways.Count} gateways; allowed is one",
            { Copies: > 1 } => $"{scenario.Copies} copies; allowed is one",
            { DurationS: > MaxS } => FormattableString.Invariant($"{scenario.DurationS} s; allowed are {MaxS}, for {Because}"),
            { Load.Pattern: not LoadPattern.Steady } => "a load that moves; boards that replay a recording have a steady one",
            _ when scenario.Gateways[0].Background != null => "other work at the gateway; allowed is none",
            _ when scenario.Boards.Sum(group => group.Count) > MaxBoards =>
                $"{scenario.Boards.Sum(group => group.Count)} boards; allowed are {MaxBoards}, for {Because}",
            _ when scenario.Boards.Any(group => group.UrgentShare > 0) => "urgent inputs; a board has one time for all its results",
            _ when scenario.Boards.Any(group => group.InputEveryS != scenario.Boards[0].InputEveryS) => "boards with different times between inputs",
            _ => null,
        };
        if (problem != null) throw new UserInputException($"scenario '{scenario.Name}' cannot be played live: it has {problem}");
    }
}
