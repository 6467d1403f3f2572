using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Binary;
using Crime.Costs;
using Crime.Firmware.Energy;
using Crime.Firmware.Inference;
using Crime.Firmware.Kernel;
using Crime.Firmware.Offload;
using Crime.Firmware.Settings;
using Crime.Firmware.Terminal;
using Crime.Frames;
using Crime.Mapping;
using Crime.Model;
using Crime.Shared.Tests.Model;
using Crime.VirtualBoard.Tests.Duty;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Inference;

/// <summary>A stream that begins on a board and ends at a gateway that computes in fixed point as well: nothing tells where it was cut.</summary>
public sealed class HandOffTests
{
    private const int Length = 60;
    private const int Done = 23;
    private const int WaitMs = 20_000;

    private static readonly ModelFile s_model = Read(TestModels.Write(TestModels.Make(3, [(CellKind.Lstm, 9), (CellKind.Gru, 5)], 4, seed: 3)));

    [TestCase(MappingMode.Gateway, Target.Gateway)]
    [TestCase(MappingMode.Local, Target.Local)]
    public async Task TheResultIsThatOfTheWholeStream(MappingMode mode, Target expected)
    {
        short[] values = Enumerable.Range(0, Length * s_model.ValuesPerStep).Select(i => (short)(8000 * Math.Sin(0.7 * i))).ToArray();
        var whole = new NetworkKernel(s_model);
        whole.Advance(values, 0, Length);
        int label = whole.Classify();
        var behind = new NetworkKernel(s_model);
        RequestFrame? request = null;
        await using AnsweringGateway gateway = await AnsweringGateway.StartAsync(s_model.Id, asked =>
        {
            request = asked;
            return Finish(behind, asked);
        });

        using Board board = TestBoards.Make();
        var result = new InferenceResult();
        TestBoards.Run(board, () => Stream(gateway.Port, mode, values, result));
        Assert.That((result.Target, result.Label, result.Length), Is.EqualTo((expected, label, Length)));
        if (mode == MappingMode.Local)
        {
            Assert.That(request, Is.Null);
            return;
        }
        Assert.That((request!.Length, request.StateCount), Is.EqualTo((Length - Done, 2 * 9 + 5)));
        Assert.That(request.Values.Take(request.ValueCount), Is.EqualTo(values.Skip(Done * s_model.ValuesPerStep)));
        Assert.That(behind.Logits, Is.EqualTo(whole.Logits));
        for (int layer = 0; layer < 2; layer++)
        {
            Assert.That(behind.State.Layers[layer].Hidden, Is.EqualTo(whole.State.Layers[layer].Hidden));
            Assert.That(behind.State.Layers[layer].Cell, Is.EqualTo(whole.State.Layers[layer].Cell));
        }
    }

    /// <summary>What a gateway does that has the board's own kernel.</summary>
    private static int Finish(NetworkKernel kernel, RequestFrame request)
    {
        var bytes = new byte[2 * request.StateCount];
        for (int i = 0; i < request.StateCount; i++) LittleEndian.WriteInt16(bytes, 2 * i, request.State[i]);
        if (!kernel.State.Import(bytes, 0)) return -1;
        kernel.Advance(request.Values, 0, request.Length);
        return kernel.Classify();
    }

    private static void Stream(int port, MappingMode mode, short[] values, InferenceResult result)
    {
        var settings = new BoardSettings { BoardId = "streamer", WifiSsid = "x", BrokerHost = "127.0.0.1", BrokerPort = port, TimeoutMaxMs = WaitMs, TimeoutMarginMs = WaitMs };
        var console = new SerialConsole(settings.ConsolePort, settings.ConsoleBaud, settings.ConsoleTxPin, settings.ConsoleRxPin);
        var offloader = new Offloader(settings, session: 5);
        var connection = new BrokerConnection(settings, console, offloader, offloader.Counters);
        var link = new LinkKeeper(settings, console, connection, session: 5, firmwareVersion: 1);
        var kernel = new NetworkKernel(s_model);
        var engine = new MappingEngine(
            new EngineSetup { ModelId = s_model.Id, LongestLength = Length, LocalTime = new CostLine(1_000_000, 100), BytesPerStep = 6, Power = settings.Power() },
            NodeKey.Of(settings.BoardId));
        offloader.Use(s_model, engine);
        link.Use(s_model.Id, engine);
        link.Start();
        var runner = new InferenceRunner(offloader, connection, MeterFactory.Create(settings, console)) { Mode = mode };
        runner.Use(kernel, engine);
        for (int waitedMs = 0; !engine.HasUsableGateway(Crime.Firmware.Clock.NowUs()) && waitedMs < WaitMs; waitedMs += 20) Thread.Sleep(20);

        runner.Begin();
        runner.Advance(values, 0, 10);
        runner.Advance(values, 10, Done - 10);
        runner.HandOff(values, Done, Length, result);
    }

    private static ModelFile Read(byte[] bytes)
    {
        Assert.That(ModelReader.TryRead(bytes, out ModelFile model), Is.EqualTo(ModelError.None));
        return model;
    }
}
