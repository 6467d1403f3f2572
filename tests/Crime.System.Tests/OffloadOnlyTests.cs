using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Gateway.Inference;
using Crime.Gateway.Models;
using Crime.Gateway.Tests.Running;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Shared.Tests.Model;
using Crime.VirtualBoard;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>A network that reads both ways, which no board can run: a real gateway process, a virtual board, real TCP.</summary>
[NonParallelizable]
public sealed class OffloadOnlyTests
{
    private const int Inputs = 6;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private static readonly TrainedModel s_trained = TestModels.Make(
        3, [(CellKind.Gru, 8)], GestureGenerator.ClassNames.Count, name: "both", classNames: [.. GestureGenerator.ClassNames], direction: Direction.Both);

    private static readonly byte[] s_file = ModelFileWriter.Write(s_trained, quantised: null);

    private static readonly ModelFile s_model = ModelLoading.Parse(s_file, "both");

    private static readonly IReadOnlyList<LabelledSequence> s_sequences = GestureGenerator.Generate(1, 6, Inputs).Test;

    private CancellationTokenSource _cancellation = new();
    private string _folder = "";
    private int _brokerPort;
    private int _httpPort;

    [SetUp]
    public void MakeFolder()
    {
        _cancellation = new CancellationTokenSource(s_limit);
        _folder = CrimeCommand.NewFolder();
        (_brokerPort, _httpPort) = (Ports.Free(), Ports.Free());
        Directory.CreateDirectory(Path.Combine(_folder, "models"));
        File.WriteAllBytes(Path.Combine(_folder, "models", "both.crime"), s_file);
    }

    [TearDown]
    public void Stop() => _cancellation.Dispose();

    private async Task<GatewayProcess> StartGatewayAsync()
    {
        GatewayProcess gateway = GatewayProcess.Start(
            $"--Broker:Port={_brokerPort}", $"--Http:Port={_httpPort}", $"--Models:Folder={Path.Combine(_folder, "models")}");
        await GatewayHttp.UntilHealthyAsync(_httpPort);
        return gateway;
    }

    private Board StartBoard(bool hasModel, string mapping, int intervalMs = 0)
    {
        string flash = Directory.CreateDirectory(Path.Combine(_folder, "flash")).FullName;
        File.WriteAllBytes(Path.Combine(flash, "inputs.recording"), RecordingWriter.Write(s_model, s_sequences));
        if (hasModel) File.WriteAllBytes(Path.Combine(flash, "model.crime"), ModelContainer.BoardImage(s_file));
        File.WriteAllText(
            Path.Combine(flash, "crime.cfg"),
            $"board.id=lone\nwifi.ssid=test\nbroker.host=127.0.0.1\nbroker.port={_brokerPort}\nhttp.host=127.0.0.1\nhttp.port={_httpPort}\n"
            + $"model.name=both\nmapping={mapping}\nwait-for-link-ms=500\ninputs.interval-ms={intervalMs}\n");
        var board = new Board(new BoardOptions { Profile = BoardProfile.Bundled("esp32-devkitc"), FlashFolder = flash });
        board.Start();
        return board;
    }

    /// <summary>Reads the console up to a line.</summary>
    private async Task<List<string>> ReadUntilAsync(Board board, string start)
    {
        var lines = new List<string>();
        do lines.Add(await board.Serial.Lines.ReadAsync(_cancellation.Token));
        while (!lines[^1].StartsWith(start, StringComparison.Ordinal));
        return lines;
    }

    private static void AssertEveryInputCameBackOnce(List<string> lines)
    {
        var network = new FloatNetwork(new FloatModel(s_model));
        var input = new ModelInput(s_model);
        string[] expected = s_sequences.Select((sequence, id) =>
        {
            int label = network.Run(input.Quantised(sequence), s_model.InputFractionBits, new float[s_model.ClassCount]);
            return $"INF id={id} len={sequence.Length} at=gateway class={label} ";
        }).ToArray();
        string[] found = lines.Where(line => line.StartsWith("INF ", StringComparison.Ordinal))
            .Select(line => line[..line.IndexOf("ms=", StringComparison.Ordinal)]).ToArray();
        Assert.That(found, Is.EqualTo(expected));
        Assert.That(lines[^1], Does.StartWith($"END inputs={Inputs} local=0 gateway={Inputs} fallback=0 "));
    }

    [TestCase("auto")]
    [TestCase("local")]
    public async Task ABoardFetchesTheModelAndSendsEveryInputAway(string mapping)
    {
        await using GatewayProcess gateway = await StartGatewayAsync();
        using Board board = StartBoard(hasModel: false, mapping);
        List<string> lines = await ReadUntilAsync(board, "END ");
        Assert.That(lines, Has.Some.EqualTo("kernel: both has no weights for boards; every input goes to a gateway"));
        AssertEveryInputCameBackOnce(lines);
    }

    [Test]
    public async Task WithoutAGatewayTheInputWaitsAndCommandsAreAnswered()
    {
        using Board board = StartBoard(hasModel: true, "auto");
        await ReadUntilAsync(board, "waiting: no gateway for both");
        long before = board.ExecutedIl;
        board.Serial.WriteLine("status");
        board.Serial.WriteLine("table");
        List<string> lines = await ReadUntilAsync(board, "table: len=");
        Assert.That(lines, Has.Some.StartsWith("status: inputs=0 local=0 "));
        Assert.That(lines[^1], Does.EndWith(" local=-"));
        await Task.Delay(1000);
        // A loop without pauses would execute some six million instructions a second.
        Assert.That(board.ExecutedIl - before, Is.LessThan(1_000_000), "instructions executed while waiting");

        await using GatewayProcess gateway = await StartGatewayAsync();
        lines = await ReadUntilAsync(board, "END ");
        AssertEveryInputCameBackOnce(lines);
    }

    [Test]
    public async Task AnInputUnderWayWhenTheGatewayDiesIsAnsweredByTheNextOne()
    {
        GatewayProcess first = await StartGatewayAsync();
        using Board board = StartBoard(hasModel: true, "auto", intervalMs: 500);
        List<string> lines = await ReadUntilAsync(board, "INF id=1 ");
        await first.DisposeAsync();
        lines.AddRange(await ReadUntilAsync(board, "waiting: "));
        await using GatewayProcess second = await StartGatewayAsync();
        lines.AddRange(await ReadUntilAsync(board, "END "));
        AssertEveryInputCameBackOnce(lines);
    }
}
