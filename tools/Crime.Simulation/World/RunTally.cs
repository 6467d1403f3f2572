// The tally of a run: sums, counts and histograms that add up over cells.

using System;
using System.Numerics;

namespace Crime.Simulation.World;

/// <summary>Tally of a run. Not thread-safe; tallies of parts are added in order.</summary>
public sealed class RunTally
{
    /// <summary>Bars of the histogram of queue waits: 8 per doubling, from 1 µs.</summary>
    public const int WaitBarCount = 8 * 40;

    /// <summary>Makes an empty tally.</summary>
    /// <param name="longestLength">Longest input in timesteps.</param>
    /// <param name="durationUs">Simulated time in µs.</param>
    public RunTally(int longestLength, long durationUs)
    {
        CountByLength = new long[longestLength + 1];
        AwayByLength = new long[longestLength + 1];
        SliceUs = Math.Max(durationUs / SliceCount, 1);
    }

    /// <summary>Slices of the simulated time; the last also takes what comes after its end.</summary>
    public const int SliceCount = 600;

    /// <summary>Length of a slice in µs.</summary>
    public long SliceUs { get; }

    /// <summary>Inputs that boards began.</summary>
    public long Started { get; set; }

    /// <summary>Results that came out.</summary>
    public long Finished { get; set; }

    /// <summary>Results computed on boards by decision.</summary>
    public long OnBoards { get; set; }

    /// <summary>Results computed by a gateway that the board sent the input to.</summary>
    public long AtGateways { get; set; }

    /// <summary>Results computed by a gateway that the input was passed on to.</summary>
    public long PassedOn { get; set; }

    /// <summary>Results computed on boards after no answer or a refusal.</summary>
    public long Fallbacks { get; set; }

    /// <summary>Requests that boards gave up.</summary>
    public long Timeouts { get; set; }

    /// <summary>Requests that gateways refused.</summary>
    public long Refusals { get; set; }

    /// <summary>Answers that came too late and were dropped.</summary>
    public long LateAnswers { get; set; }

    /// <summary>Inputs that boards began to compute while their request was open.</summary>
    public long Hedges { get; set; }

    /// <summary>Requests that boards repeated at another gateway.</summary>
    public long Repeats { get; set; }

    /// <summary>Results of boards that came before the answer.</summary>
    public long HedgesWon { get; set; }

    /// <summary>Requests that boards cancelled.</summary>
    public long Cancels { get; set; }

    /// <summary>Cancelled requests that gateways did not compute.</summary>
    public long Cancelled { get; set; }

    /// <summary>Results that came later than they were wanted.</summary>
    public long MissedDeadlines { get; set; }

    /// <summary>Results that gateways published, where they are wanted behind the gateway.</summary>
    public long Published { get; set; }

    /// <summary>Results that were published although their input had one.</summary>
    public long PublishedTwice { get; set; }

    /// <summary>Own results of boards that were lost, because no gateway had taken the former ones.</summary>
    public long LostResults { get; set; }

    /// <summary>Inputs that boards kept for a batch.</summary>
    public long Kept { get; set; }

    /// <summary>Pings sent by boards.</summary>
    public long Pings { get; set; }

    /// <summary>Events simulated.</summary>
    public long Events { get; set; }

    /// <summary>Sum of the times from the beginning of an input to its result, in µs.</summary>
    public double TimeUs { get; set; }

    /// <summary>Sum of the energies above the idle baseline that boards spent on inputs, in µJ; without the background energy.</summary>
    public double EnergyUj { get; set; }

    /// <summary>Background energy of boards in µJ: connections, pings, statuses, and wakes that no input needs.</summary>
    public double BackgroundUj { get; set; }

    /// <summary>The part of <see cref="BackgroundUj"/> in which the radio came up for reports, in µJ: every policy reports.</summary>
    public double ReportUj { get; set; }

    /// <summary>Inputs by length.</summary>
    public long[] CountByLength { get; }

    /// <summary>Offloaded inputs by length.</summary>
    public long[] AwayByLength { get; }

    /// <summary>Decisions by slice of time.</summary>
    public int[] CountBySlice { get; } = new int[SliceCount];

    /// <summary>Decisions to offload by slice of time.</summary>
    public int[] AwayBySlice { get; } = new int[SliceCount];

    /// <summary>Waits of boards' requests in gateways' queues.</summary>
    public long[] Waits { get; } = new long[WaitBarCount];

    /// <summary>Mean time per input in ms.</summary>
    public double MeanTimeMs => TimeUs / Math.Max(Finished, 1) / 1000;

    /// <summary>Mean energy per input in mJ above the idle baseline, with the background energy.</summary>
    public double MeanEnergyMj => (EnergyUj + BackgroundUj) / Math.Max(Finished, 1) / 1000;

    /// <summary>Mean background energy per input in mJ.</summary>
    public double MeanBackgroundMj => BackgroundUj / Math.Max(Finished, 1) / 1000;

    /// <summary>Mean energy of reports per input in mJ.</summary>
    public double MeanReportMj => ReportUj / Math.Max(Finished, 1) / 1000;

    /// <summary>Share of inputs that gateways computed.</summary>
    public double AwayShare => (double)(AtGateways + PassedOn) / Math.Max(Finished, 1);

    /// <summary>Counts a decision.</summary>
    /// <param name="length">Length of the input.</param>
    /// <param name="isAway">True when it is offloaded.</param>
    /// <param name="nowUs">When.</param>
    public void AddDecision(int length, bool isAway, long nowUs)
    {
        int slice = (int)Math.Min(nowUs / SliceUs, SliceCount - 1);
        CountByLength[length]++;
        CountBySlice[slice]++;
        if (!isAway) return;
        AwayByLength[length]++;
        AwayBySlice[slice]++;
    }

    /// <summary>Counts a wait in a gateway's queue.</summary>
    public void AddWait(long waitUs)
    {
        ulong value = (ulong)Math.Max(waitUs, 1);
        int exponent = BitOperations.Log2(value);
        int part = exponent >= 3 ? (int)(value >> (exponent - 3)) & 7 : (int)(value << (3 - exponent)) & 7;
        Waits[Math.Min(8 * exponent + part, WaitBarCount - 1)]++;
    }

    /// <summary>A quantile of the waits in gateways' queues in ms, to an eighth of a doubling; 0 when nothing was offloaded.</summary>
    /// <param name="share">0 to 1.</param>
    public double WaitQuantileMs(double share)
    {
        long total = 0, seen = 0;
        foreach (long count in Waits) total += count;
        if (total == 0) return 0;
        for (int i = 0; i < WaitBarCount; i++)
        {
            seen += Waits[i];
            if (seen >= share * total) return Math.ScaleB(1 + (i % 8 + 1) / 8.0, i / 8) / 1000;
        }
        return 0;
    }

    /// <summary>Adds another part of the same run.</summary>
    public void Add(RunTally other)
    {
        Started += other.Started;
        Finished += other.Finished;
        OnBoards += other.OnBoards;
        AtGateways += other.AtGateways;
        PassedOn += other.PassedOn;
        Fallbacks += other.Fallbacks;
        Timeouts += other.Timeouts;
        Refusals += other.Refusals;
        LateAnswers += other.LateAnswers;
        Hedges += other.Hedges;
        Repeats += other.Repeats;
        HedgesWon += other.HedgesWon;
        Cancels += other.Cancels;
        Cancelled += other.Cancelled;
        MissedDeadlines += other.MissedDeadlines;
        Kept += other.Kept;
        Published += other.Published;
        PublishedTwice += other.PublishedTwice;
        LostResults += other.LostResults;
        Pings += other.Pings;
        Events += other.Events;
        TimeUs += other.TimeUs;
        EnergyUj += other.EnergyUj;
        BackgroundUj += other.BackgroundUj;
        ReportUj += other.ReportUj;
        for (int i = 0; i < CountByLength.Length; i++)
        {
            CountByLength[i] += other.CountByLength[i];
            AwayByLength[i] += other.AwayByLength[i];
        }
        for (int i = 0; i < SliceCount; i++)
        {
            CountBySlice[i] += other.CountBySlice[i];
            AwayBySlice[i] += other.AwayBySlice[i];
        }
        for (int i = 0; i < WaitBarCount; i++) Waits[i] += other.Waits[i];
    }
}
