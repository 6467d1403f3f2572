using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling.Datasets;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Training;
using Crime.Modelling.Training.Decoding;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Training;

public sealed class WriterGradientsTests
{
    [Test]
    public void EveryGradientIsTheSlopeOfTheLoss([Values(CellKind.Lstm, CellKind.Gru)] CellKind cell, [Values] AttentionKind attention)
    {
        var layout = new WriterLayout(cell, 3, 4, 5, 4, attention);
        // Pinned: differences of single-precision losses have a rounding error without a bound that holds for every network.
        var random = new Random(7);
        float[] parameters = layout.Initialise(random);
        WriterExample[] examples = [new([1, 4, 2, 3, 3], [2, 1, 3]), new([4], []), new([2, 1], [3, 3, 1, 2, 1])];
        var engine = new WriterGradients(layout);
        var gradients = new float[layout.Count];
        foreach (WriterExample example in examples)
        {
            var prepared = new WriterParameters(layout, parameters);
            engine.Forward(prepared, example);
            engine.Backward(prepared, example, gradients);
        }
        double Loss() => examples.Sum(example => engine.Forward(new WriterParameters(layout, parameters), example));
        const float step = 4e-3f;
        for (int i = 0; i < layout.Count; i++)
        {
            float value = parameters[i];
            parameters[i] = value + step;
            double up = Loss();
            parameters[i] = value - step;
            double down = Loss();
            parameters[i] = value;
            Assert.That(gradients[i], Is.EqualTo((up - down) / (2 * step)).Within(2e-3), $"parameter {i} of {layout}");
        }
    }

    [Test]
    public void TheGatewayWritesWhatTheTrainerWrites([Values(CellKind.Lstm, CellKind.Gru)] CellKind cell, [Values] AttentionKind attention)
    {
        var data = new WriterData(NumberWords.Generate("numbers", 1, 200, 20));
        var layout = new WriterLayout(cell, 4, 6, data.CodePoints.Length + 1, data.OutputNames.Count, attention);
        float[] parameters = [.. layout.Initialise(new Random(3)).Select(value => 4 * value)];
        var prepared = new WriterParameters(layout, parameters);
        var engine = new FloatNetwork(new FloatModel(ModelLoading.FloatOnly(layout.ToModel(parameters, "numbers", data, 1))));
        var trainer = new WriterGradients(layout);
        int tokens = 0;
        foreach (WriterExample example in data.Train.Take(50))
        {
            List<int> written = trainer.Write(prepared, example.Input, data.LongestOutput);
            engine.Run([.. example.Input.Select(token => (short)token)], 0, new float[data.OutputNames.Count]);
            Assert.That(engine.Tokens.ToArray().Select(token => (int)token), Is.EqualTo(written));
            tokens += written.Count;
        }
        Assert.That(tokens, Is.GreaterThan(0));
    }

    [Test]
    public void ASmallNetworkLearnsShortNumbersWhateverTheThreads()
    {
        Dataset numbers = NumberWords.Generate("numbers", 1, 400, 20);
        LabelledSequence[] shortOnes = [.. numbers.Train.Where(sequence => sequence.Length <= 2)];
        var data = new WriterData(numbers with { Train = shortOnes, Test = shortOnes });
        TrainedModel Train(int threads) => new WriterTrainer(
            data, new TrainingOptions { HiddenCount = 16, EmbeddingCount = 8, Epochs = 30, LearningRate = 0.02, Threads = threads }, AttentionKind.LuongDot)
            .Train("numbers", 1, null, default);
        TrainedModel model = Train(2);
        Assert.That(Train(1).HeadWeights, Is.EqualTo(model.HeadWeights));
        var engine = new FloatNetwork(new FloatModel(ModelLoading.FloatOnly(model)));
        int right = data.Train.Count(example =>
        {
            engine.Run([.. example.Input.Select(token => (short)token)], 0, new float[data.OutputNames.Count]);
            return engine.Tokens.ToArray().Select(token => (int)token).SequenceEqual(example.Output);
        });
        Assert.That(right / (double)data.Train.Count, Is.GreaterThan(0.9));
    }
}
