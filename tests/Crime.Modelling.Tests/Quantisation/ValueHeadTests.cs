using System;
using System.Linq;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Quantisation;
using Crime.Modelling.Ranges;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Quantisation;

/// <summary>The head of values: the numbers of a foreign network have any size.</summary>
public sealed class ValueHeadTests
{
    /// <summary>A pressure of about a thousand, and a share of about a thousandth.</summary>
    private static TrainedModel Weather()
    {
        TrainedModel model = TestModels.Make(3, [(CellKind.Lstm, 6)], 2);
        return new TrainedModel
        {
            Name = model.Name, Input = model.Input, InputCount = 3, ClassNames = ["pressure", "share"], Embedding = [], Layers = model.Layers,
            Answer = AnswerKind.Values, HeadWeights = [.. model.HeadWeights.Select((weight, n) => n < 6 ? 8 * weight : 0.0003f * weight)], HeadBias = [1013, 0.002f],
        };
    }

    [Test]
    public void BalancedRowsGiveTheSameValues()
    {
        TrainedModel model = Weather(), balanced = ValueHead.Balance(model);
        Assert.That(balanced.HeadBias, Is.All.Zero);
        foreach (float[] row in balanced.HeadWeights.Chunk(6)) Assert.That(row.Max(MathF.Abs), Is.GreaterThanOrEqualTo(1).And.LessThan(2));
        float[] features = [.. Enumerable.Range(0, 30).Select(n => MathF.Sin(n))], before = new float[2], after = new float[2];
        new FloatNetwork(new FloatModel(ModelLoading.FloatOnly(model))).Run(features, before);
        new FloatNetwork(new FloatModel(ModelLoading.FloatOnly(balanced))).Run(features, after);
        for (int k = 0; k < 2; k++) Assert.That(balanced.Scale!.ValueOf(k, after[k]), Is.EqualTo(before[k]).Within(1e-6 * Math.Abs(before[k])));
    }

    [Test]
    public void BalancedRowsKeepTheirBits()
    {
        double[] WorstErrors(TrainedModel model)
        {
            QuantisedModel quantised = Quantiser.Quantise(model, Calibration.FromDefaults);
            double unit = Math.ScaleB(1, ModelFormat.HiddenFractionBits - quantised.LogitFractionBits);
            return [.. Enumerable.Range(0, 2).Select(k => Enumerable.Range(6 * k, 6)
                .Max(n => Math.Abs(quantised.HeadWeights[n] * unit / model.HeadWeights[n] - 1)))];
        }
        Assert.That(WorstErrors(ValueHead.Balance(Weather())), Is.All.LessThan(0.005), "of the smallest weight");
        // Without it a bias of a thousand leaves the pressure few bits, and the share none.
        bool isRefused = !TestModels.IsQuantisable(Weather());
        Assert.That(isRefused || WorstErrors(Weather()).Max() > 0.05, Is.True);
    }

    [Test]
    public void OneValueUsesAllBits()
    {
        TrainedModel model = TestModels.Make(3, [(CellKind.Gru, 6)], 1);
        model = ValueHead.Balance(new TrainedModel
        {
            Name = "one", Input = model.Input, InputCount = 3, ClassNames = ["value"], Embedding = [], Layers = model.Layers, Answer = AnswerKind.Values,
            HeadWeights = model.HeadWeights, HeadBias = [-400],
        });
        QuantisedModel quantised = Quantiser.Quantise(model, Calibration.FromDefaults);
        // Sixteen bits for the largest weight, or thirty for the sum.
        double sum = quantised.HeadWeights.Sum(weight => Math.Abs((double)weight)) * 32768;
        Assert.That(quantised.HeadWeights.Max(weight => Math.Abs((int)weight)) > 16383 || sum > 1 << 30, Is.True);
    }

    [Test]
    public void ClassesStayAsTheyAre()
    {
        TrainedModel model = TestModels.Make(3, [(CellKind.Lstm, 6)], 4);
        Assert.That(ValueHead.Balance(model), Is.SameAs(model));
    }
}
