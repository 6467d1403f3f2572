using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Duty;

/// <summary>Restarts of the whole firmware: it decides by what it knew of its gateway before.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class PriorTests
{
    // About 3.5 ms a step on the board: longer than it takes to bring the radio up.
    private const int LongLength = 1200;

    private static readonly byte[] s_model = FirmwareFlash.Model(hidden: 24);

    private static string Settings(int port) =>
        $"board.id=prior\nwifi.ssid=x\nbroker.host=127.0.0.1\nbroker.port={port}\nhttp.port=0\nradio=duty\ninputs.interval-ms=3500\n";

    private static async Task<List<string>> RunAsync(string flash, DateTime? startUtc = null)
    {
        using var board = new Board(new BoardOptions { Profile = TestBoards.Profile, FlashFolder = flash, StartUtc = startUtc ?? DateTime.UnixEpoch });
        board.Start();
        return await DutyCycleTests.LinesUntilEndAsync(board);
    }

    private static string[] TargetsOf(List<string> lines) => [.. lines.Select(FirmwareFlash.ReadingOf).OfType<Reading>().Select(reading => reading.Target)];

    private static string? PriorsLine(List<string> lines) => lines.SingleOrDefault(line => line.StartsWith("priors: ", StringComparison.Ordinal));

    [Test]
    public async Task TheFirstInputAfterARestartIsOffloadedAndAGatewayThatIsGoneCostsOneFallback()
    {
        string flash, priors;
        await using (AnsweringGateway gateway = await AnsweringGateway.StartAsync(FirmwareFlash.ModelId(s_model)))
        {
            flash = FirmwareFlash.Make(Settings(gateway.Port), s_model, FirmwareFlash.Recording(s_model, [LongLength, LongLength]));
            priors = Path.Combine(flash, "priors.bin");
            List<string> first = await RunAsync(flash);
            Assert.That(PriorsLine(first), Is.Null);
            Assert.That(File.Exists(priors), Is.True, string.Join('\n', first));

            int connections = gateway.Connections;
            List<string> second = await RunAsync(flash);
            Assert.That(PriorsLine(second), Is.EqualTo("priors: 1 gateways, of unknown age"));
            Reading[] readings = [.. second.Select(FirmwareFlash.ReadingOf).OfType<Reading>()];
            Assert.That(readings.Select(reading => reading.Target), Is.EqualTo(new[] { "gateway", "gateway" }));
            Assert.That(readings.Select(reading => reading.TimeMs), Is.All.GreaterThan(TestBoards.Profile.AssociateMs), "the radio was off before");
            Assert.That(gateway.Connections - connections, Is.EqualTo(2), "no wake but those of the inputs");
        }
        Assert.That(TargetsOf(await RunAsync(flash)), Is.EqualTo(new[] { "fallback", "local" }));
    }

    [Test]
    public async Task TheAgeIsKnownWhereTheClockIsSet()
    {
        var startUtc = new DateTime(2026, 3, 1, 20, 0, 0, DateTimeKind.Utc);
        await using AnsweringGateway gateway = await AnsweringGateway.StartAsync(FirmwareFlash.ModelId(s_model));
        string flash = FirmwareFlash.Make(Settings(gateway.Port), s_model, FirmwareFlash.Recording(s_model, [LongLength]));
        await RunAsync(flash, startUtc);
        string line = PriorsLine(await RunAsync(flash, startUtc.AddHours(10)))!;
        Assert.That(line, Does.Match(@"^priors: 1 gateways, \d+ s old$"));
        // They were written within the first minute.
        Assert.That(int.Parse(line.Split(' ')[3], CultureInfo.InvariantCulture), Is.InRange(36_000 - 60, 36_000));
    }

    [Test]
    public async Task ADamagedFileIsIgnoredWithALine()
    {
        await using AnsweringGateway gateway = await AnsweringGateway.StartAsync(FirmwareFlash.ModelId(s_model));
        string flash = FirmwareFlash.Make(Settings(gateway.Port), s_model, FirmwareFlash.Recording(s_model, [LongLength]));
        File.WriteAllBytes(Path.Combine(flash, "priors.bin"), [1, 2, 3]);
        List<string> lines = await RunAsync(flash);
        Assert.That(PriorsLine(lines), Is.EqualTo("priors: ignored, because they are damaged"));
        Assert.That(new FileInfo(Path.Combine(flash, "priors.bin")).Length, Is.GreaterThan(3), "a good one takes its place");
    }
}
