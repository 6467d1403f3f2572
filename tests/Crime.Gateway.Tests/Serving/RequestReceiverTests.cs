using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Broker;
using Crime.Gateway.Configuration;
using Crime.Gateway.Inference;
using Crime.Gateway.Models;
using Crime.Gateway.Serving;
using Crime.Gateway.Tests.Running;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Serving;

/// <summary>Admission with nobody computing and a clock that stands still: every number is exact.</summary>
public sealed class RequestReceiverTests
{
    private const int Capacity = 3;
    private const int AlphaUs = 100;
    private const int BetaUs = 1000;
    private const int Length = 10;
    private const int CostUs = BetaUs + AlphaUs * Length;

    private static readonly ReplyAddress s_board = new("board", isGroup: false);

    private ManualTime _time = null!;
    private GatewayCounters _counters = null!;
    private Outbox _outbox = null!;
    private RequestQueue _queue = null!;
    private GatewayGroup _group = null!;
    private LoadMeter _load = null!;
    private StatusPublisher _status = null!;
    private RequestReceiver _receiver = null!;
    private GatewayModel _model = null!;
    private uint _sequence;

    [SetUp]
    public void MakeReceiver()
    {
        _time = new ManualTime();
        _counters = new GatewayCounters();
        _outbox = new Outbox(_counters);
        _outbox.Open();
        _queue = new RequestQueue(Capacity);
        _group = new GatewayGroup(RunningGateway.Options(""), _time);
        _load = new LoadMeter(_queue, workerCount: 1, _group, _time);
        _model = new GatewayModel(
            "features", new FloatModel(TestModels.Parse(TestModels.Features)), image: null, new ServiceCost(AlphaUs, BetaUs));
        var models = new ModelRegistry([_model]);
        GatewayOptions options = RunningGateway.Options("");
        _status = new StatusPublisher(options, models, _queue, _load, _group, _outbox, _counters);
        _receiver = new RequestReceiver(models, _queue, _load, _status, _outbox, _counters, _time);
    }

    [TearDown]
    public void Dispose()
    {
        _status.Dispose();
        _counters.Dispose();
    }

    [Test]
    public void AFullQueueRefusesWithItsDepth()
    {
        for (int i = 0; i < Capacity; i++)
        {
            _receiver.Receive(s_board, Request().Encode());
            Assert.That(_queue.Depth, Is.EqualTo(i + 1));
        }
        Assert.That(_counters.QueueFull.Value, Is.Zero);

        RequestFrame tooMany = Request();
        _receiver.Receive(s_board, tooMany.Encode());
        ResponseFrame refusal = Response();
        Assert.That(refusal.Code, Is.EqualTo(ResponseCode.QueueFull));
        Assert.That((refusal.Session, refusal.Sequence), Is.EqualTo((tooMany.Session, tooMany.Sequence)));
        Assert.That(refusal.Depth, Is.EqualTo(Capacity));
        Assert.That(refusal.BacklogUs, Is.EqualTo(Capacity * CostUs));
        Assert.That(_queue.Depth, Is.EqualTo(Capacity));
    }

    [Test]
    public void APingIsAnsweredWhileTheQueueIsFull()
    {
        for (int i = 0; i < Capacity; i++) _receiver.Receive(s_board, Request().Encode());
        _receiver.Receive(s_board, new PingFrame { Session = 3, Sequence = 4 }.Encode());
        var pong = new PongFrame();
        OutgoingMessage sent = Sent()[0];
        Assert.That(sent.Topic, Is.EqualTo(Topics.Response("board")));
        Assert.That(pong.Decode(sent.Payload), Is.EqualTo(FrameError.None));
        Assert.That((pong.Session, pong.Sequence), Is.EqualTo((3u, 4u)));
        Assert.That((pong.Depth, pong.BacklogUs), Is.EqualTo((Capacity, (uint)(Capacity * CostUs))));
    }

    [TestCase(CostUs, 0, true)]
    [TestCase(CostUs - 1, 0, false)]
    [TestCase(2 * CostUs, 1, true)]
    [TestCase(2 * CostUs - 1, 1, false)]
    [TestCase(0, 2, true)]
    public void ABudgetMustHoldWaitAndService(int budgetUs, int waiting, bool isAdmitted)
    {
        _load.OnStarted(worker: 0, costUs: 0);
        // Those that wait are as urgent as can be: the new one has to stand behind them.
        for (int i = 1; i <= waiting; i++)
        {
            RequestFrame earlier = Request();
            earlier.BudgetUs = (uint)(i * CostUs);
            _receiver.Receive(s_board, earlier.Encode());
        }
        RequestFrame request = Request();
        request.BudgetUs = (uint)budgetUs;
        _receiver.Receive(s_board, request.Encode());
        Assert.That(_queue.Depth, Is.EqualTo(waiting + (isAdmitted ? 1 : 0)));
        if (!isAdmitted) Assert.That(Response().Code, Is.EqualTo(ResponseCode.TooLate));
    }

    [Test]
    public void OnlyAcceptedWorkCountsAsUtilisation()
    {
        for (int i = 0; i < 10 * Capacity; i++) _receiver.Receive(s_board, Request().Encode());
        Assert.That(_load.Utilisation, Is.EqualTo(StatusFrame.FullUtilisation * Capacity * CostUs / 1_000_000));
    }

    [Test]
    public void EveryRequestIsRefusedOnceTheGatewayStops()
    {
        _receiver.StopAccepting();
        _receiver.Receive(s_board, Request().Encode());
        Assert.That(Response().Code, Is.EqualTo(ResponseCode.Stopping));
        Assert.That(_queue.Depth, Is.Zero);
    }

    [Test]
    public void ARequestWhoseTimeRanOutInTheQueueIsRefusedUncomputed()
    {
        RequestFrame request = Request();
        request.BudgetUs = 2 * CostUs;
        _receiver.Receive(s_board, request.Encode());
        Assert.That(_queue.Depth, Is.EqualTo(1));
        _time.AdvanceUs(CostUs + 1);
        Work();
        ResponseFrame refusal = Response();
        Assert.That(refusal.Code, Is.EqualTo(ResponseCode.TooLate));
        Assert.That((refusal.WaitUs, refusal.ServiceUs), Is.EqualTo((CostUs + 1u, 0u)));
        Assert.That(_counters.Answered.Value, Is.Zero);
    }

    [Test]
    public void ARequestJustInTimeIsComputed()
    {
        RequestFrame request = Request();
        request.BudgetUs = 2 * CostUs;
        _receiver.Receive(s_board, request.Encode());
        _time.AdvanceUs(CostUs);
        Work();
        ResponseFrame answer = Response();
        Assert.That(answer.Code, Is.EqualTo(ResponseCode.Ok));
        Assert.That(answer.WaitUs, Is.EqualTo(CostUs));
        Assert.That((answer.Depth, answer.BacklogUs), Is.EqualTo((0, 0u)));
    }

    [Test]
    public void ClosedEarlierTheQueueIsAnsweredWithStopping()
    {
        _receiver.Receive(s_board, Request().Encode());
        _receiver.Receive(s_board, Request().Encode());
        var pool = new WorkerPool(_queue, _load, _status, _outbox, _counters, _time, NullLogger<WorkerPool>.Instance);
        _time.AdvanceUs(77);
        Assert.That(pool.Stop(drainMs: 0), Is.EqualTo(2));
        List<OutgoingMessage> sent = Sent();
        Assert.That(sent, Has.Count.EqualTo(2));
        foreach (OutgoingMessage message in sent)
        {
            var refusal = new ResponseFrame();
            Assert.That(refusal.Decode(message.Payload), Is.EqualTo(FrameError.None));
            Assert.That((refusal.Code, refusal.WaitUs), Is.EqualTo((ResponseCode.Stopping, 77u)));
        }
    }

    private RequestFrame Request() => new()
    {
        Session = 9,
        Sequence = ++_sequence,
        ModelId = _model.Id,
        Length = Length,
        ValuesPerStep = TestModels.Inputs,
        FractionBits = 12,
        Values = new short[Length * TestModels.Inputs],
    };

    /// <summary>A worker that serves what is queued, and ends.</summary>
    private void Work()
    {
        var worker = new InferenceWorker(
            0, _queue, _load, _status, new Responder(_load, _outbox, _counters), _counters, _time, NullLogger.Instance);
        var thread = new Thread(worker.Run);
        thread.Start();
        Deadline.UntilAsync(() => _counters.Answered.Value + _counters.TooLate.Value > 0, "an answer").Wait();
        _queue.Close();
        Assert.That(thread.Join(Deadline.Ms), Is.True);
    }

    private ResponseFrame Response()
    {
        List<OutgoingMessage> sent = Sent();
        Assert.That(sent, Has.Count.EqualTo(1));
        Assert.That(sent[0].Topic, Is.EqualTo(Topics.Response("board")));
        Assert.That(sent[0].IsRetained, Is.False);
        var response = new ResponseFrame();
        Assert.That(response.Decode(sent[0].Payload), Is.EqualTo(FrameError.None));
        return response;
    }

    /// <summary>Everything sent so far.</summary>
    private List<OutgoingMessage> Sent()
    {
        _outbox.Complete();
        return ReadAllAsync().GetAwaiter().GetResult();
    }

    private async Task<List<OutgoingMessage>> ReadAllAsync()
    {
        var all = new List<OutgoingMessage>();
        await foreach (OutgoingMessage message in _outbox.ReadAllAsync(CancellationToken.None)) all.Add(message);
        return all;
    }
}
