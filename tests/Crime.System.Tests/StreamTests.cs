using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Boards;
using Crime.Frames;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Modelling.Import;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Ranges;
using Crime.VirtualBoard;
using Crime.VirtualBoard.Boards;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>
/// Inputs that come timestep by timestep: a virtual board, a real gateway process, real TCP. A board keeps up if there is time, so it runs alone.
/// </summary>
public sealed class StreamTests
{
    private const string GatewayId = "gw";
    private const int Inputs = 6;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    /// <summary>The bundled network, made for longer inputs: what is left of a stream is then dear enough on any machine.</summary>
    private static readonly byte[] s_file = MakeModel();

    /// <summary>An ESP32 with the slow image: a step of the table-driven kernel takes it more than three milliseconds.</summary>
    private static readonly BoardProfile s_profile = BoardProfile.Bundled("esp32-devkitc").With("cpu_us_per_il", 0.45);

    private static readonly ModelFile s_model = ModelLoading.Parse(s_file, "gestures");

    private CancellationTokenSource _cancellation = new();
    private string _folder = "";
    private int _httpPort;

    private static byte[] MakeModel()
    {
        TrainedModel trained = PyTorchImporter.Load(Path.Combine(TestContext.CurrentContext.TestDirectory, "assets", "gestures.safetensors"));
        Calibration calibration = Calibration.Measure(ModelLoading.FloatOnly(trained), GestureGenerator.Generate(1, 60, 1));
        return TestModels.Write(trained, calibration: calibration with { LongestLength = 480 });
    }

    /// <summary>A gesture of each kind, again and again up to a length.</summary>
    private static LabelledSequence[] Streams(int length, int count = Inputs) => GestureGenerator.Generate(1, 6, 60).Test
        .DistinctBy(gesture => gesture.Label).Take(count)
        .Select((gesture, i) => new LabelledSequence(
            i, gesture.Label, length, Enumerable.Range(0, 3 * length).Select(k => gesture.Features[k % gesture.Features.Length]).ToArray(), []))
        .ToArray();

    [SetUp]
    public void MakeFolder()
    {
        _cancellation = new CancellationTokenSource(s_limit);
        _folder = Checkout.NewFolder();
        _httpPort = Ports.Free();
        Directory.CreateDirectory(Path.Combine(_folder, "models"));
        File.WriteAllBytes(Path.Combine(_folder, "models", "gestures.crime"), s_file);
    }

    [TearDown]
    public void Stop() => _cancellation.Dispose();

    private async Task<GatewayProcess> StartGatewayAsync(params string[] options)
    {
        GatewayProcess gateway = GatewayProcess.Start(
            [$"--Node:Id={GatewayId}", $"--Http:Port={_httpPort}", $"--Models:Folder={Path.Combine(_folder, "models")}", .. options]);
        await GatewayHttp.UntilHealthyAsync(_httpPort);
        return gateway;
    }

    private Board StartBoard(int brokerPort, IReadOnlyList<LabelledSequence> inputs, string mapping, int timestepMs, string objective, int farMs)
    {
        string flash = Directory.CreateDirectory(Path.Combine(_folder, Guid.NewGuid().ToString("n"))).FullName;
        File.WriteAllBytes(Path.Combine(flash, "inputs.recording"), RecordingWriter.Write(s_model, inputs));
        File.WriteAllBytes(Path.Combine(flash, "model.crime"), ModelContainer.BoardImage(s_file));
        File.WriteAllText(
            Path.Combine(flash, "crime.cfg"),
            $"board.id=streamer\nwifi.ssid=test\nbroker.host=127.0.0.1\nbroker.port={brokerPort}\nhttp.port=0\nkernel=table\n"
            + $"mapping={mapping}\nobjective={objective}\nwait-for-link-ms=30000\ninputs.timestep-ms={timestepMs}\n");
        var board = new Board(new BoardOptions { Profile = s_profile, FlashFolder = flash, Link = new LinkConditions { ExtraDelayMs = farMs } });
        board.Start();
        return board;
    }

    private async Task<List<Reading>> ReadingsAsync(Board board)
    {
        var readings = new List<Reading>();
        await foreach (string line in board.Serial.Lines.ReadAllAsync(_cancellation.Token))
        {
            TestContext.Out.WriteLine(line);
            if (Reading.Parse(line) is { } reading) readings.Add(reading);
            if (ReadingTotals.IsEnd(line)) return readings;
        }
        Assert.Fail($"the board ended: {board.Crash}");
        return readings;
    }

    private async Task<List<Reading>> RunAsync(
        int brokerPort, IReadOnlyList<LabelledSequence> inputs, string mapping, int timestepMs, string objective = "time", int farMs = 0,
        int offloadsReported = 0)
    {
        using Board board = StartBoard(brokerPort, inputs, mapping, timestepMs, objective, farMs);
        List<Reading> readings = await ReadingsAsync(board);
        // The last records leave with a ping, a second after the last request.
        if (offloadsReported > 0)
        {
            await Deadline.UntilAsync(
                async () => await GatewayHttp.CounterAsync(_httpPort, "telemetry_gateway") == offloadsReported, $"{offloadsReported} records at the gateway");
        }
        Assert.That(board.Crash, Is.Null);
        Assert.That(readings.Select(reading => reading.Input), Is.EqualTo(Enumerable.Range(0, inputs.Count)), "one result per input");
        return readings;
    }

    [Test]
    public async Task ABoardThatFallsBehindHandsOffAndTheResultIsTheGateways()
    {
        int brokerPort = Ports.Free();
        await using GatewayProcess gateway = await StartGatewayAsync($"--Broker:Port={brokerPort}");
        LabelledSequence[] inputs = Streams(400);
        List<Reading> whole = await RunAsync(brokerPort, inputs, "gateway", timestepMs: 0, offloadsReported: Inputs);
        Assert.That(whole, Has.All.Matches<Reading>(reading => reading is { Target: "gateway", Done: 0 }));

        List<Reading> streamed = await RunAsync(brokerPort, inputs, "auto", timestepMs: 1, offloadsReported: 2 * Inputs);
        Assert.That(streamed, Has.All.Matches<Reading>(reading => reading is { Target: "gateway", Done: > 0 and < 400, Length: 400, EnergyMj: > 0 }));
        Assert.That(streamed.Select(reading => reading.ClassIndex), Is.EqualTo(whole.Select(reading => reading.ClassIndex)));
        Assert.That(whole.Select(reading => reading.ClassIndex).Distinct().Count(), Is.GreaterThan(3), "or it would say nothing");
    }

    [Test]
    public async Task AGatewayKilledAfterTheHandOffCostsNoResult()
    {
        LabelledSequence[] inputs = Streams(400, 2);
        await using TestBroker broker = await TestBroker.StartAsync();
        List<Reading> alone = await RunAsync(broker.Port, inputs, "local", timestepMs: 0);

        var handOff = new TaskCompletionSource<RequestFrame>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using GatewayProcess gateway = await StartGatewayAsync("--Broker:Mode=external", "--Broker:Host=127.0.0.1", $"--Broker:Port={broker.Port}");
        broker.Server.InterceptingPublishAsync += async e =>
        {
            var request = new RequestFrame();
            if (!Topics.IsRequest(e.ApplicationMessage.Topic, GatewayId, out _)) return;
            if (request.Decode(e.ApplicationMessage.Payload.ToArray()) != FrameError.None || request.StateCount == 0) return;
            // It is on its way, and nobody will read it.
            gateway.Kill();
            await gateway.EndAsync();
            handOff.TrySetResult(request);
        };
        List<Reading> streamed = await RunAsync(broker.Port, inputs, "auto", timestepMs: 1);
        Assert.That(handOff.Task.IsCompletedSuccessfully, Is.True, "nothing was handed off");
        RequestFrame sent = await handOff.Task;
        Assert.That(
            (streamed[0].Target, streamed[0].Done, streamed[0].Length), Is.EqualTo(("fallback", 400 - sent.Length, 400)), "the board went on from its own state");
        Assert.That((streamed[1].Target, streamed[1].Done), Is.EqualTo(("local", 0)));
        Assert.That(streamed.Select(reading => reading.ClassIndex), Is.EqualTo(alone.Select(reading => reading.ClassIndex)));
    }

    [Test]
    public async Task ABoardThatKeepsUpNeverHandsOff()
    {
        int brokerPort = Ports.Free();
        await using GatewayProcess gateway = await StartGatewayAsync($"--Broker:Port={brokerPort}");
        LabelledSequence[] inputs = Streams(150, 2);
        // The last step alone is computed sooner than it is sent so far.
        const int farMs = 20;
        List<Reading> whole = await RunAsync(brokerPort, inputs, "auto", timestepMs: 0, farMs: farMs);
        Assert.That(whole.Select(reading => reading.Target), Has.All.EqualTo("gateway"), "whole inputs are for the gateway");
        long requests = await GatewayHttp.CounterAsync(_httpPort, "requests");

        List<Reading> streamed = await RunAsync(brokerPort, inputs, "auto", timestepMs: 40, farMs: farMs);
        Assert.That(streamed, Has.All.Matches<Reading>(reading => reading is { Target: "local", Done: 0, TimeMs: >= 149 * 40 }));
        Assert.That(await GatewayHttp.CounterAsync(_httpPort, "requests"), Is.EqualTo(requests));
    }

    /// <summary>With energy in mind a board may wait for all of an input rather than compute what is here: then nothing has to be handed off.</summary>
    [Test]
    public async Task ABoardThatSavesEnergyHoldsWhatIsCheaperToSendWhole()
    {
        int brokerPort = Ports.Free();
        await using GatewayProcess gateway = await StartGatewayAsync($"--Broker:Port={brokerPort}");
        List<Reading> readings = await RunAsync(brokerPort, Streams(400, 2), "auto", timestepMs: 8, objective: "energy");
        Assert.That(readings, Has.All.Matches<Reading>(reading => reading is { Target: "gateway", Done: 0, Length: 400, TimeMs: >= 399 * 8 }));
    }
}
