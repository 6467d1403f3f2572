using System;
using System.Collections.Generic;
using System.Linq;
using CsCheck;
using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;
using NUnit.Framework;

namespace Crime.Shared.Tests.Mapping;

public sealed class BeaconScheduleTests
{
    private const int IntervalUs = EngineSetup.StandardBeaconUs;
    private const int MinActiveUs = 50_000;
    private const int BetaUs = 2000;

    /// <summary>A link as the virtual board's radio has it: away at once, back at the next beacon, each beacon a little late.</summary>
    private sealed class BeaconLink(int seed, int baseUs, int jitterUs, bool hasBeacons, double driftPpm = 0)
    {
        private readonly Random _random = new(seed);

        public long Arrival(long readyAtUs)
        {
            if (!hasBeacons) return readyAtUs + _random.Next(IntervalUs);
            double interval = IntervalUs * (1 + driftPpm / 1e6);
            return (long)(31_000 + Math.Ceiling((readyAtUs - 31_000) / interval) * interval) + _random.Next(jitterUs + 1);
        }

        /// <summary>The same for a radio that listens on after it has sent.</summary>
        public long Arrival(long leftAtUs, long readyAtUs, int minActiveUs) => readyAtUs <= leftAtUs + minActiveUs ? readyAtUs : Arrival(readyAtUs);

        public int BaseUs => baseUs + _random.Next(jitterUs + 1);

        public int Next(int most) => _random.Next(most);
    }

    [TestCase(0)]
    [TestCase(3000)]
    public void ThePhaseIsFoundWithinAFewArrivals(int jitterUs)
    {
        var link = new BeaconLink(1, 4000, jitterUs, hasBeacons: true);
        var schedule = new BeaconSchedule(IntervalUs, minActiveUs: 0);
        long now = 0;
        for (int i = 0; i < 24; i++) schedule.OnArrival(now = link.Arrival(now + 100_000 + link.Next(1_000_000)));
        Assert.That(schedule.IsKnown(now), Is.True);
        Assert.That(schedule.DeviationUs, Is.LessThan(jitterUs + 3000));
    }

    [Test]
    public void ArrivalsAtAnyTimeAreNoSchedule()
    {
        var link = new BeaconLink(2, 4000, 0, hasBeacons: false);
        var schedule = new BeaconSchedule(IntervalUs, minActiveUs: 0);
        long now = 0;
        int known = 0;
        for (int i = 0; i < 5000; i++)
        {
            schedule.OnArrival(now = link.Arrival(now + 100_000 + link.Next(1_000_000)));
            if (schedule.IsKnown(now)) known++;
        }
        Assert.That(known, Is.LessThan(25), "by chance, now and then");
    }

    [Test]
    public void AClockThatDriftsIsFollowed()
    {
        var link = new BeaconLink(3, 4000, 500, hasBeacons: true, driftPpm: 40);
        var schedule = new BeaconSchedule(IntervalUs, minActiveUs: 0);
        long now = 0;
        for (int i = 0; i < 7200; i++)
        {
            schedule.OnArrival(now = link.Arrival(now + 900_000 + link.Next(200_000)));
            if (i > 20) Assert.That(schedule.IsKnown(now), Is.True, $"after {i} s");
        }
    }

    [Test]
    public void ASilentScheduleIsForgotten()
    {
        var schedule = new BeaconSchedule(IntervalUs, minActiveUs: 0);
        for (int i = 0; i < 20; i++) schedule.OnArrival(i * 10L * IntervalUs);
        Assert.That((schedule.IsKnown(190L * IntervalUs), schedule.IsKnown(190L * IntervalUs + 61_000_000)), Is.EqualTo((true, false)));
    }

    [Test]
    public void RoundingEndsAtTheFirstBeaconThatIsNotBefore() => TestSeed.Check(seed =>
        Gen.Select(Gen.Int[1024, 1 << 20], Gen.Long[0, 1L << 50], Gen.Long[-25_000, 1_700_000_000], Gen.Int[0, 100_000_000]).Sample((interval, phase, later, span) =>
        {
            var schedule = new BeaconSchedule(interval, minActiveUs: 0);
            schedule.OnArrival(phase);
            int up = schedule.RoundUp(phase + later, span);
            return (later + up) % interval == 0 && up >= span && up < span + interval;
        }, iter: 20_000, seed: seed));

    /// <summary>Mean absolute error of what the engine predicts for answers, in µs: with and without the schedule.</summary>
    /// <remarks>Inputs have 10 to 70 timesteps, of <paramref name="alphaUs"/> each at the gateway.</remarks>
    private static (double With, double Without) Predict(bool hasBeacons, int baseUs, int jitterUs, int minActiveUs = 0, int alphaUs = 0, int seed = 5)
    {
        double[] errors = new double[2];
        for (int kind = 0; kind < 2; kind++)
        {
            var link = new BeaconLink(seed, baseUs, jitterUs, hasBeacons);
            var power = new PowerProfile
            {
                ComputeMw = 165, WaitMw = 103, TransmitMw = 627, ListenMw = 330, TransmitNsPerByte = 1600, TransmitOverheadUs = 300, MinActiveUs = minActiveUs,
            };
            var engine = new MappingEngine(new EngineSetup
            {
                ModelId = 1, LongestLength = 80, LocalTime = new CostLine(1_400_000, 500), BytesPerStep = 6, Power = power,
                BeaconIntervalUs = kind == 0 ? IntervalUs : 0,
            }, 1);
            var status = new StatusFrame { Online = true, Workers = 1, Session = 1 };
            status.Add(1, 0).SetOwn((uint)(1000 * alphaUs), BetaUs);
            long now = 0;
            var seen = new List<double>();
            for (int i = 0; i < 400; i++)
            {
                status.Sequence++;
                engine.OnStatus("gw", status, now = link.Arrival(now + 200_000));
                if (engine.TakeDuePing(now, out uint sequence) == 0)
                {
                    long leftAt = now + power.TransmitUs(PingFrame.Size);
                    now = link.Arrival(leftAt, leftAt + link.BaseUs, minActiveUs);
                    engine.OnPong(new PongFrame { Sequence = sequence }, now);
                }
                now += link.Next(700_000);
                int length = 10 + 20 * (i % 4), serviceUs = BetaUs + alphaUs * length;
                Assert.That(engine.ChooseGateway(length, now), Is.Zero);
                int predicted = engine.GatewayCost(0, length, now);
                engine.OnSent(engine.Candidate(0), length, now);
                long sentAt = now + engine.TransmitUs(length), answeredAt = link.Arrival(sentAt, sentAt + link.BaseUs + serviceUs, minActiveUs);
                engine.OnResponse(engine.Candidate(0), new ResponseFrame { ServiceUs = (uint)serviceUs }, length, answeredAt - now, answeredAt);
                if (i >= 50) seen.Add(Math.Abs(predicted - (answeredAt - now)));
                now = answeredAt;
            }
            errors[kind] = seen.Average();
        }
        return (errors[0], errors[1]);
    }

    [TestCase(4000, 0)]
    [TestCase(4000, 2000)]
    [TestCase(30_000, 1000)]
    [TestCase(180_000, 3000)]
    public void AnswersAtBeaconsArePredictedToTheBeacon(int baseUs, int jitterUs)
    {
        (double with, double without) = Predict(hasBeacons: true, baseUs, jitterUs);
        TestContext.Out.WriteLine($"base {baseUs} us, jitter {jitterUs} us: off by {with:0} us with the schedule, {without:0} us with the mean");
        Assert.That(with, Is.LessThan(without / 3));
    }

    /// <summary>Short ones are back while the radio still listens, long ones at a beacon: the engine knows which.</summary>
    [TestCase(4000, 0)]
    [TestCase(4000, 2000)]
    [TestCase(30_000, 1000)]
    [TestCase(180_000, 3000)]
    public void WithAMinimumActiveTimeAnswersArePredictedBothWays(int baseUs, int jitterUs)
    {
        (double with, double without) = Predict(hasBeacons: true, baseUs, jitterUs, MinActiveUs, alphaUs: 1200);
        TestContext.Out.WriteLine($"base {baseUs} us, jitter {jitterUs} us: off by {with:0} us with the schedule, {without:0} us with the mean");
        Assert.That(with, Is.LessThan(without / 3));
    }

    [TestCase(4000)]
    [TestCase(180_000)]
    public void WithoutBeaconsNothingIsLost(int baseUs)
    {
        (double with, double without) = Predict(hasBeacons: false, baseUs, jitterUs: 0);
        TestContext.Out.WriteLine($"base {baseUs} us, no schedule: off by {with:0} us, {without:0} us with the mean alone");
        Assert.That(with, Is.EqualTo(without).Within(2).Percent);
    }
}
