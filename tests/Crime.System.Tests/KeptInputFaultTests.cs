// Inputs whose results may wait, on virtual boards whose gateway does not answer: the board computes them, each once and in time.

using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Crime.Modelling.Datasets;
using Crime.Node;
using Crime.VirtualBoard.Boards;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>Boards that keep inputs for a gateway that cannot be used.</summary>
public sealed class KeptInputFaultTests : KeptInputSite
{
    private const int FirstLength = 190;
    private const int WithinMs = 20_500;

    [Test]
    public async Task WithoutABrokerEveryInputIsComputedByItsDeadline()
    {
        List<LabelledSequence> inputs = Inputs(FirstLength, 8);
        WriteFlash(inputs, $"sleep=light\nwait-for-link-ms=0\ninputs.interval-ms=300\ninputs.result-within-ms={WithinMs}\n");
        using Board board = Power();
        AssertComputed(inputs, await ReadUntilAsync(board, "END "), WithinMs);
    }

    /// <summary>The gateway still answers pings, so that every kept input is sent and has to be computed after all.</summary>
    [Test]
    public async Task RequestsWithoutAnswersAreComputedByTheirDeadlines()
    {
        List<LabelledSequence> inputs = Inputs(FirstLength, 6);
        await ServeAsync();
        WriteFlash(inputs, $"sleep=light\ninputs.interval-ms=300\ninputs.result-within-ms={WithinMs}\n");
        using Board board = Power();
        List<string> lines = await ReadUntilAsync(board, "INF id=0 ");
        IsWithheld = true;
        lines.AddRange(await ReadUntilAsync(board, "END "));
        AssertComputed(inputs, lines, WithinMs);
        Assert.That(RequestLengths, Has.Count.GreaterThan(1), "a batch was sent");
    }

    /// <summary>The radio comes up for the report and finds nothing: the results are not kept for the next report.</summary>
    [Test]
    public async Task WhatAReportCouldNotServeIsComputedAfterIt()
    {
        const int reportMs = 2500, waiting = 3;
        List<LabelledSequence> inputs = Inputs(FirstLength, 40);
        await ServeAsync();
        WriteFlash(inputs, $"sleep=light\ninputs.interval-ms=300\ninputs.result-within-ms=at-report\nreport.every-ms={reportMs}\n");
        using Board board = Power();
        List<string> lines = await ReadUntilAsync(board, $"KEEP id={waiting} ");
        await EndBroker();
        for (int id = 1; id <= waiting; id++) lines.AddRange(await ReadUntilAsync(board, $"INF id={id} "));
        List<KeptReading> readings = ReadingsOf(lines);
        AssertOneResultEach(inputs.GetRange(0, 1 + waiting), readings);
        AssertInTime(readings.GetRange(1, waiting), reportMs + RadioSchedule.WakeLimitUs / 1000 + 5000);
    }

    private static void AssertComputed(List<LabelledSequence> inputs, List<string> lines, int withinMs)
    {
        TestContext.Out.WriteLine(string.Join('\n', lines));
        List<KeptReading> readings = ReadingsOf(lines);
        List<int> kept = KeptOf(lines);
        AssertOneResultEach(inputs, readings);
        AssertTotals(lines[^1], readings);
        Assert.That(kept, Is.Unique.And.Count.GreaterThan(2));
        AssertInTime(readings.Where(reading => kept.Contains(reading.Input)), withinMs);
    }

    private static void AssertInTime(IEnumerable<KeptReading> kept, int withinMs) => Assert.That(
        kept, Has.All.Matches<KeptReading>(reading => reading.Target == "local" && reading.Time < withinMs && reading.Active < reading.Time));
}
