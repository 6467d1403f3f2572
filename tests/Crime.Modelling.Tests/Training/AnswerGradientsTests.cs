using System;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Training;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Training;

/// <summary>Back-propagation of the losses other than that of one class, against finite differences.</summary>
public sealed class AnswerGradientsTests
{
    private static readonly TrainingLoss[] s_losses =
    [
        new(LossKind.Logistic, IsPerStep: false), new(LossKind.SquaredError, IsPerStep: false), new(LossKind.SquaredError, IsPerStep: true),
        new(LossKind.CrossEntropy, IsPerStep: true),
    ];

    private static TrainingSequence Sequence(Random random, CellLayout layout, int length) => layout.VocabularyCount > 0
        ? TestData.Tokens(random, layout.VocabularyCount, length) : TestData.Features(random, layout.InputCount, length);

    /// <summary>Returns numbers to learn. A prediction of the next timestep has none for the last one.</summary>
    private static float[] Target(Random random, TrainingLoss loss, int outputs, int length)
    {
        int vectors = !loss.IsPerStep ? 1 : loss.Kind == LossKind.SquaredError ? length - 1 : length;
        return [.. Enumerable.Range(0, vectors).SelectMany(_ =>
        {
            int label = random.Next(outputs);
            return Enumerable.Range(0, outputs).Select(k => loss.Kind switch
            {
                LossKind.Logistic => random.Next(2),
                LossKind.CrossEntropy => k == label ? 1f : 0f,
                _ => (float)(random.NextDouble() * 4 - 2),
            });
        })];
    }

    private static float[] Gradients(CellLayout layout, TrainingLoss loss, float[] values, TrainingSequence sequence, float[] target, int maxSteps)
    {
        var engine = CellGradients.Create(layout, loss: loss);
        var parameters = new CellParameters(layout, values);
        var gradients = new float[layout.Count];
        engine.Forward(parameters, sequence);
        engine.Backward(parameters, sequence, target, maxSteps, gradients);
        return gradients;
    }

    [Test, Combinatorial]
    public void EveryGradientIsTheSlopeOfTheLossInDoublePrecision(
        [ValueSource(nameof(s_losses))] TrainingLoss loss, [Values(CellKind.Lstm, CellKind.Gru)] CellKind kind,
        [Values("3,5,4,0,7", "2,8,1,0,20", "4,3,2,6,5")] string sizes)
    {
        int[] size = sizes.Split(',').Select(int.Parse).ToArray();
        int outputs = loss.Kind == LossKind.Logistic ? 1 : size[2];
        var layout = new CellLayout(kind, size[0], size[1], outputs, size[3]);
        // Pinned: the tolerance is a rounding error of single precision, which has no bound that holds for every network.
        var random = new Random(size[0] * 100 + size[1]);
        float[] parameters = layout.Initialise(random);
        TrainingSequence sequence = Sequence(random, layout, size[4]);
        float[] target = Target(random, loss, outputs, size[4]);
        float[] gradients = Gradients(layout, loss, parameters, sequence, target, maxSteps: 0);
        double[] values = Array.ConvertAll(parameters, value => (double)value);
        var engine = CellGradients.Create(layout, loss: loss);
        engine.Forward(new CellParameters(layout, parameters), sequence);
        Assert.That(
            engine.Loss(new CellParameters(layout, parameters), target, out _), Is.EqualTo(PlainNetwork.Loss(layout, values, sequence, loss, target)).Within(1e-5));
        const double step = 1e-5;
        for (int i = 0; i < layout.Count; i++)
        {
            double value = values[i];
            values[i] = value + step;
            double up = PlainNetwork.Loss(layout, values, sequence, loss, target);
            values[i] = value - step;
            double down = PlainNetwork.Loss(layout, values, sequence, loss, target);
            values[i] = value;
            double slope = (up - down) / (2 * step);
            Assert.That(gradients[i], Is.EqualTo(slope).Within(4e-6 + 1e-5 * Math.Abs(slope)), $"parameter {i} of {layout}");
        }
    }

    [TestCase(CellKind.Lstm)]
    [TestCase(CellKind.Gru)]
    public void TruncationCutsALossOfEachTimestepIntoParts(CellKind kind)
    {
        var layout = new CellLayout(kind, 2, 4, 2, 0);
        var loss = new TrainingLoss(LossKind.SquaredError, IsPerStep: true);
        var random = new Random(1);
        float[] parameters = layout.Initialise(random);
        TrainingSequence sequence = Sequence(random, layout, 9);
        float[] target = Target(random, loss, 2, 9);
        float[] whole = Gradients(layout, loss, parameters, sequence, target, 0), parts = Gradients(layout, loss, parameters, sequence, target, 3);
        Assert.That(Gradients(layout, loss, parameters, sequence, target, 9), Is.EqualTo(whole));
        Assert.That(parts, Is.Not.EqualTo(whole));
        // The head sees every timestep in both.
        Assert.That(parts[layout.HeadWeights..], Is.EqualTo(whole[layout.HeadWeights..]));
    }

    [Test]
    public void TheLogisticLossDoesNotOverflow()
    {
        var layout = new CellLayout(CellKind.Lstm, 1, 1, 1, 0);
        var loss = new TrainingLoss(LossKind.Logistic, IsPerStep: false);
        var values = new float[layout.Count];
        values[layout.HeadBias] = 2000;
        var parameters = new CellParameters(layout, values);
        var engine = CellGradients.Create(layout, loss: loss);
        engine.Forward(parameters, new TrainingSequence(1, [1], [], 0));
        Assert.That(engine.Loss(parameters, [0f], out int wrong), Is.EqualTo(2000).Within(1e-6));
        Assert.That(engine.Loss(parameters, [1f], out int right), Is.Zero);
        Assert.That((wrong, right), Is.EqualTo((0, 1)));
    }
}
