using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;
using NUnit.Framework;

namespace Crime.Shared.Tests.Mapping;

public sealed class MappingEngineTests
{
    private const uint ModelId = 42;
    private const int RttUs = 60_000;

    private static readonly PowerProfile s_power = new() { ComputeMw = 165, WaitMw = 103, TransmitMw = 627, TransmitNsPerByte = 1600, TransmitOverheadUs = 300 };

    /// <summary>1.4 ms per step on the board, 20 us per step to write a request of 6 bytes per step.</summary>
    private static MappingEngine Engine(ObjectiveKind kind = ObjectiveKind.Time, bool canCompute = true) => new(new EngineSetup
    {
        ModelId = ModelId,
        LongestLength = 83,
        LocalTime = canCompute ? new CostLine(1_400_000, 500) : null,
        EncodeTime = new CostLine(20_000, 100),
        BytesPerStep = 6,
        Power = s_power,
        Objective = Objective.Of(kind, 0, 0),
    }, NodeKey.Of("board"));

    private static StatusFrame Status(
        uint sequence = 1, bool online = true, uint session = 7, uint model = ModelId, uint backlogUs = 0, int depth = 0, int utilisation = 0)
    {
        var status = new StatusFrame
        {
            Online = online,
            Workers = 1,
            Session = session,
            Sequence = sequence,
            BacklogUs = backlogUs,
            Depth = depth,
            Capacity = 256,
            Utilisation = utilisation,
        };
        status.Add(model, 0).SetOwn(300, 20);
        return status;
    }

    /// <summary>Answers the ping that is due, after a round trip.</summary>
    private static void Pong(MappingEngine engine, long nowUs, int rttUs = RttUs)
    {
        int candidate = engine.TakeDuePing(nowUs, out uint sequence);
        Assert.That(candidate, Is.Not.Negative, "no ping was due");
        engine.OnPong(new PongFrame { Sequence = sequence }, nowUs + rttUs + s_power.TransmitUs(PingFrame.Size));
    }

    private static MappingEngine EngineWithGateway(ObjectiveKind kind = ObjectiveKind.Time)
    {
        MappingEngine engine = Engine(kind);
        engine.OnStatus("gw", Status(), 0);
        Pong(engine, 0);
        return engine;
    }

    private static ResponseFrame Answer(uint waitUs = 0, uint serviceUs = 80, uint backlogUs = 0, int depth = 0) => new()
    {
        Code = ResponseCode.Ok,
        WaitUs = waitUs,
        ServiceUs = serviceUs,
        BacklogUs = backlogUs,
        Depth = depth,
    };

    [Test]
    public void WithoutAGatewayEverythingIsLocal()
    {
        MappingEngine engine = Engine();
        Assert.That(engine.Choose(127, 0), Is.EqualTo(EngineAnswers.Local));
        Assert.That(engine.ChooseGateway(127, 0), Is.EqualTo(EngineAnswers.Local));
        Assert.That(engine.BreakEvenLength(0), Is.EqualTo(CostLine.Never));
    }

    [TestCase(ObjectiveKind.Time)]
    [TestCase(ObjectiveKind.Energy)]
    public void ABoardThatCannotComputeIsNotChosenWhileThereIsAGateway(ObjectiveKind kind)
    {
        MappingEngine engine = Engine(kind, canCompute: false);
        Assert.That((engine.Choose(1, 0), engine.BreakEvenLength(0)), Is.EqualTo((EngineAnswers.Local, CostLine.Never)));
        engine.OnStatus("gw", Status(), 0);
        Pong(engine, 0);
        Assert.That((engine.Choose(1, RttUs), engine.BreakEvenLength(RttUs)), Is.EqualTo((0, 1)));
        Assert.That(engine.Choose(127, RttUs), Is.Zero);
        Assert.That(engine.LocalCost(127), Is.EqualTo(DecisionTable.Unusable));
        Assert.That(engine.GatewayCost(0, 127, RttUs), Is.LessThan(DecisionTable.Unusable));
    }

    [Test]
    public void AGatewayIsNoCandidateBeforeItsLinkWasMeasured()
    {
        MappingEngine engine = Engine();
        engine.OnStatus("gw", Status(), 0);
        Assert.That(engine.Choose(127, 0), Is.EqualTo(EngineAnswers.Local));
        Pong(engine, 0);
        Assert.That(engine.Choose(127, RttUs), Is.Zero);
    }

    [Test]
    public void ShortInputsStayAndLongOnesGo()
    {
        MappingEngine engine = EngineWithGateway();
        int breakEven = engine.BreakEvenLength(RttUs);
        // 60 ms of link against 1.4 ms a step, less what a step costs on the way.
        Assert.That(breakEven, Is.EqualTo(44));
        Assert.That(engine.Choose(breakEven - 1, RttUs), Is.EqualTo(EngineAnswers.Local));
        Assert.That(engine.Choose(breakEven, RttUs), Is.Zero);
    }

    [Test]
    public void TheObjectiveMovesTheBreakEvenLength()
    {
        MappingEngine engine = EngineWithGateway(ObjectiveKind.Energy);
        // Waiting draws less than computing: 103 against 165 mW.
        Assert.That(engine.BreakEvenLength(RttUs), Is.InRange(26, 30));
        engine.SetObjective(Objective.Time);
        Assert.That(engine.BreakEvenLength(RttUs), Is.EqualTo(44));
    }

    [Test]
    public void ABusyQueueKeepsInputsOnTheBoard()
    {
        MappingEngine engine = EngineWithGateway();
        Assert.That(engine.Choose(100, RttUs), Is.Zero);
        engine.OnStatus("gw", Status(sequence: 2, backlogUs: 100_000, depth: 40, utilisation: QueueForecast.FullUtilisation), RttUs);
        Assert.That(engine.Choose(100, RttUs), Is.EqualTo(EngineAnswers.Local));
        Assert.That(engine.LowestDepth(), Is.EqualTo(40));
    }

    [Test]
    public void AnAnswersOwnTimesAreNotTheLinks()
    {
        MappingEngine engine = EngineWithGateway();
        int transmitUs = engine.TransmitUs(100);
        for (int i = 0; i < 50; i++) engine.OnResponse(engine.Candidate(0), Answer(waitUs: 500_000, serviceUs: 50), 100, RttUs + 500_050 + transmitUs, 1_000_000 + i);
        Assert.That(engine.Candidate(0).Link.RttUs, Is.EqualTo(RttUs).Within(8));
    }

    [Test]
    public void AnAnswersBacklogIsTheFreshestNews()
    {
        MappingEngine engine = EngineWithGateway();
        engine.OnResponse(engine.Candidate(0), Answer(backlogUs: 300_000, depth: 99), 100, RttUs + 1000, RttUs);
        Assert.That(engine.Choose(100, RttUs), Is.EqualTo(EngineAnswers.Local));
        Assert.That(engine.Candidate(0).Queue.Depth, Is.EqualTo(99));
    }

    [Test]
    public void ATimeoutTakesTheGatewayOutUntilAPingComesBack()
    {
        MappingEngine engine = EngineWithGateway();
        engine.OnTimeout(engine.Candidate(0), 100_000);
        Assert.That(engine.Choose(127, 100_000), Is.EqualTo(EngineAnswers.Local));
        Assert.That(engine.TakeDuePing(100_000 + LinkEstimator.FirstBackOffUs - 1, out _), Is.Negative, "too early");
        Pong(engine, 100_000 + LinkEstimator.FirstBackOffUs);
        Assert.That(engine.Choose(127, 100_000 + LinkEstimator.FirstBackOffUs + RttUs), Is.Zero);
    }

    [TestCase(ObjectiveKind.Time)]
    [TestCase(ObjectiveKind.Energy)]
    public void ARadioThatIsOffCostsItsAssociation(ObjectiveKind kind)
    {
        MappingEngine engine = EngineWithGateway(kind);
        var radioUp = new RadioCost(100_000, 495);
        int associated = engine.GatewayCost(0, 50, 2 * RttUs), local = engine.LocalCost(50);
        engine.OnRadioDown(radioUp, RttUs);
        // Nothing is heard while it is off: what was known holds for longer than any status would.
        long later = RttUs + 100L * MappingEngine.StatusExpiryUs;
        Assert.That(engine.GatewayCost(0, 50, later) - associated, Is.EqualTo(kind == ObjectiveKind.Time ? 100_000 : 49_500));
        Assert.That(engine.LocalCost(50), Is.EqualTo(local));
        engine.OnRadioUp(later);
        Assert.That(engine.Choose(127, later), Is.EqualTo(EngineAnswers.Local), "it has to be heard again");
        engine.OnStatus("gw", Status(sequence: 2), later);
        Pong(engine, later);
        Assert.That(engine.GatewayCost(0, 50, later + 2 * RttUs), Is.EqualTo(associated), "zero while associated");
    }

    [Test]
    public void AGatewayThatWasGoneWhenTheRadioWentOffIsNoCandidate()
    {
        MappingEngine engine = EngineWithGateway();
        engine.OnTimeout(engine.Candidate(0), RttUs);
        engine.OnRadioDown(new RadioCost(1, 1), RttUs);
        Assert.That(engine.Choose(127, RttUs), Is.EqualTo(EngineAnswers.Local));
    }

    [Test]
    public void WhatIsKnownOfGatewaysSurvivesASleep()
    {
        MappingEngine before = EngineWithGateway();
        before.OnStatus("gw", Status(sequence: 2, backlogUs: 30_000, depth: 3, utilisation: QueueForecast.FullUtilisation), RttUs);
        before.OnStatus("other", Status(), RttUs);
        var radioUp = new RadioCost(20_000, 495);
        before.OnRadioDown(radioUp, RttUs);
        var bytes = new byte[CandidateMemory.Size + 7];
        before.Save(bytes, 7, RttUs);
        MappingEngine after = Engine();
        after.Restore(bytes, 7, radioUp, 0);
        Assert.That((after.CandidateCount, after.Candidate(0).Id, after.LowestDepth()), Is.EqualTo((2, "gw", 0)));
        Assert.That(after.BreakEvenLength(0), Is.EqualTo(before.BreakEvenLength(RttUs)));
        for (int length = 1; length < 100; length++)
        {
            Assert.That(after.Choose(length, 0), Is.EqualTo(before.Choose(length, RttUs)), $"length {length}");
            Assert.That(after.GatewayCost(0, length, 0), Is.EqualTo(before.GatewayCost(0, length, RttUs)));
            Assert.That(after.GatewayCost(1, length, 0), Is.EqualTo(DecisionTable.Unusable), "never measured");
        }
    }

    [Test]
    public void ALostPingIsALoss()
    {
        MappingEngine engine = Engine();
        engine.OnStatus("gw", Status(), 0);
        Assert.That(engine.TakeDuePing(0, out uint first), Is.Zero);
        Assert.That(engine.TakeDuePing(MappingEngine.PingTimeoutUs, out _), Is.Negative, "the first is still under way");
        long lostAt = MappingEngine.PingTimeoutUs + 1;
        Assert.That(engine.TakeDuePing(lostAt, out _), Is.Negative, "backing off");
        Assert.That(engine.TakeDuePing(lostAt + LinkEstimator.FirstBackOffUs, out uint second), Is.Zero);
        engine.OnPong(new PongFrame { Sequence = first }, lostAt + LinkEstimator.FirstBackOffUs);
        Assert.That(engine.Choose(127, lostAt + LinkEstimator.FirstBackOffUs), Is.EqualTo(EngineAnswers.Local), "the late answer to the first says nothing");
        engine.OnPong(new PongFrame { Sequence = second }, lostAt + LinkEstimator.FirstBackOffUs + RttUs);
        Assert.That(engine.Candidate(0).Link.IsUsable, Is.True);
    }

    [Test]
    public void ALastWillTakesTheGatewayOutAtOnce()
    {
        MappingEngine engine = EngineWithGateway();
        engine.OnStatus("gw", Status(online: false, sequence: 0), RttUs);
        Assert.That(engine.Choose(127, RttUs), Is.EqualTo(EngineAnswers.Local));
        Assert.That(engine.TakeDuePing(60_000_000, out _), Is.Negative, "nobody is there to answer");
    }

    [Test]
    public void ASilentGatewayExpires()
    {
        MappingEngine engine = EngineWithGateway();
        Assert.That(engine.Choose(127, MappingEngine.StatusExpiryUs), Is.Zero);
        Assert.That(engine.Choose(127, MappingEngine.StatusExpiryUs + 1), Is.EqualTo(EngineAnswers.Local));
    }

    [Test]
    public void AGatewayWithoutTheModelIsNoCandidate()
    {
        MappingEngine engine = Engine();
        engine.OnStatus("gw", Status(model: 1), 0);
        Assert.That(engine.TakeDuePing(0, out _), Is.Negative);
        Assert.That(engine.ChooseGateway(10, 0), Is.EqualTo(EngineAnswers.Local));
    }

    [Test]
    public void AnEarlierStatusDoesNotOverwriteALaterOne()
    {
        MappingEngine engine = EngineWithGateway();
        engine.OnStatus("gw", Status(sequence: 5, depth: 50), 10);
        engine.OnStatus("gw", Status(sequence: 4, depth: 4), 20);
        Assert.That(engine.Candidate(0).Queue.Depth, Is.EqualTo(50));
        engine.OnStatus("gw", Status(sequence: 1, depth: 1, session: 8), 30);
        Assert.That(engine.Candidate(0).Queue.Depth, Is.EqualTo(1), "a restarted gateway counts from the start");
    }

    [Test]
    public void TheBetterOfTwoGatewaysIsChosen()
    {
        MappingEngine engine = EngineWithGateway();
        engine.OnStatus("far", Status(), 0);
        Pong(engine, 0, rttUs: 90_000);
        Assert.That(engine.Choose(127, 90_000), Is.Zero);
        engine.OnStatus("gw", Status(sequence: 2, backlogUs: 50_000, utilisation: QueueForecast.FullUtilisation), 90_000);
        Assert.That(engine.Choose(127, 90_000), Is.EqualTo(1));
    }

    [Test]
    public void AFifthGatewayTakesThePlaceOfOneThatIsGone()
    {
        MappingEngine engine = Engine();
        for (int i = 0; i < 5; i++) engine.OnStatus($"gw{i}", Status(), 0);
        Assert.That(engine.CandidateCount, Is.EqualTo(DecisionTable.MaxCandidates));
        engine.OnStatus("gw2", Status(online: false), 10);
        engine.OnStatus("gw4", Status(), 20);
        Assert.That(engine.Candidate(2).Id, Is.EqualTo("gw4"));
    }

    /// <summary>A board that gets another model makes another engine, and keeps its session.</summary>
    [Test]
    public void APongToTheEngineOfAnEarlierModelMeasuresNothing()
    {
        MappingEngine former = Engine(), present = Engine();
        former.OnStatus("near", Status(), 1000);
        former.OnStatus("far", Status(), 1000);
        present.OnStatus("far", Status(), 50_000);
        var late = new uint[2];
        for (int i = 0; i < late.Length; i++) Assert.That(former.TakeDuePing(1000, out late[i]), Is.EqualTo(i));
        Assert.That(present.TakeDuePing(50_000, out _), Is.Zero);
        foreach (uint sequence in late) present.OnPong(new PongFrame { Sequence = sequence }, 60_000);
        Assert.That(present.Candidate(0).Link.HasSample, Is.False);
    }

    /// <summary>A broker that dies with a gateway loses the gateway's last will.</summary>
    [Test]
    public void AFifthGatewayTakesThePlaceOfTheOneThatHasExpiredFirst()
    {
        MappingEngine engine = Engine();
        for (int i = 0; i < 4; i++) engine.OnStatus($"gw{i}", Status(), i == 2 ? 0 : 1000 + i);
        engine.OnStatus("gw4", Status(), MappingEngine.StatusExpiryUs);
        Assert.That(engine.Candidate(2).Id, Is.EqualTo("gw2"), "no gateway has expired");
        engine.OnStatus("gw4", Status(), 2 * MappingEngine.StatusExpiryUs);
        Assert.That(engine.Candidate(2).Id, Is.EqualTo("gw4"));
        engine.OnStatus("gw5", Status(), 2 * MappingEngine.StatusExpiryUs);
        Assert.That(engine.Candidate(0).Id, Is.EqualTo("gw5"));
    }

    [Test]
    public void TheOutcomeOfARequestIsNotCreditedToTheGatewayThatTookTheSlot()
    {
        MappingEngine engine = Engine();
        for (int i = 0; i < 4; i++) engine.OnStatus($"gw{i}", Status(), 0);
        Pong(engine, 0);
        GatewayCandidate former = engine.Candidate(0);
        engine.OnSent(former, 100, RttUs);
        engine.OnStatus("gw0", Status(online: false), RttUs);
        engine.OnStatus("gw4", Status(), RttUs);
        GatewayCandidate successor = engine.Candidate(0);
        Assert.That(successor.Id, Is.EqualTo("gw4"));
        engine.OnResponse(former, Answer(backlogUs: 300_000, depth: 99), 100, RttUs, 2 * RttUs);
        Assert.That((successor.Link.HasSample, successor.Queue.Depth), Is.EqualTo((false, 0)), "an answer of the former gateway");
        Pong(engine, 2 * RttUs);
        Assert.That(successor.Link.IsUsable, Is.True);
        engine.OnTimeout(former, 3 * RttUs);
        Assert.That(successor.Link.IsUsable, Is.True, "a time-out of the former gateway");
    }

    [TestCase(0)]
    [TestCase(20_000)]
    [TestCase(100_000)]
    public void ADecisionForEnergyCostsWhatTheTimelineSays(int minActiveUs)
    {
        var power = new PowerProfile
        {
            ComputeMw = 165, WaitMw = 103, TransmitMw = 627, ListenMw = 330, WakeMw = 495, TransmitNsPerByte = 1600, TransmitOverheadUs = 300,
            MinActiveUs = minActiveUs,
        };
        var engine = new MappingEngine(
            new EngineSetup
            {
                ModelId = ModelId, LongestLength = 83, LocalTime = new CostLine(1_400_000, 500), EncodeTime = new CostLine(20_000, 100), BytesPerStep = 6,
                Power = power, Objective = Objective.Energy,
            }, 1);
        engine.OnStatus("gw", Status(), 0);
        Pong(engine, 0);
        foreach (int length in new[] { 5, 20, 80 })
        {
            var decision = new Decision { IsDetailed = true };
            engine.DecideOffload(length, RttUs, mayExceedLocal: true, decision);
            int encodeUs = 100 + 20 * length, transmitUs = power.TransmitUs(RequestFrame.HeaderSize + 6 * length);
            var timeline = new RadioTimeline { ComputeUs = encodeUs };
            timeline.AddRequest(power, transmitUs, decision.ExpectedTimeUs - encodeUs - transmitUs, isAnswered: true);
            Assert.That(decision.ExpectedEnergyUj, Is.EqualTo(timeline.EnergyUj(power)).Within(0.5).Percent);
            Assert.That(decision.Cost, Is.EqualTo(timeline.EnergyUj(power)).Within(0.5).Percent);
            engine.DecideLocal(length, RttUs, decision);
            timeline = new RadioTimeline { ComputeUs = 500 + 1400 * length };
            Assert.That((decision.ExpectedTimeUs, decision.ExpectedEnergyUj), Is.EqualTo(((int)timeline.ComputeUs, timeline.EnergyUj(power))));
        }
    }

    [Test]
    public void AReconnectMakesEveryLinkProveItself()
    {
        MappingEngine engine = EngineWithGateway();
        engine.OnConnectionChanged(1_000_000);
        Assert.That(engine.Choose(127, 1_000_000), Is.EqualTo(EngineAnswers.Local));
        Pong(engine, 1_000_000);
        Assert.That(engine.Choose(127, 1_100_000), Is.Zero);
    }
}
