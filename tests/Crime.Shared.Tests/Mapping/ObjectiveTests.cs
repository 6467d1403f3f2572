using System;
using System.Linq;
using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;
using MathNet.Numerics.Distributions;
using NUnit.Framework;

namespace Crime.Shared.Tests.Mapping;

/// <summary>What is minimised, on a board with two gateways that are known to the µs.</summary>
public sealed class ObjectiveTests
{
    private static readonly PowerProfile s_power = new() { ComputeMw = 165, WaitMw = 103, TransmitMw = 627, TransmitNsPerByte = 1600, TransmitOverheadUs = 300 };

    // No time-out limits a latency budget.
    private const int LongTimeUs = 1_000_000_000;

    /// <summary>A board of 1.4 ms per step, and gateways at the given round trips.</summary>
    private static MappingEngine Engine(Objective objective, int jitterUs, params int[] roundTripsUs)
    {
        var engine = new MappingEngine(
            new EngineSetup
            {
                ModelId = 1, LongestLength = 80, LocalTime = new CostLine(1_400_000, 500), EncodeTime = new CostLine(20_000, 100), BytesPerStep = 6,
                Power = s_power, Objective = objective, TimeoutMarginUs = LongTimeUs, TimeoutMaxUs = int.MaxValue,
            }, 1);
        var status = new StatusFrame { Online = true, Workers = 1, Session = 1, Utilisation = StatusFrame.FullUtilisation };
        status.Add(1, 0).SetOwn(300, 20);
        for (int i = 0; i < roundTripsUs.Length; i++)
        {
            engine.OnStatus($"gw-{i}", status, 0);
            for (int k = 0; k < 60; k++)
            {
                int linkUs = roundTripsUs[i] + (k % 2 == 0 ? jitterUs : -jitterUs);
                engine.OnSent(engine.Candidate(i), 10, 0);
                engine.OnResponse(engine.Candidate(i), new ResponseFrame(), 10, linkUs + engine.TransmitUs(10), 0);
            }
        }
        return engine;
    }

    [Test]
    public void TheWeightOfTimeMovesTheBreakEvenFromEnergysToTimes()
    {
        int[] lengths = new[] { 0, 250, 500, 750, 1000 }.Select(share => Engine(Objective.Weighted(share), 0, 60_000).BreakEvenLength(0)).ToArray();
        Assert.That(lengths, Is.Ordered.And.Unique);
        Assert.That(lengths[0], Is.EqualTo(Engine(Objective.Energy, 0, 60_000).BreakEvenLength(0)));
        Assert.That(lengths[^1], Is.EqualTo(Engine(Objective.Time, 0, 60_000).BreakEvenLength(0)));
    }

    [TestCase(1000, 1.0)]
    [TestCase(0, 165.0 / 103)]
    [TestCase(400, 1 / (0.4 + 0.6 * 103 / 165))]
    public void ARequestIsWorthTheTimeInWhichWaitingCostsWhatComputingWould(int timeShare, double ofLocalTime)
    {
        foreach (int length in new[] { 1, 20, 80 })
        {
            int budgetUs = OffloadOf(Engine(Objective.Weighted(timeShare), 0, 60_000), length).BudgetUs;
            Assert.That(budgetUs, Is.EqualTo((1400 * length + 500) * ofLocalTime).Within(0.2).Percent);
        }
    }

    [Test]
    public void OnlyTheTimeoutLimitsTheBudgetWithADeadlineAndOnANodeThatCannotCompute()
    {
        Decision deadline = OffloadOf(Engine(Objective.Deadline(50, 95), 0, 60_000), 20);
        Assert.That(deadline.BudgetUs, Is.EqualTo(deadline.TimeoutUs).And.GreaterThan(LongTimeUs));
        MappingEngine engine = Engine(Objective.Time, 0, 60_000);
        engine.SetLocalTime(null);
        Decision helpless = OffloadOf(engine, 20);
        Assert.That(helpless.BudgetUs, Is.EqualTo(helpless.TimeoutUs).And.GreaterThan(LongTimeUs));
    }

    /// <summary>The decision of a board that would rather offload, and asks for no more time than the input may cost.</summary>
    private static Decision OffloadOf(MappingEngine engine, int length)
    {
        var decision = new Decision();
        engine.DecideOffload(length, 0, mayExceedLocal: false, decision);
        return decision;
    }

    [Test]
    public void AWeightedCostIsTimeAndTheTimeThatComputingWouldDrawTheEnergyIn()
    {
        MappingEngine time = Engine(Objective.Time, 0, 60_000), energy = Engine(Objective.Energy, 0, 60_000), weighted = Engine(Objective.Weighted(300), 0, 60_000);
        foreach (int length in new[] { 1, 20, 80 })
        {
            double expected = 0.3 * time.GatewayCost(0, length, 0) + 0.7 * energy.GatewayCost(0, length, 0) * 1000.0 / s_power.ComputeMw;
            Assert.That(weighted.GatewayCost(0, length, 0), Is.EqualTo(expected).Within(0.1).Percent);
            Assert.That(weighted.LocalCost(length), Is.EqualTo(time.LocalCost(length)).Within(0.1).Percent);
        }
    }

    [Test]
    public void EnergyIsThatOfEveryPart()
    {
        MappingEngine engine = Engine(Objective.Energy, 0, 60_000);
        const int length = 50;
        double encodeUs = 100 + 20.0 * length, transmitUs = s_power.TransmitUs(RequestFrame.HeaderSize + 6 * length), waitUs = 60_000 + 20 + 0.3 * length;
        double expected = (165 * encodeUs + 627 * transmitUs + 103 * waitUs) / 1000;
        Assert.That(engine.GatewayCost(0, length, 0), Is.EqualTo(expected).Within(0.2).Percent);
    }

    [TestCase(40, 20)]
    [TestCase(40, 70)]
    [TestCase(100, 70)]
    [TestCase(200, 70)]
    [TestCase(75, 50)]
    public void TheDeadlineIsMetAtTheLeastEnergy(int deadlineMs, int length)
    {
        MappingEngine time = Engine(Objective.Time, 0, 50_000, 90_000), energy = Engine(Objective.Energy, 0, 50_000, 90_000);
        int[] places = [EngineAnswers.Local, 0, 1];
        int TimeOf(int place) => place < 0 ? time.LocalCost(length) : time.GatewayCost(place, length, 0);
        int EnergyOf(int place) => place < 0 ? energy.LocalCost(length) : energy.GatewayCost(place, length, 0);
        int[] inTime = [.. places.Where(place => TimeOf(place) <= deadlineMs * 1000)];
        int expected = inTime.Length > 0 ? inTime.MinBy(EnergyOf) : places.MinBy(TimeOf);
        Assert.That(Engine(Objective.Deadline(deadlineMs, 50), 0, 50_000, 90_000).Choose(length, 0), Is.EqualTo(expected));
    }

    [Test]
    public void AHigherQuantileIsWarierOfALinkThatWavers()
    {
        // 70 steps take 98 ms here; away 53 ms on average, give or take 20.
        MappingEngine half = Engine(Objective.Deadline(80, 50), 20_000, 50_000), most = Engine(Objective.Deadline(80, 99), 20_000, 50_000);
        Assert.That(half.Choose(50, 0), Is.Zero, "less energy");
        Assert.That(most.Choose(50, 0), Is.EqualTo(EngineAnswers.Local), "70.5 ms for certain");
    }

    [TestCase(50)]
    [TestCase(75)]
    [TestCase(95)]
    [TestCase(99)]
    public void AMarginIsTheQuantileOfANormalErrorOfThatDeviation(int percent)
    {
        double deviations = Normal.InvCDF(0, 1, percent / 100.0) * Math.Sqrt(Math.PI / 2);
        Assert.That(Objective.Deadline(1, percent).MarginUs(10_000), Is.EqualTo(deviations * 10_000).Within(25));
    }

    [TestCase(-1, 0)]
    [TestCase(0, 0)]
    [TestCase(1000, 1000)]
    [TestCase(1001, 1000)]
    public void SharesAreClamped(int share, int expected) => Assert.That(Objective.Weighted(share).LambdaThousandths, Is.EqualTo(expected));

    [TestCase(0, 49, 1, 50)]
    [TestCase(60_001, 100, 60_000, 99)]
    [TestCase(65_535, 255, 60_000, 99)]
    public void DeadlinesAreClamped(int deadlineMs, int percent, int expectedMs, int expectedPercent)
    {
        Objective objective = Objective.Of(ObjectiveKind.Deadline, deadlineMs, percent);
        Assert.That((objective.DeadlineMs, objective.QuantilePercent), Is.EqualTo((expectedMs, expectedPercent)));
    }

    [Test]
    public void ADecodersCostIsALine()
    {
        // C-NMT: 2 ms per input step, 3 ms per output step, M = 0.9 n + 1.5.
        CostLine line = CostLine.Decoder(new CostLine(2_000_000, 700), 3_000_000, new OutputLength(900, 1500));
        foreach (int length in new[] { 0, 1, 40 })
            Assert.That(line.At(length), Is.EqualTo(2000 * length + 3 * new OutputLength(900, 1500).ThousandthsAt(length) + 700));
        Assert.That(CostLine.Decoder(new CostLine(0, 0), 1000, new OutputLength(0, -4_000_000)).BetaUs, Is.Zero);
        Assert.That(new OutputLength(1000, -5000).ThousandthsAt(2), Is.Zero);
    }
}
