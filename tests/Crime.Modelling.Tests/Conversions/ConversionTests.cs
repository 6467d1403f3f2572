using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Conversions;
using Crime.Modelling.Datasets;
using Crime.Modelling.Ranges;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Conversions;

public sealed class ConversionTests
{
    private static TrainedModel Gestures(params (CellKind, int)[] layers) =>
        TestModels.Make(3, layers, GestureGenerator.ClassNames.Count, classNames: [.. GestureGenerator.ClassNames]);

    private static IEnumerable<TestCaseData> Obstacles()
    {
        static TestCaseData Case(string expected, RecurrentLayer last) => new TestCaseData(expected, last).SetArgDisplayNames(expected);
        static RecurrentLayer Layer(CellKind kind, Direction direction = Direction.Forward) =>
            TestModels.Make(3, [(kind, 2)], 2, direction: direction).Layers[0];
        static RecurrentLayer Lstm(DirectionWeights weights, float clip = 0, bool isInputForget = false) => new()
        {
            Kind = CellKind.Lstm, InputCount = 3, HiddenCount = 2, Clip = clip, IsInputForget = isInputForget, Directions = [weights],
        };
        DirectionWeights plain = Layer(CellKind.Lstm).Directions[0];
        DirectionWeights With(float[]? peepholes = null, float[]? initialCell = null) => new()
        {
            InputWeights = plain.InputWeights, RecurrentWeights = plain.RecurrentWeights, InputBias = plain.InputBias,
            RecurrentBias = plain.RecurrentBias, Peepholes = peepholes, InitialCell = initialCell,
        };
        RecurrentLayer gru = Layer(CellKind.Gru);
        yield return Case("layer 0 is a simple RNN", Layer(CellKind.Rnn));
        yield return Case("layer 0 reads both ways", Layer(CellKind.Lstm, Direction.Both));
        yield return Case("layer 0 reads backwards", Layer(CellKind.Gru, Direction.Reverse));
        yield return Case("layer 0 has peepholes", Lstm(With(peepholes: new float[6])));
        yield return Case("layer 0 does not start from zero", Lstm(With(initialCell: new float[2])));
        yield return Case("layer 0 couples its input and forget gates", Lstm(plain, isInputForget: true));
        yield return Case("layer 0 has other activations than sigmoid and tanh, or clips", Lstm(plain, clip: 1));
        yield return Case("layer 0 resets before the product (ONNX's linear_before_reset = 0)", new RecurrentLayer
        {
            Kind = CellKind.Gru, InputCount = 3, HiddenCount = 2, IsResetBefore = true, Directions = gru.Directions,
        });
    }

    [TestCaseSource(nameof(Obstacles))]
    public void WhatBoardsCannotRunIsForGatewaysAloneAndTheReasonIsNamed(string expected, RecurrentLayer layer)
    {
        int outputs = layer.Shape.OutputCount;
        TrainedModel model = new()
        {
            Name = "test", Input = InputKind.Features, InputCount = 3, ClassNames = ["a", "b"], Embedding = [], Layers = [layer],
            HeadWeights = new float[2 * outputs], HeadBias = new float[2],
        };
        Conversion conversion = Conversion.Make(model, data: null, new ConversionOptions());
        Assert.That(conversion.Trained.ObstacleForBoards, Is.EqualTo(expected));
        Assert.That(conversion.Quantised, Is.Null);
        Assert.That((conversion.Model.HasFixedPoint, conversion.Model.HasFloat), Is.EqualTo((false, true)));
    }

    [TestCase(16, 0, 100)]
    [TestCase(8, 0.5, 100)]
    [TestCase(4, 0, 99)]
    public void TheReportFollowsTheOptions(int weightBits, double prune, double percentile)
    {
        Dataset data = GestureGenerator.Generate(seed: 3, trainCount: 12, testCount: 12);
        Conversion conversion = Conversion.Make(Gestures((CellKind.Lstm, 5), (CellKind.Gru, 4)), data, new(weightBits, prune, percentile));
        Assert.That(conversion.Model.WeightBits, Is.EqualTo(weightBits));
        Assert.That(conversion.Quantised!.Layers.SelectMany(layer => layer.RowWeightBits), Is.All.InRange(0, weightBits));
        Assert.That(conversion.Accuracy!.Sequences, Is.EqualTo(12));
        Assert.That(conversion.Accuracy.Agreement, Is.Not.Null);
        // What a percentile leaves out is cut off and counted.
        Assert.That(conversion.Accuracy.InputSaturations > 0 || percentile == 100, Is.True);
        Assert.That(conversion.Calibration.Source.Contains("percentile"), Is.EqualTo(percentile < 100));
    }

    [Test]
    public void AFineTunedNetworkKeepsItsFormatsUnlessItIsPrunedOrAPercentileIsAskedFor()
    {
        Dataset data = GestureGenerator.Generate(seed: 3, trainCount: 12, testCount: 12);
        TrainedModel plain = Gestures((CellKind.Lstm, 5));
        var tunedFor = new Calibration("fine-tuning", 100, [50], 10);
        TrainedModel tuned = new()
        {
            Name = plain.Name, Input = plain.Input, InputCount = plain.InputCount, ClassNames = plain.ClassNames, Embedding = [],
            Layers = plain.Layers, HeadWeights = plain.HeadWeights, HeadBias = plain.HeadBias, Calibration = tunedFor,
        };
        Assert.That(Conversion.Make(tuned, data: null, new()).Calibration, Is.SameAs(tunedFor));
        Assert.That(Conversion.Make(tuned, data, new()).Calibration, Is.SameAs(tunedFor));
        Assert.That(Conversion.Make(tuned, data, new(Percentile: 99)).Calibration.Source, Does.Contain("percentile"));
        Assert.That(Conversion.Make(tuned, data, new(PruneFraction: 0.5)).Calibration.Source, Does.Contain(data.Name));
    }

    [Test]
    public void AModelForGatewaysAloneIsEvaluatedInFloat()
    {
        TrainedModel both = TestModels.Make(
            3, [(CellKind.Gru, 4)], GestureGenerator.ClassNames.Count, classNames: [.. GestureGenerator.ClassNames], direction: Direction.Both);
        Conversion conversion = Conversion.Make(both, GestureGenerator.Generate(seed: 3, trainCount: 12, testCount: 12), new());
        Assert.That((conversion.Accuracy!.AccuracyFloat != null, conversion.Accuracy.AccuracyFixed != null), Is.EqualTo((true, false)));
        // Boards quantise their inputs for the gateway all the same.
        Assert.That(conversion.Model.InputFractionBits, Is.LessThan(15));
        Assert.That(conversion.Model.LongestLength, Is.EqualTo(conversion.Calibration.LongestLength));
    }
}
