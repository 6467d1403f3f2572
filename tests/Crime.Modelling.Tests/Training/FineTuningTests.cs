using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Crime.Gateway.Inference.Graphs;
using Crime.Model;
using Crime.Modelling.Datasets;
using Crime.Modelling.Import;
using Crime.Modelling.Quantisation;
using Crime.Modelling.Training;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Training;

/// <summary>Fine-tuning with the fixed-point network as the forward pass.</summary>
public sealed class FineTuningTests
{
    private static readonly TrainingData s_data = new(GestureGenerator.Generate(seed: 3, trainCount: 240, testCount: 200));

    private static TrainingOptions Options(CellKind cell) => new() { Cell = cell, HiddenCount = 6, Epochs = 40, BatchSize = 4, Threads = 2 };

    private static TrainedModel FloatModel(CellKind cell, int epochs) =>
        new Trainer(s_data, Options(cell) with { Epochs = epochs }).Train("float", null, CancellationToken.None);

    private static byte[] Bytes(TrainedModel model) => PyTorchImporter.Export(model, new Dictionary<string, string>()).Write();

    [Test]
    public void ItGivesFourBitsTheAccuracyThatRoundingCost()
    {
        TrainedModel model = FloatModel(CellKind.Gru, 40);
        var trainer = new Trainer(s_data, Options(CellKind.Gru).ForFineTuning(240) with { Epochs = 15 });
        TrainedModel tuned = trainer.FineTuneFixed(model, "tuned", 4, null, CancellationToken.None);
        TrainingSequence[] test = s_data.Test.ToArray();
        int before = trainer.CountRightFixed(model, tuned.Calibration!, 4, test), after = trainer.CountRightFixed(tuned, tuned.Calibration!, 4, test);
        Assert.That(after, Is.GreaterThan(before));
        Assert.That(after, Is.GreaterThanOrEqualTo(trainer.CountRight(model, test) - 4), "at most 2 points under the float network");
    }

    [Test]
    public void ConvertingTheWrittenFileGivesExactlyTheTunedWeights([Values(CellKind.Lstm, CellKind.Gru)] CellKind cell, [Values(16, 8, 6, 4)] int weightBits)
    {
        var trainer = new Trainer(s_data, Options(cell) with { Epochs = 2, BatchSize = 16 });
        TrainedModel tuned = trainer.FineTuneFixed(FloatModel(cell, 1), "tuned", weightBits, null, CancellationToken.None);
        TrainedModel read = PyTorchImporter.Import(Safetensors.Parse(Bytes(tuned), "tuned"), "tuned");
        Assert.That(read.Calibration, Is.Not.Null);
        Assert.That(read.Calibration!.MaxCells, Is.EqualTo(tuned.Calibration!.MaxCells));
        Assert.That(read.Calibration.MaxInput, Is.EqualTo(tuned.Calibration.MaxInput));
        CellLayout layout = CellLayout.Of(read);
        float[] converted = new FixedWeights(Quantiser.Quantise(read, read.Calibration, weightBits)).Dequantise(layout);
        Assert.That(converted, Is.EqualTo(layout.FromModel(read)), "what the file holds is what the quantiser makes of it");
    }

    [Test]
    public void ANetworkWithMoreThanALinearHeadIsNotTrained() =>
        Assert.That(
            () => CellLayout.Of(TestModels.WithDense(TestModels.Make(3, [(CellKind.Lstm, 6)], 5), 1, 0.5, (4, GraphFunction.Relu))),
            Throws.TypeOf<UserInputException>().With.Message.Contains("with a linear head"));

    [TestCase(CellKind.Lstm)]
    [TestCase(CellKind.Gru)]
    public void TheSameSeedGivesTheSameBytesWhateverTheThreads(CellKind cell)
    {
        TrainedModel model = FloatModel(cell, 1);
        byte[] Tune(int threads) => Bytes(new Trainer(s_data, Options(cell).ForFineTuning(240) with { Epochs = 1, Threads = threads })
            .FineTuneFixed(model, "tuned", 4, null, CancellationToken.None));
        Assert.That(Tune(2), Is.EqualTo(Tune(1)));
    }

    [TestCase(null)]
    [TestCase(4)]
    public void ZerosStayZerosWhereThatIsAsked(int? weightBits)
    {
        TrainedModel model = FloatModel(CellKind.Lstm, 1);
        float[] weights = model.Layers[0].Directions[0].InputWeights;
        for (int i = 0; i < weights.Length; i += 2) weights[i] = 0;
        TrainedModel Tune(bool keepZeros)
        {
            var trainer = new Trainer(s_data, Options(CellKind.Lstm) with { Epochs = 1, KeepZeros = keepZeros });
            return weightBits is int bits
                ? trainer.FineTuneFixed(model, "tuned", bits, null, CancellationToken.None)
                : trainer.FineTune(model, "tuned", null, CancellationToken.None);
        }
        static int Changed(TrainedModel tuned) =>
            tuned.Layers[0].Directions[0].InputWeights.Where((weight, i) => i % 2 == 0 && weight != 0).Count();
        Assert.That(Changed(Tune(keepZeros: true)), Is.Zero);
        Assert.That(Changed(Tune(keepZeros: false)), Is.GreaterThan(0));
    }

    [Test]
    public void FloatFineTuningGoesOnWhereTheModelIs()
    {
        TrainingOptions options = Options(CellKind.Lstm) with { Epochs = 12 };
        List<double> losses = [], further = [];
        TrainedModel model = new Trainer(s_data, options).Train("float", progress => losses.Add(progress.Loss), CancellationToken.None);
        new Trainer(s_data, options.ForFineTuning(240) with { Epochs = 1 }).FineTune(model, "on", progress => further.Add(progress.Loss), CancellationToken.None);
        Assert.That(further[0], Is.LessThan((losses[0] + losses[^1]) / 2));
    }

    [Test]
    public void AModelOfSeveralLayersIsRefused()
    {
        TrainedModel one = FloatModel(CellKind.Lstm, 1);
        var two = new TrainedModel
        {
            Name = "stacked",
            Input = one.Input,
            InputCount = one.InputCount,
            ClassNames = one.ClassNames,
            Embedding = [],
            Layers = [one.Layers[0], one.Layers[0]],
            HeadWeights = one.HeadWeights,
            HeadBias = one.HeadBias,
        };
        Assert.That(
            () => new Trainer(s_data, Options(CellKind.Lstm)).FineTune(two, "two", null, CancellationToken.None),
            Throws.TypeOf<UserInputException>().With.Message.Contains("'stacked' (LSTM 6, LSTM 6) cannot be trained here"));
    }

    [Test]
    public void DataOfOtherClassesAreRefused()
    {
        var other = new Dataset("other", false, 3, [new(0, "z", 1, [1, 2, 3], []), new(1, "y", 1, [1, 2, 3], [])], []);
        Assert.That(
            () => new TrainingData(other, FloatModel(CellKind.Lstm, 1)), Throws.TypeOf<UserInputException>().With.Message.Contains("class 'z' of the data"));
    }

    private static IEnumerable<TestCaseData> RealModels() => ReferenceData.Cases(
        ["japanese-vowels-h16", 8, 0.003], ["japanese-vowels-h16", 4, 0.02], ["japanese-vowels-gru-h16", 8, 0.003], ["japanese-vowels-gru-h16", 4, 0.02]);

    [TestCaseSource(nameof(RealModels))]
    public void TheProvidedModelsLoseNextToNothing(string name, int weightBits, double share)
    {
        TrainedModel model = PyTorchImporter.Load(ReferenceData.PathOf($"models/{name}.safetensors"));
        var data = new TrainingData(DatasetFolder.Load(ReferenceData.PathOf("data/japanese-vowels")), model);
        var trainer = new Trainer(data, new TrainingOptions().ForFineTuning(data.Train.Count) with { Epochs = 15 });
        TrainedModel tuned = trainer.FineTuneFixed(model, "tuned", weightBits, null, CancellationToken.None);
        TrainingSequence[] test = data.Test.ToArray();
        int lost = trainer.CountRight(model, test) - trainer.CountRightFixed(tuned, tuned.Calibration!, weightBits, test);
        Assert.That(lost / (double)test.Length, Is.LessThanOrEqualTo(share));
    }
}
