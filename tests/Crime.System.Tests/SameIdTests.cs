// Two boards with one id at the embedded broker of a real gateway process.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Crime.Modelling.Datasets;
using Crime.VirtualBoard;
using Crime.VirtualBoard.Boards;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>A board that was flashed with the settings of another one.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class SameIdTests : BoardSiteTests
{
    private const string Clash = "broker: another board uses the id small";

    private static readonly byte[] s_model = TestModels.Write(3, 8, 4, seed: 5);

    [Test]
    public async Task TheNewerBoardLeavesAndTheOlderOneWorksOn()
    {
        await Site.ServeAsync("test", s_model);
        var random = new Random(1);
        LabelledSequence[] inputs = Enumerable.Range(0, 1000)
            .Select(i => new LabelledSequence(i, "class 0", 10, Enumerable.Range(0, 30).Select(_ => random.NextSingle()).ToArray(), [])).ToArray();
        Site.WriteFlash(s_model, inputs, "mapping=gateway\nkernel=table\ninputs.interval-ms=200\n");
        string copy = Site.Flash + "-copy";
        Directory.CreateDirectory(copy);
        foreach (string file in Directory.GetFiles(Site.Flash)) File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        using Board older = Site.Power();
        // Its connection is older than those that count as short.
        await ReadUntilAsync(older, "INF id=30 ");
        using var newer = new Board(new BoardOptions { Profile = BoardProfile.Bundled(BoardSite.ProfileName), FlashFolder = copy });
        newer.Start();
        await ReadUntilAsync(newer, Clash);

        // The older one comes back within the time to settle and to connect, and stays.
        List<string> lines = [];
        do lines.AddRange(await ReadUntilAsync(older, "INF "));
        while (lines.TakeLast(20).Count(line => line.Contains(" at=gateway ")) < 20);
        Assert.That(lines, Has.None.EqualTo(Clash));
        List<string> after = [];
        for (int i = 0; i < 20; i++) after.AddRange(await ReadUntilAsync(newer, "INF "));
        Assert.That(after, Has.None.EqualTo(Clash).And.None.EqualTo("broker: connection lost"));
        string[] warnings = (await Site.EndGatewayAsync()).Split('\n').Where(line => line.Contains("two clients use the id small")).ToArray();
        Assert.That(warnings, Has.Length.EqualTo(1));
    }
}
