using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Crime.Modelling.Datasets;
using Crime.VirtualBoard.Boards;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>From a folder that does not exist to an input that the gateway has classified: the command, a gateway process, a virtual board, real TCP.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class EnrolmentTests : BoardSiteTests
{
    private const int Inputs = 6;

    private string Data => Path.Combine(Site.Models, "..", "data");

    [Test]
    public async Task AnEnrolledBoardIsServedAndAStrangerIsNot()
    {
        JsonElement added = (await EnrolAsync("add", "small", "--group", "hall", "--json")).Json();
        string password = added.GetProperty("password").GetString()!;
        Assert.That(added.GetProperty("user").GetString(), Is.EqualTo("small"));
        string[] lines = [.. added.GetProperty("settings").EnumerateArray().Select(line => line.GetString()!)];
        Assert.That(lines, Is.EqualTo(new[] { "board.id=small", "broker.user=small", $"broker.password={password}" }));
        JsonElement listed = (await EnrolAsync("list", "--json")).Json().GetProperty("clients")[0];
        string?[] fields = [.. new[] { "user", "role", "group" }.Select(name => listed.GetProperty(name).GetString())];
        Assert.That(fields, Is.EqualTo(new[] { "small", "board", "hall" }));

        File.WriteAllBytes(Path.Combine(Site.Models, "gestures.crime"), BoardSite.Gestures);
        await Site.StartGatewayAsync($"--Data:Folder={Data}", "--Broker:Access=enrolled");
        List<string> served = await RunAsync(string.Join('\n', lines) + "\nwait-for-link-ms=10000\n");
        Assert.That(CountOf(served, "gateway"), Is.EqualTo(Inputs));

        List<string> alone = await RunAsync("wait-for-link-ms=1000\ninputs.interval-ms=1000\n");
        Assert.That(CountOf(alone, "local"), Is.EqualTo(Inputs));
        Assert.That(alone, Has.Some.StartsWith("broker: refused the connection with code "), "the console names the reason");
    }

    [TestCase("add", "bad id", "ID takes 1 to 32 letters")]
    [TestCase("add", "small", "small is enrolled already; 'crime board rotate small' gives it a new password")]
    [TestCase("rotate", "other", "other is not enrolled")]
    [TestCase("revoke", "other", "other is not enrolled")]
    public async Task AMistakeIsOneLine(string verb, string id, string reason)
    {
        await EnrolAsync("add", "small");
        CrimeCommand.Outcome outcome = await EnrolAsync(verb, id);
        Assert.That((outcome.ExitCode, outcome.Error.Trim().Split('\n').Length), Is.EqualTo((2, 1)), outcome.Error);
        Assert.That(outcome.Error, Does.Contain(reason));
    }

    private static int CountOf(List<string> lines, string place) =>
        lines.Count(line => line.StartsWith("INF ", StringComparison.Ordinal) && line.Contains($" at={place} ", StringComparison.Ordinal));

    private async Task<List<string>> RunAsync(string more)
    {
        Site.WriteFlash(BoardSite.Gestures, GestureGenerator.Generate(1, 6, Inputs).Test, "mapping=gateway\n" + BoardSite.Patient + more);
        using Board board = Site.Power();
        return await ReadUntilAsync(board, "END ");
    }

    private Task<CrimeCommand.Outcome> EnrolAsync(params string[] arguments) => CrimeCommand.RunAsync(["board", .. arguments, "--data", Data]);
}
