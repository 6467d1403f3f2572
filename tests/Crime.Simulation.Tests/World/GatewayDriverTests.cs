using System.Collections.Generic;
using System.Threading;
using Crime.Costs;
using Crime.Simulation.Events;
using Crime.Simulation.Inputs;
using Crime.Simulation.Scenarios;
using Crime.Simulation.World;
using NUnit.Framework;

namespace Crime.Simulation.Tests.World;

/// <summary>A simulated gateway behaves as gateway/Core does. The rules have their tests there; these show that the simulator follows them.</summary>
public sealed class GatewayDriverTests
{
    private const int ServiceUs = 20_000;
    private const uint LongBudgetUs = 900_000;
    private const uint ShortBudgetUs = 200_000;

    private static readonly Policy s_hub = new(PolicyKind.Single, 0, "hub");

    private SimWorld _world = null!;
    private GatewayDriver _gateway = null!;

    /// <summary>One worker, and service times that no batch of two has room for.</summary>
    [SetUp]
    public void MakeWorld()
    {
        var kind = new GatewayKind("slow", 1, 0, ServiceUs, 0);
        _world = new SimWorld(new SimulationRun(Worlds.Star(1, 0.15, Worlds.Quiet, gateway: kind), Worlds.Set(), s_hub, Objective.Time, 1), seed: 1);
        _gateway = _world.GatewayAt(0);
        _gateway.Start();
    }

    [Test]
    public void TheEarliestDeadlineIsServedFirst()
    {
        SimRequest running = Arrive(LongBudgetUs), patient = Arrive(LongBudgetUs), urgent = Arrive(ShortBudgetUs);
        Assert.That(ServeAll(), Is.EqualTo(new[] { running, urgent, patient }));
    }

    [Test]
    public void AnAnswerReportsTheQueueBeforeTheNextStart()
    {
        SimRequest[] requests = [Arrive(LongBudgetUs), Arrive(LongBudgetUs), Arrive(LongBudgetUs)];
        ServeAll();
        Assert.That(System.Array.ConvertAll(requests, request => request.Answer.Load.Depth), Is.EqualTo(new[] { 2, 1, 0 }));
        Assert.That(requests[0].Answer.Load.BacklogUs, Is.EqualTo(2 * ServiceUs), "nothing runs at that moment");
    }

    [Test]
    public void AFullQueueRefusesAsFull()
    {
        for (int i = 0; i <= GatewayDriver.Capacity; i++) Arrive(budgetUs: 0);
        Assert.That(Arrive(budgetUs: 0).Answer.Code, Is.EqualTo(Crime.Frames.ResponseCode.QueueFull));
        Assert.That(Arrive(budgetUs: 1).Answer.Code, Is.EqualTo(Crime.Frames.ResponseCode.QueueFull));
    }

    [Test]
    public void ARequestThatCannotBeInTimeIsRefusedAsLate()
    {
        Arrive(LongBudgetUs);
        Assert.That(Arrive(budgetUs: 2 * ServiceUs - 1).Answer.Code, Is.EqualTo(Crime.Frames.ResponseCode.TooLate));
    }

    /// <summary>Every request is a change that is over before a status could report it.</summary>
    [Test]
    public void OnlyHeartbeatsArePublishedWhileNothingChangesForLong()
    {
        const int durationS = 100;
        var kind = new GatewayKind("fast", 1, 0, 500, 0);
        Scenario scenario = Worlds.Star(1, 0.15, Worlds.Quiet, everyS: 0.5, durationS: durationS, gateway: kind);
        var world = new SimWorld(new SimulationRun(scenario, Worlds.Set(), s_hub, Objective.Time, 1), seed: 1);
        Assert.That(world.Run(CancellationToken.None).AtGateways, Is.GreaterThan(durationS));
        Assert.That(world.GatewayAt(0).Log.Count, Is.InRange(durationS - 3, durationS + 3));
    }

    [Test]
    public void AWaitingRequestIsPublished()
    {
        Arrive(LongBudgetUs);
        Arrive(LongBudgetUs);
        _gateway.OnPublish();
        Assert.That((_gateway.Log.Count, _gateway.Log.Read(1, long.MaxValue, out _)!.Depth), Is.EqualTo((1u, 1)));
    }

    private SimRequest Arrive(uint budgetUs)
    {
        SimRequest request = _world.Rent(0, 0, 0, 0, default);
        request.Input = new LengthCount(10, 0, 1);
        request.Frame.ModelId = SimWorld.ModelId;
        request.Frame.Length = 10;
        request.Frame.BudgetUs = budgetUs;
        _gateway.OnRequest(request);
        return request;
    }

    /// <summary>Lets the worker finish one request after the other.</summary>
    /// <returns>The requests in the order of their answers.</returns>
    private List<SimRequest> ServeAll()
    {
        var answered = new List<SimRequest>();
        while (_world.Events.Count > 0)
        {
            SimEvent next = _world.Events.Take();
            if (next.Kind == EventKind.Served) _gateway.OnServed(next.Subject);
            if (next.Kind == EventKind.Answer) answered.Add(_world.RequestAt(next.Subject));
        }
        return answered;
    }
}
