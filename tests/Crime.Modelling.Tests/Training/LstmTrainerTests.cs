using System;
using System.Collections.Generic;
using System.Threading;
using Crime.Modelling.Datasets;
using Crime.Modelling.Evaluation;
using Crime.Modelling.Import;
using Crime.Modelling.Training;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Training;

public sealed class LstmTrainerTests
{
    private static readonly Dataset s_data = GestureGenerator.Generate(seed: 3, trainCount: 120, testCount: 60);

    private static byte[] Train(TrainingOptions options, Action<TrainingProgress>? progress = null)
    {
        TrainedModel model = new LstmTrainer(s_data, options).Train("test", progress, CancellationToken.None);
        return PyTorchImporter.Export(model, new Dictionary<string, string>()).Write();
    }

    [Test]
    public void TheSameSeedGivesTheSameBytesWhateverTheThreads()
    {
        var options = new TrainingOptions { HiddenCount = 8, Epochs = 3, Threads = 1 };
        byte[] one = Train(options);
        Assert.That(Train(options with { Threads = 4 }), Is.EqualTo(one));
        Assert.That(Train(options with { Seed = 2 }), Is.Not.EqualTo(one));
    }

    [Test]
    public void TrainingLearns()
    {
        var losses = new List<double>();
        Dataset data = GestureGenerator.Generate(seed: 3, trainCount: 360, testCount: 120);
        TrainedModel model = new LstmTrainer(data, new TrainingOptions { HiddenCount = 12, Epochs = 40, BatchSize = 4 })
            .Train("test", progress => losses.Add(progress.Loss), CancellationToken.None);
        EvaluationResult result = new Evaluator(ModelLoading.FloatOnly(model)).Evaluate(data, true, false, 0, null, CancellationToken.None);
        Assert.That(losses, Has.Count.EqualTo(40));
        Assert.That(losses[^1], Is.LessThan(losses[0] / 3));
        Assert.That(result.AccuracyFloat, Is.GreaterThan(0.7), "six classes, so chance is 0.17");
    }

    [Test]
    public void TextIsLearnedThroughAnEmbedding()
    {
        var sequences = new List<LabelledSequence>();
        for (int i = 0; i < 200; i++)
        {
            string text = i % 2 == 0 ? "abcabc" : "cbacba";
            sequences.Add(new LabelledSequence(i, i % 2 == 0 ? "up" : "down", 6, [], Array.ConvertAll(text.ToCharArray(), letter => (int)letter)));
        }
        var data = new Dataset("text", IsText: true, 0, sequences, sequences);
        TrainedModel model = new LstmTrainer(data, new TrainingOptions { HiddenCount = 6, EmbeddingCount = 4, Epochs = 15 })
            .Train("test", null, CancellationToken.None);
        EvaluationResult result = new Evaluator(ModelLoading.FloatOnly(model)).Evaluate(data, true, false, 0, null, CancellationToken.None);
        Assert.That(model.CodePoints, Is.EquivalentTo(new int[] { 'a', 'b', 'c' }));
        Assert.That(result.AccuracyFloat, Is.EqualTo(1));
    }

    [Test]
    public void ASingleClassIsRefused()
    {
        var data = new Dataset("one", false, 1, [new(0, "a", 2, [1, 2], [])], []);
        Assert.That(() => new LstmTrainer(data, new TrainingOptions()), Throws.TypeOf<UserInputException>().With.Message.Contains("only the class 'a'"));
    }

    [Test]
    public void AnEmptyDataSetIsRefused() =>
        Assert.That(
            () => new LstmTrainer(new Dataset("none", false, 1, [], []), new TrainingOptions()),
            Throws.TypeOf<UserInputException>().With.Message.Contains("no training sequences"));

    [Test]
    public void CancellingEndsTheTraining() =>
        Assert.That(
            () => new LstmTrainer(s_data, new TrainingOptions()).Train("test", null, new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>());

    [Test]
    public void JapaneseVowelsAreLearnedAsWellAsByTheReferenceModel()
    {
        Dataset data = DatasetFolder.Load(ReferenceData.PathOrIgnore("data/japanese-vowels"));
        TrainedModel model = new LstmTrainer(data, new TrainingOptions()).Train("vowels", null, CancellationToken.None);
        EvaluationResult result = new Evaluator(ModelLoading.FloatOnly(model)).Evaluate(data, true, false, 0, null, CancellationToken.None);
        Assert.That(result.AccuracyFloat, Is.GreaterThanOrEqualTo(0.97027 - 0.015));
    }
}
