using System.Collections.Generic;
using System.IO;
using System.Threading;
using Crime.Model;
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
        Assert.That(result.AccuracyFloat, Is.EqualTo(right / (double)total).Within(1e-9), "the accuracy that libtorch recorded");
        Assert.That(result.Agreement, Is.GreaterThanOrEqualTo(0.998));
        Assert.That(result.AccuracyFixed, Is.GreaterThanOrEqualTo(result.AccuracyFloat!.Value - 0.003));
        Assert.That((result.InputSaturations, result.CellSaturations), Is.EqualTo((0, 0)));
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
