using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Gateway.Models;
using Crime.Gateway.Tests.Running;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Shared.Tests.Model;
using Crime.VirtualBoard;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>A board whose heap does not hold a kernel: it says so, and sends every input away.</summary>
[NonParallelizable]
public sealed class HeapTests
{
    private const int Inputs = 4;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(40);

    private static readonly byte[] s_gestures = File.ReadAllBytes(Path.Combine(TestContext.CurrentContext.TestDirectory, "models", "gestures.crime"));

    /// <summary>The kernel of a model this wide takes more than the connection to the broker and the mapping engine do.</summary>
    private static readonly byte[] s_wide = TestModels.Write(2, 32, 3);

    private CancellationTokenSource _cancellation = new();
    private string _folder = "";

    [SetUp]
    public void MakeFolder()
    {
        _cancellation = new CancellationTokenSource(s_limit);
        _folder = CrimeCommand.NewFolder();
    }

    [TearDown]
    public void Stop() => _cancellation.Dispose();

    private Board StartBoard(byte[] file, int heapBytes, string kernel, int brokerPort, int httpPort)
    {
        ModelFile model = ModelLoading.Parse(file, "the model");
        IEnumerable<LabelledSequence> inputs = file == s_gestures
            ? GestureGenerator.Generate(1, 6, Inputs).Test
            : Enumerable.Range(0, Inputs).Select(i => new LabelledSequence(i, "class 0", 5, Enumerable.Repeat(0.1f * i, 10).ToArray(), []));
        File.WriteAllBytes(Path.Combine(_folder, "inputs.recording"), RecordingWriter.Write(model, inputs.ToList()));
        File.WriteAllBytes(Path.Combine(_folder, "model.crime"), ModelContainer.BoardImage(file));
        File.WriteAllText(
            Path.Combine(_folder, "crime.cfg"),
            $"board.id=small\nwifi.ssid=test\nbroker.host=127.0.0.1\nbroker.port={brokerPort}\nhttp.host=127.0.0.1\nhttp.port={httpPort}\n"
            + $"model.name={model.Name}\nkernel={kernel}\n");
        var board = new Board(new BoardOptions { Profile = BoardProfile.Bundled("esp32-devkitc"), FlashFolder = _folder, HeapBytes = heapBytes });
        board.Start();
        return board;
    }

    private async Task<List<string>> ReadUntilAsync(Board board, string start)
    {
        var lines = new List<string>();
        await foreach (string line in board.Serial.Lines.ReadAllAsync(_cancellation.Token))
        {
            lines.Add(line);
            if (line.StartsWith(start, StringComparison.Ordinal)) return lines;
        }
        Assert.Fail($"the board ended: {string.Join(" | ", lines)} {board.Crash}");
        return lines;
    }

    /// <summary>The memory plan leaves the network its share: in neither heap is there room for this kernel besides.</summary>
    [TestCase(76_000)]
    [TestCase(84_000)]
    public async Task AKernelThatDoesNotFitSendsEveryInputAway(int heapBytes)
    {
        int brokerPort = Ports.Free(), httpPort = Ports.Free();
        Directory.CreateDirectory(Path.Combine(_folder, "models"));
        File.WriteAllBytes(Path.Combine(_folder, "models", "test.crime"), s_wide);
        await using GatewayProcess gateway = GatewayProcess.Start(
            $"--Broker:Port={brokerPort}", $"--Http:Port={httpPort}", $"--Models:Folder={Path.Combine(_folder, "models")}");
        await GatewayHttp.UntilHealthyAsync(httpPort);
        using Board board = StartBoard(s_wide, heapBytes, "table", brokerPort, httpPort);
        List<string> lines = await ReadUntilAsync(board, "END ");
        Assert.That(lines, Has.One.EqualTo("kernel: test does not fit the heap; every input goes to a gateway"));
        Assert.That(lines.Count(line => line.StartsWith("INF ", StringComparison.Ordinal) && line.Contains(" at=gateway ")), Is.EqualTo(Inputs));
        Assert.That(lines[^1], Does.StartWith($"END inputs={Inputs} local=0 gateway={Inputs} fallback=0 "));
    }

    /// <summary>
    /// The 32-bit CLR on Linux ran this firmware with the same model, kernel and heap. It had 64 596 bytes free before the kernel was made. The
    /// least that the collections of a run left was 27 168 to 37 548 bytes with the compiled kernel, and with tables 28 896 (the gateway did
    /// not answer) to 31 488.
    /// </summary>
    [TestCase("auto", 27_168, 37_548)]
    [TestCase("table", 28_896, 31_488)]
    public async Task TheFreeBytesAreThoseOfTheClr(string kernel, int clrLeast, int clrMost)
    {
        int brokerPort = Ports.Free(), httpPort = Ports.Free();
        Directory.CreateDirectory(Path.Combine(_folder, "models"));
        File.WriteAllBytes(Path.Combine(_folder, "models", "gestures.crime"), s_gestures);
        await using GatewayProcess gateway = GatewayProcess.Start(
            $"--Broker:Port={brokerPort}", $"--Http:Port={httpPort}", $"--Models:Folder={Path.Combine(_folder, "models")}");
        await GatewayHttp.UntilHealthyAsync(httpPort);
        using Board board = StartBoard(s_gestures, 110_000, kernel, brokerPort, httpPort);
        List<string> lines = await ReadUntilAsync(board, "END ");
        string plan = lines.Single(line => line.StartsWith("memory: ", StringComparison.Ordinal));
        int free = int.Parse(plan.Split(' ').Single(word => word.StartsWith("free=", StringComparison.Ordinal))["free=".Length..]);
        Assert.That(free, Is.EqualTo(64_596).Within(5).Percent);
        Assert.That(board.LeastFreeHeapBytes, Is.InRange(clrLeast * 9 / 10, clrMost * 11 / 10));
    }

    /// <summary>Without any gateway; its share is left free all the same. The weights in code save 7 KB.</summary>
    [TestCase(98_000, "auto")]
    [TestCase(106_000, "table")]
    public async Task AKernelThatFitsComputesHere(int heapBytes, string kernel)
    {
        using Board board = StartBoard(s_gestures, heapBytes, kernel, Ports.Free(), Ports.Free());
        List<string> lines = await ReadUntilAsync(board, "END ");
        Assert.That(lines, Has.None.StartsWith("kernel: "));
        Assert.That(lines[^1], Does.StartWith($"END inputs={Inputs} local={Inputs} gateway=0 fallback=0 "));
        Assert.That(board.Crash, Is.Null);
    }
}
