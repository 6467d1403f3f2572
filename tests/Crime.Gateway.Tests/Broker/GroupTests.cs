using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Tests.Running;
using Crime.Model;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Broker;

/// <summary>Several gateway processes in one group behind a real Mosquitto.</summary>
public sealed class GroupTests
{
    private const string Group = "hall";
    private const int BoardCount = 16;
    private const int TimeoutMs = 300;
    private const int AnswerCount = 200;

    private ModelFolder _models = null!;
    private ModelFile _model = null!;
    private Mosquitto _broker = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _models = new ModelFolder(("features.crime", TestModels.Features));
        _model = TestModels.Parse(TestModels.Features);
        _broker = await Mosquitto.StartAsync(Ports.Free());
    }

    [TearDown]
    public async Task StopAsync()
    {
        if (_broker != null) await _broker.DisposeAsync();
        _models.Dispose();
    }

    [Test]
    public async Task BoardsSeeOneGatewayWithTheWorkersOfAllWhoeverSpeaksForThem()
    {
        await using TestBoard board = await (await TestBoard.ConnectAsync(_broker.Port)).WatchStatusAsync();
        int httpPort = Ports.Free();
        StatusFrame alone, pair;
        await using (GatewayProcess first = Member("a", httpPort, workerCount: 1))
        {
            alone = await board.StatusAsync(status => status.Online && status.Workers == 1 && status.ModelCount == 1);
            await using GatewayProcess second = Member("b", Ports.Free(), workerCount: 2);
            pair = await board.StatusAsync(status => status.Workers == 3);
            Assert.That((pair.Session, pair.HttpPort, pair.Capacity), Is.EqualTo((alone.Session, httpPort, 2 * alone.Capacity)));
            // The second member may publish once as if it were alone, until it receives the status of the first.
            pair = await board.StatusAsync(status => status.Workers == 3 && status.Sequence > pair.Sequence);

            // The one that speaks dies; the other goes on as the same gateway, and its numbers go on.
            first.Kill();
            StatusFrame left = await board.StatusAsync(status => status.Workers == 2);
            Assert.That(left.Session, Is.EqualTo(pair.Session));
            Assert.That(left.Sequence, Is.GreaterThan(pair.Sequence));
            second.Terminate();
            Assert.That((await board.StatusAsync(status => !status.Online)).Session, Is.EqualTo(pair.Session));
        }
    }

    [Test]
    public async Task AMemberKilledUnderLoadCostsNoInputItsResult()
    {
        int[] httpPorts = [Ports.Free(), Ports.Free()];
        await using GatewayProcess first = Member("a", httpPorts[0]);
        await using GatewayProcess second = Member("b", httpPorts[1]);
        await using TestBoard watcher = await (await TestBoard.ConnectAsync(_broker.Port, "watcher")).WatchStatusAsync();
        await watcher.StatusAsync(status => status.Workers == 2);
        foreach (int port in httpPorts) await GatewayHttp.UntilHealthyAsync(port);

        var load = new GroupLoad(_model);
        Task[] boards = Enumerable.Range(0, BoardCount).Select(i => load.RunAsync(_broker.Port, $"board-{i}")).ToArray();
        await Deadline.UntilAsync(
            async () => (await Task.WhenAll(httpPorts.Select(port => GatewayHttp.CounterAsync(port, "answered")))).All(count => count >= AnswerCount), "both serve");
        first.Kill();
        long atKill = load.AnsweredCount;
        await Deadline.UntilAsync(() => load.AnsweredCount >= atKill + AnswerCount, "the other member serves the boards");
        load.End();
        await Task.WhenAll(boards);

        Assert.That(load.Results.Values, Is.All.EqualTo(1), "exactly one result per input");
        Assert.That(load.Results, Has.Count.EqualTo(load.InputCount));
        Assert.That(load.WrongCount, Is.Zero);
        TestContext.Out.WriteLine($"{load.InputCount} inputs, {load.FallbackCount} back on the board, {load.LateCount} late answers dropped");
    }

    private GatewayProcess Member(string id, int httpPort, int workerCount = 1) => GatewayProcess.Start(
        "--Broker:Mode=external", "--Broker:Host=127.0.0.1", $"--Broker:Port={_broker.Port}", $"--Http:Port={httpPort}",
        $"--Models:Folder={_models.Path}", $"--Node:Id={id}", $"--Node:Group={Group}", $"--Workers:Count={workerCount}", "--Status:HeartbeatMs=300");

    /// <summary>Boards that keep to the rules of the real one: a time-out of their own, then the board's result; late answers are dropped.</summary>
    private sealed class GroupLoad(ModelFile model)
    {
        private long _answered;
        private int _fallbacks;
        private int _late;
        private int _wrong;
        private int _inputs;
        private volatile bool _isOver;

        /// <summary>Results by input.</summary>
        public ConcurrentDictionary<string, int> Results { get; } = new();

        public long AnsweredCount => Interlocked.Read(ref _answered);

        public int FallbackCount => _fallbacks;

        public int LateCount => _late;

        public int WrongCount => _wrong;

        public int InputCount => _inputs;

        public void End() => _isOver = true;

        public async Task RunAsync(int port, string id)
        {
            await using TestBoard board = await TestBoard.ConnectAsync(port, id);
            var expected = new Gateway.Inference.FloatNetwork(new Gateway.Inference.FloatModel(model));
            var logits = new float[model.ClassCount];
            while (!_isOver)
            {
                RequestFrame request = board.Request(model, 10 + Random.Shared.Next(20), budgetUs: TimeoutMs * 1000);
                Interlocked.Increment(ref _inputs);
                await board.SendUnacknowledgedAsync(request, Group);
                ResponseFrame? answer = await AwaitAsync(board, request);
                bool isAnswered = answer?.Code == ResponseCode.Ok;
                if (isAnswered) Interlocked.Increment(ref _answered);
                else Interlocked.Increment(ref _fallbacks);
                int label = expected.Run(request.Values, request.FractionBits, logits);
                if (isAnswered && answer!.Label != label) Interlocked.Increment(ref _wrong);
                Results.AddOrUpdate($"{id}/{request.Sequence}", 1, (_, count) => count + 1);
            }
            while (await board.ResponseWithinAsync(2 * TimeoutMs) != null) Interlocked.Increment(ref _late);
        }

        private async Task<ResponseFrame?> AwaitAsync(TestBoard board, RequestFrame request)
        {
            var waited = Stopwatch.StartNew();
            while (waited.ElapsedMilliseconds < TimeoutMs)
            {
                ResponseFrame? answer = await board.ResponseWithinAsync(TimeoutMs);
                if (answer == null) return null;
                if (answer.Sequence == request.Sequence) return answer;
                Interlocked.Increment(ref _late);
            }
            return null;
        }
    }
}
