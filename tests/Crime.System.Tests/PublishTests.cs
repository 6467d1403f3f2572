// Models over the air: a real gateway process, the command, virtual boards, real TCP.

using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.IO.Hashing;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling.Datasets;
using Crime.Modelling.ModelFiles;
using Crime.VirtualBoard.Boards;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>Boards whose model is replaced while they run.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class PublishTests : BoardSiteTests
{
    private const int Inputs = 60;

    /// <summary>A model without calibration may get inputs of 4096 timesteps: the board sets 49 KB aside for them.</summary>
    private const int HeapBytes = 200_000;

    private static readonly byte[] s_old = GoldenSection.Add(TestModels.Write(3, 8, 4, seed: 5));
    private static readonly byte[] s_new = GoldenSection.Add(TestModels.Write(3, 8, 4, seed: 6));

    /// <summary>Its weights fit the flash, and its tables do not fit the heap.</summary>
    private static readonly byte[] s_large = GoldenSection.Add(TestModels.Write(3, 64, 4, seed: 7));

    private static string IdOf(byte[] file) => TestModels.Parse(file).Id.ToString("x8", CultureInfo.InvariantCulture);

    private static uint ImageChecksumOf(byte[] file) => TestModels.Parse(ModelContainer.BoardImage(file)).Checksum;

    /// <summary>A good file whose golden vectors are those of another model.</summary>
    private static byte[] WithWrongGolden(byte[] file)
    {
        List<(uint Tag, byte[] Content)> sections = ModelContainer.Sections(file);
        sections.Single(section => section.Tag == ModelFormat.GoldenTag).Content[^1] ^= 1;
        return ModelContainer.Write(TestModels.Parse(file).Id, sections);
    }

    private string OnFlash(string file) => Path.Combine(Site.Flash, file);

    private void WriteFlash(int intervalMs = 200)
    {
        var random = new Random(1);
        LabelledSequence[] inputs = Enumerable.Range(0, Inputs)
            .Select(i => new LabelledSequence(i, "class 0", 10, Enumerable.Range(0, 30).Select(_ => random.NextSingle()).ToArray(), [])).ToArray();
        Site.WriteFlash(s_old, inputs, $"mapping=local\nkernel=table\ninputs.interval-ms={intervalMs}\n");
    }

    /// <summary>Puts a model into the gateway's folder without the checks of an upload.</summary>
    private void Serve(byte[] file)
    {
        string path = Path.Combine(Site.Models, "test.crime");
        File.WriteAllBytes(path + ".partial", file);
        File.Move(path + ".partial", path, overwrite: true);
    }

    private async Task<CrimeCommand.Outcome> PublishAsync(byte[] file, params string[] options)
    {
        string path = Path.Combine(Site.Flash, "..", "upload.crime");
        File.WriteAllBytes(path, file);
        return await CrimeCommand.RunAsync(["publish", path, "--name", "test", "--gateway", $"http://127.0.0.1:{Site.HttpPort}", .. options]);
    }

    private static void AssertEachInputOnce(List<string> lines)
    {
        Assert.That(IdsOf(lines), Is.EqualTo(Enumerable.Range(0, Inputs)));
        Assert.That(lines[^1], Does.StartWith($"END inputs={Inputs} "));
    }

    [Test]
    public async Task AModelReachesARunningBoardWithinAMinute()
    {
        await Site.ServeAsync("test", s_old);
        WriteFlash();
        using Board board = Site.Power(HeapBytes);
        List<string> lines = await ReadUntilAsync(board, "INF id=2 ");
        CrimeCommand.Outcome outcome = await PublishAsync(s_new, "--wait-board", "small", "--json");
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        JsonElement published = outcome.Json();
        Assert.That(published.GetProperty("image_checksum").GetString(), Is.EqualTo(ImageChecksumOf(s_new).ToString("x8", CultureInfo.InvariantCulture)));
        Assert.That(published.GetProperty("boards").EnumerateArray().Select(name => name.GetString()), Is.EqualTo(new[] { "small" }));
        TestContext.Out.WriteLine(outcome.Error);
        lines.AddRange(await ReadUntilAsync(board, "END "));
        AssertEachInputOnce(lines);
        Assert.That(lines.Where(line => line.StartsWith("model: test id=", StringComparison.Ordinal)).Select(line => line.Split(' ')[2]),
            Is.EqualTo(new[] { "id=" + IdOf(s_old), "id=" + IdOf(s_new) }));
        Assert.That(File.ReadAllBytes(OnFlash("model.crime")), Is.EqualTo(ModelContainer.BoardImage(s_new)));
        Assert.That(new[] { "model.old", "model.new", "trial.bin", "model.bad" }.Where(file => File.Exists(OnFlash(file))), Is.Empty, "the trial is over");
    }

    [Test]
    public async Task AModelThatComputesSomethingElseIsPutBackOnce()
    {
        byte[] wrong = WithWrongGolden(s_new);
        await Site.ServeAsync("test", s_old);
        WriteFlash();
        List<string> lines;
        using (Board board = Site.Power(HeapBytes))
        {
            lines = await ReadUntilAsync(board, "INF id=2 ");
            CrimeCommand.Outcome refused = await PublishAsync(wrong);
            Assert.That(refused.ExitCode, Is.EqualTo(2));
            Assert.That(refused.Error, Does.Contain("do not compute its golden vectors"));
            // The folder is the operator's: what lies there is served.
            Serve(wrong);
            lines.AddRange(await ReadUntilAsync(board, "model: test fails its golden vectors, the old model stays"));
            lines.AddRange(await ReadUntilAsync(board, "END "));
        }
        AssertEachInputOnce(lines);
        Assert.That(lines.Count(line => line.Contains("golden")), Is.EqualTo(1));
        Assert.That(File.ReadAllBytes(OnFlash("model.crime")), Is.EqualTo(ModelContainer.BoardImage(s_old)));
        Assert.That(BitConverter.ToUInt32(File.ReadAllBytes(OnFlash("model.bad"))), Is.EqualTo(ImageChecksumOf(wrong)));

        // The board that starts anew does not fetch it again, and fetches a good one.
        using Board restarted = Site.Power(HeapBytes);
        List<string> after = await ReadUntilAsync(restarted, "INF id=10 ");
        Assert.That(after, Has.None.Contains("golden"));
        Serve(s_new);
        after.AddRange(await ReadUntilAsync(restarted, $"model: test id={IdOf(s_new)}"));
        after.AddRange(await ReadUntilAsync(restarted, "END "));
        AssertEachInputOnce(after);
    }

    /// <summary>The board keeps serving the old model meanwhile, and does not wait for the next poll, which is ten minutes later.</summary>
    [Test]
    public async Task TheKernelGivesWayToTheDownloadOfANewModel()
    {
        // An HTTP exchange takes 11 400 bytes at its peak, and a table kernel more than is missing.
        const int restBytes = 7000, inputsAfterwards = 5;
        await Site.ServeAsync("test", s_old);
        WriteFlash(intervalMs: 1000);
        using Board board = Site.Power(HeapBytes);
        List<string> lines = await ReadUntilAsync(board, "INF id=2 ");
        using (board.OccupyHeap(restBytes))
        {
            CrimeCommand.Outcome outcome = await PublishAsync(s_new);
            Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
            lines.AddRange(await ReadUntilAsync(board, $"model: test id={IdOf(s_new)}"));
        }
        Assert.That(lines, Has.One.Contains("needs more memory than is free").And.Some.Match(@"^memory: ran out \(.*\); the kernel gives way$"));
        for (int i = 0; i < inputsAfterwards; i++) lines.AddRange(await ReadUntilAsync(board, "INF "));
        int[] ids = [.. IdsOf(lines)];
        Assert.That(ids, Is.EqualTo(Enumerable.Range(0, ids.Length)));
        Assert.That(board.Crash, Is.Null);
    }

    [Test]
    public async Task AModelThatIsTooLargeForTheHeapIsPutBackAfterThreeFailures()
    {
        await Site.ServeAsync("test", s_old);
        WriteFlash();
        using Board board = Site.Power(HeapBytes);
        List<string> lines = await ReadUntilAsync(board, "INF id=2 ");
        CrimeCommand.Outcome outcome = await PublishAsync(s_large);
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        lines.AddRange(await ReadUntilAsync(board, "model: the new model has failed 3 times, the old model stays"));
        lines.AddRange(await ReadUntilAsync(board, "END "));
        AssertEachInputOnce(lines);
        Assert.That(lines.Count(line => line.StartsWith("INF ", StringComparison.Ordinal) && line.Contains(" at=local ")), Is.EqualTo(Inputs));
        Assert.That(File.ReadAllBytes(OnFlash("model.crime")), Is.EqualTo(ModelContainer.BoardImage(s_old)));
        Assert.That(board.Crash, Is.Null);
    }

    /// <summary>The files that a loss of power leaves after each step of a replacement, and of putting back.</summary>
    /// <param name="state">
    /// The files: c model.crime, o model.old, n model.new, b model.bad, with A for the old model and B for the new one; t: B is on trial, with its
    /// attempts.
    /// </param>
    /// <param name="expected">The model that the board then runs.</param>
    [TestCase("cA nB", "A")]
    [TestCase("cA nB t0", "A")]
    [TestCase("oA nB t0", "B")]
    [TestCase("cB oA t0", "B")]
    [TestCase("cB oA t2", "B")]
    [TestCase("cB oA t3", "A")]
    [TestCase("cB oA t1 bB", "B")]
    [TestCase("oA t3 bB", "A")]
    [TestCase("cA t3 bB", "A")]
    [TestCase("cB oA", "B")]
    public async Task AGoodModelOutlivesALossOfPower(string state, string expected)
    {
        WriteFlash(intervalMs: 10);
        File.Delete(OnFlash("model.crime"));
        var images = new Dictionary<char, byte[]> { ['A'] = ModelContainer.BoardImage(s_old), ['B'] = ModelContainer.BoardImage(s_new) };
        var names = new Dictionary<char, string> { ['c'] = "model.crime", ['o'] = "model.old", ['n'] = "model.new" };
        foreach (string part in state.Split(' '))
        {
            if (part[0] == 't') File.WriteAllBytes(OnFlash("trial.bin"), Trial(images['B'], part[1] - '0'));
            else if (part[0] == 'b') File.WriteAllBytes(OnFlash("model.bad"), images['B'][^4..]);
            else File.WriteAllBytes(OnFlash(names[part[0]]), images[part[1]]);
        }
        using Board board = Site.Power(HeapBytes);
        List<string> lines = await ReadUntilAsync(board, "END ");
        AssertEachInputOnce(lines);
        string id = IdOf(expected == "A" ? s_old : s_new);
        Assert.That(
            lines.Where(line => line.StartsWith("model: test id=", StringComparison.Ordinal)).Select(line => line.Split(' ')[2]),
            Is.EqualTo(new[] { "id=" + id }));
        Assert.That(File.ReadAllBytes(OnFlash("model.crime")), Is.EqualTo(images[expected[0]]));
        Assert.That(File.Exists(OnFlash("model.old")), Is.False, "the trial is over");
        Assert.That(File.Exists(OnFlash("trial.bin")), Is.False, "the trial is over");
    }

    private static byte[] Trial(byte[] image, int attempts)
    {
        var record = new byte[12];
        image.AsSpan(image.Length - 4).CopyTo(record);
        record[4] = (byte)attempts;
        record[6] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), Crc32.HashToUInt32(record.AsSpan(0, 8)));
        return record;
    }
}
