using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Duty;

/// <summary>The whole firmware with listen=regimes, over real MQTT.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class RegimeTests
{
    private const int TimeoutMs = 300_000;

    // About a second on the board.
    private const int Length = 300;

    private static readonly byte[] s_model = FirmwareFlash.Model(hidden: 24);

    /// <summary>
    /// The fast statuses say twice a second that the gateway is idle. The board receives none of them: a slow status that reports a long wait keeps its
    /// inputs on the board.
    /// </summary>
    [Test]
    public async Task ARegimeChangeIsReceivedAndFastStatusesAreNot()
    {
        await using AnsweringGateway gateway = await AnsweringGateway.StartAsync(FirmwareFlash.ModelId(s_model));
        await gateway.SendRegimeAsync(backlogUs: 0);
        string settings = $"board.id=slow\nwifi.ssid=x\nbroker.host=127.0.0.1\nbroker.port={gateway.Port}\nhttp.port=0\n"
            + "listen=regimes\nhedge=off\ninputs.interval-ms=1500\n";
        using var board = new Board(new BoardOptions
        {
            Profile = TestBoards.Profile,
            FlashFolder = FirmwareFlash.Make(settings, s_model, FirmwareFlash.Recording(s_model, Enumerable.Repeat(Length, 40))),
        });
        board.Start();
        List<string> before = await TargetsUntilAsync(board, targets => targets.Count(target => target == "gateway") == 2);
        await gateway.SendRegimeAsync(backlogUs: 50_000_000);
        List<string> after = await TargetsUntilAsync(board, targets => targets.Count(target => target == "local") == 4);
        Assert.That(after.SkipWhile(target => target == "gateway"), Is.EqualTo(Enumerable.Repeat("local", 4)), string.Join(' ', before.Concat(after)));
        Assert.That(gateway.Subscriptions, Does.Contain(Topics.RegimeFilter).And.Not.Contain(Topics.StatusFilter));
        await gateway.SendRegimeAsync(backlogUs: 0);
        await TargetsUntilAsync(board, targets => targets.LastOrDefault() == "gateway");
    }

    private static async Task<List<string>> TargetsUntilAsync(Board board, Predicate<List<string>> isDone)
    {
        using var limit = new CancellationTokenSource(TimeoutMs);
        var targets = new List<string>();
        while (!isDone(targets))
            if (FirmwareFlash.ReadingOf(await board.Serial.Lines.ReadAsync(limit.Token)) is { } reading) targets.Add(reading.Target);
        return targets;
    }
}
