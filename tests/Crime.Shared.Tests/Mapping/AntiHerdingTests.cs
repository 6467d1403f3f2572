using System.Linq;
using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;
using NUnit.Framework;

namespace Crime.Shared.Tests.Mapping;

/// <summary>Many boards that read the same reports, and what keeps them from acting as one.</summary>
public sealed class AntiHerdingTests
{
    private const int HeartbeatUs = 1_000_000;

    private static readonly PowerProfile s_power = new() { ComputeMw = 165, WaitMw = 103, TransmitMw = 627, TransmitNsPerByte = 1600, TransmitOverheadUs = 300 };

    private static MappingEngine Engine(uint key, bool hasMeasures) => new(
        new EngineSetup
        {
            ModelId = 1, LongestLength = 80, LocalTime = new CostLine(1_400_000, 500), BytesPerStep = 6, Power = s_power,
            Measures = hasMeasures ? AntiHerding.All
                : AntiHerding.All & ~(AntiHerding.ForecastError | AntiHerding.Spread),
        }, key);

    private static StatusFrame Status(uint sequence, uint backlogUs)
    {
        var status = new StatusFrame { Online = true, Workers = 1, Session = 1, Sequence = sequence, BacklogUs = backlogUs, Utilisation = StatusFrame.FullUtilisation };
        status.Add(1, 0).SetOwn(300, 20);
        return status;
    }

    /// <summary>Boards that have seen a queue swing between empty and 80 ms, and see it empty now.</summary>
    private static int[] BreakEvens(bool hasMeasures)
    {
        MappingEngine[] boards = [.. Enumerable.Range(0, 100).Select(i => Engine(NodeKey.Of($"board-{i}"), hasMeasures))];
        long now = 0;
        for (uint i = 1; i <= 41; i++, now += HeartbeatUs)
        {
            StatusFrame status = Status(i, i % 2 == 0 ? 80_000u : 0);
            foreach (MappingEngine board in boards)
            {
                board.OnStatus("gw", status, now);
                if (board.TakeDuePing(now, out uint sequence) == 0)
                    board.OnPong(new PongFrame { Sequence = sequence, BacklogUs = status.BacklogUs }, now + 10_000);
            }
        }
        return [.. boards.Select(board => board.BreakEvenLength(now))];
    }

    [Test]
    public void AQueueThatSwingsDrawsSomeBoardsAndNotAll()
    {
        int[] apart = BreakEvens(hasMeasures: true), together = BreakEvens(hasMeasures: false);
        Assert.That(together, Is.All.EqualTo(together[0]), "all believe that it is empty");
        Assert.That(apart.Distinct().Count(), Is.GreaterThan(20));
        Assert.That(apart.Average(), Is.GreaterThan(together[0] + 5), "and on the whole they have learnt that it is not");
        Assert.That(BreakEvens(hasMeasures: true), Is.EqualTo(apart), "the same in every run");
    }

    [Test]
    public void AQueueThatKeepsItsWordIsBelieved()
    {
        MappingEngine with = Engine(5, hasMeasures: true), without = Engine(5, hasMeasures: false);
        foreach (MappingEngine board in new[] { with, without })
        {
            for (uint i = 1; i <= 20; i++) board.OnStatus("gw", Status(i, 20_000), i * HeartbeatUs);
            Assert.That(board.TakeDuePing(20 * HeartbeatUs, out uint sequence), Is.Zero);
            board.OnPong(new PongFrame { Sequence = sequence, BacklogUs = 20_000 }, 20 * HeartbeatUs + 10_000);
        }
        Assert.That(with.GatewayCost(0, 40, 20 * HeartbeatUs + 10_000), Is.EqualTo(without.GatewayCost(0, 40, 20 * HeartbeatUs + 10_000)).Within(200));
    }

    [Test]
    public void ARefusalTeachesWhatTheWaitWouldHaveBeen()
    {
        MappingEngine board = Engine(5, hasMeasures: true);
        board.OnStatus("gw", Status(1, 0), 0);
        Assert.That(board.TakeDuePing(0, out uint sequence), Is.Zero);
        board.OnPong(new PongFrame { Sequence = sequence }, 10_000);
        Assert.That(board.Choose(80, 10_000), Is.Zero);
        board.OnSent(board.Candidate(0), 80, 10_000);
        var refusal = new ResponseFrame { Code = ResponseCode.TooLate, BacklogUs = 300_000, Depth = 90 };
        board.OnResponse(board.Candidate(0), refusal, 80, 12_000, 22_000);
        Assert.That(board.Candidate(0).Link.IsUsable, Is.True, "the link is good");
        Assert.That(board.Choose(80, 22_000), Is.EqualTo(EngineAnswers.Local));
        Assert.That(board.Candidate(0).Queue.BiasUs, Is.GreaterThan(30_000));
    }

    [TestCase(ResponseCode.UnknownModel, MappingEngine.RefusalUs)]
    [TestCase(ResponseCode.WrongInput, MappingEngine.RefusalUs)]
    [TestCase(ResponseCode.NoDelivery, MappingEngine.NoDeliveryUs)]
    public void AGatewayThatCannotServeTheModelIsLeftAlone(ResponseCode code, int timeUs)
    {
        MappingEngine board = Engine(5, hasMeasures: true);
        board.OnStatus("gw", Status(1, 0), 0);
        Assert.That(board.TakeDuePing(0, out uint sequence), Is.Zero);
        board.OnPong(new PongFrame { Sequence = sequence }, 10_000);
        board.OnSent(board.Candidate(0), 80, 10_000);
        board.OnResponse(board.Candidate(0), new ResponseFrame { Code = code }, 80, 12_000, 22_000);
        Assert.That(board.Choose(80, 22_000), Is.EqualTo(EngineAnswers.Local));
        board.OnStatus("gw", Status(2, 0), HeartbeatUs);
        Assert.That(board.Choose(80, HeartbeatUs), Is.EqualTo(EngineAnswers.Local), "it says it serves the model, and has refused it");
        long later = 23_000 + timeUs;
        board.OnStatus("gw", Status(3, 0), later);
        Assert.That(board.Choose(80, later), Is.Zero);
    }
}
