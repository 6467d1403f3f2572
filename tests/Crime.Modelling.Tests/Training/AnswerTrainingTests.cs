using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Crime.Model;
using Crime.Modelling.Conversions;
using Crime.Modelling.Datasets;
using Crime.Modelling.Evaluation;
using Crime.Modelling.Import;
using Crime.Modelling.Import.Network;
using Crime.Modelling.Training;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Training;

/// <summary>Networks with answers other than a number for each class, from their data to their model files.</summary>
public sealed class AnswerTrainingTests
{
    private static readonly TrainingTask s_values = new(TrainingAnswer.Value) { Units = ["C", ""] }, s_steps = new(TrainingAnswer.StepClass),
        s_logit = new(TrainingAnswer.Logit), s_anomaly = new(TrainingAnswer.Anomaly) { NormalClasses = ["slow"], Quantile = 0.95 };

    private static TrainingOptions Options(int epochs) => new() { HiddenCount = 8, Epochs = epochs, BatchSize = 8, Threads = 2 };

    private static TrainedModel Train(Dataset data, TrainingTask task, int epochs = 12) =>
        new Trainer(new TrainingData(data, task), Options(epochs)).Train("net", null, CancellationToken.None);

    /// <summary>Writes a network as the command does, reads it back, and converts it.</summary>
    private static (ImportedModel Imported, Conversion Conversion) Convert(TrainedModel model, Dataset data, params string[] normal)
    {
        Safetensors file = Safetensors.Parse(PyTorchImporter.Export(model, new Dictionary<string, string>()).Write(), "net.safetensors");
        ImportedModel imported = PyTorchImporter.Import(file, "net.safetensors", ImportOptions.None);
        return (imported, Conversion.Make(imported.Model, data, new ConversionOptions(), answers: new TestAnswers(data) { NormalClasses = normal }));
    }

    [Test]
    public void ValuesAreLearnedInTheirUnits()
    {
        Dataset data = AnswerSets.Values();
        (ImportedModel imported, Conversion conversion) = Convert(Train(data, s_values), data);
        Assert.That((imported.Model.Answer, imported.IsHeadAssumed, conversion.Model.HasFixedPoint), Is.EqualTo((AnswerKind.Values, false, true)));
        Assert.That(conversion.Model.ClassNames, Is.EqualTo(new[] { "temperature", "share" }));
        Assert.That((conversion.Model.Scale.Unit(0), conversion.Model.Scale.Unit(1)), Is.EqualTo(("C", "")));
        IReadOnlyList<ValueResult> values = conversion.Accuracy!.Values;
        Assert.That(values.Select(value => value.R2Float), Is.All.GreaterThan(0.9));
        Assert.That(values.Select(value => value.R2Fixed), Is.All.GreaterThan(0.9));
        // The deviation of the temperature is about 6, and that of the share about 0.01.
        Assert.That(values[0].MaxDifference, Is.GreaterThan(0).And.LessThan(0.1));
        Assert.That(values[1].MaxDifference, Is.GreaterThan(0).And.LessThan(0.0002));
    }

    [Test]
    public void AForecastLearnsFromEachBeginning()
    {
        Dataset data = new ForecastTarget(2, 1).Apply(AnswerSets.Pointers());
        Assert.That(new TrainingData(data, new TrainingTask(TrainingAnswer.Value)).Loss.IsPerStep, Is.True);
        Dataset turning = data with { Test = [.. data.Test.Where(sequence => sequence.Label.Length > 0 && sequence.Values[0] != 0).Where((_, n) => n % 3 != 0)] };
        (_, Conversion conversion) = Convert(Train(turning, new TrainingTask(TrainingAnswer.Value)), turning);
        Assert.That(conversion.Accuracy!.Values.Single().R2Fixed, Is.GreaterThan(0.8));
    }

    [Test]
    public void AClassForEachTimestepIsLearned()
    {
        Dataset data = AnswerSets.Steps();
        (ImportedModel imported, Conversion conversion) = Convert(Train(data, s_steps, 6), data);
        Assert.That((imported.Model.Answer, conversion.Model.HasFixedPoint), Is.EqualTo((AnswerKind.ClassPerStep, true)));
        StepClassResult steps = conversion.Accuracy!.Steps!;
        Assert.That((steps.AccuracyFloat, steps.AccuracyFixed), Is.EqualTo((1, 1)).Within(0.05));
        Assert.That(steps.Agreement, Is.GreaterThan(0.98));
        Assert.That(steps.Classes.Sum(one => one.Timesteps), Is.EqualTo(conversion.Accuracy.Timesteps));
        Assert.That(steps.EffectiveSequences, Is.GreaterThan(40).And.LessThanOrEqualTo(60));
    }

    [Test]
    public void OneNumberDecidesBetweenTwoClasses()
    {
        Dataset data = AnswerSets.TwoWays();
        TrainedModel model = Train(data, s_logit, 8);
        (ImportedModel imported, Conversion conversion) = Convert(model, data);
        Assert.That((imported.IsLogit, imported.Model.Answer, imported.Model.OutputCount), Is.EqualTo((true, AnswerKind.Class, 2)));
        Assert.That(imported.Model.HeadWeights, Is.EqualTo(model.HeadWeights));
        Assert.That(imported.Model.HeadWeights.Take(8), Is.All.Zero);
        Assert.That(conversion.Accuracy!.AccuracyFixed, Is.GreaterThan(0.95));
        var trainer = new Trainer(new TrainingData(data, s_logit), Options(1));
        Assert.That(trainer.CountRight(model, [.. new TrainingData(data, s_logit).Test]), Is.GreaterThan(57));
    }

    [Test]
    public void AnomaliesAreFound()
    {
        Dataset data = AnswerSets.Pointers();
        (ImportedModel imported, Conversion conversion) = Convert(Train(data, s_anomaly, 25), data, "slow");
        Assert.That((imported.Model.Answer, conversion.Model.HasFixedPoint), Is.EqualTo((AnswerKind.Anomaly, true)));
        Assert.That(conversion.Model.ClassNames, Is.EqualTo(AnswerScale.AnomalyNames));
        AnomalyResult anomaly = conversion.Accuracy!.Anomaly!;
        Assert.That((anomaly.NormalSequences, anomaly.AnomalousSequences), Is.EqualTo((40, 20)));
        Assert.That((anomaly.AucFloat, anomaly.AucFixed), Is.EqualTo((1, 1)).Within(0.01));
        Assert.That((anomaly.DetectionFloat, anomaly.DetectionFixed), Is.EqualTo((1, 1)).Within(0.05));
        Assert.That(anomaly.FalseAlarmsFloat, Is.LessThan(0.2));
        Assert.That(anomaly.Agreement, Is.GreaterThan(0.95));
    }

    [Test]
    public void TheThresholdIsAQuantileOfSequencesThatTheTrainingHasNotSeen()
    {
        Dataset data = AnswerSets.Pointers();
        var prepared = new TrainingData(data, s_anomaly);
        Assert.That((prepared.Train.Count, prepared.HeldOut.Count), Is.EqualTo((128, 32)));
        float[] thresholds = [.. new[] { 0.5, 0.9, 1 }.Select(quantile => Train(data, s_anomaly with { Quantile = quantile }, 2).Scale!.Threshold)];
        Assert.That(thresholds, Is.Ordered.Ascending.And.Unique);
        TrainedModel model = Train(data, s_anomaly with { Quantile = 0.5 }, 2);
        var heldOut = data with { Test = [.. data.Train.Where((_, n) => n % 5 == 4)] };
        AnomalyResult result = Convert(model, heldOut, "slow").Conversion.Accuracy!.Anomaly!;
        Assert.That(result.FalseAlarmsFloat, Is.EqualTo(0.5).Within(0.04), "half of the held out sequences are above");
    }

    [TestCase("value")]
    [TestCase("step-class")]
    [TestCase("anomaly")]
    [TestCase("logit")]
    public void TheSameSeedGivesTheSameBytesWhateverTheThreads(string answer)
    {
        (Dataset data, TrainingTask task) = answer switch
        {
            "value" => (AnswerSets.Values(), s_values),
            "step-class" => (AnswerSets.Steps(), s_steps),
            "anomaly" => (AnswerSets.Pointers(), s_anomaly),
            _ => (AnswerSets.TwoWays(), s_logit),
        };
        byte[] Bytes(int threads) => PyTorchImporter.Export(
            new Trainer(new TrainingData(data, task), Options(1) with { Threads = threads }).Train("net", null, CancellationToken.None),
            new Dictionary<string, string>()).Write();
        Assert.That(Bytes(3), Is.EqualTo(Bytes(1)));
    }

    [TestCase("value")]
    [TestCase("step-class")]
    [TestCase("anomaly")]
    [TestCase("logit")]
    public void AFurtherTrainingKeepsTheAnswer(string answer)
    {
        (Dataset data, TrainingTask task) = answer switch
        {
            "value" => (AnswerSets.Values(), s_values),
            "step-class" => (AnswerSets.Steps(), s_steps),
            "anomaly" => (AnswerSets.Pointers(), s_anomaly),
            _ => (AnswerSets.TwoWays(), s_logit),
        };
        TrainedModel read = Convert(Train(data, task, 1), data).Imported.Model;
        var prepared = new TrainingData(data, read, task with { Answer = TrainingAnswer.Class });
        TrainedModel further = new Trainer(prepared, Options(1)).FineTune(read, "on", null, CancellationToken.None);
        Assert.That((further.Answer, further.IsLogit, further.OutputCount), Is.EqualTo((read.Answer, read.IsLogit, read.OutputCount)));
        Assert.That(further.HeadWeights, Is.Not.EqualTo(read.HeadWeights));
        Assert.That(
            () => new Trainer(prepared, Options(1)).FineTuneFixed(read, "q", 8, null, CancellationToken.None),
            Throws.TypeOf<UserInputException>().With.Message.Contains("--qat fine-tunes a network with a number for each class"));
    }

    private static IEnumerable<TestCaseData> Misfits()
    {
        static TestCaseData Case(string expected, Dataset data, TrainingTask task) => new TestCaseData(expected, data, task).SetArgDisplayNames(expected);
        Dataset gestures = GestureGenerator.Generate(1, 24, 12), values = AnswerSets.Values(), steps = AnswerSets.Steps(), pointers = AnswerSets.Pointers();
        yield return Case("values_TRAIN.ts:1: a regression set (@targetLabel true); --answer class needs one class for each sequence", values, TrainingTask.Classes);
        yield return Case("steps_TRAIN.ts:1: a set with a class for each timestep (@stepLabel true); --answer value needs values", steps, s_values);
        yield return Case("--answer value needs values for each sequence: a line '@targetLabel true' announces", gestures, s_values);
        yield return Case("--answer step-class needs a class for each timestep: the lines", gestures, s_steps);
        yield return Case("--answer anomaly needs one class for each sequence", values, s_anomaly);
        yield return Case("has 6 classes, and --answer logit decides between two", gestures, s_logit);
        yield return Case("--answer anomaly needs --normal: the normal classes of slow", pointers, s_anomaly with { NormalClasses = [] });
        yield return Case("--normal fast is no class of the training part", pointers, s_anomaly with { NormalClasses = ["slow", "fast"] });
        yield return Case("has 9 normal training sequences of two timesteps and more; 10 are needed", pointers with { Train = [.. pointers.Train.Take(9)] }, s_anomaly);
        yield return Case("is text: --answer anomaly predicts the next features", TestData.TwoTexts, s_anomaly with { NormalClasses = ["up"] });
        yield return Case("3 units for 2 values", values, s_values with { Units = ["a", "b", "c"] });
        yield return Case("the unit 'kilometres per hour' is longer than 15 bytes", values, s_values with { Units = ["kilometres per hour"] });
        Dataset constant = values with { Train = [.. values.Train.Select(sequence => sequence with { Values = [1, sequence.Values[1]] })] };
        yield return Case("the value 'temperature' is the same in all training sequences", constant, s_values);
        Dataset many = values with
        {
            ValueNames = [.. Enumerable.Range(0, 256).Select(n => $"v{n}")],
            Train = [.. values.Train.Select(sequence => sequence with { Values = [.. Enumerable.Repeat(sequence.Values[0], 256)] })],
        };
        yield return Case("has 256 values, and a model holds at most 255", many, s_values);
    }

    [TestCaseSource(nameof(Misfits))]
    public void DataWithoutSuchAnAnswerAreRefused(string expected, Dataset data, TrainingTask task) =>
        Assert.That(() => new TrainingData(data, task), Throws.TypeOf<UserInputException>().With.Message.Contains(expected));
}
