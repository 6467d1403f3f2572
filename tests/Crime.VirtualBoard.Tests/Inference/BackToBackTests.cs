using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Crime.VirtualBoard.Tests.Duty;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Inference;

/// <summary>Inputs without a pause between them: telemetry that is published after one input must not delay the request of the next.</summary>
public sealed class BackToBackTests
{
    private const int Inputs = 25;

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
        (List<Reading> readings, _) = await BoardRun.ReadAsync(
            $"board.id=busy\nmapping=gateway\ntelemetry={telemetry}\n", gateway.Port, model, Enumerable.Repeat(5, Inputs), "END ");
        double[] times = [.. readings.Where(reading => reading.Target == "gateway").Select(reading => reading.TimeMs)];
        Assert.That(times, Has.Length.EqualTo(Inputs));
        return times.Min();
    }
}
