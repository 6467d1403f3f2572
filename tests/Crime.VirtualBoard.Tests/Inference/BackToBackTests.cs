using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Tests.Duty;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Inference;

/// <summary>Inputs without a pause between them: what the board publishes after one input must not delay the request of the next.</summary>
public sealed class BackToBackTests
{
    private const int Inputs = 25;
    private const int LimitMs = 300_000;

    [Test]
    public async Task TelemetryDoesNotDelayTheNextRequest()
    {
        // The shortest of many: a busy machine lengthens some round trips, a delayed acknowledgement would lengthen every one.
        double without = await ShortestMsAsync("off"), with = await ShortestMsAsync("on");
        TestContext.Out.WriteLine($"shortest round trip: {without:F1} ms without telemetry, {with:F1} ms with it");
        Assert.That(with - without, Is.LessThan(TestBoards.Profile.PeerDelayedAckUs / 1000 / 2));
    }

    private static async Task<double> ShortestMsAsync(string telemetry)
    {
        byte[] model = FirmwareFlash.Model(hidden: 4);
        await using AnsweringGateway gateway = await AnsweringGateway.StartAsync(FirmwareFlash.ModelId(model));
        string settings = $"board.id=busy\nwifi.ssid=x\nbroker.host=127.0.0.1\nbroker.port={gateway.Port}\nhttp.port=0\nmapping=gateway\n"
            + $"timeout.margin-ms=2000\ntimeout.max-ms=5000\ntelemetry={telemetry}\n";
        using var board = new Board(new BoardOptions
        {
            Profile = TestBoards.Profile,
            FlashFolder = FirmwareFlash.Make(settings, model, FirmwareFlash.Recording(model, Enumerable.Repeat(5, Inputs))),
        });
        board.Start();
        var times = new List<double>();
        using var limit = new CancellationTokenSource(LimitMs);
        await foreach (string line in board.Serial.Lines.ReadAllAsync(limit.Token))
        {
            if (FirmwareFlash.ReadingOf(line) is { Target: "gateway" } reading) times.Add(reading.TimeMs);
            if (line.StartsWith("END ", StringComparison.Ordinal)) break;
        }
        Assert.That(times, Has.Count.EqualTo(Inputs), board.Crash?.ToString());
        return times.Min();
    }
}
