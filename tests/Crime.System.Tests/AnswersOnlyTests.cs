// Background energy of a board that minimises energy, with a real gateway over TCP.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading.Tasks;
using Crime.Modelling.Datasets;
using Crime.VirtualBoard.Boards;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>Boards that learn from answers.</summary>
public sealed class AnswersOnlyTests : BoardSiteTests
{
    private const int Inputs = 80;

    [SetUp]
    public async Task Serve()
    {
        await Site.ServeAsync("gestures", BoardSite.Gestures);
    }

    private Board Start(string settings)
    {
        Site.WriteFlash(
            BoardSite.Gestures, GestureGenerator.Generate(1, 6, Inputs).Test, "objective=energy\ninputs.interval-ms=100\n" + settings);
        return Site.Power();
    }

    private static double Field(string line, string name) => double.Parse(
        line.Split(' ').Single(word => word.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..], CultureInfo.InvariantCulture);

    private static string[] Targets(List<string> lines) =>
        [.. lines.Where(line => line.StartsWith("INF ", StringComparison.Ordinal)).Select(line => line.Split(' ')[3])];

    /// <summary>A radio in modem sleep takes 11.4 mJ to listen to an answer, and the longest gesture takes less on the board.</summary>
    [Test]
    public async Task WhereNothingCanBeGainedTheBoardDoesNotConnect()
    {
        using Board board = Start("");
        List<string> lines = await ReadUntilAsync(board, "END ");
        Assert.That(lines[^1], Does.StartWith($"END inputs={Inputs} local={Inputs} gateway=0 fallback=0 "));
        Assert.That(Field(lines[^1], "background-total-mj"), Is.Zero);
        board.Serial.WriteLine("status");
        List<string> status = await ReadUntilAsync(board, "mapping:");
        Assert.That(status, Has.Some.StartWith("broker: not connected connections=0 requests=0 "));
        Assert.That(status, Has.Some.StartWith("energy: background-mj=0.000 "));
    }

    /// <summary>A radio that always listens: an offload takes 0.3 mJ. The board connects, and a status for a moment is all that it receives.</summary>
    [Test]
    public async Task AnswersAreEnough()
    {
        using Board board = Start("radio.listen-on-ms=0\npower.listen-mw=103\n");
        List<string> lines = await ReadUntilAsync(board, "INF id=45 ");
        double earlyMj = await BackgroundAsync(board, lines);
        lines.AddRange(await ReadUntilAsync(board, "END "));
        double lateMj = await BackgroundAsync(board, lines);
        // The longest gesture pays for the connection, so the board waits for it before its first input.
        string[] targets = Targets(lines);
        int first = Array.IndexOf(targets, "at=gateway");
        Assert.That(first, Is.InRange(0, 2));
        Assert.That(targets[first..], Is.All.EqualTo("at=gateway"));
        Assert.That(lateMj, Is.EqualTo(earlyMj).And.GreaterThan(0).And.LessThan(3), "nothing but answers after the start");
    }

    /// <summary>Silence does not end the trust in a gateway; a request without an answer does.</summary>
    [Test]
    public async Task AGatewayThatDoesNotAnswerIsLeft()
    {
        using Board board = Start("radio.listen-on-ms=0\npower.listen-mw=103\ntimeout.max-ms=500\n");
        List<string> lines = await ReadUntilAsync(board, "INF id=45 ");
        Assert.That(Targets(lines)[^1], Is.EqualTo("at=gateway"));
        await Site.DisposeAsync();
        lines = await ReadUntilAsync(board, "END ");
        string[] targets = Targets(lines);
        Assert.That(targets[^10..], Is.All.EqualTo("at=local"));
        Assert.That(targets.Count(target => target == "at=fallback"), Is.LessThanOrEqualTo(2));
        Assert.That(board.Crash, Is.Null);
    }

    private async Task<double> BackgroundAsync(Board board, List<string> lines)
    {
        board.Serial.WriteLine("status");
        lines.AddRange(await ReadUntilAsync(board, "status: "));
        return Field(lines[^1], "background-total-mj");
    }
}
