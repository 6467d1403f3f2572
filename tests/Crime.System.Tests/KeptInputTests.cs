// Inputs whose results may wait, on virtual boards with a real gateway: one wake of the radio serves several of them.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Crime.Modelling.Datasets;
using Crime.VirtualBoard.Boards;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>Boards that keep inputs, and a gateway that answers.</summary>
public sealed class KeptInputTests : KeptInputSite
{
    private const int FirstLength = 190;

    /// <summary>The radio comes up for the reports, and the kept inputs share these wakes.</summary>
    [Test]
    public async Task OneWakeForAReportServesManyInputs()
    {
        const int reportMs = 2500, intervalMs = 400;
        List<LabelledSequence> inputs = Inputs(FirstLength, 14);
        await ServeAsync();
        WriteFlash(inputs, $"sleep=light\ninputs.interval-ms={intervalMs}\ninputs.result-within-ms=at-report\nreport.every-ms={reportMs}\n");
        using Board board = Power();
        List<string> lines = await ReadUntilAsync(board, "INF id=0 ");
        board.Serial.WriteLine("status");
        lines.AddRange(await ReadUntilAsync(board, "status: "));
        double startDrawnMj = DrawnMj(board), startCountedMj = CountedMj(lines[^1]);
        lines.AddRange(await ReadUntilAsync(board, "END "));
        double drawnMj = DrawnMj(board) - startDrawnMj, countedMj = CountedMj(lines[^1]) - startCountedMj;
        TestContext.Out.WriteLine($"drawn above the idle baseline: {drawnMj:0.0} mJ, counted: {countedMj:0.0} mJ\n{string.Join('\n', lines)}");
        List<KeptReading> readings = ReadingsOf(lines);
        AssertOneResultEach(inputs, readings);
        AssertTotals(lines[^1], readings);
        AssertSharedWakes(lines, readings, intervalMs);
        AssertPower(readings);
        // The model has a mean power for a wake, and does not count the switching off of the radio.
        Assert.That(countedMj, Is.EqualTo(drawnMj).Within(10).Percent);
    }

    /// <summary>Without reports, a batch has its own wake, which its inputs share.</summary>
    [Test]
    public async Task InputsThatMayWaitShareAWake()
    {
        const int withinMs = 21_000, intervalMs = 300;
        List<LabelledSequence> inputs = Inputs(FirstLength, 7);
        await ServeAsync();
        WriteFlash(inputs, $"sleep=light\ninputs.interval-ms={intervalMs}\ninputs.result-within-ms={withinMs}\n");
        using Board board = Power();
        List<string> lines = await ReadUntilAsync(board, "END ");
        TestContext.Out.WriteLine(string.Join('\n', lines));
        List<KeptReading> readings = ReadingsOf(lines);
        AssertOneResultEach(inputs, readings);
        AssertTotals(lines[^1], readings);
        AssertSharedWakes(lines, readings, intervalMs);
        AssertPower(readings);
        Assert.That(readings, Has.All.Property(nameof(KeptReading.Target)).EqualTo("gateway"));
        List<int> kept = KeptOf(lines);
        Assert.That(readings.Where(reading => kept.Contains(reading.Input)), Has.All.Matches<KeptReading>(reading => reading.Time < withinMs));
        // The wake belongs to the inputs of the batch.
        Assert.That(
            readings.Where(reading => kept.Contains(reading.Input)).Sum(reading => reading.Energy),
            Is.GreaterThan((decimal)(AssociateMs * (Profile.AssociateMw - Profile.LightSleepMw) / 1000)));
    }

    /// <summary>Every sleep wipes the memory: table and sequences come back from the flash.</summary>
    [Test]
    public async Task KeptInputsSurviveDeepSleeps()
    {
        const int reportMs = 4000, intervalMs = 1100;
        List<LabelledSequence> inputs = Inputs(FirstLength, 8);
        await ServeAsync();
        WriteFlash(inputs, $"sleep=deep\ninputs.interval-ms={intervalMs}\ninputs.result-within-ms=at-report\nreport.every-ms={reportMs}\n");
        using Board board = Power();
        var lines = new List<string>();
        int mostFiles = 0;
        while (!lines.LastOrDefault("").StartsWith("END ", StringComparison.Ordinal))
        {
            lines.AddRange(await ReadUntilAsync(board, ""));
            if (lines[^1].StartsWith("KEEP ", StringComparison.Ordinal)) mostFiles = Math.Max(mostFiles, KeptFiles.Length);
        }
        TestContext.Out.WriteLine(string.Join('\n', lines));
        List<KeptReading> readings = ReadingsOf(lines);
        AssertOneResultEach(inputs, readings);
        AssertTotals(lines[^1], readings);
        AssertSharedWakes(lines, readings, intervalMs);
        Assert.That(board.DeepSleeps, Is.GreaterThanOrEqualTo(inputs.Count - 1));
        Assert.That(mostFiles, Is.GreaterThan(1));
        Assert.That(KeptFiles, Is.Empty);
    }

    /// <summary>Checks that wakes serve several inputs each. What a board keeps when the inputs end is due, and may be computed.</summary>
    private void AssertSharedWakes(List<string> lines, List<KeptReading> readings, int intervalMs)
    {
        List<int> kept = KeptOf(lines);
        Assert.That(kept, Is.Unique.And.Count.GreaterThanOrEqualTo(readings.Count * 2 / 3));
        List<KeptReading> served = ReadingsOf(lines.Take(lines.FindLastIndex(line => line.StartsWith("KEEP ", StringComparison.Ordinal))));
        Assert.That(served, Has.All.Property(nameof(KeptReading.Target)).EqualTo("gateway"));
        KeptReading[] offloaded = [.. readings.Where(reading => reading.Target == "gateway")], batched = [.. offloaded.Where(reading => kept.Contains(reading.Input))];
        Assert.That(batched.Max(reading => reading.Time), Is.GreaterThan(2 * intervalMs));
        Assert.That(RequestLengths, Is.EquivalentTo(offloaded.Select(reading => reading.Length)), "one request each");
        // The inputs of a batch share its time.
        int batches = batched.Select(reading => reading.Active).Distinct().Count();
        Assert.That(batches, Is.InRange(1, batched.Length / 2));
        Assert.That(Connections, Is.LessThanOrEqualTo(1 + batches), "the start, and a wake for each batch");
    }

    /// <summary>Energy above light sleep that the virtual board has drawn so far.</summary>
    private static double DrawnMj(Board board) => board.EnergyUj / 1000 - Profile.LightSleepMw * board.UptimeUs / 1e6;

    /// <summary>Energy that the firmware has counted, by its totals.</summary>
    private static double CountedMj(string totals) => (double)(Field(totals, "mj") + Field(totals, "background-total-mj"));

    /// <summary>Energy and active time of a line belong to each other: the power is one that a board can have.</summary>
    private static void AssertPower(List<KeptReading> readings)
    {
        foreach (KeptReading reading in readings)
        {
            Assert.That(reading.Active, Is.Positive.And.LessThanOrEqualTo(reading.Time + 200), reading.ToString());
            Assert.That((double)reading.Power, Is.EqualTo((double)(reading.Energy / reading.Active * 1000)).Within(0.1).Percent, reading.ToString());
            Assert.That((double)reading.Power, Is.InRange(Profile.WaitMw - Profile.LightSleepMw, Profile.TransmitMw), reading.ToString());
        }
    }
}
