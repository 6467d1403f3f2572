// Inputs that are kept on the flash, and power cuts: a fresh start finds them there, and each has exactly one result.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Crime.Modelling.Datasets;
using Crime.VirtualBoard.Boards;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>Boards that lose their power while they keep inputs.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class KeptInputPowerCutTests : KeptInputSite
{
    private const int KeptCount = 4;
    // All of them are due when the recording ends.
    private const string Settings = "sleep=light\ninputs.keep=flash\ninputs.interval-ms=300\ninputs.result-within-ms=40000\n";

    // The longer of the two, so that the buffer of the second recording has room for every input of the first.
    private static readonly List<LabelledSequence> s_before = Inputs(190, 1 + KeptCount);
    private static readonly List<LabelledSequence> s_after = Inputs(200, 3);

    [Test]
    public async Task InputsThatNobodyHasSentAreServedAfterAFreshStart()
    {
        await KeepAsync();
        List<KeptReading> readings = await RestartAsync();
        AssertServed(readings, s_before.Skip(1));
        Assert.That(readings.Where(reading => reading.Length < 200), Has.All.Property(nameof(KeptReading.Target)).EqualTo("gateway"));
    }

    /// <summary>A board without a gateway computes what it finds.</summary>
    [Test]
    public async Task InputsAreComputedAfterAFreshStartWithoutAGateway()
    {
        await KeepAsync();
        await EndBroker();
        List<KeptReading> readings = await RestartAsync();
        AssertServed(readings, s_before.Skip(1));
        Assert.That(readings, Has.All.Property(nameof(KeptReading.Target)).EqualTo("local"));
    }

    /// <summary>The power goes after the first request has reached the broker, before any answer.</summary>
    [TestCase("light")]
    [TestCase("deep")]
    public async Task ACutDuringABatchLosesNoInput(string sleep)
    {
        await ServeAsync();
        WriteFlash(s_before, $"{Settings}sleep={sleep}\ninputs.interval-ms=900\n");
        using (Board board = Power())
        {
            await ReadUntilAsync(board, "INF id=0 ");
            IsWithheld = true;
            await Deadline.UntilAsync(() => RequestLengths.Count > 1, "a request of the batch");
        }
        IsWithheld = false;
        AssertServed(await RestartAsync(sleep), s_before.Skip(1));
    }

    /// <summary>A result that was reported just before the cut may come back; no other one does, and none is missing.</summary>
    [Test]
    public async Task ACutBetweenTheResultsOfABatchLosesNoInput()
    {
        await ServeAsync();
        WriteFlash(s_before, Settings);
        List<KeptReading> reported;
        using (Board board = Power())
        {
            List<string> lines = await ReadUntilAsync(board, "INF id=2 ");
            board.Dispose();
            await foreach (string line in board.Serial.Lines.ReadAllAsync(Limit)) lines.Add(line);
            reported = ReadingsOf(lines);
        }
        List<KeptReading> readings = await RestartAsync();
        int[] again = [.. readings.Select(reading => reading.Length).Where(length => length < 200)];
        Assert.That(again, Is.Unique);
        Assert.That(again.Except([reported[^1].Length]), Is.EquivalentTo(s_before.Select(input => input.Length).Except(reported.Select(reading => reading.Length))));
    }

    [Test]
    public async Task DamagedInputsAreDroppedAndTheOthersServed()
    {
        await KeepAsync();
        string[] files = [.. KeptFiles.Order(StringComparer.Ordinal)];
        byte[] bytes = File.ReadAllBytes(files[1]);
        File.WriteAllBytes(files[1], bytes[..(bytes.Length / 2)]);
        bytes = File.ReadAllBytes(files[2]);
        bytes[bytes.Length / 3] ^= 0x10;
        File.WriteAllBytes(files[2], bytes);
        File.WriteAllBytes(Path.Combine(Site.Flash, "kept9.bin"), []);
        AssertServed(await RestartAsync(), [s_before[1], s_before[4]]);
    }

    /// <summary>Keeps all inputs but the first one, then cuts the power.</summary>
    private async Task KeepAsync()
    {
        await ServeAsync();
        WriteFlash(s_before, Settings);
        using Board board = Power();
        List<string> lines = await ReadUntilAsync(board, $"KEEP id={KeptCount} ");
        Assert.That(KeptOf(lines), Is.EqualTo(Enumerable.Range(1, KeptCount)));
        Assert.That(KeptFiles, Has.Length.EqualTo(KeptCount));
    }

    /// <summary>Starts a board with the flash that the cut has left, and another recording.</summary>
    private async Task<List<KeptReading>> RestartAsync(string sleep = "light")
    {
        WriteFlash(s_after, $"{Settings}sleep={sleep}\ninputs.interval-ms=900\n");
        using Board board = Power();
        List<string> lines = await ReadUntilAsync(board, "END ");
        TestContext.Out.WriteLine(string.Join('\n', lines));
        Assert.That(board.Crash, Is.Null);
        Assert.That(KeptFiles, Is.Empty);
        List<KeptReading> readings = ReadingsOf(lines);
        AssertLabels([.. s_before, .. s_after], readings);
        AssertTotals(lines[^1], readings);
        return readings;
    }

    private static void AssertServed(List<KeptReading> readings, IEnumerable<LabelledSequence> kept) => Assert.That(
        readings.Select(reading => reading.Length), Is.EquivalentTo(kept.Concat(s_after).Select(input => input.Length)));
}
