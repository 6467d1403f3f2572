using System;
using System.Linq;
using Crime.Cli.Boards;
using Crime.Cli.Live;
using Crime.Costs;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Modelling.ModelFiles;
using Crime.Simulation.Inputs;
using Crime.Simulation.Scenarios;
using Crime.Simulation.World;
using NUnit.Framework;

namespace Crime.Cli.Tests.Live;

/// <summary>Scenarios that can be played live, and their boards.</summary>
public sealed class LiveScenarioTests
{
    private static readonly LinkKind s_link = new("link", 10, 1e6, 1e9);
    private static readonly BoardKind s_kind = new("board", "esp32-devkitc", 0.3, KernelKind.Table, 97.5);
    private static readonly GatewayNode s_gateway = new("hub", new GatewayKind("gateway", 1, 1, 100, 0), null, []);
    private static readonly ModelFile s_model = ModelLoading.Load(GatewayModel.BundledPath);
    private static readonly Dataset s_data = GestureGenerator.Generate();

    private static Scenario Star(int boards = 3, RadioKind radio = RadioKind.Doze) => new(
        "star", "for a test", 10, new LoadShape(LoadPattern.Steady, 0, 1, 0), [s_gateway],
        [new BoardGroup(boards, s_kind, radio, 0.5, [new NodeLink(0, s_link)])]);

    private static LiveScenario Live(Scenario scenario) => new(scenario, s_model, s_data, 1) { ModelBytes = [] };

    [Test]
    public void TheSimulationGetsTheInputsOfTheBoards()
    {
        LiveScenario live = Live(Star());
        Assert.That(live.Places, Has.Count.EqualTo(3));
        Assert.That(live.InputsPerBoard, Is.EqualTo(20));
        Assert.That(live.Replay.IntervalMs, Is.EqualTo(500));
        for (int i = 0; i < 3; i++)
            Assert.That(live.Replay.Lengths[i], Is.EqualTo(live.Places[i].Inputs.Select(input => input.Length)));
    }

    [Test]
    public void ABoardHasTheSpeedAndTheRadioOfItsKind()
    {
        var dozing = Live(Star()).Places[0].Profile;
        Assert.That(dozing.UsPerIl, Is.EqualTo(0.3));
        Assert.That((dozing.BeaconIntervalUs, dozing.ListenOnUs), Is.EqualTo((102_400, 50_000)));
        var awake = Live(Star(radio: RadioKind.Awake)).Places[0].Profile;
        Assert.That((awake.BeaconIntervalUs, awake.ListenOnUs), Is.EqualTo((0, 0)));
        Assert.That(awake.ReceiveMw, Is.EqualTo(awake.WaitMw), "listening is all that it does");
        Assert.That(awake.WaitMw, Is.EqualTo(97.5 * awake.SupplyV).Within(1e-9));
        Assert.That(awake.ComputeMw - awake.WaitMw, Is.EqualTo(dozing.ComputeMw - dozing.WaitMw).Within(1e-9), "what listening adds");
    }

    [TestCase("2 gateways; allowed is one")]
    [TestCase("2 copies; allowed is one")]
    [TestCase("601 s; allowed are 600")]
    [TestCase("a load that moves")]
    [TestCase("other work at the gateway")]
    [TestCase("33 boards; allowed are 32")]
    [TestCase("urgent inputs")]
    [TestCase("boards with different times between inputs")]
    public void WhatCannotBePlayedIsRefused(string expected)
    {
        Scenario star = Star();
        Scenario bad = expected.Split(' ')[^1] switch
        {
            _ when expected.Contains("gateways;") => star with { Gateways = [s_gateway, s_gateway with { Id = "other" }] },
            _ when expected.Contains("copies") => star with { Copies = 2 },
            _ when expected.Contains("601") => star with { DurationS = 601 },
            _ when expected.Contains("moves") => star with { Load = new LoadShape(LoadPattern.Diurnal, 0.5, 60, 0) },
            _ when expected.Contains("other work") => star with { Gateways = [s_gateway with { Background = new BackgroundLoad(1, 0.5, 0.1, 10) }] },
            _ when expected.Contains("33") => Star(boards: 33),
            _ when expected.Contains("urgent") => star with { Boards = [star.Boards[0] with { UrgentShare = 0.1, UrgentWithinS = 1 }] },
            _ => star with { Boards = [star.Boards[0], star.Boards[0] with { InputEveryS = 2 }] },
        };
        Assert.That(
            () => Live(bad),
            Throws.TypeOf<UserInputException>().With.Message.StartsWith("scenario 'star' cannot be played live").And.Message.Contains(expected));
    }

    [Test]
    public void TheImposedDelayIsTheLevelLessWhatIsThereAnyhow()
    {
        var run = new SimulationRun(Star(), InputSet.LoadAll(ScenarioFile.BundledInputsFolder)[0], Policy.Crime, Objective.Time, 1);
        var conditions = new TraceConditions(run.TraceOf(0), () => 0, () => 1.5, 1);
        Assert.That(conditions.OneWayMs(0), Is.EqualTo(3.5).Within(1e-9));
        Assert.That(new TraceConditions(run.TraceOf(0), () => 0, () => 7, 1).OneWayMs(0), Is.Zero, "never less than nothing");
        Assert.That(conditions.IsDown, Is.False);
    }

    [Test]
    public void NoiseAndLossesAreThoseOfTheKind()
    {
        LinkKind noisy = s_link with { NoiseSigma = 0.3, Loss = 0.2, ResendMs = 1000 };
        Scenario star = Star();
        var run = new SimulationRun(
            star with { Boards = [star.Boards[0] with { Links = [new NodeLink(0, noisy)] }] }, InputSet.LoadAll(ScenarioFile.BundledInputsFolder)[0],
            Policy.Crime, Objective.Time, 1);
        var conditions = new TraceConditions(run.TraceOf(0), () => 0, () => 0, 1);
        double[] ways = Enumerable.Range(0, 20_000).Select(_ => conditions.OneWayMs(0)).ToArray();
        Assert.That(ways.Count(ms => ms >= 1000) / 20_000.0, Is.EqualTo(0.2).Within(0.02));
        double[] intact = ways.Where(ms => ms < 1000).ToArray();
        Assert.That(intact.Average(), Is.EqualTo(5).Within(0.05));
        Assert.That(Math.Sqrt(intact.Average(ms => Math.Pow(Math.Log(ms / 5) + 0.045, 2))), Is.EqualTo(0.3).Within(0.02));
    }
}
