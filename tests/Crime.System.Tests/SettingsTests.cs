// Settings over the air and from the console: a real gateway process, the command, virtual boards, real TCP.

using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Hashing;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Mapping;
using Crime.Modelling.Datasets;
using Crime.VirtualBoard;
using Crime.VirtualBoard.Boards;
using MQTTnet;
using MQTTnet.Protocol;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>Boards whose settings change while they run.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class SettingsTests : BoardSiteTests
{
    private const int Inputs = 400;
    private const int IntervalMs = 200;

    // Inputs of two lost answers: a board that learns from answers pings again 5 s after the first loss, and 10 s after the second.
    private const int InputsOfTwoLosses = 3 * LinkEstimator.FirstRareBackOffUs / (1000 * IntervalMs);

    private static readonly byte[] s_model = TestModels.Write(3, 8, 4, seed: 5);

    private string OnFlash(string file) => Path.Combine(Site.Flash, file);

    private void WriteFlash(string settings = "")
    {
        var random = new Random(1);
        LabelledSequence[] inputs = Enumerable.Range(0, Inputs)
            .Select(i => new LabelledSequence(i, "class 0", 10, Enumerable.Range(0, 30).Select(_ => random.NextSingle()).ToArray(), [])).ToArray();
        Site.WriteFlash(s_model, inputs, $"mapping=local\nkernel=table\ninputs.interval-ms={IntervalMs}\n{settings}");
    }

    private Task<CrimeCommand.Outcome> SetAsync(params string[] arguments) =>
        CrimeCommand.RunAsync(["board", "set", .. arguments, "--gateway", $"http://127.0.0.1:{Site.HttpPort}"]);

    private async Task<string> AnswerAsync(params string[] settings)
    {
        CrimeCommand.Outcome outcome = await SetAsync(["small", .. settings, "--wait", "--json"]);
        Assert.That(outcome.Out, Is.Not.Empty, outcome.Error);
        return JsonDocument.Parse(outcome.Out).RootElement.GetProperty("answer").GetString()!;
    }

    private async Task<List<string>> TypeAsync(Board board, string command, string answer)
    {
        board.Serial.WriteLine(command);
        return await ReadUntilAsync(board, answer);
    }

    /// <summary>
    /// Reads until an input is computed at the gateway and is not certain, as the settings want it. On a busy machine an answer may be late: then the
    /// board computes inputs itself until its next ping.
    /// </summary>
    private async Task<List<string>> ReadUntilChangedAsync(Board board)
    {
        var lines = new List<string>();
        for (int i = 0; i < 20 + InputsOfTwoLosses; i++)
        {
            lines.AddRange(await ReadUntilAsync(board, "INF "));
            if (lines[^1].Contains(" at=gateway ") && lines[^1].EndsWith(" name=\"unknown\"", StringComparison.Ordinal)) return lines;
        }
        Assert.Fail("the settings have no effect: " + string.Join(" | ", lines));
        return lines;
    }

    /// <summary>Several settings that need no restart, and then the same flash in another start.</summary>
    [Test]
    public async Task SettingsReachARunningBoardAndOutliveItsRestart()
    {
        await Site.ServeAsync("test", s_model);
        WriteFlash("objective=time\n");
        using (Board board = Site.Power())
        {
            await ReadUntilAsync(board, "INF id=2 ");
            string answer = await AnswerAsync("objective=energy", "mapping=gateway", "result.least-confidence=1000");
            Assert.That(answer, Does.Match("^ok [0-9a-f]{8}$"));
            List<string> lines = await ReadUntilAsync(board, "settings: " + answer);
            lines.AddRange(await TypeAsync(board, "settings", "settings: result.least-confidence=1000 (set later)"));
            Assert.That(lines, Has.Member("settings: objective=energy (set later)").And.Member("settings: mapping=gateway (set later)"));
            Assert.That(lines, Has.None.EqualTo("settings: objective=time"));
            await ReadUntilChangedAsync(board);
        }
        using Board restarted = Site.Power();
        List<string> start = await ReadUntilChangedAsync(restarted);
        // The broker has delivered the same text again.
        Assert.That(start, Has.None.StartsWith("settings: ok").And.None.StartsWith("settings: refused"));
        Assert.That(File.ReadAllText(OnFlash("crime.cfg")), Does.Contain("objective=time"), "the file stays as it was flashed");
    }

    [Test]
    public async Task ATextWithOneWrongSettingIsRefusedAsAWhole()
    {
        await Site.ServeAsync("test", s_model);
        WriteFlash();
        using Board board = Site.Power();
        await ReadUntilAsync(board, "INF id=2 ");
        Assert.That(await AnswerAsync("result.vote=1/1"), Does.StartWith("ok "));
        byte[] before = File.ReadAllBytes(OnFlash("settings.air"));
        foreach (var (wrong, reason) in new[]
        {
            ("volume=11", "unknown key 'volume'"), ("hedge=1", "hedge is on or off"), ("report.every-ms=1000", "report.every-ms needs radio=duty"),
        })
        {
            CrimeCommand.Outcome outcome = await SetAsync("small", "mapping=gateway", wrong, "--wait");
            Assert.That(outcome.ExitCode, Is.EqualTo(1), outcome.Out + outcome.Error);
            Assert.That(outcome.Out, Does.Contain(reason));
            List<string> lines = await ReadUntilAsync(board, "settings: refused ");
            Assert.That(lines[^1], Does.EndWith(reason));
        }
        Assert.That(File.ReadAllBytes(OnFlash("settings.air"))[4..^4], Is.EqualTo(before[4..^4]), "the lines are the old ones");
        List<string> after = await ReadUntilAsync(board, "INF ");
        Assert.That(after[^1], Does.Contain(" at=local "));
        Assert.That((await SetAsync("small", "wifi.ssid=x")).ExitCode, Is.EqualTo(2), "the command itself refuses what is not set over the air");
    }

    /// <summary>At a broker of its own nobody is a stranger: the board checks all that the gateway would have checked.</summary>
    [Test]
    public async Task TheBoardChecksWhatComesFromAnotherSender()
    {
        await using var broker = await TestBroker.StartAsync(Site.BrokerPort);
        WriteFlash();
        using Board board = Site.Power();
        await ReadUntilAsync(board, "INF id=2 ");
        using IMqttClient sender = new MqttClientFactory().CreateMqttClient();
        await sender.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", Site.BrokerPort).WithClientId("sender").Build());
        foreach (var (text, reason) in new[]
        {
            ("inputs.file=" + new string('a', SettingsText.MaxSize), "the text has more than 1024 bytes"),
            ("broker.host=10.0.0.1\n", "broker.host is not set over the air"),
            ("hedge=on\nhedge=off", "hedge is there twice"), ("mapping", "'mapping' is no key=value"),
        })
        {
            await sender.PublishAsync(new MqttApplicationMessageBuilder().WithTopic(Topics.Settings("small")).WithPayload(text).WithRetainFlag()
                .WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).Build());
            List<string> lines = await ReadUntilAsync(board, "settings: refused ");
            Assert.That(lines[^1], Does.Contain(reason));
        }
        Assert.That(File.ReadAllBytes(OnFlash("settings.air")), Has.Length.EqualTo(8), "no lines");
    }

    [Test]
    public async Task TypedSettingsOutliveARestart()
    {
        WriteFlash("wifi.password=secret\nobjective=time\n");
        using (Board board = Site.Power())
        {
            await ReadUntilAsync(board, "INF id=1 ");
            await TypeAsync(board, "objective weighted 0.25", "ok: objective weighted 0.25");
            await TypeAsync(board, "mapping auto", "ok: mapping auto");
            await TypeAsync(board, "set on.Two Words=gpio 4 toggle", "ok: set on.Two Words; the board restarts between two inputs");
            await TypeAsync(board, "set volume=11", "? unknown key 'volume'");
            await TypeAsync(board, "set hedge", "? 'hedge' is no key=value");
            board.RebootRequested.Wait(Limit);
        }
        using Board restarted = Site.Power();
        List<string> lines = await ReadUntilAsync(restarted, "INF id=1 ");
        Assert.That(lines, Has.Member("rules: on.Two Words never fires, because the model has no such class"));
        lines = await TypeAsync(restarted, "settings", "settings: on.Two Words=gpio 4 toggle (set later)");
        Assert.That(lines, Has.Member("settings: objective=weighted 0.25 (set later)").And.Member("settings: mapping=auto (set later)"));
        Assert.That(lines, Has.Member("settings: wifi.password=***").And.None.Contains("secret"));
        Assert.That(restarted.RebootRequested.IsSet, Is.False);
    }

    /// <summary>The files that a loss of power leaves after each step of a replacement.</summary>
    /// <param name="state">The files: a settings.air, n settings.new, with 1 for the old lines, 2 for the new ones and x for a file that is cut short.</param>
    /// <param name="expected">The lines that the board then has.</param>
    [TestCase("a1", "objective=energy")]
    [TestCase("a1 nx", "objective=energy")]
    [TestCase("a1 n2", "objective=energy")]
    [TestCase("n2", "objective=weighted 0.5")]
    [TestCase("a2", "objective=weighted 0.5")]
    [TestCase("nx", null)]
    [TestCase("ax", null)]
    public async Task OneOfTwoTextsOutlivesALossOfPower(string state, string? expected)
    {
        WriteFlash();
        byte[] old = FileOf("objective=energy\n");
        var texts = new Dictionary<char, byte[]> { ['1'] = old, ['2'] = FileOf("objective=weighted 0.5\n"), ['x'] = old[..^3] };
        foreach (string part in state.Split(' ')) File.WriteAllBytes(OnFlash(part[0] == 'a' ? "settings.air" : "settings.new"), texts[part[1]]);
        using Board board = Site.Power();
        List<string> lines = await ReadUntilAsync(board, "INF id=1 ");
        Assert.That(lines.Count(line => line == @"settings: I:\settings.air is damaged; ignored"), Is.EqualTo(state == "ax" ? 1 : 0));
        lines = await TypeAsync(board, "settings", "settings: inputs.interval-ms=200");
        board.Serial.WriteLine("set race=on");
        lines.AddRange(await ReadUntilAsync(board, "ok: set race"));
        string[] kept = expected == null ? [] : [$"settings: {expected} (set later)"];
        Assert.That(lines.Where(line => line.EndsWith(" (set later)", StringComparison.Ordinal)), Is.EqualTo(kept));
        Assert.That(File.ReadAllBytes(OnFlash("settings.air")), Is.EqualTo(FileOf((expected == null ? "" : expected + "\n") + "race=on\n")));
        Assert.That(board.Crash, Is.Null);
    }

    private static byte[] FileOf(string lines)
    {
        byte[] content = [0, 0, 0, 0, .. Encoding.UTF8.GetBytes(lines)];
        return [.. content, .. BitConverter.GetBytes(Crc32.HashToUInt32(content))];
    }

    /// <summary>Each board takes its own text. Without names they are called by their addresses.</summary>
    [Test]
    public async Task TwoBoardsWithoutNamesHaveTheirOwnSettings()
    {
        await Site.ServeAsync("test", s_model);
        WriteFlash();
        string config = File.ReadAllText(OnFlash("crime.cfg")).Replace("board.id=small\n", "", StringComparison.Ordinal);
        File.WriteAllText(OnFlash("crime.cfg"), config);
        string second = Site.Flash + "-2";
        Directory.CreateDirectory(second);
        foreach (string file in Directory.GetFiles(Site.Flash)) File.Copy(file, Path.Combine(second, Path.GetFileName(file)));
        using Board one = Power(Site.Flash, 0x01), two = Power(second, 0xAB);
        Assert.That((await ReadUntilAsync(one, "INF id=2 "))[0], Does.StartWith("CRIME board esp32-102001,"));
        Assert.That((await ReadUntilAsync(two, "INF id=2 "))[0], Does.StartWith("CRIME board esp32-1020ab,"));
        CrimeCommand.Outcome[] outcomes = await Task.WhenAll(
            SetAsync("esp32-102001", "mapping=gateway", "--wait"), SetAsync("esp32-1020ab", "objective=energy", "--wait"));
        foreach (CrimeCommand.Outcome outcome in outcomes) Assert.That(outcome.ExitCode, Is.Zero, outcome.Out + outcome.Error);
        Assert.That(Encoding.UTF8.GetString(File.ReadAllBytes(OnFlash("settings.air"))[4..^4]), Is.EqualTo("mapping=gateway\n"));
        Assert.That(Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(second, "settings.air"))[4..^4]), Is.EqualTo("objective=energy\n"));
    }

    private static Board Power(string flash, byte last)
    {
        var board = new Board(new BoardOptions
        {
            Profile = BoardProfile.Bundled(BoardSite.ProfileName), FlashFolder = flash, MacAddress = [0x24, 0x0A, 0xC4, 0x10, 0x20, last],
        });
        board.Start();
        return board;
    }
}
