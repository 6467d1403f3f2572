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
using Crime.VirtualBoard;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>A board whose heap does not hold a kernel: it says so, and sends every input away.</summary>
[NonParallelizable]
public sealed class HeapTests
{
    private const int Inputs = 4;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(40);

    private static readonly byte[] s_file = File.ReadAllBytes(Path.Combine(TestContext.CurrentContext.TestDirectory, "models", "gestures.crime"));

    private static readonly ModelFile s_model = ModelLoading.Parse(s_file, "gestures");

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

    private Board StartBoard(int heapBytes, string kernel, int brokerPort, int httpPort)
    {
        File.WriteAllBytes(Path.Combine(_folder, "inputs.recording"), RecordingWriter.Write(s_model, GestureGenerator.Generate(1, 6, Inputs).Test));
        File.WriteAllBytes(Path.Combine(_folder, "model.crime"), ModelContainer.BoardImage(s_file));
        File.WriteAllText(
            Path.Combine(_folder, "crime.cfg"),
            $"board.id=small\nwifi.ssid=test\nbroker.host=127.0.0.1\nbroker.port={brokerPort}\nhttp.host=127.0.0.1\nhttp.port={httpPort}\n"
            + $"model.name=gestures\nkernel={kernel}\n");
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

    /// <summary>At 20 000 bytes there is no room for the kernel, at 24 000 none for the mapping engine beside it.</summary>
    [TestCase(20_000)]
    [TestCase(24_000)]
    public async Task AKernelThatDoesNotFitSendsEveryInputAway(int heapBytes)
    {
        int brokerPort = Ports.Free(), httpPort = Ports.Free();
        Directory.CreateDirectory(Path.Combine(_folder, "models"));
        File.WriteAllBytes(Path.Combine(_folder, "models", "gestures.crime"), s_file);
        await using GatewayProcess gateway = GatewayProcess.Start(
            $"--Broker:Port={brokerPort}", $"--Http:Port={httpPort}", $"--Models:Folder={Path.Combine(_folder, "models")}");
        await GatewayHttp.UntilHealthyAsync(httpPort);
        using Board board = StartBoard(heapBytes, "table", brokerPort, httpPort);
        List<string> lines = await ReadUntilAsync(board, "END ");
        Assert.That(lines, Has.One.EqualTo("kernel: gestures does not fit the heap; every input goes to a gateway"));
        Assert.That(lines.Count(line => line.StartsWith("INF ", StringComparison.Ordinal) && line.Contains(" at=gateway ")), Is.EqualTo(Inputs));
        Assert.That(lines[^1], Does.StartWith($"END inputs={Inputs} local=0 gateway={Inputs} fallback=0 "));
    }

    /// <summary>The larger of these heaps with the weights in code, and a heap that is large enough, without any gateway.</summary>
    [TestCase(24_000, "auto")]
    [TestCase(30_000, "table")]
    public async Task AKernelThatFitsComputesHere(int heapBytes, string kernel)
    {
        using Board board = StartBoard(heapBytes, kernel, Ports.Free(), Ports.Free());
        List<string> lines = await ReadUntilAsync(board, "END ");
        Assert.That(lines, Has.None.StartsWith("kernel: "));
        Assert.That(lines[^1], Does.StartWith($"END inputs={Inputs} local={Inputs} gateway=0 fallback=0 "));
        Assert.That(board.Crash, Is.Null);
    }
}
