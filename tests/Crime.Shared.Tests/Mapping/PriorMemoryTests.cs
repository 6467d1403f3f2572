using System;
using System.IO.Hashing;
using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;
using Crime.Node;
using NUnit.Framework;

namespace Crime.Shared.Tests.Mapping;

/// <summary>The knowledge of a board that survives a restart.</summary>
public sealed class PriorMemoryTests
{
    private const uint ModelId = 42;
    private const int RttUs = 8_000;
    private const int WaitUs = 40_000;
    private const int RadioUpUs = 1_500_000;
    private const uint WrittenAtS = 1_800_000_000;
    private const long HourUs = 3_600_000_000;

    private static readonly uint s_place = PriorMemory.PlaceOf("board", "broker", 1883);

    // Waiting is for nothing, as for a board in modem sleep.
    private static readonly PowerProfile s_power = new() { ComputeMw = 62, TransmitMw = 524, ListenMw = 227, TransmitNsPerByte = 1600, TransmitOverheadUs = 300 };

    private static MappingEngine Engine(ListeningMode listening = ListeningMode.Auto, Objective? objective = null) => new(
        new EngineSetup
        {
            ModelId = ModelId, LongestLength = 100, LocalTime = new CostLine(3_000_000, 500), EncodeTime = new CostLine(20_000, 100), BytesPerStep = 6,
            Power = s_power, Objective = objective ?? Objective.Time, Listening = listening,
        },
        NodeKey.Of("board"));

    private static void Meet(MappingEngine engine, string id, long nowUs, int rttUs = RttUs, uint alphaNs = 300, uint backlogUs = WaitUs)
    {
        engine.OnStatus(id, Status(alphaNs, backlogUs), nowUs);
        while (engine.TakePing(nowUs, false, 0, out uint sequence) != null)
            engine.OnPong(new PongFrame { Sequence = sequence, BacklogUs = backlogUs, Depth = 3 }, nowUs + rttUs + s_power.TransmitUs(PingFrame.Size));
    }

    private static StatusFrame Status(uint alphaNs = 300, uint backlogUs = 0)
    {
        var status = new StatusFrame { Online = true, Workers = 1, Session = 7, Sequence = 1, Capacity = 256, BacklogUs = backlogUs, Utilisation = 1024 };
        status.Add(ModelId, 0).SetOwn(alphaNs, 20);
        return status;
    }

    private static byte[] Saved(MappingEngine engine, uint utcSeconds = WrittenAtS, int radioUpUs = RadioUpUs) =>
        PriorMemory.Save(engine, ModelId, s_place, radioUpUs, utcSeconds, RttUs);

    private static byte[] Saved()
    {
        MappingEngine engine = Engine();
        Meet(engine, "gw", 0);
        return Saved(engine);
    }

    [Test]
    public void AGatewayThatAnswersIsWrittenAndOneThatIsLostIsNot()
    {
        MappingEngine engine = Engine();
        Meet(engine, "gw", 0);
        Meet(engine, "other", 0);
        engine.OnTimeout(engine.Candidate(1), 10_000);
        byte[] bytes = Saved(engine);
        Assert.That((PriorMemory.Check(bytes, ModelId, s_place), PriorMemory.RadioUpUs(bytes)), Is.EqualTo(((string?)null, RadioUpUs)));
        MappingEngine after = Engine();
        Assert.That(PriorMemory.Restore(after, bytes, 0, null, 0), Is.EqualTo(1));
        GatewayCandidate gateway = after.Candidate(0);
        Assert.That(
            (gateway.Id, gateway.Link.RttUs, gateway.Link.DeviationUs, gateway.Queue.WaitUs(0), gateway.OwnSegment, gateway.Advert.AlphaNs[0]),
            Is.EqualTo(("gw", RttUs, RttUs / 2, WaitUs, 0, 300u)));
    }

    /// <summary>The connection is new after a restart, which is no doubt of a gateway. A link that is suspect for want of a connection is written.</summary>
    [Test]
    public void ALostConnectionIsNoLoss()
    {
        MappingEngine engine = Engine();
        Meet(engine, "gw", 0);
        engine.OnConnectionChanged(1000);
        Assert.That(PriorMemory.Restore(Engine(), Saved(engine), 0, null, 0), Is.EqualTo(1));
    }

    [TestCase(0, RttUs / 2, WaitUs)]
    [TestCase(HourUs / 60, RttUs / 2 + RttUs / 120, WaitUs)]
    [TestCase(HourUs / 2, RttUs / 2 + RttUs / 4, 0)]
    [TestCase(HourUs, RttUs, 0)]
    [TestCase(24 * HourUs, RttUs, 0)]
    [TestCase(PriorMemory.UnknownAgeUs, RttUs, 0)]
    public void AnOlderLinkIsLessCertainAndAnOlderLoadIsForgotten(long ageUs, int deviationUs, int waitUs)
    {
        MappingEngine engine = Engine();
        PriorMemory.Restore(engine, Saved(), ageUs, null, 0);
        GatewayCandidate gateway = engine.Candidate(0);
        Assert.That((gateway.Link.RttUs, gateway.Link.DeviationUs, gateway.Queue.WaitUs(0)), Is.EqualTo((RttUs, deviationUs, waitUs)));
    }

    [TestCase(WrittenAtS, WrittenAtS + 60, 60_000_000)]
    [TestCase(0u, WrittenAtS, PriorMemory.UnknownAgeUs)]
    [TestCase(WrittenAtS, 0u, PriorMemory.UnknownAgeUs)]
    [TestCase(WrittenAtS, WrittenAtS - 1, PriorMemory.UnknownAgeUs)]
    public void TheAgeIsKnownWhereBothClocksAreSet(uint writtenAtS, uint nowS, long ageUs)
    {
        MappingEngine engine = Engine();
        Meet(engine, "gw", 0);
        Assert.That(PriorMemory.AgeUs(Saved(engine, writtenAtS), nowS), Is.EqualTo(ageUs));
    }

    [Test]
    public void TheFirstMeasurementReplacesAPrior()
    {
        MappingEngine engine = Engine(ListeningMode.Answers);
        PriorMemory.Restore(engine, Saved(), 0, null, 0);
        PriorMemory.Trust(engine, 0);
        GatewayCandidate gateway = engine.Candidate(0);
        engine.OnSent(gateway, 10, 0);
        int transmitUs = engine.TransmitUs(10);
        var answer = new ResponseFrame { Code = ResponseCode.Ok, WaitUs = 1000, ServiceUs = 100, BacklogUs = 2000 };
        engine.OnResponse(gateway, answer, 10, 1000 + 100 + transmitUs + 20_000, 30_000);
        Assert.That((gateway.Link.RttUs, gateway.Link.DeviationUs, gateway.Link.IsPrior), Is.EqualTo((20_000, 10_000, false)));
        Assert.That((gateway.Queue.WaitUs(30_000), gateway.Queue.BiasUs, gateway.Queue.DeviationUs), Is.EqualTo((2000, 0, 0)), "its error is none of this start");
    }

    [Test]
    public void ABoardThatLearnsFromAnswersOffloadsOnceItIsConnected()
    {
        MappingEngine engine = Engine(ListeningMode.Answers);
        PriorMemory.Restore(engine, Saved(), 24 * HourUs, null, 0);
        Assert.That(engine.HasUsableGateway(0), Is.False, "there is no connection");
        engine.OnConnectionChanged(1000);
        PriorMemory.Trust(engine, 1000);
        Assert.That(engine.HasUsableGateway(1000), Is.True);
        Assert.That(engine.TakePing(1000, false, 0, out _), Is.Null, "the first input measures the link");
        engine.OnTimeout(engine.Candidate(0), 3000);
        engine.OnConnectionChanged(4000);
        PriorMemory.Trust(engine, 4000);
        Assert.That(engine.HasUsableGateway(4000), Is.False, "a gateway that was lost has to answer a ping");
    }

    [Test]
    public void ABoardThatReceivesStatusesWaitsForOneAndUsesTheLink()
    {
        MappingEngine engine = Engine(ListeningMode.Statuses);
        PriorMemory.Restore(engine, Saved(), 24 * HourUs, null, 0);
        engine.OnConnectionChanged(1000);
        PriorMemory.Trust(engine, 1000);
        Assert.That(engine.HasUsableGateway(1000), Is.False, "no status has come");
        engine.OnStatus("gw", Status(), 2000);
        Assert.That(engine.HasUsableGateway(2000), Is.True, "no pong is needed");
        Assert.That(engine.TakePing(2000, false, 0, out _), Is.Not.Null, "the link is measured all the same");
    }

    [Test]
    public void APriorGivesItsSlotToAGatewayThatIsHeard()
    {
        MappingEngine before = Engine();
        for (int i = 0; i < DecisionTable.MaxCandidates; i++) Meet(before, "gw" + i, 0);
        MappingEngine engine = Engine(ListeningMode.Answers);
        PriorMemory.Restore(engine, Saved(before), 0, null, 0);
        engine.OnStatus("new", Status(), 1000);
        bool isFound = false;
        for (int i = 0; i < engine.CandidateCount; i++) isFound |= engine.Candidate(i).Id == "new";
        Assert.That((engine.CandidateCount, isFound), Is.EqualTo((DecisionTable.MaxCandidates, true)));
    }

    /// <summary>A busy gateway refuses the first request at once: its latency budget is what the belief says would still pay.</summary>
    [Test]
    public void TheFirstRequestAfterAPauseHasABudget()
    {
        const int length = 60;
        var decision = new Decision { IsDetailed = true };
        foreach (Objective objective in new[] { Objective.Time, Objective.Energy, Objective.Weighted(Objective.FullLambda / 2) })
        {
            MappingEngine engine = Engine(ListeningMode.Answers, objective);
            PriorMemory.Restore(engine, Saved(), PriorMemory.UnknownAgeUs, null, 0);
            PriorMemory.Trust(engine, 0);
            engine.Decide(length, 0, decision);
            Assert.That(decision.IsOffload, Is.True);
            Assert.That(decision.BudgetUs, Is.GreaterThan(decision.ExpectedTimeUs).And.LessThanOrEqualTo(decision.TimeoutUs));
            // Waiting takes no energy here, so that every answer until the time-out pays.
            if (objective.Kind == ObjectiveKind.Time) Assert.That(decision.BudgetUs, Is.LessThanOrEqualTo(engine.LocalTime.At(length) + 3000));
            else if (objective.Kind == ObjectiveKind.Energy) Assert.That(decision.BudgetUs, Is.EqualTo(decision.TimeoutUs));
        }
    }

    /// <summary>A night of silence: a full queue of the evening does not keep inputs on the board for ever.</summary>
    [Test]
    public void ALoadThatNothingReportsIsForgotten()
    {
        MappingEngine engine = Engine(ListeningMode.Answers);
        Meet(engine, "gw", 0, backlogUs: 5_000_000);
        var decision = new Decision();
        engine.Decide(60, 1_000_000, decision);
        Assert.That(decision.IsOffload, Is.False);
        engine.Decide(60, 8 * HourUs, decision);
        Assert.That(decision.IsOffload, Is.True);
        MappingEngine waiting = Engine(ListeningMode.Statuses);
        Meet(waiting, "gw", 0, backlogUs: 5_000_000);
        Assert.That(waiting.Candidate(0).Queue.WaitUs(8 * HourUs), Is.EqualTo(5_000_000), "statuses expire instead");
    }

    [Test]
    public void ADamagedOrForeignFileIsIgnored()
    {
        byte[] bytes = Saved();
        Assert.That(PriorMemory.Check(bytes, ModelId + 1, s_place), Is.EqualTo("of another model"));
        Assert.That(PriorMemory.Check(bytes, ModelId, PriorMemory.PlaceOf("board", "broker", 1884)), Is.EqualTo("of another broker"));
        Assert.That(PriorMemory.Check(bytes, ModelId, PriorMemory.PlaceOf("other", "broker", 1883)), Is.EqualTo("of another broker"));
        for (int size = 0; size < bytes.Length; size++) Assert.That(PriorMemory.Check(bytes[..size], ModelId, s_place), Is.EqualTo("damaged"));
        for (int i = 0; i < bytes.Length; i++)
        {
            byte[] damaged = (byte[])bytes.Clone();
            damaged[i] ^= 0x40;
            Assert.That(PriorMemory.Check(damaged, ModelId, s_place), Is.EqualTo("damaged"));
        }
    }

    /// <summary>A file with a right checksum is refused, or restored without an error and decided with.</summary>
    [Test]
    public void AHostileFileDoesNoHarm()
    {
        Random random = TestSeed.Random();
        byte[] good = Saved();
        int accepted = 0;
        for (int run = 0; run < 20_000; run++)
        {
            byte[] bytes = (byte[])good.Clone();
            for (int changes = random.Next(1, 5); changes > 0; changes--)
            {
                byte value = (byte)(random.Next(2) == 0 ? random.Next(256) : random.Next(2) * 255);
                bytes[random.Next(12, random.Next(2) == 0 ? 120 : bytes.Length - 4)] = value;
            }
            BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 4), Crc32.HashToUInt32(bytes.AsSpan(0, bytes.Length - 4)));
            if (PriorMemory.Check(bytes, ModelId, s_place) != null) continue;
            accepted++;
            MappingEngine engine = Engine(ListeningMode.Answers);
            PriorMemory.Restore(engine, bytes, PriorMemory.AgeUs(bytes, WrittenAtS), null, 0);
            PriorMemory.Trust(engine, 0);
            for (int i = 0; i < engine.CandidateCount; i++)
                Assert.That((Topics.IsNodeId(engine.Candidate(i).Id), engine.Candidate(i).Link.DeviationUs >= 0), Is.EqualTo((true, true)));
            var decision = new Decision { IsDetailed = true };
            engine.Decide(50, 0, decision);
            Assert.That(decision.ExpectedTimeUs, Is.GreaterThan(0));
        }
        Assert.That(accepted, Is.InRange(1, 19_999));
    }

    [Test]
    public void OnlyANoticeableChangeIsWritten()
    {
        byte[] old = Saved();
        byte[] With(string id, int rttUs, uint alphaNs, uint backlogUs, int radioUpUs)
        {
            MappingEngine engine = Engine();
            Meet(engine, id, 0, rttUs, alphaNs, backlogUs);
            return Saved(engine, radioUpUs: radioUpUs);
        }

        Assert.That(PriorMemory.IsNoticeablyOther(With("gw", RttUs + 2000, 300, 9_000_000, RadioUpUs + RadioUpUs / 4), old), Is.False, "a quarter at most, and load");
        Assert.That(PriorMemory.IsNoticeablyOther(With("gw", RttUs, 500, WaitUs, RadioUpUs), old), Is.False, "less than a millisecond");
        Assert.That(PriorMemory.IsNoticeablyOther(With("gw", RttUs + 2001, 300, WaitUs, RadioUpUs), old), Is.True);
        Assert.That(PriorMemory.IsNoticeablyOther(With("gw", RttUs, 1400, WaitUs, RadioUpUs), old), Is.True);
        Assert.That(PriorMemory.IsNoticeablyOther(With("gw", RttUs, 300, WaitUs, 2 * RadioUpUs), old), Is.True);
        Assert.That(PriorMemory.IsNoticeablyOther(With("hall", RttUs, 300, WaitUs, RadioUpUs), old), Is.True);
        Assert.That(PriorMemory.IsNoticeablyOther(Saved(Engine()), old), Is.True);
    }

    /// <summary>At most one look after the first measurement, and 24 a day.</summary>
    [Test]
    public void TheFileIsWrittenRarely()
    {
        var schedule = new PriorSchedule();
        MappingEngine engine = Engine();
        Assert.That(schedule.IsDue(engine, HourUs), Is.False, "nothing was measured");
        Meet(engine, "gw", HourUs);
        int looks = 0;
        for (long nowUs = HourUs; nowUs < 25 * HourUs; nowUs += 10_000_000)
        {
            if (!schedule.IsDue(engine, nowUs)) continue;
            looks++;
            schedule.OnLook(nowUs);
        }
        Assert.That(looks, Is.EqualTo(24));
    }

    /// <summary>Every wake-up from a deep sleep is a start. It does not begin with a look.</summary>
    [Test]
    public void ADeepSleepDoesNotMakeTheFileWrittenMoreOften()
    {
        MappingEngine engine = Engine();
        Meet(engine, "gw", 0);
        var schedule = new PriorSchedule();
        int looks = 0;
        const long sleepUs = 60_000_000, awakeUs = 2_000_000;
        for (long dayUs = 0; dayUs < 24 * HourUs; dayUs += sleepUs + awakeUs)
        {
            if (schedule.IsDue(engine, awakeUs))
            {
                looks++;
                schedule.OnLook(awakeUs);
            }
            int restS = schedule.RestS(awakeUs + sleepUs);
            schedule = new PriorSchedule();
            schedule.Restore(restS, 0);
        }
        Assert.That(looks, Is.InRange(23, 24));
    }
}
