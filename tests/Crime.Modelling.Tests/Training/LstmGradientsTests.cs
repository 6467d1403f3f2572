using System;
using System.Linq;
using Crime.Modelling.Training;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Training;

/// <summary>Back-propagation against finite differences.</summary>
public sealed class LstmGradientsTests
{
    private static TrainingSequence Sequence(Random random, LstmLayout layout, int length) => layout.VocabularyCount > 0
        ? new(length, [], Enumerable.Range(0, length).Select(_ => random.Next(layout.VocabularyCount)).ToArray(), random.Next(layout.ClassCount))
        : new(length, Enumerable.Range(0, length * layout.InputCount).Select(_ => (float)(random.NextDouble() * 4 - 2)).ToArray(), [], random.Next(layout.ClassCount));

    private static float[] Gradients(LstmLayout layout, float[] parameters, TrainingSequence sequence, int maxSteps)
    {
        var engine = new LstmGradients(layout);
        var gradients = new float[layout.Count];
        engine.Forward(parameters, sequence, sequence.Label);
        engine.Backward(
            parameters,
            LstmLayout.Transpose(parameters.AsSpan(layout.RecurrentWeights..layout.Bias), layout.HiddenCount, layout.RowCount),
            LstmLayout.Transpose(parameters.AsSpan(layout.InputWeights..layout.RecurrentWeights), layout.InputCount, layout.RowCount),
            sequence, sequence.Label, maxSteps, gradients);
        return gradients;
    }

    [TestCase(1, 1, 2, 0, 1)]
    [TestCase(3, 5, 4, 0, 7)]
    [TestCase(2, 8, 3, 0, 20)]
    [TestCase(4, 3, 2, 6, 5)]
    [TestCase(3, 7, 5, 4, 12)]
    public void EveryGradientIsTheSlopeOfTheLoss(int inputs, int hidden, int classes, int vocabulary, int length)
    {
        var layout = new LstmLayout(inputs, hidden, classes, vocabulary);
        var random = new Random(inputs * 100 + hidden);
        float[] parameters = layout.Initialise(random);
        TrainingSequence sequence = Sequence(random, layout, length);
        float[] gradients = Gradients(layout, parameters, sequence, maxSteps: 0);
        var engine = new LstmGradients(layout);
        const float step = 4e-3f;
        for (int i = 0; i < layout.Count; i++)
        {
            float value = parameters[i];
            parameters[i] = value + step;
            double up = engine.Forward(parameters, sequence, sequence.Label);
            parameters[i] = value - step;
            double down = engine.Forward(parameters, sequence, sequence.Label);
            parameters[i] = value;
            double slope = (up - down) / (2 * (double)step);
            Assert.That(gradients[i], Is.EqualTo(slope).Within(2e-4 + 0.01 * Math.Abs(slope)), $"parameter {i} of {layout}");
        }
    }

    [Test]
    public void TruncationLooksBackOnlySoFar()
    {
        var layout = new LstmLayout(2, 4, 3, 0);
        var random = new Random(1);
        float[] parameters = layout.Initialise(random);
        TrainingSequence sequence = Sequence(random, layout, 10);
        Assert.That(Gradients(layout, parameters, sequence, 10), Is.EqualTo(Gradients(layout, parameters, sequence, 0)));
        Assert.That(Gradients(layout, parameters, sequence, 3), Is.Not.EqualTo(Gradients(layout, parameters, sequence, 0)));
    }

    [Test]
    public void TheLossOfAnUndecidedNetworkIsTheLogarithmOfTheClasses()
    {
        var layout = new LstmLayout(2, 4, 5, 0);
        var parameters = new float[layout.Count];
        TrainingSequence sequence = Sequence(new Random(1), layout, 3);
        Assert.That(new LstmGradients(layout).Forward(parameters, sequence, 2), Is.EqualTo(Math.Log(5)).Within(1e-6));
    }
}
