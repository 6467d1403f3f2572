// Compiled kernels over the air, from the gateway's compiler to a board's results: a real gateway process, virtual boards, real TCP.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Crime.Modelling.Compilation.Packaging;
using Crime.Modelling.Datasets;
using Crime.Modelling.ModelFiles;
using Crime.Packages;
using Crime.VirtualBoard.Boards;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>Boards that have no kernel for their model in the firmware.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class KernelDeliveryTests : BoardSiteTests
{
    private const int HeapBytes = 205_000;
    private const int Inputs = 20;
    private const string Package = "kernel.pkg";

    private static readonly byte[] s_model = TestModels.Write(3, 24, 4, seed: 5);
    private static readonly byte[] s_otherModel = TestModels.Write(3, 24, 4, seed: 6);

    private string OnFlash(string file) => Path.Combine(Site.Flash, file);

    private void WriteFlash(byte[] model, string settings)
    {
        var random = new Random(1);
        LabelledSequence[] inputs = Enumerable.Range(0, Inputs)
            .Select(i => new LabelledSequence(i, "class 0", 10 + i, Enumerable.Range(0, 3 * (10 + i)).Select(_ => random.NextSingle()).ToArray(), []))
            .ToArray();
        Site.WriteFlash(model, inputs, settings);
    }

    private async Task<List<string>> RunAsync(Board board, string last = "END ") => await BoardSite.ReadUntilAsync(board, last, Limit);

    private static string[] ClassesOf(IEnumerable<string> lines) => lines
        .Where(line => line.StartsWith("INF ", StringComparison.Ordinal))
        .Select(line => line.Split(' ').Single(word => word.StartsWith("class=", StringComparison.Ordinal))).ToArray();

    /// <summary>The board replays with tables, then with the kernel that came meanwhile, and has the kernel at once after a power cycle.</summary>
    [Test]
    public async Task AKernelArrivesIsUsedAndStays()
    {
        await Site.ServeAsync("test", s_model);
        WriteFlash(s_model, "mapping=local\ninputs.interval-ms=200\n");
        List<string> first, second;
        using (Board board = Site.Power(HeapBytes))
        {
            first = await RunAsync(board, "kernel: ");
            first.AddRange(await RunAsync(board, "model: "));
            if (!first.Exists(line => line.StartsWith("END ", StringComparison.Ordinal))) first.AddRange(await RunAsync(board));
            Assert.That(board.Crash, Is.Null);
        }
        Assert.That(first.First(line => line.StartsWith("model: ", StringComparison.Ordinal)), Does.Contain(" kernel=table "));
        Assert.That(first, Has.Some.Match("^kernel: Crime.Kernel.Compiled.TestKernel loaded: [0-9]+ bytes in 1 assemblies$"));
        Assert.That(first.Last(line => line.StartsWith("model: ", StringComparison.Ordinal)), Does.Contain(" kernel=compiled "));
        Assert.That(File.ReadAllBytes(OnFlash(Package)), Is.EqualTo(KernelPackager.Build(ModelLoading.Parse(s_model, "the model"))));

        await Site.DisposeAsync();
        using (Board board = Site.Power(HeapBytes)) second = await RunAsync(board);
        Assert.That(second.First(line => line.StartsWith("model: ", StringComparison.Ordinal)), Does.Contain(" kernel=compiled "));
        Assert.That(ClassesOf(second), Is.EqualTo(ClassesOf(first)).And.Length.EqualTo(Inputs));
    }

    /// <summary>The assemblies of the old model stay loaded, so the board restarts by itself, after its inputs.</summary>
    [Test]
    public async Task TheKernelOfASecondModelWaitsForARestart()
    {
        await Site.ServeAsync("test", s_otherModel);
        WriteFlash(s_model, "mapping=local\ninputs.interval-ms=200\n");
        File.WriteAllBytes(OnFlash("kernel.new"), KernelPackager.Build(ModelLoading.Parse(s_model, "the model")));
        using (Board board = Site.Power(HeapBytes))
        {
            List<string> lines = await RunAsync(board, "restart: ");
            string[] models = lines.Where(line => line.StartsWith("model: ", StringComparison.Ordinal)).ToArray();
            Assert.That(models[0], Does.Contain(" kernel=compiled "));
            Assert.That(models[^1], Does.Contain(" kernel=table "));
            Assert.That(lines.Count(line => line.StartsWith("INF ", StringComparison.Ordinal)), Is.EqualTo(Inputs), "not before its inputs are done");
            Assert.That(board.RebootRequested.Wait(Deadline.Ms), Is.True);
        }
        using Board restarted = Site.Power(HeapBytes);
        List<string> after = await RunAsync(restarted);
        Assert.That(after.First(line => line.StartsWith("model: ", StringComparison.Ordinal)), Does.Contain(" kernel=compiled "));
        Assert.That(after, Has.None.StartsWith("restart: "));
        Assert.That(File.ReadAllBytes(OnFlash(Package)), Is.EqualTo(KernelPackager.Build(ModelLoading.Parse(s_otherModel, "the model"))));
    }

    /// <summary>A package that the heap does not hold is not even downloaded.</summary>
    [Test]
    public async Task AKernelThatIsTooLargeIsNotDownloaded()
    {
        await Site.ServeAsync("test", s_model);
        WriteFlash(s_model, "mapping=local\ninputs.interval-ms=100\n");
        using Board board = Site.Power(155_000);
        List<string> lines = await RunAsync(board, "kernel: http://");
        Assert.That(lines[^1], Does.Match("^kernel: http://.*/models/test.kernel has [0-9]+ bytes; the board has room for [0-9]+$"));
        if (!lines.Exists(line => line.StartsWith("END ", StringComparison.Ordinal))) lines = await RunAsync(board);
        Assert.That(Directory.GetFiles(Site.Flash, "kernel.*"), Is.Empty);
        Assert.That(lines, Has.Some.StartsWith($"END inputs={Inputs} "));
    }

    /// <summary>A start that ends while foreign code runs for the first time leaves the package on trial. The second such start is the last.</summary>
    [Test]
    public async Task APackageThatEndsTheBoardTwiceIsRejected()
    {
        await Site.ServeAsync("test", s_model);
        WriteFlash(s_model, "mapping=local\ninputs.interval-ms=100\n");
        byte[] package = KernelPackager.Build(ModelLoading.Parse(s_model, "the model"));
        File.WriteAllBytes(OnFlash("kernel.tr2"), package);
        using Board board = Site.Power(HeapBytes);
        List<string> lines = await RunAsync(board);
        Assert.That(lines, Has.None.Contains(" kernel=compiled "));
        Assert.That(Directory.GetFiles(Site.Flash, "kernel.*").Select(Path.GetFileName), Is.EqualTo(new[] { "kernel.bad" }));
        // The checksum is the gateway's ETag, so the gateway answers that the board has the package already.
        int checksumOffset = BitConverter.ToUInt16(package, KernelPackageFormat.HeaderSizeOffset) - KernelPackageFormat.ChecksumSize;
        Assert.That(File.ReadAllBytes(OnFlash("kernel.bad")), Is.EqualTo(package[checksumOffset..(checksumOffset + KernelPackageFormat.ChecksumSize)]));
        Assert.That(lines[^1], Does.StartWith($"END inputs={Inputs} local={Inputs} "));
    }
}
