using System;
using System.IO;
using System.Reflection;
using System.Text.Json;
using Crime.Costs;
using Crime.Mapping;
using Crime.Modelling.Counting;
using Crime.Modelling.Footprint;
using NUnit.Framework;

namespace Crime.Shared.Tests.Mapping;

/// <summary>What a decision executes on a board, counted; the numbers stand in tests/budgets/decision.json.</summary>
public sealed class DecisionBudgetTests
{
    private const int Decisions = 10;

    private static readonly JsonElement s_budget = JsonDocument.Parse(
        File.ReadAllText(Path.Combine(TestContext.CurrentContext.TestDirectory, "budgets", "decision.json"))).RootElement;

    /// <summary>Executed instructions of one decision, taken between a run with few and one with more of them.</summary>
    private static long Count(int gateways, bool haveRelays, ObjectiveKind kind, bool isAtBeacons, bool isWorstOrder) =>
        CountOf(nameof(DecisionProbe.Decide), gateways, haveRelays, kind, isAtBeacons, isWorstOrder);

    private static long CountOf(string probe, int gateways, bool haveRelays, ObjectiveKind kind, bool isAtBeacons, bool last)
    {
        long Run(int decisions) => MethodCounter.Count(
            typeof(DecisionProbe).Assembly.Location, $"{typeof(DecisionProbe).FullName}.{probe}",
            [$"{gateways}", $"{haveRelays}", $"{(int)kind}", $"{isAtBeacons}", $"{last}", $"{decisions}"]).Total;

        // The probe's own loop and call: seven for the loop, four for the arguments, one to drop the result.
        return (Run(1 + Decisions) - Run(1)) / Decisions - 12;
    }

    /// <summary>A board that streams decides up to once per timestep.</summary>
    [Test]
    public void ADecisionAboutTheRestOfAStreamCostsNoMoreThanItsBudget(
        [Values(ObjectiveKind.Energy, ObjectiveKind.Deadline)] ObjectiveKind kind, [Values] bool isAtBeacons, [Values] bool isComplete)
    {
        long Of(int gateways, bool haveRelays) => CountOf(nameof(DecisionProbe.DecideRest), gateways, haveRelays, kind, isAtBeacons, isComplete);
        long none = Of(0, false), one = Of(1, false), four = Of(4, false), eight = Of(4, true);
        double perCandidate = (four - one) / 3.0, perRoute = (eight - four) / 4.0;
        TestContext.Out.WriteLine(
            $"{kind}, at beacons {isAtBeacons}, complete {isComplete}: {none} without a gateway, {one} with one, {four} with four, {eight} with relays; "
            + $"{perCandidate:0.0} per candidate, {perRoute:0.0} per relay");
        Assert.That(Math.Max(perCandidate, perRoute), Is.LessThanOrEqualTo(s_budget.GetProperty("il_per_candidate_max").GetInt32()));
        Assert.That(one, Is.InRange(50, s_budget.GetProperty(isComplete ? "il_rest_max" : "il_rest_incomplete_max").GetInt32()));
    }

    /// <summary>The simulator charges a board this budget for every decision.</summary>
    [Test]
    public void ADecisionCostsNoMoreThanItsBudget(
        [Values(ObjectiveKind.Energy, ObjectiveKind.Deadline)] ObjectiveKind kind, [Values] bool isAtBeacons, [Values] bool isWorstOrder)
    {
        long none = Count(0, false, kind, isAtBeacons, isWorstOrder), one = Count(1, false, kind, isAtBeacons, isWorstOrder);
        long four = Count(4, false, kind, isAtBeacons, isWorstOrder), eight = Count(4, true, kind, isAtBeacons, isWorstOrder);
        double perCandidate = (four - one) / 3.0, perRoute = (eight - four) / 4.0;
        TestContext.Out.WriteLine(
            $"{kind}, at beacons {isAtBeacons}, worst order {isWorstOrder}: {none} without a gateway, {one} with one, {four} with four, {eight} with relays; "
            + $"{perCandidate:0.0} per candidate, {perRoute:0.0} per relay");
        Assert.That(Math.Max(perCandidate, perRoute), Is.LessThanOrEqualTo(s_budget.GetProperty("il_per_candidate_max").GetInt32()));
        Assert.That(one, Is.LessThanOrEqualTo(s_budget.GetProperty("il_one_gateway_max").GetInt32()));
    }

    /// <summary>The simulator charges these budgets to boards that send every input to one gateway, and to boards that compute alone.</summary>
    [Test]
    public void ADecisionOfTheOtherModesCostsNoMoreThanItsBudget(
        [Values(ObjectiveKind.Time, ObjectiveKind.Energy)] ObjectiveKind kind, [Values] bool isAtBeacons, [Values] bool isLocal)
    {
        long one = CountOf(nameof(DecisionProbe.DecideByMode), 1, false, kind, isAtBeacons, isLocal);
        TestContext.Out.WriteLine($"{kind}, at beacons {isAtBeacons}, local {isLocal}: {one} with one gateway");
        Assert.That(one, Is.InRange(20, s_budget.GetProperty(isLocal ? "il_local_max" : "il_offload_max").GetInt32()));
    }

    [Test]
    public void ADecisionInDetailCostsNoMoreThanItsBudget([Values(ObjectiveKind.Time, ObjectiveKind.Energy)] ObjectiveKind kind, [Values] bool isAtBeacons)
    {
        long one = CountOf(nameof(DecisionProbe.DecideInDetail), 1, false, kind, isAtBeacons, last: true);
        TestContext.Out.WriteLine($"{kind}, at beacons {isAtBeacons}: {one} with one gateway");
        Assert.That(one, Is.InRange(500, s_budget.GetProperty(isAtBeacons ? "il_detailed_beacons_max" : "il_detailed_max").GetInt32()));
    }

    [Test]
    public void TheTableTakesNoMoreThanItsBudget()
    {
        MappingEngine engine = DecisionProbe.Engine(DecisionTable.MaxCandidates, haveRelays: true, ObjectiveKind.Time, isAtBeacons: false, isWorstOrder: false, out _);
        var held = new HeldMemory();
        int size = held.Add(FieldOf(FieldOf(engine, "_rules"), "_table"));
        for (int i = 0; i < DecisionTable.MaxCandidates; i++)
            foreach (string route in new[] { "Own", "Relay" }) size += held.Add(FieldOf(FieldOf(engine.Candidate(i), route), "RowUs"));
        int whole = size + held.Add(engine);
        TestContext.Out.WriteLine($"{size} bytes of table, {whole} of the whole engine with four gateways");
        Assert.That(size, Is.LessThanOrEqualTo(s_budget.GetProperty("table_bytes_max").GetInt32()));
        Assert.That(whole, Is.LessThanOrEqualTo(s_budget.GetProperty("engine_bytes_max").GetInt32()));
    }

    private static object FieldOf(object owner, string name) =>
        owner.GetType().GetField(name, BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public)!.GetValue(owner)!;
}
