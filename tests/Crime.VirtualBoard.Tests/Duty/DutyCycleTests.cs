using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Duty;

/// <summary>The firmware with its radio off between inputs, asleep until the next one, against a gateway on a real broker.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class DutyCycleTests
{
    private const int TimeoutMs = 300_000;
    private const int ShortLength = 4;

    // About 3.5 ms a step on the board: longer than it takes to bring the radio up.
    private const int LongLength = 1200;

    private static readonly int[] s_lengths = [ShortLength, LongLength, ShortLength, ShortLength, LongLength, ShortLength];

    private static string Settings(int port, string sleep, string more = "") =>
        $"board.id=duty\nwifi.ssid=x\nbroker.host=127.0.0.1\nbroker.port={port}\nhttp.port=0\nradio=duty\nsleep={sleep}\ninputs.interval-ms=3500\n{more}";

    internal static async Task<List<string>> LinesUntilEndAsync(Board board)
    {
        var lines = new List<string>();
        using var limit = new CancellationTokenSource(TimeoutMs);
        while (lines.LastOrDefault()?.StartsWith("END ", StringComparison.Ordinal) != true)
        {
            try
            {
                lines.Add(await board.Serial.Lines.ReadAsync(limit.Token));
            }
            catch (Exception e) when (e is OperationCanceledException or global::System.Threading.Channels.ChannelClosedException)
            {
                Assert.Fail($"{e.Message}; crash: {board.Crash}; the board said:\n{string.Join('\n', lines)}");
            }
        }
        TestContext.Out.WriteLine(string.Join('\n', lines));
        return lines;
    }

    [TestCase("none")]
    [TestCase("light")]
    [TestCase("deep")]
    public async Task TheRadioComesUpForLongInputsOnlyAndNothingIsForgotten(string sleep)
    {
        byte[] model = FirmwareFlash.Model(hidden: 24);
        await using AnsweringGateway gateway = await AnsweringGateway.StartAsync(FirmwareFlash.ModelId(model));
        using var board = new Board(new BoardOptions
        {
            Profile = TestBoards.Profile,
            FlashFolder = FirmwareFlash.Make(Settings(gateway.Port, sleep), model, FirmwareFlash.Recording(model, s_lengths)),
        });
        board.Start();
        List<string> lines = await LinesUntilEndAsync(board);
        double meanMw = board.EnergyUj / board.UptimeUs * 1000;
        Reading[] readings = lines.Select(FirmwareFlash.ReadingOf).OfType<Reading>().ToArray();
        Assert.That(readings.Select(reading => (reading.Input, reading.Length)), Is.EqualTo(s_lengths.Select((length, i) => (i, length))), "each input once, in order");
        // At the first input the radio is still up from the start: it may go either way.
        Assert.That(
            readings.Skip(1).Select(reading => reading.Target), Is.EqualTo(s_lengths.Skip(1).Select(length => length == LongLength ? "gateway" : "local")));
        foreach (Reading offloaded in readings.Skip(1).Where(reading => reading.Target == "gateway"))
        {
            Assert.That(offloaded.TimeMs, Is.GreaterThan(TestBoards.Profile.AssociateMs), "the association is part of the inference");
            // Above the idle baseline, that of the sleep.
            double idleMw = sleep switch { "none" => TestBoards.Profile.RadioOffMw, "light" => TestBoards.Profile.LightSleepMw, _ => 0 };
            Assert.That(offloaded.EnergyMj, Is.GreaterThan(TestBoards.Profile.AssociateMs * (TestBoards.Profile.AssociateMw - idleMw) / 1000));
        }
        int offloads = readings.Count(reading => reading.Target == "gateway");
        Assert.That(gateway.Requests, Is.EqualTo(offloads));
        Assert.That(lines[^1], Does.StartWith($"END inputs=6 local={6 - offloads} gateway={offloads} fallback=0 "));
        double totalMs = readings.Sum(reading => reading.TimeMs);
        Assert.That(lines[^1], Does.Contain(string.Create(CultureInfo.InvariantCulture, $" ms={totalMs:0.000} ")), "the totals survive");

        string[] fits = lines.Where(line => line.StartsWith("model: ", StringComparison.Ordinal)).Distinct().ToArray();
        Assert.That(fits, Has.Length.EqualTo(1), "the fitted lines survive");
        Assert.That(board.DeepSleeps, Is.EqualTo(sleep == "deep" ? 6 : 0));
        TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{sleep}: {meanMw:0.0} mW on average"));
    }

    [Test]
    public async Task ADamagedStateIsAFreshStart()
    {
        byte[] model = FirmwareFlash.Model(hidden: 8);
        string flash = FirmwareFlash.Make(
            Settings(1, "deep", "mapping=local\ninputs.interval-ms=7000\n"), model, FirmwareFlash.Recording(model, [ShortLength, ShortLength, ShortLength]));
        using var board = new Board(new BoardOptions { Profile = TestBoards.Profile, FlashFolder = flash });
        string state = Path.Combine(flash, "state.bin");
        board.Start();
        using var limit = new CancellationTokenSource(TimeoutMs);
        var inputs = new List<int>();
        bool isDamaged = false;
        while (inputs.Count < 4)
        {
            Assert.That(await board.Serial.Lines.WaitToReadAsync(limit.Token), Is.True, board.Crash?.ToString());
            if (!board.Serial.Lines.TryRead(out string? line) || FirmwareFlash.ReadingOf(line) is not { } reading) continue;
            inputs.Add(reading.Input);
            if (isDamaged) continue;
            while (!File.Exists(state)) await Task.Delay(10, limit.Token);
            while (board.DeepSleeps == 0) await Task.Delay(10, limit.Token);
            byte[] bytes = File.ReadAllBytes(state);
            bytes[9] ^= 1;
            File.WriteAllBytes(state, bytes);
            isDamaged = true;
        }
        Assert.That(inputs, Is.EqualTo(new[] { 0, 0, 1, 2 }));
    }

    [Test]
    public void SleepDrawsWhatTheProfileSays()
    {
        using Board board = TestBoards.Make();
        double lightMw = 0, offMw = 0;
        TestBoards.Run(board, () =>
        {
            long startUs = board.NowUs;
            board.SleepTimerUs = 400_000;
            board.LightSleep();
            lightMw = board.MeanPowerMw(startUs + 1000, startUs + 399_000);
            long offUs = board.NowUs;
            Redirects.ThreadStandIn.Sleep(20);
            offMw = board.MeanPowerMw(offUs, board.NowUs);
        });
        Assert.That(lightMw, Is.EqualTo(TestBoards.Profile.LightSleepMw).Within(1).Percent);
        Assert.That(offMw, Is.EqualTo(TestBoards.Profile.RadioOffMw).Within(1).Percent);
    }

    [Test]
    public void DeepSleepStartsTheFirmwareAgainAndDrawsAlmostNothing()
    {
        byte[] model = FirmwareFlash.Model(hidden: 8);
        string flash = FirmwareFlash.Make(
            Settings(1, "deep", "mapping=local\ninputs.interval-ms=60000\n"), model, FirmwareFlash.Recording(model, [ShortLength, ShortLength]));
        using var board = new Board(new BoardOptions { Profile = TestBoards.Profile, FlashFolder = flash });
        board.Start();
        Deadline.UntilAsync(() => board.DeepSleeps > 0, "the deep sleep").GetAwaiter().GetResult();
        long asleepUs = board.UptimeUs;
        Thread.Sleep(400);
        Assert.That(board.MeanPowerMw(asleepUs, board.UptimeUs), Is.EqualTo(TestBoards.Profile.DeepSleepMw).Within(5).Percent);
    }
}
