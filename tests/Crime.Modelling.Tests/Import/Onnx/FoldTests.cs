using System.Linq;
using Crime.Model;
using Crime.Modelling.Import.Network;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Import.Onnx;

/// <summary>Folds, each against ONNX Runtime: what lies around the recurrent layers becomes part of them.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class FoldTests : OnnxNetwork
{
    [Test]
    public void ALayersPartOfTheInitialZerosIsZero()
    {
        string x = Input(-1, -1, Inputs), batch = File.Node("Gather", [File.Node("Shape", [x]), Number(0)]);
        string zeros = File.Node("ConstantOfShape", [File.Node("Concat", [Vector(2), File.Node("Unsqueeze", [batch, Vector(0)]), Vector(Hidden)], ("axis", 0))]);
        string Part(long layer) => File.Node("Slice", [zeros, Vector(layer), Vector(layer + 1), Vector(0)]);
        var (y, _) = Lstm(TimeFirst(x), Inputs, false, "", Part(0), Part(0));
        var (_, final) = Lstm(Squeezed(y, 1), Hidden, false, "", Part(1), Part(1));
        ImportedModel imported = Equal(Head(Squeezed(final, 0)));
        Assert.That((imported.Model.Layers.Count, imported.Model.FitsBoards), Is.EqualTo((2, true)));
    }

    [Test]
    public void ALearnedStateSpreadOverTheBatchIsTheLayersOwn()
    {
        string x = Input(-1, -1, Inputs), size = File.Node("Slice", [File.Node("Shape", [x]), Vector(0), Vector(1), Vector(0)]);
        string shape = File.Node("Concat", [Vector(1), size, Vector(Hidden)], ("axis", 0));
        string State() => File.Node("Expand", [Constant(1, 1, Hidden), shape]);
        var (_, final) = Lstm(TimeFirst(x), Inputs, false, "", State(), State());
        Assert.That(Equal(Head(Squeezed(final, 0))).Model.Layers[0].Directions[0].InitialCell, Is.Not.Null);
    }

    [Test]
    public void ALinearInFrontAndBetweenIsPartOfTheWeights()
    {
        string x = File.Node("Add", [File.Node("MatMul", [Input(-1, -1, 5), Constant(5, Inputs)]), Constant(Inputs)]);
        var (y, _) = Lstm(TimeFirst(x), Inputs, isBoth: true);
        string joined = File.Node("Reshape", [File.Node("Transpose", [y], ("perm", new long[] { 0, 2, 1, 3 })), Vector(0, 0, -1)]);
        var (_, final) = Lstm(File.Node("MatMul", [joined, Constant(2 * Hidden, 7)]), 7);
        ImportedModel imported = Equal(Head(Squeezed(final, 0)));
        Assert.That(imported.Model.Layers.Select(layer => layer.InputCount), Is.EqualTo(new[] { 5, 2 * Hidden }));
    }

    [Test]
    public void ANormalisationOfTheFeaturesIsTheModels()
    {
        float[] mean = Numbers(Inputs), deviation = [0.5f, 2, 3];
        string x = File.Node("Div", [File.Node("Sub", [Input(-1, -1, Inputs), File.Constant(mean, Inputs)]), File.Constant(deviation, Inputs)]);
        var (_, final) = Lstm(TimeFirst(x));
        TrainedModel model = Equal(Head(Squeezed(final, 0))).Model;
        Assert.That(model.Mean, Is.EqualTo(mean).Within(1e-6));
        Assert.That(model.Deviation, Is.EqualTo(deviation).Within(1e-6));
    }

    [Test]
    public void ANegativeScaleIsPartOfTheWeights()
    {
        var (_, final) = Lstm(TimeFirst(File.Node("Mul", [Input(-1, -1, Inputs), File.Constant([-1f, 2, 0], Inputs)])));
        Assert.That(Equal(Head(Squeezed(final, 0))).Model.Mean, Is.Null);
    }

    [TestCase(false)]
    [TestCase(true)]
    public void BatchNormalizationGoesWhereItStands(bool isBehind)
    {
        string Normalised(string value, int count) => File.Node(
            "BatchNormalization",
            [value, Constant(count), Constant(count), Constant(count), File.Constant([.. Numbers(count).Select(number => number + 1)], count)], ("epsilon", 1e-3f));
        string x = Input(-1, Inputs, -1);
        string steps = File.Node("Transpose", [isBehind ? x : Normalised(x, Inputs)], ("perm", new long[] { 2, 0, 1 }));
        var (_, final) = Lstm(steps);
        string seen = Squeezed(final, 0);
        Equal(Head(isBehind ? Normalised(seen, Hidden) : seen));
    }

    [Test]
    public void ASumOfDirectionsIsPartOfTheHead()
    {
        var (_, final) = Lstm(TimeFirst(Input(-1, -1, Inputs)), isBoth: true);
        string[] parts = File.Nodes("Split", [final], 2, ("axis", 0));
        ImportedModel imported = Equal(Head(Squeezed(File.Node("Add", [parts[0], parts[1]]), 0)));
        Assert.That(imported.Model.HeadWeights[..Hidden], Is.EqualTo(imported.Model.HeadWeights[Hidden..(2 * Hidden)]));
    }

    [Test]
    public void BothEndsOfALayerThatReadsBothWaysAreItsFinalState()
    {
        var (y, _) = Lstm(TimeFirst(Input(-1, -1, Inputs)), isBoth: true);
        string joined = File.Node("Reshape", [File.Node("Transpose", [y], ("perm", new long[] { 0, 2, 1, 3 })), Vector(0, 0, -1)]);
        string Half(long step, long from) =>
            File.Node("Slice", [File.Node("Gather", [joined, Number(step)], ("axis", 0)), Vector(from), Vector(from + Hidden), Vector(1)]);
        string seen = File.Node("Concat", [Half(-1, 0), Half(0, Hidden)], ("axis", 1));
        Assert.That(Equal(Head(seen, 2 * Hidden)).Model.HeadInput, Is.EqualTo(HeadInput.FinalState));
    }

    [Test]
    public void TheLastIndexOfAFixedLengthIsTheLastStep()
    {
        var (y, _) = Lstm(TimeFirst(Input(1, 7, Inputs)));
        string step = File.Node("Gather", [Squeezed(y, 1), Number(6)], ("axis", 0));
        Assert.That(Equal(Head(step)).Head, Does.StartWith("h_n"));
    }

    [Test]
    public void AllTimestepsSideBySideAreTakenApart()
    {
        string rows = File.Node("Reshape", [Input(-1, -1, 5), Vector(-1, 5)]);
        string shape = File.Node("Concat", [File.Node("Slice", [File.Node("Shape", ["x"]), Vector(0), Vector(2), Vector(0)]), Vector(-1)], ("axis", 0));
        string x = File.Node("Reshape", [File.Node("MatMul", [rows, Constant(5, Inputs)]), shape]);
        var (_, final) = Lstm(TimeFirst(x));
        Equal(Head(Squeezed(final, 0)));
    }

    [TestCase("Softmax")]
    [TestCase("LogSoftmax")]
    [TestCase("Sigmoid")]
    [TestCase("Tanh")]
    public void AFunctionAtTheEndIsLeftOutAndCounted(string function)
    {
        var (_, final) = Lstm(TimeFirst(Input(-1, -1, Inputs)));
        string scaled = File.Node("Mul", [File.Node(function, [Head(Squeezed(final, 0))]), File.Constant([100f])]);
        Assert.That(Equal(scaled).Ends, Is.EqualTo(new[] { function }));
    }

    [Test]
    public void OneLogitIsTwoClasses()
    {
        var (_, final) = Lstm(TimeFirst(Input(-1, -1, Inputs)));
        string logit = File.Node("MatMul", [Squeezed(final, 0), Constant(Hidden, 1)]);
        ImportedModel imported = Equal(File.Node("Sigmoid", [logit]), 14, -1, 1);
        Assert.That((imported.IsLogit, imported.Model.ClassNames.Count), Is.EqualTo((true, 2)));
        Assert.That(imported.Model.HeadWeights[..Hidden], Is.All.Zero);
    }

    [Test]
    public void ShapeTakesItsStartAndEnd()
    {
        string x = Input(-1, -1, Inputs);
        var (y, _) = Lstm(TimeFirst(x));
        string turned = File.Node("Transpose", [y], ("perm", new long[] { 0, 2, 1, 3 }));
        string time = File.Node("Shape", [turned], ("start", 0), ("end", 1)), batch = File.Node("Shape", [turned], ("start", -3), ("end", -2));
        string flat = File.Node("Reshape", [turned, File.Node("Concat", [time, batch, Vector(Hidden)], ("axis", 0))]);
        Equal(Head(File.Node("Gather", [flat, Number(-1)], ("axis", 0))), 17);
    }

    [Test]
    public void ASoftmaxInTheMiddleIsRefused()
    {
        var (_, final) = Lstm(TimeFirst(Input(-1, -1, Inputs)));
        AssertRefused(Head(File.Node("Softmax", [Head(Squeezed(final, 0))]), Classes), "(Softmax)", "something follows it");
    }

    [Test]
    public void ANegativeScaleBehindASoftmaxIsRefused()
    {
        var (_, final) = Lstm(TimeFirst(Input(-1, -1, Inputs)));
        AssertRefused(File.Node("Neg", [File.Node("Softmax", [Head(Squeezed(final, 0))])]), "(Softmax)");
    }

    [Test]
    public void ASoftmaxOverTheSequencesIsRefused()
    {
        var (_, final) = Lstm(TimeFirst(Input(-1, -1, Inputs)));
        AssertRefused(File.Node("Softmax", [Head(Squeezed(final, 0))], ("axis", 0)), "(Softmax)", "axis 0 of [batch, feature]");
    }

    [Test]
    public void ASequenceOutOfABatchIsRefused()
    {
        var (y, _) = Lstm(TimeFirst(Input(-1, -1, Inputs)));
        string batchFirst = File.Node("Transpose", [Squeezed(y, 1)], ("perm", new long[] { 1, 0, 2 }));
        AssertRefused(Head(File.Node("Gather", [batchFirst, Number(-1)], ("axis", 0))), "(Gather)", "[batch, time, feature]");
    }

    [Test]
    public void ANumberThatDiffersBetweenTimestepsIsRefused()
    {
        var (_, final) = Lstm(TimeFirst(File.Node("Mul", [Input(-1, 7, Inputs), Constant(1, 7, 1)])));
        AssertRefused(Head(Squeezed(final, 0)), "(Mul)", "between features only");
    }

    [Test]
    public void ARelativeRoundingOfTheInputIsRefused()
    {
        string rounded = File.Node("Cast", [File.Node("Cast", [Input(-1, -1, Inputs)], ("to", 7))], ("to", 1));
        var (_, final) = Lstm(TimeFirst(rounded));
        AssertRefused(Head(Squeezed(final, 0)), "(Cast)", "whole numbers");
    }

    [Test]
    public void AnImpossibleWidthIsRefusedAtOnce()
    {
        string x = Input(1, 1, 1L << 40);
        var (_, final) = Lstm(TimeFirst(x));
        AssertRefused(Head(Squeezed(final, 0)), "input");
    }

    [Test]
    public void AConstantThatFillsTheMemoryIsRefused()
    {
        string zeros = File.Node("ConstantOfShape", [Vector(1 << 13, 1 << 13, 1 << 13)]);
        string all = File.Node("Reshape", [File.Node("Concat", [zeros, zeros], ("axis", 0)), Vector(-1)]);
        var (_, final) = Lstm(TimeFirst(File.Node("Add", [Input(-1, -1, Inputs), all])));
        AssertRefused(Head(Squeezed(final, 0)), "cannot be computed while the file is read");
    }

    [Test]
    public void ASecondOutputIsRefused()
    {
        var (_, final) = Lstm(TimeFirst(Input(-1, -1, Inputs)));
        string seen = Squeezed(final, 0);
        File.Output(seen, -1, Hidden);
        AssertRefused(Head(seen), "2 outputs", "the first one alone");
    }
}
