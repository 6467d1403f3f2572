using System.Linq;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Inference;
using Crime.Gateway.Models;
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
