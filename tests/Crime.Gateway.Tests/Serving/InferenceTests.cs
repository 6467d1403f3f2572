using System;
using System.Buffers;
using System.Linq;
using System.Threading.Channels;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Inference;
using Crime.Gateway.Tests.Running;
using Crime.Model;
using MQTTnet;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Serving;

/// <summary>Requests over real TCP, answered by the real thing.</summary>
public sealed class InferenceTests
{
    private ModelFolder _models = null!;
    private RunningGateway _gateway = null!;
    private TestBoard _board = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _models = ModelFolder.Usual();
        _gateway = await RunningGateway.StartAsync(RunningGateway.Options(_models.Path, queueCapacity: 64));
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _gateway.DisposeAsync();
        _models.Dispose();
    }

    [SetUp]
    public async Task ConnectAsync() => _board = await TestBoard.ConnectAsync(_gateway.BrokerPort);

    [TearDown]
    public async Task DisconnectAsync() => await _board.DisposeAsync();

    [TestCase(nameof(TestModels.Features), 1)]
    [TestCase(nameof(TestModels.Features), 37)]
    [TestCase(nameof(TestModels.Features), FrameFormat.MaxLength)]
    [TestCase(nameof(TestModels.Tokens), 1)]
    [TestCase(nameof(TestModels.Tokens), 64)]
    public async Task AnAnswerIsWhatTheNetworkComputes(string modelName, int length)
    {
        ModelFile model = TestModels.Parse(modelName == nameof(TestModels.Features) ? TestModels.Features : TestModels.Tokens);
        RequestFrame request = _board.Request(model, length);
        var expected = new float[model.ClassCount];
        int label = new FloatNetwork(new FloatModel(model)).Run(request.Values, request.FractionBits, expected);

        ResponseFrame response = await _board.AskAsync(request);
        Assert.That(response.Code, Is.EqualTo(ResponseCode.Ok));
        Assert.That((response.Session, response.Sequence), Is.EqualTo((request.Session, request.Sequence)));
        Assert.That(response.Label, Is.EqualTo(label));
        Assert.That(response.ClassCount, Is.EqualTo(model.ClassCount));
        double scale = Math.Pow(2, response.FractionBits);
        for (int i = 0; i < expected.Length; i++) Assert.That(response.Logits[i] / scale, Is.EqualTo(expected[i]).Within(0.5 / scale));
        // One bit more, and the largest would no longer fit.
        Assert.That(response.FractionBits == 15 || expected.Max(MathF.Abs) * scale * 2 > short.MaxValue, Is.True);
        Assert.That(response.ServiceUs, Is.LessThan(Deadline.Ms * 1000));
    }

    [Test]
    public async Task TokensMayBeWrittenInSixteenBits()
    {
        ModelFile model = TestModels.Parse(TestModels.Tokens);
        RequestFrame request = _board.Request(model, 30);
        ResponseFrame narrow = await _board.AskAsync(request);
        request.Encoding = SequenceEncoding.Token16;
        ResponseFrame wide = await _board.AskAsync(request);
        Assert.That(wide.Logits.Take(wide.ClassCount), Is.EqualTo(narrow.Logits.Take(narrow.ClassCount)));
    }

    [Test]
    public async Task AnUnknownModelIsRefused()
    {
        RequestFrame request = _board.Request(TestModels.Parse(TestModels.Features), 5);
        request.ModelId ^= 1;
        Assert.That((await _board.AskAsync(request)).Code, Is.EqualTo(ResponseCode.UnknownModel));
    }

    [Test]
    public async Task AnInputThatDoesNotFitTheModelIsRefused()
    {
        ModelFile features = TestModels.Parse(TestModels.Features), tokens = TestModels.Parse(TestModels.Tokens);
        RequestFrame oneFeatureLess = _board.Request(features, 6);
        (oneFeatureLess.Length, oneFeatureLess.ValuesPerStep) = (9, 2);
        RequestFrame tokensForFeatures = _board.Request(tokens, 6);
        tokensForFeatures.ModelId = features.Id;
        RequestFrame featuresForTokens = _board.Request(tokens, 6);
        featuresForTokens.Encoding = SequenceEncoding.Int16;
        RequestFrame unknownToken = _board.Request(tokens, 6);
        unknownToken.Values[5] = TestModels.Vocabulary;
        RequestFrame highToken = _board.Request(tokens, 6);
        (highToken.Encoding, highToken.Values[0]) = (SequenceEncoding.Token16, -1);
        RequestFrame fractionOfATokens = _board.Request(tokens, 6);
        fractionOfATokens.FractionBits = 1;
        foreach (RequestFrame request in new[] { oneFeatureLess, tokensForFeatures, featuresForTokens, unknownToken, highToken, fractionOfATokens })
        {
            ResponseFrame refusal = await _board.AskAsync(request);
            Assert.That(refusal.Code, Is.EqualTo(ResponseCode.WrongInput));
            Assert.That(refusal.Sequence, Is.EqualTo(request.Sequence));
        }
        Assert.That((await _board.AskAsync(_board.Request(tokens, 6))).Code, Is.EqualTo(ResponseCode.Ok));
    }

    [Test]
    public async Task ABudgetThatCannotBeMetIsRefusedAtOnce()
    {
        RequestFrame request = _board.Request(TestModels.Parse(TestModels.Slow), FrameFormat.MaxLength, budgetUs: 1000);
        ResponseFrame refusal = await _board.AskAsync(request);
        Assert.That(refusal.Code, Is.EqualTo(ResponseCode.TooLate));
        Assert.That(refusal.ServiceUs, Is.Zero);
    }

    [Test]
    public async Task AnswersComeInOrderWithTheirIds()
    {
        ModelFile model = TestModels.Parse(TestModels.Features);
        RequestFrame[] requests = Enumerable.Range(1, 50).Select(length => _board.Request(model, length)).ToArray();
        foreach (RequestFrame request in requests) await _board.SendAsync(request);
        foreach (RequestFrame request in requests)
        {
            ResponseFrame response = await _board.ResponseAsync();
            Assert.That((response.Session, response.Sequence), Is.EqualTo((request.Session, request.Sequence)));
            Assert.That(response.Code, Is.EqualTo(ResponseCode.Ok));
        }
    }

    [Test]
    public async Task EachBoardGetsItsOwnAnswers()
    {
        ModelFile model = TestModels.Parse(TestModels.Features);
        TestBoard[] boards = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => TestBoard.ConnectAsync(_gateway.BrokerPort, $"board-{i}")));
        try
        {
            await Task.WhenAll(boards.Select(async board =>
            {
                for (int length = 1; length <= 20; length++)
                {
                    RequestFrame request = board.Request(model, length);
                    var expected = new float[model.ClassCount];
                    int label = new FloatNetwork(new FloatModel(model)).Run(request.Values, request.FractionBits, expected);
                    ResponseFrame response = await board.AskAsync(request);
                    Assert.That((response.Sequence, response.Label), Is.EqualTo((request.Sequence, label)));
                }
            }));
        }
        finally
        {
            foreach (TestBoard board in boards) await board.DisposeAsync();
        }
    }

    [Test]
    public async Task DamagedFramesAreSurvived()
    {
        ModelFile model = TestModels.Parse(TestModels.Features);
        Random random = TestSeed.Random();
        for (int i = 0; i < 1000; i++)
        {
            byte[] frame = _board.Request(model, 4).Encode();
            for (int flips = random.Next(1, 4); flips > 0; flips--) frame[random.Next(frame.Length)] ^= (byte)(1 << random.Next(8));
            if (random.Next(4) == 0) Array.Resize(ref frame, random.Next(frame.Length));
            await _board.PublishUnacknowledgedAsync(Topics.Request(RunningGateway.Id, "nobody"), frame);
        }
        // In order: the pong comes after all of them, and what was still a good request is worked off.
        await _board.PingAsync();
        await Deadline.UntilAsync(async () => await _gateway.CounterAsync("depth") == 0, "an empty queue");
        Assert.That((await _board.AskAsync(_board.Request(model, 9))).Code, Is.EqualTo(ResponseCode.Ok));
        Assert.That(await _gateway.CounterAsync("faults"), Is.Zero);
    }

    /// <summary>What requests and pings carry is published for monitors, and counted once.</summary>
    [Test]
    public async Task TelemetryIsPublishedAndCountedByTarget()
    {
        long[] before = await CountsAsync();
        using IMqttClient monitor = new MqttClientFactory().CreateMqttClient();
        var received = Channel.CreateUnbounded<TelemetryFrame>();
        monitor.ApplicationMessageReceivedAsync += message =>
        {
            var frame = new TelemetryFrame();
            Assert.That(frame.Decode(message.ApplicationMessage.Payload.ToArray()), Is.EqualTo(FrameError.None));
            received.Writer.TryWrite(frame);
            return Task.CompletedTask;
        };
        await monitor.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", _gateway.BrokerPort).WithClientId("monitor").Build());
        await monitor.SubscribeAsync(Topics.Telemetry("board"));

        RequestFrame request = _board.Request(TestModels.Parse(TestModels.Features), 9);
        byte[] bytes = request.Encode(TestBoard.Records(Target.Local, Target.Local, Target.Fallback));
        await _board.PublishAsync(Topics.Request(RunningGateway.Id, "board"), bytes);
        Assert.That((await _board.ResponseAsync()).Code, Is.EqualTo(ResponseCode.Ok));
        await _board.PingAsync(TestBoard.Records(Target.Local, Target.Gateway, Target.Gateway));

        TelemetryFrame first = await received.Reader.ReadAsync(), second = await received.Reader.ReadAsync();
        Assert.That(first.Records.Take(first.Count).Select(record => record.Target), Is.EqualTo(new[] { Target.Local, Target.Local, Target.Fallback }));
        Assert.That(second.Records.Take(second.Count).Select(record => record.Target), Is.EqualTo(new[] { Target.Local, Target.Gateway, Target.Gateway }));
        Assert.That((first.Session, second.Session), Is.EqualTo((request.Session, request.Session)));
        long[] expected = [before[0] + 3, before[1] + 2, before[2] + 1];
        await Deadline.UntilAsync(async () => (await CountsAsync()).SequenceEqual(expected), "the counts");

        async Task<long[]> CountsAsync() =>
        [
            await _gateway.CounterAsync("telemetry_local"), await _gateway.CounterAsync("telemetry_gateway"),
            await _gateway.CounterAsync("telemetry_fallback"),
        ];
    }

    [Test]
    public async Task TheCalibratedPriceIsNearTheRealOne()
    {
        ModelFile model = TestModels.Parse(TestModels.Slow);
        await using TestBoard watcher = await (await TestBoard.ConnectAsync(_gateway.BrokerPort, "watcher")).WatchStatusAsync();
        StatusFrame status = (await watcher.StatusAsync()).Frame;
        int index = status.IndexOf(model.Id);
        const int length = 400;
        double predictedUs = status.Advert(index).BetaUs[0] + status.Advert(index).AlphaNs[0] * length / 1000.0;
        ResponseFrame response = await _board.AskAsync(_board.Request(model, length));
        Assert.That(response.ServiceUs, Is.GreaterThan(predictedUs / 4).And.LessThan(predictedUs * 4));
    }
}
