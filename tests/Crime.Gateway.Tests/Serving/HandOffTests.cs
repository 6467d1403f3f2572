using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Inference;
using Crime.Gateway.Tests.Running;
using Crime.Model;
using Crime.Modelling.Datasets;
using Crime.Modelling.Quantisation;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Serving;

/// <summary>Streams that a board has begun in fixed point and the gateway ends in floating point.</summary>
public sealed class HandOffTests
{
    private ModelFolder _models = null!;
    private RunningGateway _gateway = null!;
    private TestBoard _board = null!;

    private static readonly byte[] s_counter = TestModels.Write(TestCounters.Make(), cellWidth: CellWidth.Wide);

    private static readonly byte[] s_gestures = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "models", "gestures.crime"));

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _models = new ModelFolder(("features.crime", TestModels.Features), ("tokens.crime", TestModels.Tokens), ("slow.crime", TestModels.Slow),
            ("gestures.crime", s_gestures), ("counter.crime", s_counter));
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

    [TestCase(nameof(TestModels.Features))]
    [TestCase(nameof(TestModels.Tokens))]
    public async Task TheRestGoesOnFromTheState(string name)
    {
        const int length = 50;
        ModelFile model = TestModels.Parse(name == nameof(TestModels.Features) ? TestModels.Features : TestModels.Tokens);
        var weights = new FloatModel(model);
        foreach (int done in new[] { 1, 17, length - 1 })
        {
            RequestFrame whole = _board.Request(model, length);
            RequestFrame rest = _board.Rest(model, whole, done);
            var expected = new float[model.ClassCount];
            NetworkState state = NetworkState.FromBoard(weights, rest.State);
            int label = new FloatNetwork(weights).Run(rest.Values.AsSpan(0, rest.ValueCount), rest.FractionBits, expected, state);
            ResponseFrame answer = await _board.AskAsync(rest);
            Assert.That((answer.Code, answer.Label), Is.EqualTo((ResponseCode.Ok, label)));
            double scale = Math.Pow(2, answer.FractionBits);
            for (int i = 0; i < expected.Length; i++) Assert.That(answer.Logits[i] / scale, Is.EqualTo(expected[i]).Within(0.6 / scale));

            // The next one begins from nothing again.
            ResponseFrame next = await _board.AskAsync(whole);
            Assert.That(next.Label, Is.EqualTo(new FloatNetwork(weights).Run(whole.Values, whole.FractionBits, expected)));
            double nextScale = Math.Pow(2, next.FractionBits);
            for (int i = 0; i < expected.Length; i++) Assert.That(next.Logits[i] / nextScale, Is.EqualTo(expected[i]).Within(0.6 / nextScale));
        }
    }

    /// <summary>A board has counted to a number that 16 bits do not hold.</summary>
    [TestCase(450, 0)]
    [TestCase(550, 1)]
    public async Task ACountBeyond16BitsGoesOn(int down, int expected)
    {
        ModelFile model = TestModels.Parse(s_counter);
        const int up = 500;
        RequestFrame whole = _board.Request(model, up + down);
        whole.FractionBits = model.InputFractionBits;
        whole.Values = [.. Enumerable.Range(0, up + down).Select(step => (short)((step < up ? 1 : -1) << model.InputFractionBits))];
        RequestFrame rest = _board.Rest(model, whole, up);
        Assert.That((rest.StateCount, rest.State[2]), Is.EqualTo((3, 496)), "h, then fraction and whole part of c");
        ResponseFrame answer = await _board.AskAsync(rest);
        Assert.That((answer.Code, answer.Label), Is.EqualTo((ResponseCode.Ok, expected)));
    }

    [Test]
    public void AStateThatIsKeptInFloatingPointLosesNothing()
    {
        var model = new FloatModel(TestModels.Parse(TestModels.Features));
        var engine = new BatchNetwork(model);
        short[] values = Enumerable.Range(0, 40 * model.ValuesPerStep).Select(i => (short)(9000 * Math.Sin(i))).ToArray();
        int cut = 13 * model.ValuesPerStep;
        float[] whole = new float[model.ClassCount], ended = new float[model.ClassCount];
        var state = new NetworkState(model);
        engine.Run([new BatchItem { Values = values, FractionBits = 12, Logits = whole }]);
        engine.Run([new BatchItem { Values = values.AsMemory(0, cut), FractionBits = 12, Logits = ended, End = state }]);
        engine.Run([new BatchItem { Values = values.AsMemory(cut), FractionBits = 12, Logits = ended, Start = state }]);
        for (int i = 0; i < whole.Length; i++) Assert.That(ended[i], Is.EqualTo(whole[i]).Within(1e-6));
    }

    [Test]
    public void OnTheTestDataTheClassIsTheSameWhereverTheStreamIsCut()
    {
        ModelFile model = TestModels.Parse(s_gestures);
        var weights = new FloatModel(model);
        var network = new FloatNetwork(weights);
        var normaliser = new InputNormaliser(model);
        float[] whole = new float[model.ClassCount], ended = new float[model.ClassCount];
        double largest = 0, largestOnBoard = 0, range = 0;
        int count = 0;
        foreach (LabelledSequence sequence in GestureGenerator.Generate(trainCount: 0, testCount: 120).Test.Where(one => one.Length > 1))
        {
            short[] values = sequence.Features.Select((value, i) => normaliser.Quantise(value, i % model.InputCount)).ToArray();
            int label = network.Run(values, model.InputFractionBits, whole);
            foreach (int done in new[] { 1, sequence.Length / 2, sequence.Length - 1 })
            {
                NetworkState state = NetworkState.FromBoard(weights, TestBoard.StateAfter(model, values, done));
                Assert.That(network.Run(values.AsSpan(done * model.InputCount), model.InputFractionBits, ended, state), Is.EqualTo(label), $"sequence {count}");
                for (int i = 0; i < whole.Length; i++) largest = Math.Max(largest, Math.Abs(ended[i] - whole[i]));
            }
            int[] onBoard = TestBoard.After(model, values, sequence.Length).Logits();
            for (int i = 0; i < whole.Length; i++)
                largestOnBoard = Math.Max(largestOnBoard, Math.Abs(onBoard[i] / Math.Pow(2, model.LogitFractionBits) - whole[i]));
            foreach (float logit in whole) range = Math.Max(range, Math.Abs(logit));
            count++;
        }
        TestContext.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{count} sequences: logits up to {range:0.00}, off by at most {largest:0.0000}, on the board {largestOnBoard:0.0000}"));
        Assert.That(count, Is.GreaterThan(100));
        // What the fixed-point steps before the cut are off by: as much as on a board that takes all of them, and no more.
        Assert.That(largest, Is.LessThan(1.25 * largestOnBoard));
    }

    [Test]
    public async Task AStateThatIsNotTheModelsIsRefused()
    {
        ModelFile features = TestModels.Parse(TestModels.Features), slow = TestModels.Parse(TestModels.Slow);
        RequestFrame shorter = _board.Rest(features, _board.Request(features, 9), 4);
        shorter.StateCount--;
        RequestFrame longer = _board.Rest(features, _board.Request(features, 9), 4);
        longer.State = [.. longer.State, 0];
        longer.StateCount++;
        RequestFrame notForBoards = _board.Request(slow, 9);
        notForBoards.State = new short[2 * 512];
        notForBoards.StateCount = notForBoards.State.Length;
        foreach (RequestFrame request in new[] { shorter, longer, notForBoards })
            Assert.That((await _board.AskAsync(request)).Code, Is.EqualTo(ResponseCode.WrongInput));
    }
}
