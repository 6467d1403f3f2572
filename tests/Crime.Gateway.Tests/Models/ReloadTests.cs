using System;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Models;
using Crime.Gateway.Tests.Running;
using Crime.Model;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Models;

/// <summary>Models replaced in a gateway under load.</summary>
public sealed class ReloadTests
{
    private const int SwapCount = 100;
    private const int WarmSwapCount = 20;
    private const int BoardCount = 3;
    private const int HiddenCount = 96;

    private int _answered;
    private int _refused;
    private volatile ModelFile _current = null!;
    private volatile bool _isOver;

    [Test]
    public async Task AHundredSwapsUnderLoadFailNoRequestAndLeaveNothingBehind()
    {
        byte[][] versions = Enumerable.Range(0, SwapCount + 1).Select(i => TestModels.Write("m", TestModels.Inputs, HiddenCount, seed: i, isForBoards: false)).ToArray();
        using var folder = new ModelFolder(("m.crime", versions[0]));
        await using RunningGateway gateway = await RunningGateway.StartAsync(RunningGateway.Options(folder.Path));
        var registry = gateway.Part<ModelRegistry>();
        _current = TestModels.Parse(versions[0]);
        Task[] boards = Enumerable.Range(0, BoardCount).Select(i => AskAsync(gateway.BrokerPort, $"board-{i}")).ToArray();

        long warmBytes = 0;
        for (int swap = 1; swap <= SwapCount; swap++)
        {
            ModelFile next = TestModels.Parse(versions[swap]);
            Replace(folder, versions[swap]);
            await Deadline.UntilAsync(() => registry.ById(next.Id) != null, $"swap {swap}");
            int answeredBefore = Volatile.Read(ref _answered);
            _current = next;
            await Deadline.UntilAsync(() => Volatile.Read(ref _answered) > answeredBefore + BoardCount, "answers of the new version");
            if (swap == WarmSwapCount) warmBytes = GC.GetTotalMemory(forceFullCollection: true);
        }
        long endBytes = GC.GetTotalMemory(forceFullCollection: true);
        _isOver = true;
        await Task.WhenAll(boards);

        Assert.That(_refused, Is.Zero);
        Assert.That(_answered, Is.GreaterThan(SwapCount * BoardCount));
        Assert.That(registry.Models, Has.Count.EqualTo(2), "the current version and the one before it");
        // A version kept by mistake holds its weights and an engine: eighty of them would be tens of megabytes.
        int versionSize = versions[0].Length;
        Assert.That(endBytes - warmBytes, Is.LessThan((SwapCount - WarmSwapCount) / 4 * versionSize), $"from {warmBytes} bytes");
        Assert.That(await gateway.CounterAsync("faults"), Is.Zero);
        TestContext.Out.WriteLine($"{_answered} answers; heap {warmBytes} bytes after {WarmSwapCount} swaps, {endBytes} after {SwapCount}");
    }

    private async Task AskAsync(int port, string id)
    {
        await using TestBoard board = await TestBoard.ConnectAsync(port, id);
        Random random = TestSeed.Random(id);
        while (!_isOver)
        {
            ResponseFrame response = await board.AskAsync(board.Request(_current, random.Next(5, 60)));
            if (response.Code == ResponseCode.Ok) Interlocked.Increment(ref _answered);
            else Interlocked.Increment(ref _refused);
        }
    }

    private static void Replace(ModelFolder folder, byte[] content)
    {
        string path = Path.Combine(folder.Path, "m.crime");
        File.WriteAllBytes(path + ".partial", content);
        File.Move(path + ".partial", path, overwrite: true);
    }
}
