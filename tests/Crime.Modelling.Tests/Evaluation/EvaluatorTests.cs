using System.Collections.Generic;
using System.IO;
using System.Threading;
using Crime.Model;
using Crime.Modelling.Conversions;
using Crime.Modelling.Datasets;
using Crime.Modelling.Evaluation;
using Crime.Modelling.Import;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Quantisation;
using Crime.Modelling.Ranges;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Evaluation;

public sealed class EvaluatorTests
{
    private static string Asset(string name) => Path.Combine(TestContext.CurrentContext.TestDirectory, "assets", name);

    [Test]
    public void TheBundledModelIsWhatItsSourceConvertsTo()
    {
        TrainedModel trained = PyTorchImporter.Load(Asset("gestures.safetensors"));
        Calibration calibration = Calibration.Measure(ModelLoading.FloatOnly(trained), GestureGenerator.Generate());
        Assert.That(ModelFileWriter.Write(trained, Quantiser.Quantise(trained, calibration)), Is.EqualTo(File.ReadAllBytes(Asset("gestures.crime"))));
    }

    [Test]
    public void TheBundledModelKnowsItsGestures()
    {
        EvaluationResult result = new Evaluator(ModelLoading.Load(Asset("gestures.crime")))
            .Evaluate(GestureGenerator.Generate(), true, true, 0, null, CancellationToken.None);
        Assert.That(result.AccuracyFloat, Is.GreaterThanOrEqualTo(0.97));
        Assert.That(result.AccuracyFixed, Is.GreaterThanOrEqualTo(result.AccuracyFloat!.Value - 0.003));
        Assert.That(result.Agreement, Is.GreaterThanOrEqualTo(0.995));
        Assert.That(result.CellSaturations, Is.Zero);
    }

    // The last two numbers are the right and all test sequences that libtorch recorded.
    private static IEnumerable<TestCaseData> RealModels() => ReferenceData.Cases(
        ["japanese-vowels-h16", "japanese-vowels", null, 359, 370],
        ["japanese-vowels-gru-h16", "japanese-vowels", null, 360, 370],
        ["spoken-arabic-digits-h32", "spoken-arabic-digits", null, 2109, 2200],
        ["sms-spam-h24", "sms-spam", "models/sms-spam.test-lines.txt", 1096, 1115]);

    [TestCaseSource(nameof(RealModels))]
    public void RealDataKeepTheirAccuracy(string name, string dataName, string? linesPath, int right, int total)
    {
        TrainedModel trained = PyTorchImporter.Load(ReferenceData.PathOf($"models/{name}.safetensors"));
        Dataset data = DatasetFolder.Load(
            ReferenceData.PathOf($"data/{dataName}"), linesPath == null ? null : ReferenceData.PathOf(linesPath));
        Calibration calibration = Calibration.Measure(ModelLoading.FloatOnly(trained), data);
        ModelFile model = ModelLoading.Parse(ModelFileWriter.Write(trained, Quantiser.Quantise(trained, calibration)), name);
        EvaluationResult result = new Evaluator(model).Evaluate(data, true, true, 0, null, CancellationToken.None);
        Assert.That(result.Sequences, Is.EqualTo(total));
        Assert.That(result.AccuracyRawInputs, Is.EqualTo(right / (double)total).Within(1e-9), "the accuracy that libtorch recorded");
        Assert.That(result.AccuracyFloat, Is.EqualTo(right / (double)total).Within(0.003), "16-bit inputs");
        Assert.That(result.Agreement, Is.GreaterThanOrEqualTo(0.998));
        Assert.That(result.AccuracyFixed, Is.GreaterThanOrEqualTo(result.AccuracyFloat!.Value - 0.003));
        Assert.That((result.InputSaturations, result.CellSaturations), Is.EqualTo((0, 0)));
    }

    /// <summary>One unit that is negative below 15 and positive above: raw numbers of a sensor, without a normalisation.</summary>
    private static TrainedModel Threshold(CellKind kind)
    {
        float[] Rows(float candidate, float gates) => kind == CellKind.Rnn ? [candidate] : [gates, -gates, candidate, gates];
        RecurrentLayer layer = new()
        {
            Kind = kind, InputCount = 1, HiddenCount = 1,
            Directions =
            [
                new DirectionWeights
                {
                    InputWeights = Rows(0.1f, 0), RecurrentWeights = Rows(0, 0), InputBias = Rows(-1.5f, 4), RecurrentBias = Rows(0, 0),
                },
            ],
        };
        return new TrainedModel
        {
            Name = "threshold", Input = InputKind.Features, InputCount = 1, ClassNames = ["low", "high"], Embedding = [], Layers = [layer],
            HeadWeights = [-1, 1], HeadBias = [0, 0],
        };
    }

    private static Dataset RawNumbers()
    {
        LabelledSequence[] sequences = [new(0, "low", 2, [10, 10], []), new(1, "high", 2, [20, 20], []), new(2, "high", 2, [7, 21], [])];
        return new Dataset("raw", false, 1, sequences, sequences);
    }

    private static EvaluationResult Evaluate(CellKind kind, bool isCalibrated)
    {
        Dataset data = RawNumbers();
        Conversion conversion = Conversion.Make(Threshold(kind), isCalibrated ? data : null, new());
        return new Evaluator(conversion.Model).Evaluate(data, true, conversion.Quantised != null, 0, null, CancellationToken.None);
    }

    [TestCase(CellKind.Rnn)]
    [TestCase(CellKind.Lstm)]
    public void TheFloatNetworkGetsWhatTheInputFormatLeaves(CellKind kind)
    {
        EvaluationResult result = Evaluate(kind, isCalibrated: false);
        Assert.That((result.AccuracyFloat, result.AccuracyRawInputs), Is.EqualTo((1 / 3.0, 1.0)), "8 is low, whatever the sensor measured");
        Assert.That((result.Inputs, result.InputSaturations), Is.EqualTo((6, 5)));
        Assert.That(result.InputSaturationPercent, Is.EqualTo(500 / 6.0).Within(1e-9));
        Assert.That(result.Hint, Does.Contain("at 8, the default").And.Contain("--calibrate"));
        if (kind == CellKind.Lstm) Assert.That((result.AccuracyFixed, result.Agreement), Is.EqualTo((1 / 3.0, 1.0)), "both get the same inputs");
        ClassResult[] expected = [new("low", 1, 1, kind == CellKind.Lstm ? 1 : null), new("high", 2, 0, kind == CellKind.Lstm ? 0 : null)];
        Assert.That(result.Classes, Is.EqualTo(expected));
    }

    [TestCase(CellKind.Rnn)]
    [TestCase(CellKind.Lstm)]
    public void ACalibratedModelCutsNothingOff(CellKind kind)
    {
        EvaluationResult result = Evaluate(kind, isCalibrated: true);
        Assert.That((result.AccuracyFloat, result.AccuracyRawInputs), Is.EqualTo((1.0, 1.0)));
        Assert.That((result.InputSaturations, result.InputSaturationPercent, result.Hint), Is.EqualTo((0L, 0.0, default(string))));
    }

    [Test]
    public void DataBeyondThoseOfTheCalibrationAreReported()
    {
        LabelledSequence[] further = [new(0, "high", 1, [40], []), new(1, "high", 1, [20], [])];
        ModelFile model = Conversion.Make(Threshold(CellKind.Lstm), RawNumbers(), new()).Model;
        EvaluationResult result = new Evaluator(model).Evaluate(new Dataset("further", false, 1, [], further), true, true, 0, null, CancellationToken.None);
        Assert.That((result.InputSaturations, result.InputSaturationPercent), Is.EqualTo((1L, 50.0)));
        Assert.That(result.Hint, Does.Contain("at 32").And.Contain("data of the whole range"));
        Assert.That(result.Classes[0], Is.EqualTo(new ClassResult("low", 0, null, null)), "a class without a test sequence has no recall");
    }

    // Worked values of the score interval with z = 1.96.
    [TestCase(5, 10, 0.2366, 0.7634)]
    [TestCase(0, 10, 0, 0.2775)]
    [TestCase(10, 10, 0.7225, 1)]
    [TestCase(1, 1, 0.2065, 1)]
    [TestCase(98, 100, 0.9300, 0.9945)]
    public void AnAccuracyHasAnInterval(int right, int count, double low, double high)
    {
        ShareInterval interval = ShareInterval.Wilson(right, count);
        Assert.That(interval.Low, Is.EqualTo(low).Within(0.0001));
        Assert.That(interval.High, Is.EqualTo(high).Within(0.0001));
    }

    [Test]
    public void DataThatDoNotFitAreRefused()
    {
        var evaluator = new Evaluator(ModelLoading.Load(Asset("gestures.crime")));
        var text = new Dataset("text", true, 0, [], [new(0, "rest", 1, [], [65])]);
        var wide = new Dataset("wide", false, 4, [], [new(0, "rest", 1, [1, 2, 3, 4], [])]);
        var foreign = new Dataset("foreign", false, 3, [], [new(0, "jump", 1, [1, 2, 3], [])]);
        var empty = new Dataset("empty", false, 3, [], []);
        void Refuse(Dataset data, string expected) => Assert.That(
            () => evaluator.Evaluate(data, true, true, 0, null, CancellationToken.None),
            Throws.TypeOf<UserInputException>().With.Message.Contains(expected));
        Refuse(text, "is text, but model 'gestures' takes features");
        Refuse(wide, "has 4 channels, but model 'gestures' takes 3");
        Refuse(foreign, "class 'jump' of the data is not one of model 'gestures'");
        Refuse(empty, "has no test sequences");
    }
}
