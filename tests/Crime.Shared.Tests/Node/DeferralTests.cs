using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Costs;
using Crime.Node;
using NUnit.Framework;

namespace Crime.Shared.Tests.Node;

/// <summary>The schedule of inputs whose results may wait.</summary>
public sealed class DeferralTests
{
    private const long SecondUs = 1_000_000;
    private const long WithinUs = 1000 * SecondUs;
    private const int Length = NodeBench.LongestLength;

    private NodeBench _bench = null!;
    private Deferral _deferral = null!;

    private KeptInputs Kept => _deferral.Kept;

    [SetUp]
    public void SetUp() => Make(radioUpUs: 100_000);

    [Test]
    public void AnInputIsKeptWhereABatchedRequestSavesEnergy()
    {
        Assert.That(_bench.Engine.Worth.Saving(Length), Is.Positive);
        Assert.That(_deferral.ShouldKeep(Length, 0), Is.True);
        _bench.Engine.SetObjective(Objective.Time);
        Assert.That(_deferral.ShouldKeep(Length, 0), Is.False, "the least time is not a result that waits");
        _bench.Engine.SetObjective(Objective.Energy);
        _bench.Mapping.Mode = MappingMode.Local;
        Assert.That(_deferral.ShouldKeep(Length, 0), Is.False, "no input goes to a gateway");
        _bench.Mapping.Mode = MappingMode.Auto;
        _bench.Engine.OnRadioUp(0);
        Assert.That(_deferral.ShouldKeep(Length, 0), Is.False, "the radio is up in any case");
    }

    [Test]
    public void AnInputThatCannotWaitForABatchIsNotKept()
    {
        Make(radioUpUs: 100_000, withinUs: Deferral.BatchLimitUs + LocalUs(Length));
        Assert.That(_deferral.ShouldKeep(Length, 0), Is.False);
        Make(radioUpUs: 100_000, withinUs: Deferral.BatchLimitUs + LocalUs(Length) + 1);
        Assert.That(_deferral.ShouldKeep(Length, 0), Is.True);
        Keep(0, Length);
        Assert.That(_deferral.ShouldKeep(Length, 0), Is.False, "the kept input may have to be computed before it");
    }

    /// <summary>At its latest start an input is computed, where the kept inputs save less than a batch takes.</summary>
    [Test]
    public void FewInputsAreComputedByTheirDeadlines()
    {
        Keep(0, Length);
        Assert.That(_bench.Engine.Worth.Saving(Length), Is.LessThan(_bench.Engine.Worth.BatchCost(Length, 0)));
        long dueUs = WithinUs - Deferral.BatchLimitUs - LocalUs(Length);
        Assert.That(_deferral.NextUs(), Is.EqualTo(dueUs));
        Assert.That(Next(dueUs - 1), Is.EqualTo(DeferralStep.None));
        Assert.That(Next(dueUs), Is.EqualTo(DeferralStep.Compute));
        Assert.That(_deferral.Index, Is.Zero);
    }

    [Test]
    public void InputsThatSaveMoreThanABatchTakesAreSentTogether()
    {
        int count = _bench.Engine.Worth.BatchCost(Length, 0) / _bench.Engine.Worth.Saving(Length) + 1;
        for (int i = 0; i < count; i++) Keep(i * SecondUs, Length);
        Assert.That(Next(count * SecondUs), Is.EqualTo(DeferralStep.None), "more may come before the first deadline");
        Assert.That(Next(_deferral.NextUs()), Is.EqualTo(DeferralStep.Send));
        Kept.RemoveAt(count - 1);
        Assert.That(Next(_deferral.NextUs()), Is.EqualTo(DeferralStep.Compute), "one less does not pay for the batch");
    }

    /// <summary>The radio comes up for a report in any case.</summary>
    [Test]
    public void AReportServesTheInputsThatCanWaitForIt()
    {
        Make(radioUpUs: 2_000_000, reportEveryUs: 600 * SecondUs);
        Keep(0, Length);
        Assert.That(_deferral.NextUs(), Is.EqualTo(600 * SecondUs));
        Assert.That(Next(600 * SecondUs), Is.EqualTo(DeferralStep.Send));
        Assert.That(_deferral.IsReport, Is.True);
        Kept.RemoveAt(0);
        _deferral.OnBatch(0, 600 * SecondUs);
        Assert.That(_bench.Radio!.ReportAtUs, Is.EqualTo(1200 * SecondUs));
    }

    [Test]
    public void AnInputWhoseDeadlineIsBeforeTheReportDoesNotWaitForIt()
    {
        Make(radioUpUs: 2_000_000, reportEveryUs: 2000 * SecondUs);
        Keep(0, Length);
        Assert.That(Next(_deferral.NextUs()), Is.EqualTo(DeferralStep.Compute));
        Assert.That(_deferral.NextUs(), Is.LessThan(WithinUs));
    }

    [Test]
    public void WhatWaitsForAReportOnlyIsComputedWhenTheReportFails()
    {
        Make(radioUpUs: 2_000_000, reportEveryUs: 600 * SecondUs, withinUs: long.MaxValue);
        Keep(0, Length);
        Assert.That(Next(599 * SecondUs), Is.EqualTo(DeferralStep.None));
        Assert.That(Next(600 * SecondUs), Is.EqualTo(DeferralStep.Send));
        _deferral.OnBatch(0, 615 * SecondUs);
        Assert.That(Next(615 * SecondUs), Is.EqualTo(DeferralStep.Compute));
    }

    [Test]
    public void ABoardThatCannotComputeSendsInTimeAndTriesAgainEverMoreRarely()
    {
        Make(radioUpUs: 2_000_000, canCompute: false);
        Keep(0, Length);
        long nowUs = _deferral.NextUs();
        Assert.That(Next(nowUs), Is.EqualTo(DeferralStep.Send), "a single input");
        _deferral.OnBatch(0, nowUs);
        Assert.That(Next(nowUs), Is.EqualTo(DeferralStep.None));
        Assert.That(_deferral.NextUs(), Is.EqualTo(nowUs + Deferral.FirstBackOffUs));
        Assert.That(Next(nowUs += Deferral.FirstBackOffUs), Is.EqualTo(DeferralStep.Send));
        _deferral.OnBatch(0, nowUs);
        Assert.That(_deferral.NextUs(), Is.EqualTo(nowUs + 2 * Deferral.FirstBackOffUs));
    }

    [Test]
    public void AFullStoreMakesRoom()
    {
        Keep(0, Length);
        _deferral.IsStoreFull = true;
        Assert.That(Next(SecondUs), Is.EqualTo(DeferralStep.Compute));
        Assert.That(Next(SecondUs), Is.EqualTo(DeferralStep.None), "one input makes room");
        Make(radioUpUs: 100_000, capacity: 1);
        Keep(0, Length);
        Assert.That(_deferral.ShouldKeep(Length, 0), Is.False);
        Assert.That(Next(SecondUs), Is.EqualTo(DeferralStep.Compute));
    }

    /// <summary>An input that is due before the next look is served now. Without a further look, every input is served now.</summary>
    [Test]
    public void TheNextLookDecidesWhatIsDue()
    {
        Keep(0, Length);
        Assert.That(_deferral.Next(0, _deferral.NextUs()), Is.EqualTo(DeferralStep.Compute));
        Assert.That(_deferral.Next(0, long.MaxValue), Is.EqualTo(DeferralStep.Compute));
    }

    /// <summary>
    /// All schedules of small cases are tried. The energy beyond that of the requests is at most three times that of the best schedule, which knows all
    /// inputs in advance. Also, each step leaves the time to compute what is kept.
    /// </summary>
    [Test]
    public void TheEnergyIsWithinThreeTimesThatOfTheBestSchedule()
    {
        var random = new Random(1);
        double worst = 1;
        for (int run = 0; run < 3000; run++)
        {
            Make(radioUpUs: random.Next(20_000, 200_000));
            int count = random.Next(1, 9);
            long[] arrivalsUs = Enumerable.Range(0, count).Select(_ => random.Next(0, 80) * 50 * SecondUs).Order().ToArray();
            int[] lengths = Enumerable.Range(0, count).Select(_ => random.Next(20, Length + 1)).ToArray();
            double cost = RunSchedule(arrivalsUs, lengths), best = BestSchedule(arrivalsUs, lengths);
            worst = Math.Max(worst, cost / best);
        }
        TestContext.Out.WriteLine($"largest ratio to the best schedule: {worst:0.000}");
        Assert.That(worst, Is.InRange(1.3, 3), "a schedule that is always the best would not need the bound");
    }

    private void Make(int radioUpUs, long withinUs = WithinUs, long reportEveryUs = 0, bool canCompute = true, int capacity = 16)
    {
        _bench = new NodeBench(MappingMode.Auto, canCompute, isDutyCycled: true, Objective.Energy, radioUpUs, reportEveryUs);
        _deferral = new Deferral(_bench.Flow, new KeptInputs(capacity), withinUs);
    }

    private void Keep(long nowUs, int length) => _deferral.Keep((uint)Kept.Count, Kept.FreeSlot(), length, nowUs);

    private DeferralStep Next(long nowUs) => _deferral.Next(nowUs, nowUs);

    private long LocalUs(int length) => _bench.Engine.LocalTime.At(length);

    /// <summary>Energy of the schedule beyond the requests, in µJ.</summary>
    private double RunSchedule(long[] arrivalsUs, int[] lengths)
    {
        double cost = 0;
        int next = 0;
        long nowUs = 0;
        while (next < arrivalsUs.Length || Kept.Count > 0)
        {
            while (next < arrivalsUs.Length && arrivalsUs[next] <= nowUs) Keep(nowUs, lengths[next++]);
            for (DeferralStep step = Next(nowUs); step != DeferralStep.None; step = Next(nowUs))
            {
                long endUs = nowUs + Deferral.BatchLimitUs;
                for (int i = 0; i < Kept.Count; i++) Assert.That(endUs += LocalUs(Kept.Length(i)), Is.LessThanOrEqualTo(Kept.DeadlineUs(i)));
                if (step == DeferralStep.Compute)
                {
                    cost += _bench.Engine.Worth.Saving(Kept.Length(_deferral.Index));
                    Kept.RemoveAt(_deferral.Index);
                    continue;
                }
                cost += _bench.Engine.Worth.BatchCost(Enumerable.Range(0, Kept.Count).Max(Kept.Length), nowUs);
                while (Kept.Count > 0) Kept.RemoveAt(0);
                _deferral.OnBatch(0, nowUs);
            }
            nowUs = Math.Min(next < arrivalsUs.Length ? arrivalsUs[next] : long.MaxValue, _deferral.NextUs());
        }
        return cost;
    }

    /// <summary>Least energy beyond the requests over all sets of batches, each at the latest start of an input.</summary>
    private double BestSchedule(long[] arrivalsUs, int[] lengths)
    {
        int count = arrivalsUs.Length;
        long[] latestUs = arrivalsUs.Zip(lengths, (arrivalUs, length) => arrivalUs + WithinUs - Deferral.BatchLimitUs - LocalUs(length)).ToArray();
        double best = double.MaxValue;
        for (int set = 0; set < 1 << count; set++)
        {
            List<long> batchesUs = Enumerable.Range(0, count).Where(i => (set >> i & 1) != 0).Select(i => latestUs[i]).ToList();
            double cost = 0;
            var served = new bool[count];
            foreach (long batchUs in batchesUs)
            {
                int[] inputs = Enumerable.Range(0, count).Where(i => !served[i] && arrivalsUs[i] <= batchUs && batchUs <= latestUs[i]).ToArray();
                if (inputs.Length == 0) continue;
                foreach (int i in inputs) served[i] = true;
                cost += _bench.Engine.Worth.BatchCost(inputs.Max(i => lengths[i]), 0);
            }
            cost += Enumerable.Range(0, count).Where(i => !served[i]).Sum(i => (double)_bench.Engine.Worth.Saving(lengths[i]));
            best = Math.Min(best, cost);
        }
        return best;
    }
}
