using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Inference;
using Crime.Gateway.Inference.Graphs;
using Crime.Gateway.Tests.Running;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.ModelFiles;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Serving;

/// <summary>Answers other than one class: values, a class per timestep, and anomaly scores.</summary>
public sealed class AnswerTests
{
    private const int Inputs = 3;
    private const int Length = 40;

    private static readonly ModelFile s_values = Make(AnswerKind.Values), s_steps = Make(AnswerKind.ClassPerStep), s_anomaly = Make(AnswerKind.Anomaly);

    private ModelFolder _models = null!;
    private RunningGateway _gateway = null!;
    private TestBoard _board = null!;

    private static TrainedModel Plain(AnswerKind answer) =>
        TestModels.Make(Inputs, [(CellKind.Lstm, 8), (CellKind.Gru, 6)], 4, seed: 7, scale: 1.5, name: answer.ToString());

    private static byte[] Write(AnswerKind answer) => TestModels.Write(TestModels.WithAnswer(Plain(answer), answer));

    private static ModelFile Make(AnswerKind answer) => TestModels.Parse(Write(answer));

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _models = new ModelFolder([.. new[] { AnswerKind.Values, AnswerKind.ClassPerStep, AnswerKind.Anomaly }.Select(answer => ($"{answer}.crime", Write(answer)))]);
        _gateway = await RunningGateway.StartAsync(RunningGateway.Options(_models.Path) with { ResultsFolder = Path.Combine(_models.Path, "results") });
        _board = await TestBoard.ConnectAsync(_gateway.BrokerPort);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _board.DisposeAsync();
        await _gateway.DisposeAsync();
        _models.Dispose();
    }

    /// <summary>The network in its plain form: the state of a board's reference would be in fixed point, this one is exact.</summary>
    private static float[][] Steps(ModelFile model, RequestFrame request)
    {
        var weights = new FloatModel(model);
        // Each prefix of the sequence with a head on the last timestep: another way than the one that gives all timesteps at once.
        var byPrefix = new FloatModel(TestModels.Parse(ModelFileWriter.Write(Head(model), null)));
        return Enumerable.Range(1, request.Length).Select(length =>
        {
            var logits = new float[weights.OutputCount];
            new FloatNetwork(byPrefix).Run(request.Values.AsSpan(0, length * Inputs), request.FractionBits, logits);
            return logits;
        }).ToArray();
    }

    private static TrainedModel Head(ModelFile model)
    {
        TrainedModel answering = TestModels.WithAnswer(Plain(model.Answer), model.Answer);
        return model.Answer == AnswerKind.Anomaly
            ? TestModels.WithHead(answering, answering.HeadWeights, answering.HeadBias)
            : TestModels.WithHead(Plain(model.Answer), answering.HeadWeights, answering.HeadBias);
    }

    private static double Score(RequestFrame request, float[][] predictions)
    {
        double unit = Math.Pow(2, -request.FractionBits);
        IEnumerable<double> errors = Enumerable.Range(1, request.Length - 1)
            .SelectMany(step => Enumerable.Range(0, Inputs).Select(i => request.Values[step * Inputs + i] * unit - predictions[step - 1][i]));
        return errors.Select(error => error * error).Average();
    }

    private static double Number(ResponseFrame response, int index) => response.Logits[index] / Math.Pow(2, response.FractionBits);

    [Test]
    public async Task ValuesAreTheNumbersOfTheHead()
    {
        RequestFrame request = _board.Request(s_values, Length);
        ResponseFrame response = await _board.AskAsync(request);
        float[] expected = Steps(s_values, request)[^1];
        Assert.That((response.Code, response.ClassCount, response.LabelCount), Is.EqualTo((ResponseCode.Ok, 4, 0)));
        for (int i = 0; i < expected.Length; i++) Assert.That(Number(response, i), Is.EqualTo(expected[i]).Within(1e-3));
    }

    [TestCase(0)]
    [TestCase(13)]
    public async Task EachTimestepHasItsClass(int done)
    {
        RequestFrame whole = _board.Request(s_steps, Length);
        ResponseFrame response = await _board.AskAsync(done == 0 ? whole : _board.Rest(s_steps, whole, done));
        int[] expected = [.. Steps(s_steps, whole).Select(logits => Array.IndexOf(logits, logits.Max())).Skip(done)];
        Assert.That((response.Code, response.LabelCount, response.Label), Is.EqualTo((ResponseCode.Ok, Length - done, expected[^1])));
        Assert.That(response.Labels.Take(response.LabelCount).Select(label => (int)label), Is.EqualTo(expected));
        Assert.That(expected.Distinct().Count(), Is.GreaterThan(1), "or it would say nothing");
    }

    /// <summary>Fixed-point steps before the hand-off differ a little.</summary>
    [TestCase(0, 1e-3)]
    [TestCase(1, 0.01)]
    [TestCase(13, 0.01)]
    public async Task TheErrorOfPredictionIsThatOfTheWholeSequence(int done, double tolerance)
    {
        RequestFrame whole = _board.Request(s_anomaly, Length);
        ResponseFrame response = await _board.AskAsync(done == 0 ? whole : _board.Rest(s_anomaly, whole, done));
        double score = Score(whole, Steps(s_anomaly, whole));
        Assert.That((response.Code, response.ClassCount), Is.EqualTo((ResponseCode.Ok, 2)));
        Assert.That(Number(response, 0), Is.EqualTo(0.5).Within(1e-3), "the threshold");
        Assert.That(Number(response, 1), Is.EqualTo(score).Within(tolerance));
        Assert.That(response.Label, Is.EqualTo(score > 0.5 ? 1 : 0));
    }

    [Test]
    public async Task OneTimestepIsNoAnomaly()
    {
        ResponseFrame response = await _board.AskAsync(_board.Request(s_anomaly, 1));
        Assert.That((response.Label, response.Logits[1]), Is.EqualTo((0, 0)));
    }

    [Test]
    public void AClassForEachWindowIsNotServed()
    {
        var convolution = new GraphOperation
        {
            Kind = OperationKind.Window, Inputs = [0], Width = 2 * Inputs, Window = new WindowShape(2, 2, 1, 0, 0), Numbers = [],
        };
        TrainedModel plain = TestModels.Make(2 * Inputs, [(CellKind.Lstm, 8)], 4, seed: 6);
        var recurrent = new GraphOperation { Kind = OperationKind.Recurrent, Inputs = [1], Width = 8, Argument = 0, Numbers = [] };
        TrainedModel windows = TestModels.WithGraph(plain, Inputs, AnswerKind.ClassPerStep, convolution, recurrent);
        string? problem = _gateway.Part<Crime.Gateway.Models.ModelLibrary>().Check("windows", ModelFileWriter.Write(windows, null));
        Assert.That(problem, Does.Contain("window of timesteps"));
    }

    [Test]
    public async Task APublishedResultHasTheClassesOfItsTimesteps()
    {
        JsonElement json = await PublishedAsync(s_steps, 30);
        string[] steps = [.. json.GetProperty("step_classes").EnumerateArray().Select(name => name.GetString()!)];
        Assert.That(steps, Has.Length.EqualTo(Length).And.All.StartsWith("class "));
        Assert.That(json.GetProperty("class").GetString(), Is.EqualTo(steps[^1]));
    }

    [Test]
    public async Task APublishedResultHasItsValuesAndUnits()
    {
        JsonElement json = await PublishedAsync(s_values, 31);
        float[] expected = Steps(s_values, _board.Request(s_values, Length))[^1];
        JsonElement[] values = [.. json.GetProperty("values").EnumerateArray()];
        Assert.That(values.Select(value => value.GetProperty("unit").GetString()), Has.Exactly(4).EqualTo("C"));
        for (int i = 0; i < expected.Length; i++)
            Assert.That(values[i].GetProperty("value").GetDouble(), Is.EqualTo(s_values.Scale.ValueOf(i, expected[i])).Within(0.01));
        Assert.That((json.GetProperty("class").ValueKind, json.GetProperty("class_index").ValueKind), Is.EqualTo((JsonValueKind.Null, JsonValueKind.Null)));
    }

    private async Task<JsonElement> PublishedAsync(ModelFile model, uint input)
    {
        await using JsonReader reader = await JsonReader.ConnectAsync(_gateway.BrokerPort);
        RequestFrame request = _board.Request(model, Length);
        (request.WantsReceipt, request.Origin, request.Input) = (true, 9, input);
        Assert.That((await _board.AskAsync(request)).Code, Is.EqualTo(ResponseCode.Accepted));
        await Deadline.UntilAsync(() => reader.Count >= 1, "the result");
        JsonElement json = reader.Results[0];
        Assert.That(json.GetProperty("input").GetUInt32(), Is.EqualTo(input));
        return json;
    }
}
