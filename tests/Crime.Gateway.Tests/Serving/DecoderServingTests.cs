using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Broker;
using Crime.Gateway.Counting;
using Crime.Gateway.Inference;
using Crime.Gateway.Models;
using Crime.Gateway.Serving;
using Crime.Gateway.Tests.Running;
using Crime.Model;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Serving;

/// <summary>Networks that write, over real TCP.</summary>
public sealed class DecoderServingTests
{
    private static readonly byte[] s_plain = TestDecoders.Write(TestDecoders.Make(CellKind.Lstm, AttentionKind.None, seed: 3, scale: 1.5));
    private static readonly byte[] s_attentive = TestDecoders.Write(TestDecoders.Make(CellKind.Gru, AttentionKind.Bahdanau, seed: 5, beam: 4, scale: 1.5));

    private ModelFolder _models = null!;
    private RunningGateway _gateway = null!;
    private TestBoard _board = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _models = new ModelFolder(("plain.crime", s_plain), ("attentive.crime", s_attentive), ("tokens.crime", TestModels.Tokens));
        _gateway = await RunningGateway.StartAsync(RunningGateway.Options(_models.Path));
        _board = await TestBoard.ConnectAsync(_gateway.BrokerPort);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _board.DisposeAsync();
        await _gateway.DisposeAsync();
        _models.Dispose();
    }

    [Test]
    public async Task AnAnswerCarriesTheOutput([Values] bool isAttentive)
    {
        ModelFile model = TestModels.Parse(isAttentive ? s_attentive : s_plain);
        var engine = new FloatNetwork(new FloatModel(model));
        int tokens = 0;
        for (int length = 1; length < 30; length += 4)
        {
            RequestFrame request = _board.Request(model, length);
            int label = engine.Run(request.Values, 0, new float[model.ClassCount]);
            ResponseFrame response = await _board.AskAsync(request);
            Assert.That((response.Code, response.Label, response.ClassCount), Is.EqualTo((ResponseCode.Ok, label, model.ClassCount)));
            Assert.That(response.LabelCount == 0 ? [] : response.Labels.Take(response.LabelCount), Is.EqualTo(engine.Tokens.ToArray()));
            tokens += response.LabelCount;
        }
        Assert.That(tokens, Is.GreaterThan(0));
        // The object of a request serves other models afterwards.
        ResponseFrame plain = await _board.AskAsync(_board.Request(TestModels.Parse(TestModels.Tokens), 5));
        Assert.That((plain.Code, plain.LabelCount), Is.EqualTo((ResponseCode.Ok, 0)));
    }

    [Test]
    public async Task PartsOfAnOutputComeBeforeItsAnswerWhereABoardAsks()
    {
        ModelFile model = TestModels.Parse(s_plain);
        int parts = 0;
        for (int length = 1; length < 30; length += 2)
        {
            (PartialFrame[] frames, ResponseFrame response) = await _board.AskForPartsAsync(_board.Request(model, length));
            Assert.That((response.Code, response.Sequence & PartialFrame.AskingBit), Is.EqualTo((ResponseCode.Ok, PartialFrame.AskingBit)));
            Assert.That(frames.Select(frame => (frame.Session, frame.Sequence)), Is.All.EqualTo((response.Session, response.Sequence)));
            int first = 0;
            foreach (PartialFrame frame in frames)
            {
                Assert.That(frame.First, Is.EqualTo(first), "each goes on where the one before ended");
                Assert.That(frame.Tokens.Take(frame.Count), Is.EqualTo(response.Labels.Skip(first).Take(frame.Count)));
                first += frame.Count;
            }
            if (response.LabelCount > 1) Assert.That(frames, Is.Not.Empty, "the first token does not wait");
            parts += frames.Length;
        }
        Assert.That(parts, Is.GreaterThan(0));
    }

    [Test]
    public async Task ABeamAPassedOnRequestAndAnotherModelHaveNoParts()
    {
        (PartialFrame[] beam, ResponseFrame response) = await _board.AskForPartsAsync(_board.Request(TestModels.Parse(s_attentive), 20));
        Assert.That((beam, response.Code), Is.EqualTo((Array.Empty<PartialFrame>(), ResponseCode.Ok)));
        (PartialFrame[] plain, response) = await _board.AskForPartsAsync(_board.Request(TestModels.Parse(TestModels.Tokens), 5));
        Assert.That((plain, response.Code), Is.EqualTo((Array.Empty<PartialFrame>(), ResponseCode.Ok)));
        RequestFrame relayed = _board.Request(TestModels.Parse(s_plain), 20);
        relayed.VisitedCount = 1;
        relayed.Visited[0] = 5;
        (PartialFrame[] passedOn, response) = await _board.AskForPartsAsync(relayed);
        Assert.That((passedOn, response.Code), Is.EqualTo((Array.Empty<PartialFrame>(), ResponseCode.Ok)));
    }

    [Test]
    public void PartsAreBoundedInRateAndNumberAndEndWithACancellation()
    {
        using var counters = new GatewayCounters();
        var path = new KeptPath();
        var outbox = new Outbox(counters, path);
        var time = new ManualTime();
        var partials = new PartialAnswers(outbox, time);
        BoardRequest Request(uint sequence) => new() { Reply = new ReplyAddress("board", isGroup: false), Frame = { Session = 1, Sequence = sequence } };
        var model = new FloatModel(TestModels.Parse(s_plain));
        Assert.That(partials.Begin(Request(1), model), Is.Null, "a board that does not ask");
        BoardRequest request = Request(PartialFrame.AskingBit + 2);
        PartialAnswer part = partials.Begin(request, model)!;
        for (int k = 0; k < 10; k++) part.Add(1);
        Assert.That(path.Frames.Select(frame => frame.Count), Is.EqualTo(new[] { 1 }), "the first token at once, then none before its time");
        for (int k = 0; k < 254; k++) part.Add(2);
        Assert.That(path.Frames.Select(frame => (frame.First, frame.Count)), Is.EqualTo(new[] { (0, 1), (1, PartialFrame.MaxTokens) }), "a full frame");
        for (int k = 0; k < 500; k++)
        {
            time.AdvanceUs(PartialAnswers.IntervalUs);
            part.Add(3);
        }
        Assert.That(path.Frames, Has.Count.EqualTo(PartialFrame.MaxFrames));
        BoardRequest cancelled = Request(PartialFrame.AskingBit + 3);
        part = partials.Begin(cancelled, model)!;
        part.Add(1);
        partials.Cancel(one => one == cancelled);
        time.AdvanceUs(1_000_000);
        part.Add(1);
        Assert.That(path.Frames, Has.Count.EqualTo(PartialFrame.MaxFrames + 1), "nothing after the cancellation");
        partials.End(part);
    }

    /// <summary>Keeps the frames that would be sent.</summary>
    private sealed class KeptPath : IDirectPath
    {
        public List<PartialFrame> Frames { get; } = [];

        public int StatusListenerCount => 0;

        public bool HasBoardListeners => false;

        public bool TrySend(string topic, byte[] payload)
        {
            var frame = new PartialFrame();
            Assert.That((topic, frame.Decode(payload)), Is.EqualTo((Topics.Response("board"), FrameError.None)));
            Frames.Add(frame);
            return true;
        }
    }

    [Test]
    public async Task ARequestThatCannotBeReadyInTimeIsRefused()
    {
        // The budget is one microsecond, and the price of an output is more.
        ResponseFrame response = await _board.AskAsync(_board.Request(TestModels.Parse(s_attentive), 60, budgetUs: 1));
        Assert.That(response.Code, Is.EqualTo(ResponseCode.TooLate));
    }

    [Test]
    public async Task ABoardHandsOverWhereNoTimestepIsReadTwice()
    {
        // A model of boards has a state; these two are for gateways only, so none is taken.
        RequestFrame request = _board.Request(TestModels.Parse(s_attentive), 5);
        request.State = new short[6];
        request.StateCount = 6;
        Assert.That((await _board.AskAsync(request)).Code, Is.EqualTo(ResponseCode.WrongInput));
    }

    [Test]
    public void ThePriceContainsTheExpectedOutput()
    {
        // The same network with outputs of twenty steps a timestep and of a twentieth: the price follows, whatever random tokens would make it write.
        double Price(double gamma)
        {
            TrainedModelWithLength(gamma, out FloatModel model);
            return ModelCalibration.Measure(model).AloneUs(40);
        }
        Assert.That(Price(20), Is.GreaterThan(4 * Price(0.05)));
    }

    private static void TrainedModelWithLength(double gamma, out FloatModel model)
    {
        var made = TestDecoders.Make(CellKind.Lstm, AttentionKind.None, longest: 1000);
        model = new FloatModel(TestModels.Parse(TestDecoders.Write(made.WithDecoder(made.Decoder! with { Length = made.Decoder.Length with { Gamma = gamma } }))));
    }
}
