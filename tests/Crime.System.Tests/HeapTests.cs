// The heap of a virtual board ends, as a board's does: what the firmware does where a kernel does not fit, and where memory runs out later.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading.Tasks;
using Crime.Modelling.Datasets;
using Crime.VirtualBoard.Boards;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>Boards with little memory.</summary>
public sealed class HeapTests : BoardSiteTests
{
    private const int Inputs = 4;

    /// <summary>The kernel of a model this wide takes more than the connection to the broker and the mapping engine do.</summary>
    private static readonly byte[] s_wide = TestModels.Write(2, 32, 3);

    private Board StartGestures(int heapBytes, string settings, int inputs = Inputs)
    {
        Site.WriteFlash(BoardSite.Gestures, GestureGenerator.Generate(1, 6, inputs).Test, settings);
        return Site.Power(heapBytes);
    }

    /// <summary>The memory plan leaves the network its share: in neither heap is there room for this kernel besides.</summary>
    [TestCase(80_000)]
    [TestCase(88_000)]
    public async Task AKernelThatDoesNotFitSendsEveryInputAway(int heapBytes)
    {
        await Site.ServeAsync("test", s_wide);
        LabelledSequence[] inputs =
            Enumerable.Range(0, Inputs).Select(i => new LabelledSequence(i, "class 0", 5, Enumerable.Repeat(0.1f * i, 10).ToArray(), [])).ToArray();
        Site.WriteFlash(s_wide, inputs, "kernel=table\n");
        using Board board = Site.Power(heapBytes);
        List<string> lines = await ReadUntilAsync(board, "END ");
        Assert.That(lines, Has.One.EqualTo("kernel: test does not fit the heap; every input goes to a gateway"));
        Assert.That(lines.Count(line => line.StartsWith("INF ", StringComparison.Ordinal) && line.Contains(" at=gateway ")), Is.EqualTo(Inputs));
        Assert.That(lines[^1], Does.StartWith($"END inputs={Inputs} local=0 gateway={Inputs} fallback=0 "));
    }

    /// <summary>
    /// The 32-bit CLR on Linux ran this firmware with the same model, kernels and heap, and 200 inputs. The least that the collections of a run left was
    /// 16 692, 17 220 and 17 220 bytes with the compiled kernel (3 runs), and 16 032 to 19 272 with tables (4 runs).
    /// </summary>
    /// <param name="kernel">Setting of the kernel.</param>
    /// <param name="heapBytes">Bytes of the heap. At 114 000 tables did not fit on the CLR.</param>
    /// <param name="clrFree">Bytes that the CLR had free before the kernel was made.</param>
    /// <param name="clrLeast">Least bytes that a run on the CLR had free.</param>
    /// <param name="clrMost">The same of the run that had most.</param>
    [TestCase("auto", 110_000, 46_500, 16_692, 17_220)]
    [TestCase("table", 118_000, 54_276, 16_032, 19_272)]
    public async Task TheFreeBytesAreThoseOfTheClr(string kernel, int heapBytes, int clrFree, int clrLeast, int clrMost)
    {
        await Site.ServeAsync("gestures", BoardSite.Gestures);
        using Board board = StartGestures(heapBytes, $"kernel={kernel}\n");
        List<string> lines = await ReadUntilAsync(board, "END ");
        string plan = lines.Single(line => line.StartsWith("memory: ", StringComparison.Ordinal));
        string free = plan.Split(' ').Single(word => word.StartsWith("free=", StringComparison.Ordinal))["free=".Length..];
        Assert.That(int.Parse(free, CultureInfo.InvariantCulture), Is.EqualTo(clrFree).Within(5).Percent);
        TestContext.Out.WriteLine($"free: {free}, least free: {board.LeastFreeHeapBytes}");
        Assert.That(board.LeastFreeHeapBytes, Is.InRange(clrLeast * 9 / 10, clrMost * 11 / 10));
    }

    /// <summary>Without any gateway; its share is left free all the same. The weights in code save 7 KB.</summary>
    [TestCase(110_000, "auto")]
    [TestCase(118_000, "table")]
    public async Task AKernelThatFitsComputesHere(int heapBytes, string kernel)
    {
        using Board board = StartGestures(heapBytes, $"kernel={kernel}\n");
        List<string> lines = await ReadUntilAsync(board, "END ");
        Assert.That(lines, Has.None.StartsWith("kernel: "));
        Assert.That(lines[^1], Does.StartWith($"END inputs={Inputs} local={Inputs} gateway=0 fallback=0 "));
        Assert.That(board.Crash, Is.Null);
    }

    /// <summary>
    /// The network gets no memory while the board runs: the kernel gives way, and every input has exactly one result. It takes three shortages. When
    /// they come depends on what the threads do, so the recording is too long to end before them.
    /// </summary>
    [Test]
    public async Task AKernelGivesWayToTheNetwork()
    {
        const int inputs = 2000, inputsPerPhase = 10;
        await Site.ServeAsync("gestures", BoardSite.Gestures);
        using Board board = StartGestures(118_000, "kernel=table\nmapping=gateway\ninputs.interval-ms=100\n", inputs);
        List<string> lines = await ReadUntilAsync(board, "INF id=5 ");
        using (board.OccupyHeap(restBytes: 300))
        {
            lines.AddRange(await ReadUntilAsync(board, "memory: kernel=none "));
            for (int i = 0; i < inputsPerPhase; i++) lines.AddRange(await ReadUntilAsync(board, "INF "));
        }
        for (int i = 0; i < inputsPerPhase; i++) lines.AddRange(await ReadUntilAsync(board, "INF "));
        Assert.That(lines, Has.Some.Match(@"^memory: ran out \(.*\); the kernel gives way$"));
        int[] ids = [.. IdsOf(lines)];
        Assert.That(ids, Is.EqualTo(Enumerable.Range(0, ids.Length)));
        Assert.That(lines[^1], Does.Contain(" at=gateway "));
        Assert.That(board.Crash, Is.Null);
    }

    /// <summary>Nothing at all can be allocated for a while, wherever the firmware is at that moment.</summary>
    [Test]
    public async Task ABoardOutlivesTimesWithoutAnyMemory()
    {
        const int inputs = 40;
        await Site.ServeAsync("gestures", BoardSite.Gestures);
        using Board board = StartGestures(118_000, "kernel=table\ninputs.interval-ms=50\n", inputs);
        List<string> lines = await ReadUntilAsync(board, "INF id=0 ");
        for (int shortage = 0; shortage < 12; shortage++)
        {
            using (board.OccupyHeap(restBytes: 0)) await Task.Delay(40 + 17 * shortage, Limit);
            await Task.Delay(100, Limit);
        }
        lines.AddRange(await ReadUntilAsync(board, "END "));
        Assert.That(IdsOf(lines), Is.EqualTo(Enumerable.Range(0, inputs)));
        Assert.That(board.Crash, Is.Null);
    }
}
