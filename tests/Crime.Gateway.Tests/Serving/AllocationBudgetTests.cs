using System;
using System.IO;
using System.Text.Json;
using System.Threading;
using Crime.Frames;
using Crime.Gateway.Boards;
using Crime.Gateway.Broker;
using Crime.Gateway.Configuration;
using Crime.Gateway.Core;
using Crime.Gateway.Core.Load;
using Crime.Gateway.Counting;
using Crime.Gateway.Inference;
using Crime.Gateway.Models;
using Crime.Gateway.Serving;
using Crime.Gateway.Signals;
using Crime.Gateway.Tests.Running;
using Crime.Gateway.Upstream;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Serving;

/// <summary>
/// tests/budgets/gateway.json: what a request may allocate on the gateway's own way from the received bytes to the answer. It is the
/// answer itself, which MQTTnet keeps until it is sent; a change must be meant, and is written down there.
/// </summary>
public sealed class AllocationBudgetTests
{
    private const int WarmCount = 2000;
    private const int MeasuredCount = 20_000;
    private const int AtATime = 200;
    private const int Rounds = 3;
    private const int MaxLength = 60;

    // The runtime's own threads allocate now and then; a byte per request is 20 000 in all.
    private const double NoiseBytes = 1;

    private int _answeredCount;

    [Test]
    public void ARequestAllocatesItsAnswerAndNothingElse()
    {
        using var counters = new GatewayCounters();
        var path = new CountingPath(() => Interlocked.Increment(ref _answeredCount));
        var outbox = new Outbox(counters, path);
        var pool = new RequestPool();
        using var signals = new DriverSignals(workerCount: 1);
        GatewayOptions options = RunningGateway.Options("");
        var model = new GatewayModel("m", new FloatModel(TestModels.Parse(TestModels.Features)), image: null, new ServiceCost(1, 20));
        var settings = new GatewaySettings
        {
            NodeId = "gateway", QueueCapacity = 1024, WorkerCount = 1, MinIntervalMs = 50, HeartbeatMs = 1000, Session = 1,
        };
        var core = new GatewayCore(
            settings, new ModelRegistry([model]), new CoreActions(outbox, counters, pool, signals, new UpstreamRoutes(options)));
        var results = new ResultReporter(new BoardList(counters), new ModelRegistry([model]), outbox, TimeProvider.System);
        var partials = new PartialAnswers(outbox, TimeProvider.System);
        var receiver = new RequestReceiver(core, pool, outbox, results, partials, counters, TimeProvider.System);
        var worker = new InferenceWorker(0, core, signals.Workers, counters, partials, TimeProvider.System, NullLogger.Instance);
        var thread = new Thread(worker.Run);
        byte[][] frames = Frames(model.Id);
        var reply = new ReplyAddress("board", isGroup: false);

        // As many pooled objects as can ever be under way, each grown to the longest request.
        for (int i = 0; i < AtATime; i++) receiver.Receive(reply, frames[0]);
        thread.Start();
        while (Volatile.Read(ref _answeredCount) < AtATime) Thread.Sleep(1);
        Ask(receiver, reply, frames, WarmCount);
        // Other threads of the process only add: the least of the rounds is the request's.
        double perRequest = double.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            Ask(receiver, reply, frames, MeasuredCount);
            perRequest = Math.Min(perRequest, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)MeasuredCount);
        }
        core.RefuseWaiting(0);
        signals.Workers.Open();
        Assert.That(thread.Join(Deadline.Ms), Is.True);
        TestContext.Out.WriteLine($"{perRequest:0.00} bytes per request, {(double)counters.Answered.Value / counters.Batches.Value:0.0} requests per batch");
        Assert.That(counters.Answered.Value, Is.EqualTo(AtATime + WarmCount + Rounds * MeasuredCount));
        Assert.That(perRequest, Is.EqualTo(Budget("own_bytes_per_request")).Within(NoiseBytes));
    }

    /// <summary>A number of the budget file.</summary>
    private static int Budget(string name)
    {
        string path = Path.Combine(TestContext.CurrentContext.TestDirectory, "budgets", "gateway.json");
        return JsonDocument.Parse(File.ReadAllText(path)).RootElement.GetProperty(name).GetInt32();
    }

    /// <summary>Requests of many lengths, the longest first: the pooled objects and the engine's memory have grown after the first round.</summary>
    private static byte[][] Frames(uint modelId)
    {
        var frames = new byte[MaxLength][];
        for (int i = 0; i < MaxLength; i++)
        {
            int length = MaxLength - i;
            frames[i] = new RequestFrame
            {
                ModelId = modelId,
                Length = length,
                ValuesPerStep = TestModels.Inputs,
                FractionBits = 12,
                Values = new short[length * TestModels.Inputs],
            }.Encode();
        }
        return frames;
    }

    private void Ask(RequestReceiver receiver, ReplyAddress reply, byte[][] frames, int count)
    {
        int target = Volatile.Read(ref _answeredCount);
        for (int i = 0; i < count; i++)
        {
            receiver.Receive(reply, frames[i % frames.Length]);
            while (i % AtATime == AtATime - 1 && Volatile.Read(ref _answeredCount) < target + i + 1) Thread.Sleep(1);
        }
    }

    private sealed class CountingPath(Func<int> count) : IDirectPath
    {
        public int StatusListenerCount => 0;

        public bool HasBoardListeners => false;

        public bool TrySend(string topic, byte[] payload) => count() > 0;
    }
}
