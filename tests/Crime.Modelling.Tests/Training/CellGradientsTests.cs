using System;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Training;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Training;

/// <summary>Back-propagation against finite differences.</summary>
public sealed class CellGradientsTests
{
    private static TrainingSequence Sequence(Random random, CellLayout layout, int length) => layout.VocabularyCount > 0
        ? new(length, [], Enumerable.Range(0, length).Select(_ => random.Next(layout.VocabularyCount)).ToArray(), random.Next(layout.ClassCount))
        : new(length, Enumerable.Range(0, length * layout.InputCount).Select(_ => (float)(random.NextDouble() * 4 - 2)).ToArray(), [], random.Next(layout.ClassCount));

    private static float[] OneHot(CellLayout layout, int label) => Enumerable.Range(0, layout.ClassCount).Select(k => k == label ? 1f : 0f).ToArray();

    private static float[] Gradients(CellLayout layout, float[] values, TrainingSequence sequence, int maxSteps)
    {
        var engine = CellGradients.Create(layout);
        var parameters = new CellParameters(layout, values);
        var gradients = new float[layout.Count];
        engine.Forward(parameters, sequence);
        engine.Backward(parameters, sequence, OneHot(layout, sequence.Label), maxSteps, gradients);
        return gradients;
    }

    private static double Loss(CellLayout layout, float[] values, TrainingSequence sequence)
    {
        var engine = CellGradients.Create(layout);
        engine.Forward(new CellParameters(layout, values), sequence);
        return engine.Tape.Loss(OneHot(layout, sequence.Label));
    }

    [Test, Combinatorial]
    public void EveryGradientIsTheSlopeOfTheLossInDoublePrecision(
        [Values(CellKind.Lstm, CellKind.Gru)] CellKind kind, [Values("1,1,2,0,1", "3,5,4,0,7", "2,8,3,0,20", "4,3,2,6,5", "3,7,5,4,12")] string sizes)
    {
        int[] size = sizes.Split(',').Select(int.Parse).ToArray();
        var layout = new CellLayout(kind, size[0], size[1], size[2], size[3]);
        // Pinned: the tolerance is a rounding error of single precision, which has no bound that holds for every network.
        var random = new Random(size[0] * 100 + size[1]);
        float[] parameters = layout.Initialise(random);
        TrainingSequence sequence = Sequence(random, layout, size[4]);
        float[] gradients = Gradients(layout, parameters, sequence, maxSteps: 0);
        double[] values = Array.ConvertAll(parameters, value => (double)value);
        Assert.That(Loss(layout, parameters, sequence), Is.EqualTo(PlainNetwork.Loss(layout, values, sequence)).Within(1e-6));
        const double step = 1e-5;
        for (int i = 0; i < layout.Count; i++)
        {
            double value = values[i];
            values[i] = value + step;
            double up = PlainNetwork.Loss(layout, values, sequence);
            values[i] = value - step;
            double down = PlainNetwork.Loss(layout, values, sequence);
            values[i] = value;
            double slope = (up - down) / (2 * step);
            Assert.That(gradients[i], Is.EqualTo(slope).Within(2e-6 + 1e-5 * Math.Abs(slope)), $"parameter {i} of {layout}");
        }
    }

    [Test]
    public void AtATemperatureTheGradientIsTheSlopeTimesTheTemperature()
    {
        const double temperature = 4;
        const float step = 0.01f;
        var layout = new CellLayout(CellKind.Gru, 2, 4, 3, 0);
        var random = new Random(1);
        float[] values = layout.Initialise(random), target = [0.2f, 0.7f, 0.1f], gradients = new float[layout.Count];
        TrainingSequence sequence = Sequence(random, layout, 6);
        var engine = CellGradients.Create(layout, temperature);
        double LossWith(int index, float change)
        {
            float[] changed = [.. values];
            changed[index] += change;
            engine.Forward(new CellParameters(layout, changed), sequence);
            return engine.Tape.Loss(target);
        }
        engine.Forward(new CellParameters(layout, values), sequence);
        engine.Backward(new CellParameters(layout, values), sequence, target, 0, gradients);
        for (int i = 0; i < layout.Count; i++)
            Assert.That(gradients[i] / temperature, Is.EqualTo((LossWith(i, step) - LossWith(i, -step)) / (2 * step)).Within(1e-4), $"parameter {i}");
    }

    [TestCase(CellKind.Lstm)]
    [TestCase(CellKind.Gru)]
    public void TruncationLooksBackOnlySoFar(CellKind kind)
    {
        var layout = new CellLayout(kind, 2, 4, 3, 0);
        var random = new Random(1);
        float[] parameters = layout.Initialise(random);
        TrainingSequence sequence = Sequence(random, layout, 10);
        Assert.That(Gradients(layout, parameters, sequence, 10), Is.EqualTo(Gradients(layout, parameters, sequence, 0)));
        Assert.That(Gradients(layout, parameters, sequence, 3), Is.Not.EqualTo(Gradients(layout, parameters, sequence, 0)));
    }

    [Test]
    public void TheLossOfAnUndecidedNetworkIsTheLogarithmOfTheClasses()
    {
        var layout = new CellLayout(CellKind.Lstm, 2, 4, 5, 0);
        TrainingSequence sequence = Sequence(new Random(1), layout, 3);
        Assert.That(Loss(layout, new float[layout.Count], sequence), Is.EqualTo(Math.Log(5)).Within(1e-6));
    }

    [TestCase(CellKind.Lstm, 0)]
    [TestCase(CellKind.Lstm, 5)]
    [TestCase(CellKind.Gru, 0)]
    [TestCase(CellKind.Gru, 5)]
    public void ParametersSurviveTheWayToPyTorchsLayoutAndBack(CellKind kind, int vocabulary)
    {
        var layout = new CellLayout(kind, 3, 4, 2, vocabulary);
        float[] parameters = layout.Initialise(new Random(1));
        var data = new TrainingData(TestData.TwoTexts);
        Assert.That(layout.FromModel(layout.ToModel(parameters, "test", data)), Is.EqualTo(parameters));
    }
}
