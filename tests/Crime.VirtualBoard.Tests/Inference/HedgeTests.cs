using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Crime.VirtualBoard.Tests.Duty;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Inference;

/// <summary>The whole firmware with a gateway that is later than its forecasts, over a real broker.</summary>
public sealed class HedgeTests
{
    private const int Inputs = 12;
    private const int Length = 60;

    /// <summary>The gateway answers each request once it is cancelled: no answer is in time, and each comes for an input that has its result.</summary>
    [Test]
    public async Task TheBoardsResultWinsAndTheLateAnswerIsDropped()
    {
        byte[] model = FirmwareFlash.Model(hidden: 24);
        await using AnsweringGateway gateway = await AnsweringGateway.StartAsync(FirmwareFlash.ModelId(model), answersLate: true);
        (List<Reading> readings, string status) = await RunAsync(gateway.Port, model, "");
        Assert.That(readings.Select(reading => reading.Input), Is.EqualTo(Enumerable.Range(0, Inputs)), "one result for each input");
        int won = readings.Count(reading => reading.Target == "fallback");
        TestContext.Out.WriteLine($"{won} of {Inputs} inputs, {gateway.Requests} requests; {status}");
        Assert.That((won, readings.Count(reading => reading.Target == "gateway")), Is.EqualTo((gateway.Requests, 0)));
        Assert.That(won, Is.Positive);
        Assert.That(status, Is.EqualTo($"hedge: started={won} repeated=0 won={won} cancels={won}"));
        await Deadline.UntilAsync(() => Task.FromResult(gateway.Cancelled.Count == won), "a cancel frame for each");
        Assert.That(gateway.Cancelled, Is.Unique);
    }

    /// <summary>Without hedging the same board waits for the time-out.</summary>
    [Test]
    public async Task ABoardThatDoesNotHedgeCancelsNothing()
    {
        byte[] model = FirmwareFlash.Model(hidden: 24);
        await using AnsweringGateway gateway = await AnsweringGateway.StartAsync(FirmwareFlash.ModelId(model), answersLate: true);
        (List<Reading> readings, string status) = await RunAsync(gateway.Port, model, "hedge=off\n");
        Assert.That(readings, Has.Count.EqualTo(Inputs));
        Assert.That((status, gateway.Cancelled.Count), Is.EqualTo(("hedge: started=0 repeated=0 won=0 cancels=0", 0)));
    }

    private static Task<(List<Reading> Readings, string Last)> RunAsync(int port, byte[] model, string more) => BoardRun.ReadAsync(
        $"board.id=hedging\nobjective=time\nkernel=table\ninputs.interval-ms=20\ntelemetry=off\n{more}", port, model, Enumerable.Repeat(Length, Inputs), "hedge:");
}
