using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Crime.Model;
using Crime.Modelling.Datasets;
using Crime.Modelling.Evaluation;
using Crime.Modelling.Import;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Training;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Training;

public sealed class TrainerTests
{
    private static readonly Dataset s_data = GestureGenerator.Generate(seed: 3, trainCount: 120, testCount: 60);

    private static byte[] Train(TrainingOptions options, Action<TrainingProgress>? progress = null)
    {
        TrainedModel model = new Trainer(new TrainingData(s_data), options).Train("test", progress, CancellationToken.None);
        return PyTorchImporter.Export(model, new Dictionary<string, string>()).Write();
    }

    [TestCase(CellKind.Lstm)]
    [TestCase(CellKind.Gru)]
    public void TheSameSeedGivesTheSameBytesWhateverTheThreads(CellKind cell)
    {
        var options = new TrainingOptions { Cell = cell, HiddenCount = 8, Epochs = 3, Threads = 1 };
        byte[] one = Train(options);
        Assert.That(Train(options with { Threads = 4 }), Is.EqualTo(one));
        Assert.That(Train(options with { Seed = 2 }), Is.Not.EqualTo(one));
    }

    [Test]
    public void TrainingLearns()
    {
        var losses = new List<double>();
        Dataset data = GestureGenerator.Generate(seed: 3, trainCount: 360, testCount: 120);
        TrainedModel model = new Trainer(new TrainingData(data), new TrainingOptions { HiddenCount = 12, Epochs = 40, BatchSize = 4 })
            .Train("test", progress => losses.Add(progress.Loss), CancellationToken.None);
        EvaluationResult result = new Evaluator(ModelLoading.FloatOnly(model)).Evaluate(data, true, false, 0, null, CancellationToken.None);
        Assert.That(losses, Has.Count.EqualTo(40));
        Assert.That(losses[^1], Is.LessThan(losses[0] / 3));
        Assert.That(result.AccuracyFloat, Is.GreaterThan(0.7), "six classes, so chance is 0.17");
    }

    [Test]
    public void TextIsLearnedThroughAnEmbedding()
    {
        Dataset data = TestData.TwoTexts;
        TrainedModel model = new Trainer(new TrainingData(data), new TrainingOptions { HiddenCount = 6, EmbeddingCount = 4, Epochs = 15 })
            .Train("test", null, CancellationToken.None);
        EvaluationResult result = new Evaluator(ModelLoading.FloatOnly(model)).Evaluate(data, true, false, 0, null, CancellationToken.None);
        Assert.That(model.CodePoints, Is.EquivalentTo(new int[] { 'a', 'b', 'c' }));
        Assert.That(result.AccuracyFloat, Is.EqualTo(1));
    }

    [Test]
    public void ASingleClassIsRefused()
    {
        var data = new Dataset("one", false, 1, [new(0, "a", 2, [1, 2], [])], []);
        Assert.That(() => new TrainingData(data), Throws.TypeOf<UserInputException>().With.Message.Contains("only the class 'a'"));
    }

    [Test]
    public void AnEmptyDataSetIsRefused() =>
        Assert.That(
            () => new TrainingData(new Dataset("none", false, 1, [], [])),
            Throws.TypeOf<UserInputException>().With.Message.Contains("no training sequences"));

    [Test]
    public void CancellingEndsTheTraining() =>
        Assert.That(
            () => new Trainer(new TrainingData(s_data), new TrainingOptions()).Train("test", null, new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>());

    private static IEnumerable<TestCaseData> RealAccuracies() => ReferenceData.Cases([CellKind.Lstm, 0.97027], [CellKind.Gru, 0.97297]);

    [TestCaseSource(nameof(RealAccuracies))]
    public void JapaneseVowelsAreLearnedAsWellAsByTheReferenceModel(CellKind cell, double reference)
    {
        var data = new TrainingData(DatasetFolder.Load(ReferenceData.PathOf("data/japanese-vowels")));
        var trainer = new Trainer(data, new TrainingOptions { Cell = cell });
        TrainingSequence[] test = data.Test.ToArray();
        int right = trainer.CountRight(trainer.Train("vowels", null, CancellationToken.None), test);
        Assert.That(right / (double)test.Length, Is.GreaterThanOrEqualTo(reference - 0.015));
    }
}
